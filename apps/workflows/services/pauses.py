"""Pause and resume a run, all runs of a template, or the whole workspace."""

from datetime import timedelta
from uuid import UUID

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Invalid, NotFound, Problem
from apps.dispatch.types import WorkItemSpec
from apps.ledger.services import enqueue, unit_of_work
from apps.workflows.choices import PauseParty, PauseScope
from apps.workflows.engine.commands import Pause as PauseCommand
from apps.workflows.engine.commands import Resume
from apps.workflows.exceptions import CommandRefused
from apps.workflows.models import Pause, Run, WorkflowTemplate
from apps.workflows.services.kinds import PAUSE_KIND
from apps.workflows.services.pause_rows import close_pause, open_pause
from apps.workflows.services.runs import require_reason
from apps.workflows.services.transition import lock_run, perform
from tenants.context import current_tenant

LATE = timedelta(seconds=3)
"""Longer than any transaction of ours: a run that was being started while the pause began is found by then."""


def pause_run(*, run_id: UUID, actor: Actor, reason: str, party: str = PauseParty.US) -> Run:
    """Hold a run where it is; `party` is whose time it is on its clocks.

    Raises UnknownRun, Forbidden, Invalid without a reason or for a party we do not know, Conflict.
    """
    require_reason(reason)
    whose = find_party(party)
    with unit_of_work(actor, reason=reason):
        run = lock_run(run_id)
        policies.require(actor, "runs:write", run)
        open_pause(
            scope=PauseScope.RUN, key=str(run.id), label=run.name, actor=actor, reason=reason, party=whose
        )
        _refuse(run, PauseCommand(PauseScope.RUN, reason=reason, actor=actor.to_json(), party=whose))
        return run


def resume_run(*, run_id: UUID, actor: Actor, reason: str = "") -> Run:
    """Let a run go on, unless its template or the workspace is paused as well."""
    with unit_of_work(actor, reason=reason):
        run = lock_run(run_id)
        policies.require(actor, "runs:write", run)
        close_pause(scope=PauseScope.RUN, key=str(run.id), actor=actor, reason=reason)
        _refuse(run, Resume(PauseScope.RUN, reason=reason, actor=actor.to_json()))
        return run


def pause_template(*, template_key: str, actor: Actor, reason: str, party: str = PauseParty.US) -> Pause:
    """Hold every run of a template, and those that will be started; the runs follow within seconds."""
    require_reason(reason)
    whose = find_party(party)
    with unit_of_work(actor, reason=reason):
        policies.require(actor, "templates:pause")
        template = _template(template_key)
        pause = open_pause(
            scope=PauseScope.TEMPLATE,
            key=template.key,
            label=template.name,
            actor=actor,
            reason=reason,
            party=whose,
        )
        _spread(pause)
        return pause


def resume_template(*, template_key: str, actor: Actor, reason: str = "") -> Pause:
    """Let the runs of a template go on."""
    with unit_of_work(actor, reason=reason):
        policies.require(actor, "templates:pause")
        key = _template(template_key).key
        pause = close_pause(scope=PauseScope.TEMPLATE, key=key, actor=actor, reason=reason)
        _spread(pause)
        return pause


def pause_tenant(*, actor: Actor, reason: str, party: str = PauseParty.US) -> Pause:
    """Hold every run of the workspace, and those that will be started."""
    require_reason(reason)
    whose = find_party(party)
    with unit_of_work(actor, reason=reason):
        policies.require(actor, "workspace:pause")
        name = current_tenant().name
        pause = open_pause(
            scope=PauseScope.TENANT, key="", label=name, actor=actor, reason=reason, party=whose
        )
        _spread(pause)
        return pause


def resume_tenant(*, actor: Actor, reason: str = "") -> Pause:
    """Let the runs of the workspace go on, save those that are paused for another reason."""
    with unit_of_work(actor, reason=reason):
        policies.require(actor, "workspace:pause")
        pause = close_pause(scope=PauseScope.TENANT, key="", actor=actor, reason=reason)
        _spread(pause)
        return pause


def find_party(name: str) -> PauseParty:
    """Return the party a pause is given to, ours for an empty name. Raises Invalid (``unknown_party``)."""
    try:
        return PauseParty(name or PauseParty.US)
    except ValueError:
        words = f"Nobody called “{name[:40]}” can have the time of a pause."
        problem = Problem("/party", words, "unknown_party", f"Use one of {', '.join(PauseParty.values)}.")
        raise Invalid("unknown_party", words, [problem]) from None


def _spread(pause: Pause) -> None:
    enqueue(WorkItemSpec(PAUSE_KIND, pause.id))
    enqueue(WorkItemSpec(PAUSE_KIND, pause.id, run_at=now() + LATE))


def _refuse(run: Run, command: PauseCommand | Resume) -> None:
    moved = perform(run, [command])
    if moved.refused:
        raise CommandRefused(moved.refused)


def _template(key: str) -> WorkflowTemplate:
    template = WorkflowTemplate.objects.filter(key=key).first()
    if template is None:
        raise NotFound("not_found", "There is no such workflow template.")
    return template
