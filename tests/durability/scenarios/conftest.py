"""A tenant for faults, the templates in it, and the table of what was proven."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.plugin import DjangoDbBlocker

from apps.accounts.services import create_user
from apps.dispatch.models import Lane, WorkItem
from apps.integrations.services import create_connection
from apps.partners.services import create_partner
from apps.workflows.services import publish_version, save_draft
from tenants import directory
from tenants.context import platform_context, tenant_context
from tenants.db import connection
from tenants.models import Domain, Partner, Tenant
from tenants.services.schemas import drop_schema
from tenants.types import TenantRef
from tests.conftest import OPERATOR, order_tenant
from tests.durability.harness.templates import KINDS, key_of, source_of
from tests.durability.harness.world import World

_OPERATION = {"method": "POST", "path": "/do", "idempotency": {"kind": "key"}}
DEFINITION = {"format": 1, "auth": {"kind": "none"}, "operations": {"do": _OPERATION, "undo": _OPERATION}}
PEOPLE = {"ann": ["approver"], "dora": ["delivery_manager"]}


@pytest.fixture(scope="package")
def two_tenants(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[TenantRef, TenantRef]]:
    """Two tenants with people, a connection and every template; dropped after the last test here."""
    with django_db_blocker.unblock():
        with platform_context():
            brand = {"name": "Fault Partner", "primary": "#1f3a5f", "support_email": "help@faults.example"}
            partner = create_partner(slug="faultpartner", name="Fault Partner", brand=brand, actor=OPERATOR)
        refs = [directory.tenant_by_id(order_tenant(partner.id, slug).id) for slug in ("faulta", "faultb")]
        for ref in refs:
            furnish(ref)
        connection.set_schema_to_nobody()
    yield refs[0], refs[1]
    with django_db_blocker.unblock():
        remove(*refs)
        with platform_context():
            Domain.objects.filter(partner_id=partner.id).delete()
            Partner.objects.filter(pk=partner.id).delete()


def furnish(ref: TenantRef) -> None:
    """Have people, a connection and the templates in the tenant."""
    with tenant_context(ref):
        for name, roles in PEOPLE.items():
            create_user(email=f"{name}@{ref.slug}.example", name=name.title(), roles=roles, actor=OPERATOR)
        create_connection(
            name="Sys",
            definition=DEFINITION,
            config={"base_url": "https://sys.example"},
            slots=["sys"],
            actor=OPERATOR,
        )
        for kind in sorted(KINDS, key=lambda kind: kind in ("subflow", "nested")):
            draft = save_draft(source=source_of(kind), actor=OPERATOR)
            publish_version(template_key=key_of(kind), number=draft.number, actor=OPERATOR)


def remove(*refs: TenantRef) -> None:
    """Drop tenants with all that refers to them."""
    connection.set_schema_to_nobody()
    for ref in refs:
        drop_schema(ref.schema_name)
        forget_work(ref)
        Domain.objects.filter(tenant_id=ref.id).delete()
        Tenant.objects.filter(pk=ref.id).delete()


def forget_work(ref: TenantRef) -> None:
    WorkItem.objects.filter(tenant_id=ref.id).delete()
    Lane.objects.filter(tenant_id=ref.id).delete()


@pytest.fixture
def make_world(
    two_tenants: tuple[TenantRef, TenantRef], transactional_db: None
) -> Iterator[Callable[..., World]]:
    """Make a world of the first tenant by seed; what an earlier one left in the queue is gone."""

    def make(seed: int, **more: Any) -> World:
        for ref in two_tenants:
            forget_work(ref)
        return World(two_tenants[0], seed, others=two_tenants[1:], **more)

    yield make
    connection.set_schema_to_nobody()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Append each judged scenario to the file that ``make chaos`` makes its table from."""
    path = os.environ.get("CHAOS_RESULTS")
    numbers = [value for name, value in report.user_properties if name == "fault"]
    if path and numbers and (report.when == "call" or report.failed):
        line = {"fault": numbers[0], "test": report.nodeid, "ok": report.passed, "seconds": report.duration}
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


@pytest.fixture(autouse=True)
def _name_fault(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
    marker = request.node.get_closest_marker("fault")
    if marker:
        record_property("fault", marker.args[0])
