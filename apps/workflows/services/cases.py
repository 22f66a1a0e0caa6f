"""Exceptions: raise them with an owner, a reason and a way out; resolve them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model

from apps.core.actor import Actor
from apps.core.clock import now
from apps.ledger.services import emit, record, transition, unit_of_work
from apps.ledger.services.unit import subject_of
from apps.ledger.types import DomainEvent
from apps.workflows import events
from apps.workflows.choices import CaseStatus
from apps.workflows.engine.effects import RaiseException
from apps.workflows.engine.history import step_of
from apps.workflows.models import ExceptionCase
from apps.workflows.steps import RunContext

DEFAULT_OWNER = "delivery_manager"
OVERDUE = "run_overdue"


def raise_for_step(context: RunContext, effect: RaiseException) -> ExceptionCase:
    """Open (or renew) the exception of a run's visit; part of the run's transition."""
    owner = effect.owner or {}
    shown: dict[str, Any] = {
        "subject": context.subject or f"run/{context.run_id}",
        "title": effect.name,
        "code": effect.code,
        "message": effect.message,
        "owner_role": str(owner.get("role") or ("" if owner.get("user") else DEFAULT_OWNER)),
        "owner_user": str(owner.get("user") or ""),
        "details": effect.details,
        "payload": effect.payload,
        "audience": effect.audience,
    }
    held = ExceptionCase.objects.filter(
        run_id=context.run_id, visit=effect.visit, status=CaseStatus.OPEN
    ).first()
    if held is not None:
        before = {"code": held.code, "message": held.message}
        for name, value in shown.items():
            setattr(held, name, value)
        held.save(update_fields=list(shown))
        record("exception.renew", held, before=before, after={"code": held.code, "message": held.message})
        return held
    case = ExceptionCase.objects.create(run_id=context.run_id, visit=effect.visit, **shown)
    _note_raised(case)
    return case


def clear_for_step(context: RunContext, visit: str, *, how: str) -> None:
    """Resolve the visit's open exception, if there is one; part of the run's transition."""
    case = ExceptionCase.objects.filter(run_id=context.run_id, visit=visit, status=CaseStatus.OPEN).first()
    if case is not None:
        _resolve(case, how=how)


def note_run_overdue(context: RunContext, *, due_at: datetime, then: str) -> None:
    """Tell that a run has passed its deadline and, where its template asks for it, raise an exception about the run."""
    subject = f"run/{context.run_id}"
    data = {
        "run_id": str(context.run_id),
        "template": context.template_key,
        "version": context.version,
        "name": context.name,
        "subject": context.subject,
        "due_at": due_at.isoformat(),
    }
    emit(DomainEvent(events.RUN_OVERDUE, subject, data))
    if then == "exception":
        case = ExceptionCase.objects.create(
            subject=subject,
            title=context.name,
            code=OVERDUE,
            message="The run did not end within its deadline. Settle what holds it up; this closes when the run ends.",
            owner_role=DEFAULT_OWNER,
            details={"run_id": str(context.run_id), "due_at": due_at.isoformat()},
        )
        _note_raised(case)


def close_overdue(context: RunContext) -> None:
    """The run has ended: its exception about the deadline is over."""
    subject = f"run/{context.run_id}"
    for case in ExceptionCase.objects.filter(subject=subject, code=OVERDUE, status=CaseStatus.OPEN):
        _resolve(case, how="closed")


def reassign_for_step(context: RunContext, visit: str, owner: dict[str, Any]) -> None:
    """Give the visit's open exception to another role or person; part of the run's transition."""
    case = ExceptionCase.objects.filter(run_id=context.run_id, visit=visit, status=CaseStatus.OPEN).first()
    if case is None:
        return
    before = {"owner_role": case.owner_role, "owner_user": case.owner_user}
    case.owner_role, case.owner_user = str(owner.get("role") or ""), str(owner.get("user") or "")
    case.version += 1
    case.save(update_fields=["owner_role", "owner_user", "version"])
    after = {"owner_role": case.owner_role, "owner_user": case.owner_user}
    told = DomainEvent(events.EXCEPTION_REASSIGNED, f"exception/{case.id}", case_data(case))
    record("exception.reassign", case, before=before, after=after, event=told)


def raise_exception(
    *,
    subject: Model,
    title: str,
    code: str,
    message: str,
    owner_role: str,
    actor: Actor,
    details: dict[str, Any] | None = None,
    payload: dict[str, Any] | None = None,
) -> ExceptionCase:
    """Raise an exception about a row outside of any run, such as an inbound event that does not map."""
    with unit_of_work(actor):
        case = ExceptionCase.objects.create(
            subject=subject_of(subject),
            title=title,
            code=code,
            message=message,
            owner_role=owner_role,
            details=details or {},
            payload=payload,
        )
        _note_raised(case)
        return case


def close_exception(*, subject: Model, how: str, actor: Actor, reason: str = "") -> int:
    """Resolve all open exceptions about a row outside of runs; return how many there were."""
    with unit_of_work(actor, reason=reason):
        cases = ExceptionCase.objects.select_for_update().filter(
            subject=subject_of(subject), run__isnull=True, status=CaseStatus.OPEN
        )
        for case in cases:
            _resolve(case, how=how, reason=reason)
        return len(cases)


def dismiss_exception(*, case_id: UUID, actor: Actor, reason: str) -> ExceptionCase:
    """Resolve an exception outside of runs because a person says it needs nothing more."""
    with unit_of_work(actor, reason=reason):
        case = ExceptionCase.objects.select_for_update().get(pk=case_id, run__isnull=True)
        _resolve(case, how="dismissed", reason=reason)
        return case


def _note_raised(case: ExceptionCase) -> None:
    record(
        "exception.raise",
        case,
        after={
            "status": case.status,
            "code": case.code,
            "message": case.message,
            "owner_role": case.owner_role,
        },
        event=DomainEvent(events.EXCEPTION_RAISED, f"exception/{case.id}", case_data(case)),
    )


def _resolve(case: ExceptionCase, *, how: str, reason: str = "") -> None:
    transition(
        case,
        "resolve",
        reason=reason,
        fields={"resolved_how": how, "resolved_at": now()},
        details={"how": how},
        event=DomainEvent(events.EXCEPTION_RESOLVED, f"exception/{case.id}", case_data(case) | {"how": how}),
    )


def case_data(case: ExceptionCase) -> dict[str, Any]:
    """Return what events tell of an exception."""
    return {
        "exception_id": str(case.id),
        "run_id": str(case.run_id) if case.run_id else None,
        "step": step_of(case.visit) if case.visit else "",
        "code": case.code,
        "title": case.title,
        "message": case.message,
        "owner_role": case.owner_role,
        "audience": case.audience,
        "subject": case.subject,
    }
