"""How tenants fare, for a page of them at once.

A partner's people have no rights inside a tenant, so no row of it is read: only how many exceptions are open, how many
approvals are overdue, what is paused, and when something last happened. These are counted in one statement that names
each tenant's schema, so that a page costs the same whether the partner has five tenants or five hundred.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q
from django_tenants.utils import quote_schema_name

from apps.approvals.choices import RequestStatus
from apps.approvals.models import ApprovalRequest
from apps.core.clock import now
from apps.dispatch.choices import WorkState
from apps.dispatch.models import WorkItem
from apps.ledger.models import OutboxMessage
from apps.partners.types import TenantHealth
from apps.workflows.choices import CaseStatus, PauseScope
from apps.workflows.models import ExceptionCase, Pause
from tenants.choices import TenantStatus
from tenants.db import connection
from tenants.models import Tenant

AT_ONCE = 100
_WITH_SCHEMA = (TenantStatus.READY, TenantStatus.SUSPENDED)

_COUNT = """
SELECT %s::uuid,
       (SELECT count(*) FROM {schema}.{cases} WHERE status = %s),
       (SELECT min(created_at) FROM {schema}.{cases} WHERE status = %s),
       (SELECT count(*) FROM {schema}.{requests} WHERE status = %s AND due_at < %s),
       (SELECT time FROM {schema}.{outbox} ORDER BY id DESC LIMIT 1),
       (SELECT count(*) FROM {schema}.{pauses} WHERE ended_at IS NULL AND scope IN (%s, %s)),
       (SELECT min(created_at) FROM {schema}.{pauses} WHERE ended_at IS NULL AND scope = %s)
"""
_TABLES = {
    "cases": ExceptionCase._meta.db_table,
    "requests": ApprovalRequest._meta.db_table,
    "outbox": OutboxMessage._meta.db_table,
    "pauses": Pause._meta.db_table,
}


def health_of(tenants: Sequence[Tenant]) -> dict[UUID, TenantHealth]:
    """Return the health of each of at most ``AT_ONCE`` tenants, in two queries; one without a schema has none yet."""
    if len(tenants) > AT_ONCE:
        raise ValueError(f"the health of {len(tenants)} tenants was asked for; at most {AT_ONCE} at once")
    if not tenants:
        return {}
    counts = _counts([tenant for tenant in tenants if tenant.status in _WITH_SCHEMA])
    work = _work([tenant.pk for tenant in tenants])
    return {
        tenant.pk: TenantHealth(**counts.get(tenant.pk, {}), **work.get(tenant.pk, {})) for tenant in tenants
    }


def _counts(tenants: Sequence[Tenant]) -> dict[UUID, dict[str, Any]]:
    if not tenants:
        return {}
    parts: list[str] = []
    values: list[Any] = []
    for tenant in tenants:
        parts.append(_COUNT.format(schema=quote_schema_name(tenant.schema_name), **_TABLES))
        values += [tenant.pk, CaseStatus.OPEN, CaseStatus.OPEN, RequestStatus.OPEN, now()]
        values += [PauseScope.TEMPLATE, PauseScope.CONNECTION, PauseScope.TENANT]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return {
            tenant_id: {
                "open_exceptions": exceptions,
                "oldest_exception_at": oldest,
                "overdue_approvals": overdue,
                "last_activity_at": last,
                "paused_parts": paused,
                "paused_since": since,
            }
            for tenant_id, exceptions, oldest, overdue, last, paused, since in cursor.fetchall()
        }


def _work(tenant_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    due = Q(state=WorkState.READY, run_at__lte=now())
    rows = (
        WorkItem.objects.filter(tenant_id__in=tenant_ids)
        .order_by()
        .values("tenant_id")
        .annotate(
            due=Count("pk", filter=due),
            oldest_due_at=Min("run_at", filter=due),
            parked=Count("pk", filter=Q(state=WorkState.PARKED)),
        )
    )
    return {
        row["tenant_id"]: {name: row[name] for name in ("due", "oldest_due_at", "parked")} for row in rows
    }
