"""Suspend a tenant, bring it back as a backup has it, and let it work again."""

from collections.abc import Callable

from django.db.models import F

from apps.core.actor import Actor
from apps.dispatch.rebuilding import distrust_what_was_under_way, rebuild_work
from apps.ledger.services import record, transition, unit_of_work
from apps.partners.exceptions import NoSuchTenant, NotSuspended
from tenants.choices import TenantStatus
from tenants.context import platform_context, schema_context
from tenants.db import connection
from tenants.directory import tenant_ref
from tenants.models import Configuration, Tenant
from tenants.services.schemas import code_version, migrate_schema


def suspend_tenant(*, slug: str, actor: Actor, reason: str) -> Tenant:
    """Close a tenant: its hosts answer nobody, its work waits. Raises NoSuchTenant, IllegalTransition."""
    return _move(slug, "suspend", actor, reason)


def resume_tenant(*, slug: str, actor: Actor, reason: str) -> Tenant:
    """Open a suspended tenant again; its work goes on. Raises NoSuchTenant, IllegalTransition."""
    return _move(slug, "resume", actor, reason)


def restore_tenant(*, slug: str, load: Callable[[str], None], actor: Actor, reason: str) -> int:
    """Put a suspended tenant back to what ``load`` brings into its schema; return how much work that leaves to do.

    It stays suspended: nothing acts on the restored state before a person has looked and resumes it. Calls that were
    under way then are repeated under their old keys where the other system knows keys, asked for where it can be asked,
    and put before a person where it can do neither; mails that waited then are not sent by themselves.
    Raises NoSuchTenant and NotSuspended; what ``load`` raises leaves everything as it was.
    """
    with platform_context():
        tenant = _find(slug)
        if tenant.status != TenantStatus.SUSPENDED:
            raise NotSuspended(slug)
    connection.close()
    load(tenant.schema_name)
    migrate_schema(tenant.schema_name)
    with platform_context():
        # The numbers that processes remember configuration under must not come twice.
        Configuration.objects.filter(schema_name=tenant.schema_name).update(number=F("number") + 1)
        Tenant.objects.filter(pk=tenant.id).update(schema_version=code_version())
    with schema_context(tenant_ref(tenant)):
        with unit_of_work(actor, reason=reason):
            distrust_what_was_under_way()
            record("tenant.restore", tenant)
        made = rebuild_work(tenant_id=tenant.id)
    with platform_context(), unit_of_work(actor, reason=reason):
        record("tenant.restore", tenant, after={"work": made})
    return made


def rebuild_work_of(*, slug: str, actor: Actor, reason: str) -> int:
    """Make a tenant's part of the queue anew from its rows; return how many items there are. Raises NoSuchTenant."""
    with platform_context():
        tenant = _find(slug)
    with schema_context(tenant_ref(tenant)):
        made = rebuild_work(tenant_id=tenant.id)
    with platform_context(), unit_of_work(actor, reason=reason):
        record("tenant.rebuild_work", tenant, after={"work": made})
    return made


def _move(slug: str, command: str, actor: Actor, reason: str) -> Tenant:
    with platform_context(), unit_of_work(actor, reason=reason):
        tenant = _find(slug)
        transition(tenant, command)
        return tenant


def _find(slug: str) -> Tenant:
    tenant = Tenant.objects.select_related("partner__brand", "brand").filter(slug=slug).first()
    if tenant is None:
        raise NoSuchTenant
    return tenant
