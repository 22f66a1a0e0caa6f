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
from apps.workflows.engine.commands import Cancel, Command, RetryStep, RollBack, SkipStep, Start
from apps.workflows.engine.triggers import input_problems
from apps.workflows.exceptions import CommandRefused, UnknownTemplate
from apps.workflows.models import Run, TemplateVersion
from apps.workflows.selectors.templates import published_version
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
        _check_input(version, input)
        run = Run(
            template_version=version,
            template_key=template_key,
            name=(name or version.template.name)[:200],
            subject=subject,
            started_by=actor.to_json(),
            trigger_event_id=event.id if event else None,
            trigger_key=trigger_key[:200],
        )
        begin(run, input=input, event=event)
        return run


def begin(run: Run, *, input: dict[str, Any], event: StoredEvent | None = None, is_new: bool = True) -> None:
    """Perform a run's first transition, in the caller's unit of work."""
    start = Start(
        input=input,
        run={"id": str(run.id), "name": run.name, "template": run.template_key, "started_by": run.started_by},
        event=_event_json(event) if event else None,
        subject=run.subject,
    )
    told = DomainEvent(events.RUN_STARTED, f"run/{run.id}", run_data(run))
    record("run.start", run, after={"status": run.status, "template": run.template_key}, event=told)
    perform(run, [start], is_new=is_new)


def retry_step(
    *, run_id: UUID, visit: str, actor: Actor, reason: str = "", input_override: dict[str, Any] | None = None
) -> Run:
    """Try a step in exception again, with its input or a changed one. Raises CommandRefused if it is not in exception."""
    action = "run.retry_step" if input_override is None else "run.edit_and_retry_step"
    after = {"visit": visit} | ({"input": input_override} if input_override is not None else {})
    command = RetryStep(visit, actor=actor.to_json(), reason=reason, input_override=input_override)
    return _steer(
        run_id, command, actor=actor, policy="exceptions:resolve", action=action, after=after, reason=reason
    )


def skip_step(
    *, run_id: UUID, visit: str, actor: Actor, reason: str, output: dict[str, Any] | None = None
) -> Run:
    """Declare a step in exception done, with a reason and (where later steps need it) an output."""
    require_reason(reason)
    command = SkipStep(visit, output or {}, actor=actor.to_json(), reason=reason)
    after = {"visit": visit, "output": output or {}}
    return _steer(
        run_id,
        command,
        actor=actor,
        policy="exceptions:resolve",
        action="run.skip_step",
        after=after,
        reason=reason,
    )


def cancel_run(*, run_id: UUID, actor: Actor, reason: str) -> Run:
    """Stop a run; what it has done stays done."""
    require_reason(reason)
    command = Cancel(reason=reason, actor=actor.to_json())
    return _steer(
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
    return _steer(
        run_id,
        command,
        actor=actor,
        policy="exceptions:resolve",
        action="run.request_roll_back",
        after={},
        reason=reason,
    )


def _steer(
    run_id: UUID,
    command: Command,
    *,
    actor: Actor,
    policy: str,
    action: str,
    after: dict[str, Any],
    reason: str,
) -> Run:
    with unit_of_work(actor, reason=reason):
        run = lock_run(run_id)
        policies.require(actor, policy, run)
        status = run.status
        moved = perform(run, [command])
        if moved.refused:
            raise CommandRefused(moved.refused)
        record(action, run, before={"status": status}, after={"status": run.status, **after}, reason=reason)
        return run


def _check_input(version: TemplateVersion, input: dict[str, Any]) -> None:
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
