"""Start runs and steer them."""

from typing import Any
from uuid import UUID

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.errors import Invalid, Problem
from apps.ledger.services import record, unit_of_work
from apps.ledger.types import DomainEvent, StoredEvent
from apps.workflows import events
from apps.workflows.definitions import definition_of
from apps.workflows.engine.commands import Cancel, Command, RollBack, Seed, Start
from apps.workflows.engine.triggers import input_problems
from apps.workflows.exceptions import CommandRefused, UnknownTemplate
from apps.workflows.models import Run, TemplateVersion
from apps.workflows.selectors.templates import published_version
from apps.workflows.services.pause_rows import pauses_at_birth
from apps.workflows.services.transition import lock_run, perform, run_data


def start_run(
    *,
    template_key: str,
    input: dict[str, Any],
    actor: Actor,
    event: StoredEvent | None = None,
    trigger_key: str = "",
    subject: str = "",
    name: str = "",
) -> Run:
    """Start a run of the published version and carry it as far as it goes without waiting; its steps are known.

    With ``event`` (or ``trigger_key``) at most one run of the template is started for it. Raises UnknownTemplate,
    Forbidden and Invalid (``invalid_input``, a pointer for each problem).
    """
    with unit_of_work(actor):
        policies.require(actor, "runs:write")
        version = published_version(template_key)
        if version is None:
            raise UnknownTemplate(template_key)
        check_input(version, input)
        run = Run(
            template_version=version,
            template_key=template_key,
            name=(name or version.template.name)[:200],
            subject=subject,
            started_by=actor.to_json(),
            trigger_event_id=event.id if event else None,
            trigger_key=trigger_key[:200],
        )
        begin(
            run,
            input=input,
            event=_event_json(event) if event else None,
            pauses=pauses_at_birth(template_key),
        )
        return run


def begin(
    run: Run,
    *,
    input: dict[str, Any],
    event: dict[str, Any] | None = None,
    pauses: dict[str, Any] | None = None,
    seed: Seed | None = None,
    at: str | None = None,
    is_new: bool = True,
) -> None:
    """Perform a run's first transition, in the caller's unit of work; raise CommandRefused if it cannot begin there."""
    start = Start(
        input=input,
        run={"id": str(run.id), "name": run.name, "template": run.template_key, "started_by": run.started_by},
        event=event,
        subject=run.subject,
        pauses=pauses or {},
        seed=seed,
        at=at,
        child=run.parent_id is not None,
    )
    told = DomainEvent(events.RUN_STARTED, f"run/{run.id}", run_data(run))
    record("run.start", run, after={"status": run.status, "template": run.template_key}, event=told)
    moved = perform(run, [start], is_new=is_new)
    if moved.refused:
        raise CommandRefused(moved.refused)


def cancel_run(*, run_id: UUID, actor: Actor, reason: str) -> Run:
    """Stop a run; what it has done stays done."""
    require_reason(reason)
    command = Cancel(reason=reason, actor=actor.to_json())
    return steer(
        run_id,
        command,
        actor=actor,
        policy="runs:write",
        action="run.request_cancel",
        after={},
        reason=reason,
    )


def roll_back_run(*, run_id: UUID, actor: Actor, reason: str) -> Run:
    """Stop a run and undo its actions, last first."""
    require_reason(reason)
    command = RollBack(reason=reason, actor=actor.to_json())
    return steer(
        run_id,
        command,
        actor=actor,
        policy="exceptions:resolve",
        action="run.request_roll_back",
        after={},
        reason=reason,
    )


def steer(
    run_id: UUID,
    command: Command,
    *,
    actor: Actor,
    policy: str,
    action: str,
    after: dict[str, Any],
    reason: str,
) -> Run:
    """Give a run a person's command: locked, asked, decided, audited. Raises UnknownRun, Forbidden, CommandRefused."""
    with unit_of_work(actor, reason=reason):
        run = lock_run(run_id)
        policies.require(actor, policy, run)
        status = run.status
        moved = perform(run, [command])
        if moved.refused:
            raise CommandRefused(moved.refused)
        record(action, run, before={"status": status}, after={"status": run.status, **after}, reason=reason)
        return run


def check_input(version: TemplateVersion, input: dict[str, Any]) -> None:
    """Raise Invalid with a pointer for each way in which the input does not fit the version."""
    found = input_problems(definition_of(version), input)
    if found:
        problems = [
            Problem(f"/input/{problem.path}".rstrip("/"), problem.message, problem.code) for problem in found
        ]
        raise Invalid("invalid_input", "The input does not fit the template.", problems)


def require_reason(reason: str) -> None:
    """Raise Invalid if there is no reason."""
    if not reason.strip():
        problem = Problem("/reason", "Say why; it is kept in the audit trail.", "required")
        raise Invalid("reason_required", "A reason is needed.", [problem])


def _event_json(event: StoredEvent) -> dict[str, Any]:
    return {
        "id": str(event.id),
        "type": event.type,
        "subject": event.subject,
        "time": event.time.isoformat(),
        "data": event.data,
    }
