"""Tenants: ordered by a partner, provisioned by a work item, ready in about a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.core.exceptions import ValidationError
from django.db import connection

from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid, Problem
from apps.dispatch.services.settle import finish
from apps.dispatch.types import ClaimedItem, Retry, WorkItemSpec
from apps.ledger.services import enqueue, record, transition, unit_of_work
from apps.ledger.types import DomainEvent
from apps.partners import events
from apps.partners.services.partners import host_of
from tenants.choices import TenantStatus
from tenants.context import platform_context, schema_context
from tenants.directory import tenant_ref
from tenants.models import Domain, Partner, Tenant
from tenants.seeding import run_seeds
from tenants.services.schemas import clone_blueprint, code_version

log = structlog.get_logger(__name__)

PROVISION_KIND = "partners.provision"
_ACTOR = Actor.system("provisioning")


@dataclass(frozen=True, slots=True)
class TenantOrder:
    """What a partner says when ordering a tenant."""

    slug: str
    name: str
    environment: str = "production"
    region: str = "EU"
    timezone: str = "UTC"
    currency: str = "EUR"


def create_tenant(*, partner_id: UUID, order: TenantOrder, actor: Actor) -> Tenant:
    """Order a tenant; a work item provisions it and then opens its host.

    Raises Invalid with a pointer for each field, Conflict (``host_taken``) when the name is in use.
    """
    with unit_of_work(actor):
        partner = Partner.objects.get(pk=partner_id)
        if Domain.objects.filter(domain=host_of(order.slug)).exists():
            raise Conflict("host_taken", f"The name “{order.slug}” is in use. Choose another.")
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
    """Provision an ordered tenant; does nothing for one that is past that."""
    with platform_context():
        tenant = Tenant.objects.select_related("partner__brand", "brand").get(pk=tenant_id)
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
            told = DomainEvent(events.TENANT_FAILED, f"tenant/{tenant.id}", _data(tenant) | {"reason": reason})
            transition(tenant, "fail", event=told)


def _check(tenant: Tenant) -> None:
    try:
        tenant.full_clean(exclude=["partner", "brand"])
    except ValidationError as error:
        problems = [
            Problem(f"/{field}", " ".join(messages), "invalid") for field, messages in error.message_dict.items()
        ]
        raise Invalid("invalid_tenant", "The tenant cannot be made like this.", problems) from error


def _data(tenant: Tenant) -> dict[str, str]:
    return {"tenant_id": str(tenant.id), "slug": tenant.slug}
