"""Apply the engine's effects: rows of ours, or the registered app's work; answers given at once come back as commands."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from apps.core.errors import DomainError
from apps.dispatch.services.settle import cancel_work_of
from apps.dispatch.types import WorkItemSpec
from apps.ledger.services import attempt, emit, enqueue
from apps.ledger.types import DomainEvent
from apps.workflows import events, steps
from apps.workflows.engine import effects as fx
from apps.workflows.engine.commands import Command, CompleteStep, FactsGathered, FailStep, StepError
from apps.workflows.models import EventWait, RunTimer
from apps.workflows.services import beside, cases, children, tasks
from apps.workflows.services.kinds import RECHECK_KIND, TIMER_KIND
from apps.workflows.services.projection import INTERNAL
from apps.workflows.steps import Done, Failed, Outcome, RunContext
from tenants.context import current_tenant

log = structlog.get_logger(__name__)

RECHECK_AFTER_SECONDS = 2
_UNDONE = frozenset({"cancelled", "rolled_back"})


@dataclass
class Applier:
    """Applies one transition's effects. Timers and waits are gathered and written by ``flush``."""

    context: RunContext
    parent_id: UUID | None
    at: datetime
    timers: dict[str, RunTimer] = field(default_factory=dict)
    stopped_timers: set[str] = field(default_factory=set)
    waits: dict[str, EventWait] = field(default_factory=dict)
    stopped_waits: set[str] = field(default_factory=set)

    def apply(self, effect: fx.Effect) -> list[Command]:
        """Apply one effect; return the answers that are known at once."""
        apply: Callable[[Any], list[Command] | None] = getattr(self, _METHODS[type(effect)])
        return apply(effect) or []

    def flush(self) -> None:
        """Write what was gathered: timers and waits, begun and ended."""
        if self.stopped_timers:
            gone = RunTimer.objects.filter(run_id=self.context.run_id, timer__in=self.stopped_timers)
            cancel_work_of(tenant_id=current_tenant().id, refs=list(gone.values_list("id", flat=True)))
            gone.delete()
        if self.timers:
            RunTimer.objects.bulk_create(self.timers.values())
            for timer in self.timers.values():
                enqueue(WorkItemSpec(TIMER_KIND, timer.id, run_at=timer.at))
        if self.stopped_waits:
            EventWait.objects.filter(run_id=self.context.run_id, visit__in=self.stopped_waits).delete()
        if self.waits:
            EventWait.objects.bulk_create(self.waits.values())
            for wait in self.waits.values():
                # Now for events that came before the wait, later for one whose transaction overlaps with ours.
                enqueue(WorkItemSpec(RECHECK_KIND, wait.id))
                enqueue(WorkItemSpec(RECHECK_KIND, wait.id, run_at=_after(self.at, RECHECK_AFTER_SECONDS)))

    def open_work(self, kind: str, effect: Any) -> list[Command]:
        return self._answer(effect, steps.opener_of(kind)(effect, self.context))

    def open_approval(self, effect: fx.OpenApproval) -> list[Command]:
        return self.open_work("approval", effect)

    def send_message(self, effect: fx.SendMessage) -> list[Command]:
        return self.open_work("notify", effect)

    def perform_action(self, effect: fx.PerformAction | fx.Compensate) -> list[Command]:
        if effect.connection == INTERNAL:
            return self._answer(effect, self._internal(effect))
        return self.open_work("action", effect)

    def open_user_task(self, effect: fx.OpenUserTask) -> None:
        task = tasks.open_task(self.context, effect)
        emit(DomainEvent(events.USER_TASK_OPENED, f"user_task/{task.id}", tasks.task_data(task)))

    def open_assist(self, effect: fx.OpenAssist) -> None:
        task = tasks.open_assisted_task(self.context, effect)
        emit(DomainEvent(events.USER_TASK_OPENED, f"user_task/{task.id}", tasks.task_data(task)))

    def note_run_overdue(self, effect: fx.NoteRunOverdue) -> None:
        cases.note_run_overdue(self.context, due_at=effect.due_at, then=effect.then)

    def start_subflow(self, effect: fx.StartSubflow) -> list[Command]:
        return self._answer(effect, children.start_child(self.context, effect))

    def roll_back_child(self, effect: fx.RollBackChild) -> list[Command]:
        return self._answer(effect, children.roll_back_child(self.context, effect))

    def gather_facts(self, effect: fx.GatherFacts) -> list[Command]:
        query = steps.find_facts(effect.query)
        if query is None:
            return [
                FailStep(
                    effect.visit, StepError("unknown_facts", f"There are no facts named {effect.query!r}.")
                )
            ]
        outcome = _run_safely(lambda: query.function(effect.input))
        if isinstance(outcome, Done):
            return [FactsGathered(effect.visit, outcome.output)]
        return [FailStep(effect.visit, outcome.error)]

    def await_event(self, effect: fx.AwaitEvent) -> None:
        self.stopped_waits.discard(effect.visit)
        self.waits[effect.visit] = EventWait(
            run_id=self.context.run_id,
            visit=effect.visit,
            type=effect.type,
            match=effect.match,
            scope=effect.scope,
            correlation=effect.correlation,
        )

    def stop_awaiting(self, effect: fx.StopAwaiting) -> None:
        if self.waits.pop(effect.visit, None) is None:
            self.stopped_waits.add(effect.visit)

    def start_timer(self, effect: fx.StartTimer) -> None:
        self.stopped_timers.add(effect.timer)
        self.timers[effect.timer] = RunTimer(
            run_id=self.context.run_id,
            timer=effect.timer,
            visit=effect.visit,
            at=effect.at,
            purpose=effect.purpose,
        )

    def stop_timer(self, effect: fx.StopTimer) -> None:
        if self.timers.pop(effect.timer, None) is None:
            self.stopped_timers.add(effect.timer)

    def move_due(self, effect: fx.MoveDue) -> None:
        if effect.kind == "user_task":
            tasks.move_due(self.context, effect.visit, effect.due_at)
            return
        move = steps.due_mover_of(effect.kind)
        if move is not None:
            move(self.context, effect.visit, effect.due_at)

    def note_overdue(self, effect: fx.NoteOverdue) -> None:
        data = {
            "run_id": str(self.context.run_id),
            "template": self.context.template_key,
            "name": self.context.name,
        }
        emit(DomainEvent(events.STEP_OVERDUE, f"run/{self.context.run_id}", data | {"step": effect.step}))

    def raise_exception(self, effect: fx.RaiseException) -> None:
        cases.raise_for_step(self.context, effect)

    def reassign_work(self, effect: fx.ReassignWork) -> None:
        if effect.kind in ("user_task", "assist"):
            tasks.reassign_tasks(self.context, effect.visit, effect.assignee)
        else:
            cases.reassign_for_step(self.context, effect.visit, effect.assignee)

    def clear_exception(self, effect: fx.ClearException) -> None:
        cases.clear_for_step(self.context, effect.visit, how=effect.how)

    def close_work(self, effect: fx.CloseWork) -> list[Command] | None:
        if effect.drain:
            return self._drain(effect)
        if effect.kind in ("user_task", "assist"):
            tasks.cancel_tasks(self.context, effect.visit)
        elif effect.kind == "subflow":
            children.cancel_child(self.context, effect.visit, effect.epoch)
        else:
            closer = steps.closer_of(effect.kind)
            if closer is not None:
                closer(self.context, effect.visit)
        return None

    def _drain(self, effect: fx.CloseWork) -> list[Command]:
        if effect.kind == "subflow":
            children.let_go_of_child(self.context, effect.visit, effect.epoch)
            return []
        drainer = steps.drainer_of(effect.kind)
        if drainer is None or not drainer(self.context, effect.visit, effect.epoch):
            return []
        error = StepError("withdrawn", "It was withdrawn before it was begun.")
        return [FailStep(effect.visit, error, epoch=effect.epoch)]

    def run_finished(self, effect: fx.RunFinished) -> None:
        if effect.had_deadline:
            cases.close_overdue(self.context)
        if effect.outcome in _UNDONE:
            beside.cancel_tasks_beside(self.context.run_id)
        children.tell_parent(self.context.run_id, self.parent_id)

    def _internal(self, effect: fx.PerformAction | fx.Compensate) -> Outcome:
        operation = steps.find_operation(effect.operation)
        if operation is None:
            return Failed(
                StepError("unknown_operation", f"There is no internal operation {effect.operation!r}.")
            )
        return _run_safely(lambda: operation.function(effect.input, self.context))

    @staticmethod
    def _answer(effect: Any, outcome: Outcome | None) -> list[Command]:
        if outcome is None:
            return []
        epoch, number = effect.epoch, getattr(effect, "attempt", None)
        if isinstance(outcome, Done):
            return [CompleteStep(effect.visit, outcome.output, epoch=epoch, attempt=number)]
        return [FailStep(effect.visit, outcome.error, epoch=epoch, attempt=number)]


