"""Work items that join a child run to the run that started it. Each bears running twice, and in another order."""

from collections.abc import Iterator, Sequence

from apps.core.actor import Actor
from apps.dispatch.types import ClaimedItem, Retry
from apps.ledger.services import finish, unit_of_work
from apps.workflows.choices import RunStatus
from apps.workflows.engine.commands import Cancel, Command, CompleteStep, FailStep, RollBack, StepError
from apps.workflows.engine.history import undo_id
from apps.workflows.models import Run
from apps.workflows.services.children import tell_parent
from apps.workflows.services.pause_rows import pauses_at_birth
from apps.workflows.services.runs import begin
from apps.workflows.services.transition import lock_run, perform

_ACTOR = Actor.system("workflow engine")
_HELD = {"parent": {"reason": "the run that started it has gone on", "actor": _ACTOR.to_json()}}
"""What keeps a run that ends before it has begun from beginning anything."""
_NOT_NEEDED = "the run that started it no longer needs it"
_WITH_PARENT = "the run that started it is rolled back"
Outcome = dict[int, Retry]


def start_child(items: Sequence[ClaimedItem]) -> Outcome:
    """Perform a child run's first transition."""
    for item in items:
        with unit_of_work(_ACTOR):
            run = lock_run(item.ref)
            if _is_unbegun(run):
                pauses = pauses_at_birth(run.template_key)
                begin(run, input=run.start["input"], pauses=pauses, is_new=False)
            finish([item])
    return {}


def end_child(items: Sequence[ClaimedItem]) -> Outcome:
    """Tell the parent how its child ended."""
    for item in items:
        with unit_of_work(_ACTOR):
            child = Run.objects.get(pk=item.ref)
            if child.parent_id is not None:
                perform(lock_run(child.parent_id), list(_answers_of(child)))
            finish([item])
    return {}


def cancel_child(items: Sequence[ClaimedItem]) -> Outcome:
    """Cancel a child run whose parent is over."""
    return _end(items, Cancel(reason=_NOT_NEEDED))


def let_go_of_child(items: Sequence[ClaimedItem]) -> Outcome:
    """Cancel a child run that its parent goes on without; the parent's roll-back can still undo what it has done."""
    return _end(items, Cancel(reason=_NOT_NEEDED, undoable=True))


def roll_back_child(items: Sequence[ClaimedItem]) -> Outcome:
    """Roll back a child run with its parent, whether it has ended or not; its end tells the parent."""
    for item in items:
        with unit_of_work(_ACTOR):
            run = lock_run(item.ref)
            _begin_held(run)
            moved = perform(run, [RollBack(reason=_WITH_PARENT, by_parent=True)])
            if moved.refused and run.is_finished:
                tell_parent(run.id, run.parent_id)
            finish([item])
    return {}


def _end(items: Sequence[ClaimedItem], command: Cancel) -> Outcome:
    for item in items:
        with unit_of_work(_ACTOR):
            run = lock_run(item.ref)
            _begin_held(run)
            perform(run, [command])
            finish([item])
    return {}


def _is_unbegun(run: Run) -> bool:
    return run.history_length == 0 and run.status == RunStatus.RUNNING


def _begin_held(run: Run) -> None:
    if _is_unbegun(run):
        begin(run, input=run.start["input"], pauses=_HELD, is_new=False)


def _answers_of(child: Run) -> Iterator[Command]:
    """What the parent hears: the subflow's step, if it is open, and the undoing of it, if that waits for the child."""
    undo = undo_id(child.parent_visit, child.parent_epoch)
    if child.status == RunStatus.COMPLETED:
        output = {"run_id": str(child.id), "outcome": child.outcome, "steps": child.state.get("outputs", {})}
        yield CompleteStep(child.parent_visit, output, epoch=child.parent_epoch)
    else:
        message = f"The run “{child.name}” ended {child.get_status_display().lower()}."
        error = StepError("subflow_not_completed", message)
        yield FailStep(child.parent_visit, error, epoch=child.parent_epoch)
    if child.status == RunStatus.ROLLED_BACK:
        yield CompleteStep(undo, {"run_id": str(child.id), "outcome": child.outcome})
    elif child.is_finished and not child.state.get("undoable"):
        message = f"What the run “{child.name}” did cannot be undone from here any more. See to it there."
        yield FailStep(undo, StepError("child_not_undoable", message))
