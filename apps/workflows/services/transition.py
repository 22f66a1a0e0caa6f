"""One command, one transaction: lock the run, decide, append history, apply effects, update the run's row.

Answers that effects give at once are decided in the same transaction, so every stretch that waits for nobody is one
commit.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from apps.core.clock import now
from apps.core.models import know_related
from apps.core.rows import Rows, insert_rows, update_row
from apps.ledger.services import transition
from apps.ledger.types import DomainEvent
from apps.workflows import events
from apps.workflows.choices import PauseScope, RunStatus
from apps.workflows.definitions import definition_of, parts_of
from apps.workflows.engine.commands import Command, Migrate
from apps.workflows.engine.decide import decide
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.effects import Effect, RunFinished
from apps.workflows.engine.history import HistoryEvent
from apps.workflows.engine.state import ROLLING_BACK, RunState
from apps.workflows.exceptions import UnknownRun
from apps.workflows.models import Run, StepRun, TemplateVersion
from apps.workflows.selectors.templates import version_of_run
from apps.workflows.services.clocks import calendars_of, follow
from apps.workflows.services.effects import Applier
from apps.workflows.services.pause_rows import end_pause_of_run
from apps.workflows.services.projection import project, rename_steps
from apps.workflows.services.writing import Row, write_progress
from apps.workflows.steps import RunContext

_RUNS = Rows(Run)


@dataclass
class Transition:
    """A run under way through one transaction."""

    run: Run
    definition: Definition
    state: RunState
    at: datetime
    appended: list[HistoryEvent] = field(default_factory=list)
    finished: RunFinished | None = None
    former: Definition | None = None
    refused: str = ""

    def context(self) -> RunContext:
        return RunContext(
            run_id=self.run.id,
            template_key=self.run.template_key,
            template_name=self.definition.name,
            version=self.run.template_version.number,
            subject=self.run.subject,
            name=self.run.name,
            started_by=self.run.started_by,
            parts=parts_of(self.run.template_version),
        )

    def follow(self, command: Migrate, version: TemplateVersion) -> None:
        """Go on under the version the run has just been migrated to."""
        self.former, self.definition = self.definition, command.definition
        self.run.template_version = version


def lock_run(run_id: UUID) -> Run:
    """Return the run, locked until the transaction ends; raise UnknownRun."""
    run = _RUNS.first("id = %s FOR UPDATE", [run_id])
    if run is None:
        raise UnknownRun
    run.template_version = version_of_run(run.template_version_id)
    return run


def perform(
    run: Run, commands: Sequence[Command], *, is_new: bool = False, version: TemplateVersion | None = None
) -> Transition:
    """Decide the commands and all that follows at once, and write the outcome. ``run`` must be locked or new.

    A command that no longer applies changes nothing; ``refused`` then says why. ``version`` is the one a ``Migrate`` among
    the commands leads to. Log lines written meanwhile name the run.
    """
    with structlog.contextvars.bound_contextvars(run=str(run.id)):
        return _perform(run, commands, is_new=is_new, version=version)


def _perform(
    run: Run, commands: Sequence[Command], *, is_new: bool, version: TemplateVersion | None
) -> Transition:
    moving = Transition(
        run=run,
        definition=definition_of(run.template_version),
        state=RunState.from_json(run.state, run.start) if run.history_length else RunState(),
        at=now(),
    )
    before, calendars = moving.state, calendars_of(run)
    applier = Applier(moving.context(), run.parent_id, moving.at)
    pending: deque[Command] = deque(commands)
    while pending:
        command = pending.popleft()
        if isinstance(command, Migrate):
            calendars = calendars_of(run, command.definition)
        decision = decide(moving.definition, moving.state, command, moving.at, calendars)
        if decision.refused:
            moving.refused = moving.refused or decision.refused
            continue
        moving.state = decision.state
        if isinstance(command, Migrate) and version is not None:
            moving.follow(command, version)
            applier.context = moving.context()
        moving.appended.extend(decision.events)
        for effect in decision.effects:
            _note_end(moving, effect)
            pending.extend(applier.apply(effect))
    if moving.appended or is_new:
        _write(moving, applier, is_new=is_new)
        if moving.definition.slas or (moving.former and moving.former.slas):
            follow(run, moving.definition, before, moving.state, moving.at, calendars, moving.former)
    return moving


def _note_end(moving: Transition, effect: Effect) -> None:
    if isinstance(effect, RunFinished):
        moving.finished = effect


def _write(moving: Transition, applier: Applier, *, is_new: bool) -> None:
    run = moving.run
    first = run.history_length + 1
    columns: dict[str, Any] = {
        "state": moving.state.live_json(),
        "history_length": run.history_length + len(moving.appended),
        "open_exceptions": len(moving.state.exceptions),
    }
    if moving.former is not None:
        columns["template_version_id"] = run.template_version_id
        rename_steps(run.id, moving.definition, moving.state, moving.appended)
    if run.history_length == 0 or moving.former is not None:
        columns["start"] = moving.state.start
    if moving.finished is not None and PauseScope.RUN in run.paused_by:
        end_pause_of_run(run.id)
    pauses = sorted(moving.state.pauses)
    if pauses != run.paused_by:
        columns["paused_by"] = pauses
    for name, value in columns.items():
        setattr(run, name, value)
    if is_new:
        insert_rows([run])
    _move(moving, columns if not is_new else {})
    steps = project(moving.definition, moving.state, moving.appended, moving.former)
    if is_new:
        know_related(run, "steps", (_step_row(run, step) for step in steps))
    write_progress(run.id, first=first, events=moving.appended, steps=steps)
    applier.flush()


def _step_row(run: Run, step: Row) -> StepRun:
    moments = {
        name: datetime.fromisoformat(step[name]) if step[name] else None
        for name in ("started_at", "ended_at", "due_at")
    }
    return StepRun(**(step | moments), run=run)


def _move(moving: Transition, columns: dict[str, Any]) -> None:
    """Write the run's row, together with its status where that changes."""
    command = _status_command(moving)
    if command is None:
        if columns:
            update_row(moving.run, columns)
        return
    name, event_type = command
    if moving.finished is not None:
        columns = columns | {"outcome": moving.finished.outcome, "finished_at": moving.at}
    elif moving.run.finished_at is not None:
        columns = columns | {"outcome": "", "finished_at": None}
    data = run_data(moving.run) | ({"outcome": moving.finished.outcome} if moving.finished else {})
    transition(
        moving.run,
        name,
        event=DomainEvent(event_type, f"run/{moving.run.id}", data),
        fields=columns,
        reason=moving.finished.reason if moving.finished else "",
    )


def _status_command(moving: Transition) -> tuple[str, str] | None:
    if moving.finished is None:
        if moving.state.status == ROLLING_BACK and moving.run.status != RunStatus.ROLLING_BACK:
            return "roll_back", events.RUN_ROLLING_BACK
        return None
    if moving.finished.outcome == "cancelled":
        return "cancel", events.RUN_CANCELLED
    if moving.finished.outcome == "rolled_back":
        if moving.run.status != RunStatus.ROLLING_BACK:
            # Nothing had to be undone: both moves happen in this transition.
            transition(moving.run, "roll_back")
        return "finish_roll_back", events.RUN_ROLLED_BACK
    return "complete", events.RUN_COMPLETED


def run_data(run: Run) -> dict[str, Any]:
    """Return what events tell of a run."""
    return {
        "run_id": str(run.id),
        "template": run.template_key,
        "version": run.template_version.number,
        "name": run.name,
        "subject": run.subject,
    }
