"""What workflows register with the apps below."""

from apps.accounts.policies import register_actions
from apps.dispatch.rebuilding import register_due_work
from apps.dispatch.registry import register as register_kind
from apps.dispatch.registry import set_parked_listener
from apps.ledger.events import subscribe_all
from apps.ledger.transitions import register_table
from apps.workflows import (
    bulk_handlers,
    child_handlers,
    due_work,
    events,
    handlers,
    pause_handlers,
    policies,
    states,
    time_wiring,
)
from apps.workflows.models import (
    Backtest,
    BulkOperation,
    ExceptionCase,
    Pause,
    Proposal,
    Run,
    SuiteRun,
    TemplateVersion,
    UserTask,
    WorkflowTemplate,
)
from apps.workflows.selectors.templates import does_any_version_want
from apps.workflows.services import (
    backtests,
    bulk_commands,
    bulk_steering,
    editing,
    kinds,
    migration_commands,
    suites,
)
from apps.workflows.services.parked import note_parked
from tenants.configuration import register_configuration


def register() -> None:
    """Called once, when the apps are loaded."""
    events.register()
    register_actions(policies.ACTIONS)
    register_configuration(WorkflowTemplate)
    register_configuration(TemplateVersion)
    register_configuration(Pause)
    register_table(TemplateVersion, states.VERSION)
    register_table(Run, states.RUN)
    register_table(UserTask, states.USER_TASK)
    register_table(Proposal, states.PROPOSAL)
    register_table(ExceptionCase, states.CASE)
    register_table(BulkOperation, states.BULK)
    register_table(Backtest, states.BACKTEST)
    register_table(SuiteRun, states.SUITE)
    set_parked_listener(note_parked)
    bulk_commands.register()
    bulk_steering.register()
    migration_commands.register()
    time_wiring.register()
    subscribe_all("workflows", handlers.take_events, interest=does_any_version_want)
    register_due_work(kinds.TIMER_KIND, kinds.RECHECK_KIND, kinds.ARRIVAL_KIND, source=due_work.work_of_waits)
    register_due_work(
        kinds.CHILD_START_KIND,
        kinds.CHILD_END_KIND,
        kinds.CHILD_CANCEL_KIND,
        kinds.CHILD_LET_GO_KIND,
        kinds.CHILD_ROLL_BACK_KIND,
        source=due_work.work_of_children,
    )
    register_due_work(kinds.PAUSE_KIND, source=due_work.work_of_pauses)
    register_due_work(kinds.BULK_KIND, kinds.BACKTEST_KIND, kinds.SUITE_KIND, source=due_work.work_in_bulk)
    register_due_work(kinds.EDITING_KIND, source=due_work.work_of_editing)
    register_kind(kinds.TIMER_KIND, handlers.fire_timer, lane="timers", batch=16)
    register_kind(kinds.ARRIVAL_KIND, handlers.take_arrival, lane="events", batch=16, inline=True)
    register_kind(kinds.RECHECK_KIND, handlers.recheck_wait, lane="timers", batch=16)
    register_kind(kinds.CHILD_START_KIND, child_handlers.start_child, lane="events", batch=8, inline=True)
    register_kind(kinds.CHILD_END_KIND, child_handlers.end_child, lane="events", batch=8, inline=True)
    register_kind(kinds.CHILD_CANCEL_KIND, child_handlers.cancel_child, lane="events", batch=8, inline=True)
    register_kind(
        kinds.CHILD_LET_GO_KIND, child_handlers.let_go_of_child, lane="events", batch=8, inline=True
    )
    register_kind(
        kinds.CHILD_ROLL_BACK_KIND, child_handlers.roll_back_child, lane="events", batch=8, inline=True
    )
    register_kind(kinds.PAUSE_KIND, pause_handlers.spread, lane="bulk", lease_seconds=120)
    register_kind(kinds.BACKTEST_KIND, backtests.go_on, lane="bulk", lease_seconds=120)
    register_kind(kinds.SUITE_KIND, suites.go_on, lane="bulk", lease_seconds=120)
    register_kind(kinds.EDITING_KIND, editing.end_quiet, lane="timers", batch=16)
    register_kind(kinds.BULK_KIND, bulk_handlers.go_on, lane="bulk", lease_seconds=120)
