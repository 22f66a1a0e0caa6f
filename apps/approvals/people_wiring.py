"""What absences, escalation, hand-overs and forecasts register with the apps below."""

from apps.approvals import due_work, events, people_events, people_handlers, states
from apps.approvals.models import Delegation, HandOver
from apps.approvals.services.clocks import CLOCK_KIND
from apps.approvals.services.delegations import TURN_KIND
from apps.approvals.services.feeds import FEED_KIND
from apps.approvals.services.forecasting import FORECAST_KIND
from apps.approvals.services.hand_over import HAND_OVER_KIND
from apps.dispatch.rebuilding import register_due_work
from apps.dispatch.registry import register as register_kind
from apps.ledger.events import subscribe
from apps.ledger.transitions import register_table
from tenants.configuration import register_configuration


def register() -> None:
    """Called once, when the apps are loaded."""
    people_events.register()
    register_configuration(Delegation)
    register_table(HandOver, states.HAND_OVER)
    register_due_work(TURN_KIND, FEED_KIND, source=due_work.work_of_absences)
    register_due_work(CLOCK_KIND, HAND_OVER_KIND, FORECAST_KIND, source=due_work.work_of_time)
    register_kind(TURN_KIND, people_handlers.turn, lane="timers", batch=4)
    register_kind(FEED_KIND, people_handlers.read_feed, lane="bulk")
    register_kind(CLOCK_KIND, people_handlers.clock, lane="timers", batch=8)
    register_kind(HAND_OVER_KIND, people_handlers.hand_over, lane="bulk")
    register_kind(FORECAST_KIND, people_handlers.forecast, lane="bulk", lease_seconds=300)
    subscribe(events.POLICY_PUBLISHED, "approvals.plan_forecast", people_handlers.plan_forecast)
