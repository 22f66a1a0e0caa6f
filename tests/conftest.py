"""Fixtures of the suite: a real database with two tenants, and ways to drain the work they cause."""

import itertools
import os
from collections.abc import Callable, Iterator

import pytest
from django.test import TransactionTestCase
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from apps.approvals.services.forecasting import FORECAST_KIND
from apps.core.actor import Actor
from apps.dispatch.dispatcher import LANES, batches
from apps.dispatch.executor import execute_here
from apps.dispatch.models import Lane, WorkItem
from apps.dispatch.services import claim
from apps.partners.services import TenantOrder, create_partner, create_tenant
from apps.partners.services.tenants import provision_tenant
from tenants import configuration, directory
from tenants.context import platform_context, tenant_context
from tenants.db import connection
from tenants.models import Domain, Tenant
from tenants.services.schemas import drop_schema
from tenants.types import TenantRef
from tests.database import prepared_database

OPERATOR = Actor.system("test suite")
_numbers = itertools.count(1)


# What starts programs of its own, or sets up one world for many modules, stays together on one of the runners.
# Where there are several these come first: the other runners do the rest meanwhile.
_TOGETHER = ("e2e", "durability", "tryton", "isolation", "systems", "benchmarks")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first where several runners share the work; alone, the browser's tests come last.

    Their processes run no longer than they.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: _place(house_of(item.nodeid)))
    else:
        items.sort(key=lambda item: house_of(item.nodeid) == "e2e")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Give each runner whole modules, and whole directories of those that stay together."""
    return ByHouse(config, log)


class ByHouse(LoadScopeScheduling):  # type: ignore[misc]
    """Like xdist's `loadgroup`, which reads a name that pytest 9.2 no longer has and then groups nothing."""

    def _split_scope(self, nodeid: str) -> str:
        return house_of(nodeid)


def house_of(nodeid: str) -> str:
    """Return what a test stays together with: its directory, or its module."""
    parts = nodeid.partition("::")[0].removeprefix("tests/").split("/")
    return parts[0] if parts[0] in _TOGETHER else "/".join(parts)


def _place(house: str) -> int:
    return _TOGETHER.index(house) if house in _TOGETHER else len(_TOGETHER)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Two partners; tenants alpha (of the first) and beta (of the second), provisioned as in production."""
    # Our tenants live in schemas of their own; Django's flush after transactional tests knows only one schema.
    setattr(TransactionTestCase, "_fixture_teardown", lambda self: None)  # noqa: B010
    with django_db_blocker.unblock(), prepared_database():  # type: ignore[attr-defined]
        with platform_context():
            for partner_slug, name, primary, tenant_slug in (
                ("northmsp", "North Managed Services", "#1f3a5f", "alpha"),
                ("solarerp", "Solar ERP Partners", "#ffd400", "beta"),
            ):
                brand = {"name": name, "primary": primary, "support_email": f"help@{partner_slug}.example"}
                partner = create_partner(slug=partner_slug, name=name, brand=brand, actor=OPERATOR)
                order_tenant(partner.id, tenant_slug)
        connection.set_schema_to_nobody()
        yield


def order_tenant(partner_id: object, slug: str) -> Tenant:
    order = TenantOrder(slug=slug, name=f"{slug.title()} Delivery", currency="EUR")
    with platform_context():
        tenant = create_tenant(partner_id=partner_id, order=order, actor=OPERATOR)  # type: ignore[arg-type]
        provision_tenant(tenant.id)
        WorkItem.objects.filter(ref=tenant.id).delete()
        tenant.refresh_from_db()
    return tenant


@pytest.fixture(autouse=True)
def _fresh_directory() -> Iterator[None]:
    """Each test starts knowing nothing of hosts: a rolled-back change must not be remembered."""
    directory.forget()
    configuration.forget_all()
    yield
    connection.set_schema_to_nobody()


@pytest.fixture
def alpha(db: None) -> TenantRef:
    return directory.tenant_by_id(Tenant.objects.get(slug="alpha").id)


@pytest.fixture
def beta(db: None) -> TenantRef:
    return directory.tenant_by_id(Tenant.objects.get(slug="beta").id)


@pytest.fixture
def in_alpha(alpha: TenantRef) -> Iterator[TenantRef]:
    """The test runs inside tenant alpha."""
    with tenant_context(alpha):
        yield alpha


@pytest.fixture
def fresh_tenant(transactional_db: None) -> Iterator[TenantRef]:
    """A tenant of its own for a test that commits; dropped with all its work afterwards."""
    with platform_context():
        partner_id = (
            Domain.objects.exclude(partner=None).order_by("pk").values_list("partner_id", flat=True).first()
        )
    tenant = order_tenant(partner_id, f"gamma{next(_numbers)}")
    yield directory.tenant_by_id(tenant.id)
    connection.set_schema_to_nobody()
    drop_schema(tenant.schema_name)
    WorkItem.objects.filter(tenant_id=tenant.id).delete()
    Lane.objects.filter(tenant_id=tenant.id).delete()
    Domain.objects.filter(tenant_id=tenant.id).delete()
    Tenant.objects.filter(pk=tenant.id).delete()


@pytest.fixture
def drain() -> Callable[..., int]:
    """Do the due work of all tenants in this process, as dispatcher and worker would, until none is left.

    ``drain(until=...)`` also brings items due within that many seconds forward, except the forecast of every
    night: it plans itself again, so a day brought forward would never end. Returns how many items ran.
    """

    def run(until: float = 0, limit: int = 500) -> int:
        done = 0
        while done < limit:
            if until:
                bring_forward(until)
            items = claim.claim_due(lanes=LANES, limit=50)
            if not items:
                return done
            for batch in batches(items):
                execute_here(batch[0].kind, {item.id: item.fence for item in batch})
            done += len(items)
        raise AssertionError(f"work did not come to rest after {limit} items")

    return run


def bring_forward(seconds: float) -> None:
    """Make the work that is due within so many seconds due now."""
    with connection.cursor() as cursor:
        cursor.execute(
            'UPDATE "public".dispatch_workitem SET run_at = clock_timestamp() '
            "WHERE state = 'ready' AND run_at < clock_timestamp() + make_interval(secs => %s) AND kind <> %s",
            [seconds, FORECAST_KIND],
        )
        cursor.execute('UPDATE "public".dispatch_lane SET next_due = clock_timestamp()')


@pytest.fixture
def system() -> Actor:
    return OPERATOR
