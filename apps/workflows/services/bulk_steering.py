"""Commands for many that take parameters or hold runs: pause, resume, skip, go back, replay, reassign."""

from typing import Any
from uuid import UUID

from apps.core.actor import Actor
from apps.core.errors import DomainError, Invalid, Problem
from apps.workflows.bulk import Json, Perform, register_bulk_command
from apps.workflows.choices import BulkAbout, CaseStatus, PauseScope
from apps.workflows.exceptions import CommandRefused
from apps.workflows.models import ExceptionCase, Run, StepRun
from apps.workflows.services.bulk_commands import (
    Judge,
    judge_case_of_run,
    judge_running,
    previewing,
)
from apps.workflows.services.corrections import check_assignee, jump_to, reassign_step, skip_step
from apps.workflows.services.pauses import find_party, pause_run, resume_run
from apps.workflows.services.replaying import replay_run


def register() -> None:
    """Offer the commands."""
    resolve, write = "exceptions:resolve", "runs:write"
    register_bulk_command(
        "resume_runs",
        previewing(Run, _judge_paused),
        _resume,
        about=BulkAbout.RUN,
        action=write,
        label="Resume",
        needs_reason=False,
    )
    taking: tuple[tuple[str, str, str, Perform, Judge, Any], ...] = (
        ("pause_runs", "Pause", write, _pause, _judge_unpaused, _party_wanted),
        ("skip_step_of_runs", "Skip a step", resolve, _skip, judge_running, _step_wanted),
        ("jump_runs", "Go back to a step", resolve, _jump, judge_running, _step_wanted),
        ("replay_runs", "Replay", write, _replay, _judge_begun, _replay_wanted),
    )
    for key, label, action, perform, judge, check in taking:
        register_bulk_command(
            key, previewing(Run, judge), perform, about=BulkAbout.RUN, action=action, label=label, check=check
        )
    register_bulk_command(
        "reassign_exceptions",
        previewing(ExceptionCase, judge_case_of_run),
        _reassign,
        about=BulkAbout.EXCEPTION,
        action=resolve,
        label="Give to somebody else",
        check=_assignee_wanted,
    )


def _judge_unpaused(run: Run) -> DomainError | None:
    is_paused = PauseScope.RUN in run.paused_by
    return judge_running(run) or (CommandRefused("already_paused") if is_paused else None)


def _judge_paused(run: Run) -> DomainError | None:
    return None if PauseScope.RUN in run.paused_by else CommandRefused("not_paused")


def _judge_begun(run: Run) -> DomainError | None:
    return None if run.history_length else CommandRefused("not_started")


def _pause(target: UUID, parameters: Json, actor: Actor, reason: str) -> str:
    pause_run(run_id=target, actor=actor, reason=reason, party=parameters.get("party", ""))
    return "Paused."


def _resume(target: UUID, parameters: Json, actor: Actor, reason: str) -> str:
    resume_run(run_id=target, actor=actor, reason=reason)
    return "Goes on."


def _skip(target: UUID, parameters: Json, actor: Actor, reason: str) -> str:
    open_visits = StepRun.objects.filter(run_id=target, step=parameters["step"], ended_at=None)
    visits = list(open_visits.order_by("started_at").values_list("visit", flat=True))
    if not visits:
        raise CommandRefused("visit_closed")
    for visit in visits:
        skip_step(run_id=target, visit=visit, actor=actor, reason=reason)
    return "Skipped."


def _jump(target: UUID, parameters: Json, actor: Actor, reason: str) -> str:
    jump_to(run_id=target, step=parameters["step"], actor=actor, reason=reason)
    return "Went back."


def _replay(target: UUID, parameters: Json, actor: Actor, reason: str) -> str:
    newest = parameters.get("version") == "newest"
    run = replay_run(
        run_id=target, actor=actor, reason=reason, step=parameters.get("step", ""), newest=newest
    )
    return f"Repeated by the run {run.id}."


def _reassign(target: UUID, parameters: Json, actor: Actor, reason: str) -> str:
    case = ExceptionCase.objects.get(pk=target)
    if case.run_id is None or case.status != CaseStatus.OPEN:
        raise CommandRefused("not_assignable")
    reassign_step(run_id=case.run_id, visit=case.visit, actor=actor, reason=reason, **parameters)
    return "Given on."


def _party_wanted(parameters: Json) -> Json:
    _only(parameters, {"party"})
    party = _word(parameters, "party")
    try:
        return {"party": str(find_party(party))} if party else {}
    except Invalid as error:
        found = [Problem("/parameters/party", one.message, one.code, one.remedy) for one in error.errors]
        raise Invalid("invalid_parameters", error.detail, found) from None


def _step_wanted(parameters: Json) -> Json:
    _only(parameters, {"step"})
    if not _word(parameters, "step"):
        problem = Problem("/parameters/step", "Name the step.", "required", 'Send {"step": "<id>"}.')
        raise Invalid("invalid_parameters", "Name the step.", [problem])
    return {"step": parameters["step"]}


def _replay_wanted(parameters: Json) -> Json:
    _only(parameters, {"step", "version"})
    version = _word(parameters, "version") or "same"
    if version not in ("same", "newest"):
        problem = Problem("/parameters/version", "Use same or newest.", "invalid_choice")
        raise Invalid("invalid_parameters", "The version is not known.", [problem])
    return {"step": _word(parameters, "step"), "version": version}


def _assignee_wanted(parameters: Json) -> Json:
    _only(parameters, {"role", "user"})
    role, user = _word(parameters, "role"), _word(parameters, "user")
    check_assignee(role, user)
    return {"role": role, "user": user}


def _word(parameters: Json, name: str) -> str:
    value = parameters.get(name, "")
    if not isinstance(value, str) or len(value) > 80:
        problem = Problem(f"/parameters/{name}", "Use a text of at most 80 characters.", "invalid")
        raise Invalid("invalid_parameters", "A parameter cannot be used.", [problem])
    return value


def _only(parameters: Json, known: set[str]) -> None:
    odd = sorted(set(parameters) - known)
    if odd:
        found = [Problem(f"/parameters/{name}", "There is no such parameter.", "unknown") for name in odd]
        raise Invalid("invalid_parameters", "A parameter is not known.", found)
