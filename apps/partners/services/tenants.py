"""Tenants: ordered by a partner, provisioned by a work item, ready in about a second."""

import re
from collections.abc import Sequence
from uuid import UUID
from zoneinfo import available_timezones

import structlog
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.accounts.policies import require
from apps.core.actor import Actor
from apps.core.errors import Invalid, Problem
from apps.dispatch.services.settle import finish
from apps.dispatch.types import ClaimedItem, Retry, WorkItemSpec
from apps.ledger.services import enqueue, record, transition, unit_of_work
from apps.ledger.types import DomainEvent
from apps.partners import events
from apps.partners.exceptions import HostTaken, NoSuchTenant
from apps.partners.services.partners import host_of
from apps.partners.types import TenantOrder
from tenants.choices import TenantStatus
from tenants.context import platform_context, schema_context
from tenants.db import connection
from tenants.directory import tenant_ref
from tenants.models import Domain, Partner, Tenant
from tenants.seeding import run_seeds
from tenants.services.schemas import clone_blueprint, code_version

log = structlog.get_logger(__name__)

MANAGE = "tenants:manage"
PROVISION_KIND = "partners.provision"
_REGION = re.compile(r"^[A-Z][A-Z0-9-]{1,15}$")
_CURRENCY = re.compile(r"^[A-Z]{3}$")
_ACTOR = Actor.system("provisioning")


def create_tenant(*, partner_id: UUID, order: TenantOrder, actor: Actor) -> Tenant:
    """Order a tenant; a work item provisions it and then opens its host.

    Raises Invalid with a pointer for each field, HostTaken when the name is in use.
    """
    try:
        with unit_of_work(actor):
            require(actor, MANAGE)
            return _enter_tenant(Partner.objects.get(pk=partner_id), order)
    except IntegrityError as error:
        # Two orders of one name at the same moment; the second one finds it taken only when it writes.
        raise HostTaken(order.slug) from error


def retry_provisioning(*, partner_id: UUID, tenant_id: UUID, actor: Actor) -> Tenant:
    """Have a tenant provisioned again whose provisioning was given up; one that is past that stays as it is."""
    with unit_of_work(actor):
        require(actor, MANAGE)
        tenant = Tenant.objects.select_for_update().filter(pk=tenant_id, partner_id=partner_id).first()
        if tenant is None:
            raise NoSuchTenant
        if tenant.status == TenantStatus.FAILED:
            transition(tenant, "retry")
            enqueue(WorkItemSpec(PROVISION_KIND, tenant.id))
    return tenant


def _enter_tenant(partner: Partner, order: TenantOrder) -> Tenant:
    tenant = Tenant(
        partner=partner,
        slug=order.slug,
        name=order.name,
        schema_name=f"t_{order.slug.replace('-', '_')}",
        environment=order.environment,
        region=order.region,
        timezone=order.timezone,
        currency=order.currency,
    )
    if Domain.objects.filter(domain=host_of(order.slug)).exists():
        raise HostTaken(order.slug)
    _check(tenant)
    tenant.save()
    Domain.objects.create(domain=host_of(order.slug), tenant=tenant, is_primary=True)
    told = DomainEvent(events.TENANT_CREATED, f"tenant/{tenant.id}", _data(tenant))
    record("tenant.create", tenant, after={"slug": tenant.slug, "status": tenant.status}, event=told)
    enqueue(WorkItemSpec(PROVISION_KIND, tenant.id))
    return tenant


def provision_tenants(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Handle ``partners.provision``: clone the blueprint, seed, open. Each step bears being repeated."""
    for item in items:
        provision_tenant(item.ref)
        finish([item])
    return {}


def provision_tenant(tenant_id: UUID) -> None:
    """Provision an ordered tenant, whole or not at all; does nothing for one that is past that."""
    # A maker that was taken for dead may be at it still: who comes second waits for the first.
    with platform_context(), transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
        with connection.cursor() as cursor:
            # The schema is cloned by one statement, which on a busy machine takes longer than any other may.
            cursor.execute("SET LOCAL statement_timeout = '5min'")
        if tenant.status != TenantStatus.PROVISIONING:
            return
        clone_blueprint(tenant.schema_name)
        connection.set_schema_to_public()
        with schema_context(tenant_ref(tenant)):
            run_seeds()
        with unit_of_work(_ACTOR):
            transition(
                tenant,
                "make_ready",
                fields={"schema_version": code_version()},
                event=DomainEvent(events.TENANT_READY, f"tenant/{tenant.id}", _data(tenant)),
            )


def fail_tenant(tenant_id: UUID, reason: str) -> None:
    """Note that provisioning was given up, for the partner to see."""
    with platform_context(), unit_of_work(_ACTOR, reason=reason):
        tenant = Tenant.objects.get(pk=tenant_id)
        if tenant.status == TenantStatus.PROVISIONING:
            told = DomainEvent(
                events.TENANT_FAILED, f"tenant/{tenant.id}", _data(tenant) | {"reason": reason}
            )
            transition(tenant, "fail", event=told)


def _check(tenant: Tenant) -> None:
    problems = []
    try:
        tenant.full_clean(exclude=["partner", "brand"])
    except ValidationError as error:
        problems = [
            Problem(f"/{field}", " ".join(messages), "invalid")
            for field, messages in error.message_dict.items()
        ]
    if tenant.timezone not in available_timezones():
        problems.append(Problem("/timezone", "Name a time zone such as Europe/Berlin.", "unknown_timezone"))
    if not _CURRENCY.match(tenant.currency):
        problems.append(Problem("/currency", "Name a currency by its three letters, such as EUR.", "invalid"))
    if not _REGION.match(tenant.region):
        problems.append(Problem("/region", "Name a region in capital letters, such as EU.", "invalid"))
    if problems:
        raise Invalid("invalid_tenant", "The tenant cannot be made like this.", problems)


def _data(tenant: Tenant) -> dict[str, str]:
    return {"tenant_id": str(tenant.id), "slug": tenant.slug}
