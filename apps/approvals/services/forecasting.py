"""Look ahead: every night, and whenever somebody asks."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from apps.accounts import policies as account_policies
from apps.accounts.models import User
from apps.accounts.selectors import users_with_role
from apps.approvals import people_events
from apps.approvals.choices import ForecastCause
from apps.approvals.delegation import by_giver
from apps.approvals.forecast import Expected, Finding, Gap, forecast, links_of
from apps.approvals.models import CoverageForecast
from apps.approvals.policies import ADMINISTRATORS
from apps.approvals.selectors.delegations import read_links
from apps.approvals.selectors.forecasts import coming_stages, finding_json, open_stages, stages_of_policy
from apps.core.actor import Actor
from apps.core.clock import now
from apps.dispatch.types import WorkItemSpec
from apps.ledger.services import enqueue, record, unit_of_work
from apps.ledger.services.unit import subject_of
from apps.ledger.types import DomainEvent
from apps.messaging.services import queue_message
from apps.messaging.types import Recipient
from tenants.context import current_tenant

FORECAST_KIND = "approvals.forecast"
DAYS = 14
KEPT = 60
"""So many forecasts are kept."""
_HOUR = 3


def make_forecast(
    *, actor: Actor, days: int = DAYS, policy: str = "", cause: str = ForecastCause.ASKED
) -> CoverageForecast:
    """Look at every approval likely due within so many days, or at one policy alone, and keep what is found.

    Raises UnknownPolicy and ActionForbidden.
    """
    account_policies.require(actor, "coverage:check")
    started, begins = time.perf_counter(), now()
    ends = begins + timedelta(days=days)
    links = by_giver(links_of(read_links(), begins, ends))
    if policy:
        expected = list(stages_of_policy(policy, begins, ends))
    else:
        expected = [*open_stages(begins, ends), *coming_stages(begins, ends)]
    found = forecast(expected, links)
    if policy:
        found = _concerning(expected, found)
    people = {person for finding in found for person in (*finding.people, *finding.away)}
    names = {str(user.pk): user.label for user in User.objects.filter(pk__in=people)}
    row = CoverageForecast(
        days=days,
        cause=cause,
        scope=f"policy/{policy}" if policy else "",
        asked_by="" if actor.is_system else actor.label,
        checked=len(expected),
        grave=sum(finding.is_grave for finding in found),
        findings=[finding_json(finding, names) for finding in found],
        milliseconds=round((time.perf_counter() - started) * 1000),
    )
    with unit_of_work(actor):
        row.save(force_insert=True)
        told = {
            "coverage_forecast_id": str(row.id),
            "checked": row.checked,
            "findings": len(found),
            "grave": row.grave,
        }
        event = DomainEvent(people_events.COVERAGE_FORECAST, subject_of(row), told)
        record("coverage_forecast.make", row, after={"scope": row.scope, **told}, event=event)
        kept = CoverageForecast.objects.order_by("-id").values("pk")[:KEPT]
        CoverageForecast.objects.exclude(Q(pk__in=list(kept.values_list("pk", flat=True)))).delete()
        plan_nightly()
    return row


def _concerning(expected: Sequence[Expected], found: Sequence[Finding]) -> list[Finding]:
    """Rings of people whom the one policy does not ask are not its business."""
    asked = frozenset[str]().union(*(one.members for one in expected))
    return [one for one in found if one.gap is not Gap.RING or asked & set(one.people)]


def plan_nightly() -> None:
    """Have the next night's forecast made; planning twice is planning once. Needs a unit of work."""
    enqueue(nightly_work())


def nightly_work() -> WorkItemSpec:
    """Return the work of looking ahead in the next night."""
    tenant = current_tenant()
    due = _next_night(now(), ZoneInfo(tenant.timezone))
    return WorkItemSpec(FORECAST_KIND, tenant.id, run_at=due, dedupe="approvals.forecast")


def tell_gaps(row: CoverageForecast) -> None:
    """Mail the administrators what would stop work; needs a unit of work."""
    lines = [
        f"{one['stage'] or 'Absences'}: {one['message']} {one['fix']}" for one in row.findings if one["grave"]
    ]
    if not lines:
        return
    data = {"coverage": {"days": str(row.days), "gaps": "\n".join(lines[:10]), "number": str(len(lines))}}
    for role in sorted(ADMINISTRATORS):
        for user in users_with_role(role):
            queue_message(
                key="coverage-gaps",
                to=Recipient(email=user.email, name=user.name, user_id=user.pk),
                data=data,
                dedupe=f"coverage:{row.id}:{user.pk}",
            )


def _next_night(at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    night = local.replace(hour=_HOUR, minute=0, second=0, microsecond=0)
    return night if night > local else night + timedelta(days=1)
