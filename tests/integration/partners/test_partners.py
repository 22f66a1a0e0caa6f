"""The reseller's business: provisioning, health over schemas, brands, access."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.accounts.selectors import actor_of_user, get_user
from apps.accounts.services import create_user
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.ids import new_id
from apps.dispatch.models import WorkItem
from apps.ledger.models import AuditEntry, OutboxMessage
from apps.partners.selectors import get_tenant, health_of, lanes_of
from apps.partners.services import (
    TenantOrder,
    create_partner,
    create_tenant,
    edit_brand,
    retry_provisioning,
    take_access,
)
from apps.partners.services.tenants import fail_tenant, provision_tenant
from apps.workflows.models import ExceptionCase, Pause
from tenants.context import platform_context, tenant_context
from tenants.models import AccessLease, Domain, Partner, Tenant
from tenants.types import TenantRef

SYSTEM = Actor.system("test")


@pytest.fixture(autouse=True)
def _on_platform(db: None) -> Iterator[None]:
    with platform_context():
        yield


@pytest.fixture
def partner() -> Partner:
    return Partner.objects.select_related("brand").get(slug="northmsp")


def person(partner: Partner, *roles: str) -> User:
    return create_user(
        email=f"{new_id()}@p.example", name="Pat", roles=roles, partner_id=partner.id, actor=SYSTEM
    )


def actor_of(user: User) -> Actor:
    return actor_of_user(get_user(user.id))


class TestTenants:
    def test_is_ordered_provisioned_and_told(self, partner: Partner) -> None:
        admin = actor_of(person(partner, "partner_admin"))
        order = TenantOrder(slug="delta", name="Delta", timezone="Europe/Oslo", currency="NOK")
        tenant = create_tenant(partner_id=partner.id, order=order, actor=admin)
        assert tenant.status == "provisioning"
        assert WorkItem.objects.filter(kind="partners.provision", ref=tenant.id).count() == 1
        for _time in range(2):
            provision_tenant(tenant.id)
        tenant.refresh_from_db()
        assert tenant.status == "ready"
        told = OutboxMessage.objects.filter(subject=f"tenant/{tenant.id}").order_by("id")
        assert [message.type for message in told] == ["tenant.created", "tenant.ready"]
        first = AuditEntry.objects.filter(subject_id=str(tenant.id)).earliest("at")
        assert (first.action, first.actor_label) == ("tenant.create", "Pat")

    def test_given_up_and_tried_again(self, partner: Partner) -> None:
        tenant = create_tenant(
            partner_id=partner.id, order=TenantOrder(slug="delta", name="Delta"), actor=SYSTEM
        )
        fail_tenant(tenant.id, "the disk was full")
        assert Tenant.objects.get(pk=tenant.id).status == "failed"
        retry_provisioning(partner_id=partner.id, tenant_id=tenant.id, actor=SYSTEM)
        provision_tenant(tenant.id)
        assert Tenant.objects.get(pk=tenant.id).status == "ready"
        retry_provisioning(partner_id=partner.id, tenant_id=tenant.id, actor=SYSTEM)
        assert Tenant.objects.get(pk=tenant.id).status == "ready"

    @pytest.mark.parametrize(
        ("order", "pointer"),
        [
            (TenantOrder(slug="A b", name="x"), "/slug"),
            (TenantOrder(slug="delta", name=""), "/name"),
            (TenantOrder(slug="delta", name="x", timezone="Mars/Olympus"), "/timezone"),
            (TenantOrder(slug="delta", name="x", currency="euro"), "/currency"),
            (TenantOrder(slug="delta", name="x", region="moon base"), "/region"),
            (TenantOrder(slug="delta", name="x", environment="test"), "/environment"),
        ],
    )
    def test_what_cannot_be_ordered(self, partner: Partner, order: TenantOrder, pointer: str) -> None:
        with pytest.raises(Invalid) as refused:
            create_tenant(partner_id=partner.id, order=order, actor=SYSTEM)
        assert pointer in {problem.pointer for problem in refused.value.errors}

    @pytest.mark.parametrize("slug", ["alpha", "beta", "northmsp", "solarerp"])
    def test_a_name_in_use_is_refused(self, partner: Partner, slug: str) -> None:
        with pytest.raises(Conflict) as refused:
            create_tenant(partner_id=partner.id, order=TenantOrder(slug=slug, name="x"), actor=SYSTEM)
        assert refused.value.code == "host_taken"

    def test_people_without_the_role_may_not(self, partner: Partner) -> None:
        nobody = actor_of(person(partner))
        with pytest.raises(Forbidden):
            create_tenant(partner_id=partner.id, order=TenantOrder(slug="delta", name="x"), actor=nobody)
        with pytest.raises(Forbidden):
            edit_brand(brand_id=partner.brand_id, changes={"name": "x"}, actor=nobody)

    def test_another_partners_is_not_there(self, partner: Partner, beta: TenantRef) -> None:
        with pytest.raises(NotFound):
            get_tenant(partner.id, beta.id)
        with pytest.raises(NotFound):
            retry_provisioning(partner_id=partner.id, tenant_id=beta.id, actor=SYSTEM)

    def test_every_partner_keeps_its_primary_host(self, partner: Partner) -> None:
        create_partner(slug="thirdco", name="Third", brand={"primary": "#123456"}, actor=SYSTEM)
        primary = Domain.objects.filter(partner__isnull=False, is_primary=True)
        assert {"northmsp.localhost", "solarerp.localhost", "thirdco.localhost"} <= {
            domain.domain for domain in primary
        }


class TestHealth:
    def test_counts_over_schemas_in_two_queries(self, alpha: TenantRef, beta: TenantRef) -> None:
        with tenant_context(alpha):
            ExceptionCase.objects.create(subject="run/1", title="x", code="x", message="x")
            Pause.objects.create(scope="tenant", label="x")
            Pause.objects.create(scope="template", key="x", label="x")
            Pause.objects.create(scope="run", key="x", label="x")
        with tenant_context(beta):
            for number in range(3):
                ExceptionCase.objects.create(subject=f"run/{number}", title="x", code="x", message="x")
        WorkItem.objects.create(tenant_id=alpha.id, lane="a", kind="k", ref=new_id(), state="parked")
        tenants = list(Tenant.objects.filter(slug__in=("alpha", "beta")))
        tenants.append(Tenant(slug="unborn", schema_name="t_unborn", status="provisioning"))
        with CaptureQueriesContext(connection) as queries:
            health = health_of(tenants)
        assert len(queries) == 2
        assert (health[alpha.id].open_exceptions, health[beta.id].open_exceptions) == (1, 3)
        assert (health[alpha.id].parked, health[beta.id].parked) == (1, 0)
        assert (health[alpha.id].paused_parts, health[beta.id].paused_parts) == (1, 0)
        assert health[alpha.id].paused_since is not None
        assert health[beta.id].paused_since is None
        assert health[tenants[2].pk].open_exceptions == 0

    def test_is_asked_for_pages_only(self) -> None:
        with pytest.raises(ValueError, match="at most 100"):
            health_of([Tenant() for _number in range(101)])

    def test_lanes_count_each_state(self, partner: Partner, alpha: TenantRef, beta: TenantRef) -> None:
        WorkItem.objects.all().delete()
        at = now()
        for tenant_id, state, minutes, lease in (
            (alpha.id, "ready", -5, None),
            (alpha.id, "ready", 5, None),
            (alpha.id, "leased", -5, at + timedelta(minutes=1)),
            (alpha.id, "leased", -5, at - timedelta(minutes=1)),
            (beta.id, "ready", -5, None),
        ):
            WorkItem.objects.create(
                tenant_id=tenant_id,
                lane="actions",
                kind="k",
                ref=new_id(),
                state=state,
                run_at=at + timedelta(minutes=minutes),
                lease_until=lease,
            )
        (lane,) = lanes_of(partner.id)
        assert (lane.due, lane.scheduled, lane.running, lane.lost, lane.parked) == (1, 1, 1, 1, 0)


class TestBrand:
    def test_of_two_who_edit_one_is_told(self, partner: Partner) -> None:
        brand = edit_brand(
            brand_id=partner.brand_id,
            changes={"name": "One"},
            expected_version=partner.brand.version,
            actor=SYSTEM,
        )
        with pytest.raises(Conflict) as refused:
            edit_brand(
                brand_id=partner.brand_id,
                changes={"name": "Two"},
                expected_version=brand.version - 1,
                actor=SYSTEM,
            )
        assert refused.value.code == "version_mismatch"

    def test_all_that_is_wrong_is_said_at_once(self, partner: Partner) -> None:
        changes = {"name": "", "primary": "blue", "support_email": "x", "mail_sender_name": "a\r\nBcc: x"}
        with pytest.raises(Invalid) as refused:
            edit_brand(brand_id=partner.brand_id, changes=changes, logo=b"no", actor=SYSTEM)
        assert {problem.pointer for problem in refused.value.errors} == {
            "/name",
            "/primary",
            "/support_email",
            "/mail_sender_name",
            "/logo",
        }

    def test_only_what_changed_is_audited(self, partner: Partner) -> None:
        edit_brand(
            brand_id=partner.brand_id, changes={"name": partner.brand.name, "accent": "#ff0000"}, actor=SYSTEM
        )
        entry = AuditEntry.objects.filter(action="brand.edit", subject_id=str(partner.brand_id)).latest("at")
        assert (entry.before, entry.after) == ({"accent": ""}, {"accent": "#ff0000"})


class TestAccess:
    def test_is_the_persons_own_and_once_per_click(self, partner: Partner, alpha: TenantRef) -> None:
        user = person(partner, "partner_admin")
        leases = {
            take_access(
                partner_id=partner.id,
                tenant_id=alpha.id,
                roles=["auditor"],
                reason="Ticket 1",
                hours=2,
                actor=actor_of(user),
            ).id
            for _click in range(2)
        }
        lease = AccessLease.objects.get(pk=leases.pop())
        assert not leases
        assert (lease.partner_user_id, lease.partner_user_email) == (user.id, user.email)
        assert lease.ends_at - lease.starts_at == timedelta(hours=2)

    def test_only_to_ones_own_ready_tenants_and_as_staff(
        self, partner: Partner, alpha: TenantRef, beta: TenantRef
    ) -> None:
        admin = actor_of(person(partner, "partner_admin"))
        asked = {"partner_id": partner.id, "reason": "x", "hours": 1, "actor": admin}
        with pytest.raises(NotFound):
            take_access(tenant_id=beta.id, roles=["auditor"], **asked)  # type: ignore[arg-type]
        with pytest.raises(Invalid):
            take_access(tenant_id=alpha.id, roles=["customer"], **asked)  # type: ignore[arg-type]
        Tenant.objects.filter(pk=alpha.id).update(status="suspended")
        with pytest.raises(NotFound):
            take_access(tenant_id=alpha.id, roles=["auditor"], **asked)  # type: ignore[arg-type]
