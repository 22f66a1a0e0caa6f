"""What the work queue holds for a partner's tenants."""

from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet

from apps.core.clock import now
from apps.dispatch.choices import WorkState
from apps.dispatch.models import WorkItem
from apps.dispatch.models.queue import PLATFORM
from apps.partners.types import LaneState, ParkedWork
from tenants.models import Tenant

PARKED_SHOWN = 25


def lanes_of(partner_id: UUID) -> list[LaneState]:
    """Return what each lane holds for the partner's tenants, those with most due work first."""
    at = now()
    ready, leased = Q(state=WorkState.READY), Q(state=WorkState.LEASED)
    due = ready & Q(run_at__lte=at)
    rows = (
        _work_of(partner_id)
        .order_by()
        .values("lane")
        .annotate(
            due=Count("pk", filter=due),
            oldest_due_at=Min("run_at", filter=due),
            scheduled=Count("pk", filter=ready & Q(run_at__gt=at)),
            running=Count("pk", filter=leased & Q(lease_until__gte=at)),
            lost=Count("pk", filter=leased & Q(lease_until__lt=at)),
            again=Count("pk", filter=ready & Q(attempt__gt=0)),
            parked=Count("pk", filter=Q(state=WorkState.PARKED)),
        )
        .order_by("-due", "lane")
    )
    return [LaneState(**row) for row in rows]


def parked_work(partner_id: UUID) -> list[ParkedWork]:
    """Return the work given up last, at most ``PARKED_SHOWN`` pieces."""
    rows = list(_work_of(partner_id).filter(state=WorkState.PARKED).order_by("-id")[:PARKED_SHOWN])
    tenants = {row.ref if row.tenant_id == PLATFORM else row.tenant_id for row in rows}
    names = dict(Tenant.objects.filter(pk__in=tenants).values_list("pk", "name"))
    return [_parked(row, names) for row in rows]


def _parked(row: WorkItem, names: dict[UUID, str]) -> ParkedWork:
    tenant_id = row.ref if row.tenant_id == PLATFORM else row.tenant_id
    return ParkedWork(
        tenant_id=tenant_id,
        tenant_name=names.get(tenant_id, ""),
        kind=row.kind,
        lane=row.lane,
        attempts=row.attempt,
        error=row.error,
        since=row.run_at,
    )


def _work_of(partner_id: UUID) -> QuerySet[WorkItem]:
    """Return the work of the partner's tenants, and the platform's work on them, such as provisioning."""
    ours = Tenant.objects.filter(partner_id=partner_id).values("pk")
    return WorkItem.objects.filter(Q(tenant_id__in=ours) | Q(tenant_id=PLATFORM, ref__in=ours))
