"""The commands that can be given to many runs or exceptions at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.core.actor import Actor
from apps.core.errors import Conflict, DomainError
from apps.workflows.bulk import Json, Perform, Verdict, register_bulk_command
from apps.workflows.choices import BulkAbout, CaseStatus, RunStatus
from apps.workflows.exceptions import CaseClosed, CaseNeedsRun, CaseOfRun, CommandRefused
from apps.workflows.models import ExceptionCase, Run
from apps.workflows.services.corrections import retry_step
from apps.workflows.services.parked import is_parked_work, release_case
from apps.workflows.services.resolving import dismiss_case, retry_case, roll_back_case, skip_case
from apps.workflows.services.runs import cancel_run, roll_back_run

Judge = Callable[[Any], DomainError | None]
"""Says why a row would be refused, None if it would not be."""


def register() -> None:
    """Offer the commands."""
    resolve, write = "exceptions:resolve", "runs:write"
    of_cases: tuple[tuple[str, str, Perform, Judge], ...] = (
        ("retry_exceptions", "Retry", _retry_case, judge_case_of_run),
        ("skip_exceptions", "Skip", _skip_case, judge_case_of_run),
        ("roll_back_exceptions", "Roll back the runs", _roll_back_case, judge_case_to_undo),
        ("dismiss_exceptions", "Dismiss", _dismiss_case, judge_case_outside),
        ("release_exceptions", "Release given-up work", _release_case, judge_parked),
    )
    for key, label, perform, judge in of_cases:
        register_bulk_command(
            key,
            previewing(ExceptionCase, judge),
            perform,
            about=BulkAbout.EXCEPTION,
            action=resolve,
            label=label,
            needs_reason=key not in ("retry_exceptions", "release_exceptions"),
        )
    of_runs: tuple[tuple[str, str, str, Perform, Judge], ...] = (
        ("retry_runs", "Retry what stopped", resolve, _retry_run, judge_stopped),
        ("cancel_runs", "Cancel", write, _cancel_run, judge_under_way),
        ("roll_back_runs", "Roll back", resolve, _roll_back_run, judge_running),
    )
    for key, label, action, perform, judge in of_runs:
        register_bulk_command(
            key,
            previewing(Run, judge),
            perform,
            about=BulkAbout.RUN,
            action=action,
            label=label,
            needs_reason=key != "retry_runs",
        )


def previewing(
    model: type[Run] | type[ExceptionCase], judge: Judge
) -> Callable[[Sequence[UUID], Json, Actor], Mapping[UUID, Verdict]]:
    """Return a preview that asks ``judge`` about each row."""

    def preview(targets: Sequence[UUID], parameters: Json, actor: Actor) -> Mapping[UUID, Verdict]:
        rows: Iterable[Any] = _rows(model, targets)
        found = {row.pk: judge(row) for row in rows}
        return {pk: Verdict(refused=why.detail if why else "") for pk, why in found.items()}

    return preview


def _rows(model: type[Run] | type[ExceptionCase], targets: Sequence[UUID]) -> Iterable[Any]:
    if model is Run:
        return Run.objects.defer("state", "start").filter(pk__in=targets)
    cases = ExceptionCase.objects.select_related("run").defer("run__state", "run__start", "details")
    return cases.filter(pk__in=targets)


def judge_open(case: ExceptionCase) -> DomainError | None:
    """Refuse an exception that is over."""
    return None if case.status == CaseStatus.OPEN else CaseClosed(case.resolved_how)


def judge_case_of_run(case: ExceptionCase) -> DomainError | None:
    """Refuse an exception that is over, or stopped no run."""
    return judge_open(case) or (CaseNeedsRun() if case.run_id is None else None)


def judge_case_to_undo(case: ExceptionCase) -> DomainError | None:
    """Refuse an exception whose run cannot be rolled back."""
    found = judge_case_of_run(case)
    return found or (judge_running(case.run) if case.run is not None else None)


def judge_case_outside(case: ExceptionCase) -> DomainError | None:
    """Refuse an exception that is over, or stopped a run."""
    return judge_open(case) or (CaseOfRun() if case.run_id is not None else None)


def judge_parked(case: ExceptionCase) -> DomainError | None:
    """Refuse an exception that is over, or holds no parked work."""
    problem = Conflict("not_parked", "This exception holds no work that could be released.")
    return judge_open(case) or (None if is_parked_work(case) else problem)


def judge_under_way(run: Run) -> DomainError | None:
    """Refuse a run that is over."""
    return CommandRefused("run_finished") if run.is_finished else None


def judge_running(run: Run) -> DomainError | None:
    """Refuse a run that is over or being rolled back."""
    if run.status == RunStatus.ROLLING_BACK:
        return CommandRefused("rolling_back")
    return judge_under_way(run)


def judge_stopped(run: Run) -> DomainError | None:
    """Refuse a run in which nothing has stopped."""
    return judge_under_way(run) or (None if run.open_exceptions else CommandRefused("not_in_exception"))


def _retry_case(target: UUID, parameters: Json, actor: Actor, reason: str) -> str | None:
    retry_case(case_id=target, actor=actor, reason=reason)
    return "Tried again."


def _skip_case(target: UUID, parameters: Json, actor: Actor, reason: str) -> str | None:
    skip_case(case_id=target, actor=actor, reason=reason)
    return "Skipped."


def _roll_back_case(target: UUID, parameters: Json, actor: Actor, reason: str) -> str | None:
    roll_back_case(case_id=target, actor=actor, reason=reason)
    return "Its run is being rolled back."


def _release_case(target: UUID, parameters: Json, actor: Actor, reason: str) -> str | None:
    release_case(case_id=target, actor=actor, reason=reason)
    return "Tried again soon."


def _dismiss_case(target: UUID, parameters: Json, actor: Actor, reason: str) -> str | None:
    dismiss_case(case_id=target, actor=actor, reason=reason)
    return "Dismissed."


def _retry_run(target: UUID, parameters: Json, actor: Actor, reason: str) -> str | None:
    cases = ExceptionCase.objects.filter(run_id=target, status=CaseStatus.OPEN).order_by("id")
    visits = list(cases.values_list("visit", flat=True))
    if not visits:
        raise CommandRefused("not_in_exception")
    for visit in visits:
        retry_step(run_id=target, visit=visit, actor=actor, reason=reason)
    return "Tried again." if len(visits) == 1 else f"{len(visits)} steps tried again."


def _cancel_run(target: UUID, parameters: Json, actor: Actor, reason: str) -> str | None:
    cancel_run(run_id=target, actor=actor, reason=reason)
    return "Cancelled."


def _roll_back_run(target: UUID, parameters: Json, actor: Actor, reason: str) -> str | None:
    roll_back_run(run_id=target, actor=actor, reason=reason)
    return "Being rolled back."
