"""Work of absences, escalation, hand-overs and forecasts; each bears running twice."""

from collections.abc import Sequence

from apps.approvals.choices import ForecastCause, HandOverStatus
from apps.approvals.models import HandOver
from apps.approvals.services.escalating import ACTOR as ESCALATION
from apps.approvals.services.escalating import strike
from apps.approvals.services.feeds import fetch, take_fetched
from apps.approvals.services.forecasting import make_forecast, plan_nightly, tell_gaps
from apps.approvals.services.hand_over import hand_over_some, settle_hand_over
from apps.approvals.services.standing import follow_turn
from apps.core.actor import Actor
from apps.dispatch.types import ClaimedItem, Retry
from apps.ledger.services import finish, unit_of_work
from apps.ledger.types import StoredEvent

_ABSENCES = Actor.system("absences")
_FORECAST = Actor.system("coverage forecast")
_HAND_OVER = Actor.system("hand-over")


def turn(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Somebody went away, or came back: have requests wait for whose decision counts now."""
    for item in items:
        follow_turn(item.ref, _ABSENCES)
        with unit_of_work(_ABSENCES):
            finish([item])
    return {}


def read_feed(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Take absences over from somebody's calendar."""
    for item in items:
        fetched = fetch(item.ref)
        with unit_of_work(_ABSENCES):
            if fetched is not None:
                take_fetched(item.ref, *fetched, _ABSENCES)
            finish([item])
    return {}


def clock(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Take the next step of a stage that has waited long enough."""
    for item in items:
        with unit_of_work(ESCALATION):
            strike(item.ref)
            finish([item])
    return {}


def hand_over(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Give the next portion of what somebody held."""
    for item in items:
        row = HandOver.objects.select_related("giver", "taker").filter(pk=item.ref).first()
        if row is not None and row.status == HandOverStatus.RUNNING:
            hand_over_some(row)
        with unit_of_work(_HAND_OVER):
            settle_hand_over(item.ref)
            finish([item])
    return {}


def forecast(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Look ahead, and tell what is found; the next night is planned with it."""
    for item in items:
        with unit_of_work(_FORECAST):
            tell_gaps(make_forecast(actor=_FORECAST, cause=ForecastCause.NIGHTLY))
            finish([item])
    return {}


def plan_forecast(event: StoredEvent) -> None:
    """A policy is in use: look ahead every night from now on."""
    plan_nightly()