_METHODS: dict[type, str] = {
    fx.OpenApproval: "open_approval",
    fx.OpenUserTask: "open_user_task",
    fx.PerformAction: "perform_action",
    fx.Compensate: "perform_action",
    fx.SendMessage: "send_message",
    fx.StartSubflow: "start_subflow",
    fx.RollBackChild: "roll_back_child",
    fx.GatherFacts: "gather_facts",
    fx.AwaitEvent: "await_event",
    fx.StopAwaiting: "stop_awaiting",
    fx.StartTimer: "start_timer",
    fx.StopTimer: "stop_timer",
    fx.MoveDue: "move_due",
    fx.OpenAssist: "open_assist",
    fx.NoteRunOverdue: "note_run_overdue",
    fx.NoteOverdue: "note_overdue",
    fx.RaiseException: "raise_exception",
    fx.ReassignWork: "reassign_work",
    fx.ClearException: "clear_exception",
    fx.CloseWork: "close_work",
    fx.RunFinished: "run_finished",
}


def _run_safely(function: Callable[[], dict[str, Any]]) -> Done | Failed:
    """Run a function of another app under a savepoint; what it raises becomes the step's error, never the run's end."""
    try:
        with attempt():
            return Done(function())
    except DomainError as error:
        details = {"errors": [problem.to_json() for problem in error.errors]} if error.errors else {}
        return Failed(StepError(error.code, error.detail, details=details))
    except Exception as error:
        log.exception("step.defect")
        return Failed(StepError("internal_error", f"The step failed on our side ({type(error).__name__})."))


def _after(at: datetime, seconds: int) -> datetime:
    return at + timedelta(seconds=seconds)
