"""Subflows: a child run lives in transactions of its own, joined to its parent by work items."""

from uuid import UUID

from apps.core.ids import derived_id
from apps.dispatch.types import WorkItemSpec
from apps.ledger.services import enqueue
from apps.workflows.choices import RunStatus
from apps.workflows.engine.commands import StepError
from apps.workflows.engine.effects import RollBackChild, StartSubflow
from apps.workflows.models import Run
from apps.workflows.selectors.templates import published_version
from apps.workflows.services.kinds import (
    CHILD_CANCEL_KIND,
    CHILD_END_KIND,
    CHILD_LET_GO_KIND,
    CHILD_ROLL_BACK_KIND,
    CHILD_START_KIND,
)
from apps.workflows.steps import Failed, RunContext


def start_child(context: RunContext, effect: StartSubflow) -> Failed | None:
    """Make the child's row; its first transition is a work item. An unknown template fails the step at once.

    Its id, and so the keys of its calls, follow from the visit that starts it: begun again after a restore, it is the
    same run to other systems.
    """
    version = published_version(effect.template)
    if version is None:
        return Failed(StepError("unknown_template", f"No version of {effect.template!r} is published."))
    child = Run.objects.create(
        id=derived_id(context.run_id, f"{effect.visit}/{effect.epoch}"),
        template_version=version,
        template_key=effect.template,
        name=effect.name or version.template.name,
        subject=context.subject,
        start={"input": effect.input},
        started_by=context.started_by,
        parent_id=context.run_id,
        parent_visit=effect.visit,
        parent_epoch=effect.epoch,
    )
    enqueue(WorkItemSpec(CHILD_START_KIND, child.id))
    return None


def cancel_child(context: RunContext, visit: str, epoch: int) -> None:
    """Have the visit's child run cancelled, if it has not ended."""
    _enqueue_for_unfinished(CHILD_CANCEL_KIND, context, visit, epoch)


def let_go_of_child(context: RunContext, visit: str, epoch: int) -> None:
    """Have the visit's child run cancelled, if it has not ended, so that it can still be rolled back."""
    _enqueue_for_unfinished(CHILD_LET_GO_KIND, context, visit, epoch)


def roll_back_child(context: RunContext, effect: RollBackChild) -> Failed | None:
    """Have the child run of a subflow rolled back, wherever it stands; its end tells the parent."""
    child_id = child_of(context.run_id, effect.child_visit, effect.child_epoch)
    if child_id is None:
        return Failed(StepError("no_child", "The run that was started here is not known any more."))
    enqueue(WorkItemSpec(CHILD_ROLL_BACK_KIND, child_id))
    return None


def child_of(run_id: UUID, visit: str, epoch: int) -> UUID | None:
    """Return the id of the run that an epoch of a subflow's visit has started."""
    children = Run.objects.filter(parent_id=run_id, parent_visit=visit, parent_epoch=epoch)
    return children.values_list("id", flat=True).first()


def _enqueue_for_unfinished(kind: str, context: RunContext, visit: str, epoch: int) -> None:
    children = Run.objects.filter(
        parent_id=context.run_id, parent_visit=visit, parent_epoch=epoch, status=RunStatus.RUNNING
    )
    for child_id in children.values_list("id", flat=True):
        enqueue(WorkItemSpec(kind, child_id))


def tell_parent(run_id: UUID, parent_id: UUID | None) -> None:
    """Have the parent told that its child has ended."""
    if parent_id is not None:
        enqueue(WorkItemSpec(CHILD_END_KIND, run_id))
