"""What a person does about an exception: try again, change the input and try again, skip, roll back, dismiss."""

from typing import Any
from uuid import UUID

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.errors import NotFound
from apps.ledger.services import unit_of_work
from apps.workflows.choices import CaseStatus
from apps.workflows.exceptions import CaseClosed, CaseNeedsRun, CaseOfRun
from apps.workflows.models import ExceptionCase
from apps.workflows.services.cases import dismiss_exception
from apps.workflows.services.corrections import retry_step, skip_step
from apps.workflows.services.runs import require_reason, roll_back_run


def retry_case(
    *, case_id: UUID, actor: Actor, reason: str = "", payload: dict[str, Any] | None = None
) -> ExceptionCase:
    """Try the step again, with its input or (``payload``) a changed one.

    Raises NotFound, CaseClosed, CaseNeedsRun and CommandRefused.
    """
    with unit_of_work(actor, reason=reason):
        case, run_id = _of_run(case_id, actor)
        retry_step(run_id=run_id, visit=case.visit, actor=actor, reason=reason, input_override=payload)
        return _now(case)


def skip_case(
    *, case_id: UUID, actor: Actor, reason: str, output: dict[str, Any] | None = None
) -> ExceptionCase:
    """Declare the step done, with an output where later steps need one. Raises as ``retry_case`` does, and Invalid."""
    with unit_of_work(actor, reason=reason):
        case, run_id = _of_run(case_id, actor)
        skip_step(run_id=run_id, visit=case.visit, actor=actor, reason=reason, output=output)
        return _now(case)


def roll_back_case(*, case_id: UUID, actor: Actor, reason: str) -> ExceptionCase:
    """Roll back the run the exception stopped. Raises as ``retry_case`` does, and Invalid without a reason."""
    with unit_of_work(actor, reason=reason):
        case, run_id = _of_run(case_id, actor)
        roll_back_run(run_id=run_id, actor=actor, reason=reason)
        return _now(case)


def dismiss_case(*, case_id: UUID, actor: Actor, reason: str) -> ExceptionCase:
    """Close an exception outside of runs because it needs nothing more. Raises NotFound, CaseClosed, CaseOfRun, Invalid."""
    require_reason(reason)
    with unit_of_work(actor, reason=reason):
        case = _open(case_id, actor)
        if case.run_id is not None:
            raise CaseOfRun
        return dismiss_exception(case_id=case_id, actor=actor, reason=reason)


def _of_run(case_id: UUID, actor: Actor) -> tuple[ExceptionCase, UUID]:
    case = _open(case_id, actor)
    if case.run_id is None:
        raise CaseNeedsRun
    return case, case.run_id


def _open(case_id: UUID, actor: Actor) -> ExceptionCase:
    # The run's row is what serialises the commands; this only answers those who come late with what happened.
    case = ExceptionCase.objects.filter(pk=case_id).first()
    if case is None:
        raise NotFound("not_found", "There is no such exception.")
    policies.require(actor, "exceptions:resolve", case)
    if case.status != CaseStatus.OPEN:
        raise CaseClosed(case.resolved_how)
    return case


def _now(case: ExceptionCase) -> ExceptionCase:
    case.refresh_from_db()
    return case
