"""Exceptions as their page shows them: grouped by cause, and one by one with what was sent and answered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.fields.json import KeyTextTransform, KeyTransform

from apps.core.money import Money
from apps.integrations.models import ActionIntent
from apps.portal.wording import capital, label_of, read_money, system_words
from apps.workflows.choices import RunStatus
from apps.workflows.exceptions import HOW_RESOLVED
from apps.workflows.models import ExceptionCase
from apps.workflows.selectors.cases import get_case

_CAUSES = {
    "rejected": "refuses what it is sent",
    "unavailable": "does not answer",
    "timeout": "answers too late",
    "not_authorised": "refuses our credential",
    "outcome_unknown": "may or may not have done it",
    "result_not_readable": "answers in a way that cannot be read",
    "slot_not_bound": "is not connected",
    "rate_limited": "asks us to slow down",
}
_CAUSES_HERE = {
    "check_failed": "A check did not pass",
    "timed_out": "What was waited for did not come in time",
    "approval_without_approver": "Nobody is there to decide",
    "approval_policy_unusable": "An approval policy cannot be used",
    "approval_policy_unanswerable": "An approval policy cannot be applied",
    "expression_error": "An expression of the template fails",
    "rejected": "A request was rejected",
    "mapping_failed": "A message cannot be mapped",
    "subflow_not_completed": "A run of its own did not complete",
    "internal_error": "A step failed on our side",
    "endless": "A run turns in circles",
    "outcome_unknown": "Nobody knows whether something was done",
    "work_parked": "Work was given up after repeated failures",
    "unknown_template": "A run of its own has no published template",
}


SHOWN_OF_CAUSE = 5
_COUNTED = 5_000
"""Open exceptions that are counted by cause; a workspace with more has other worries than the exact number."""


@dataclass(slots=True)
class Cause:
    """Exceptions with the same cause: what it is in words, how many, since when, how much is at stake, the oldest few."""

    title: str
    code: str
    slot: str
    ids: list[UUID] = field(default_factory=list)
    oldest: datetime | None = None
    stakes: dict[str, Decimal] = field(default_factory=dict)
    cases: list[ExceptionCase] = field(default_factory=list)
    in_runs: int = 0

    @property
    def number(self) -> int:
        return len(self.ids)

    @property
    def amounts(self) -> list[Money]:
        return [Money(amount, currency) for currency, amount in sorted(self.stakes.items())]

    def add(self, case_id: UUID, created_at: datetime, stake: Money | None, *, in_run: bool) -> None:
        self.ids.append(case_id)
        self.in_runs += in_run
        self.oldest = min(self.oldest or created_at, created_at)
        if stake is not None:
            self.stakes[stake.currency] = self.stakes.get(stake.currency, Decimal(0)) + stake.amount


@dataclass(frozen=True, slots=True)
class CaseView:
    """One exception: what was asked and answered, what can be edited, and what may be done about it."""

    case: ExceptionCase
    cause: str
    stake: Money | None
    calls: Sequence[ActionIntent]
    request: Any
    response: Any
    rules: Sequence[dict[str, Any]]
    more: dict[str, Any]
    resolved: str
    has_run: bool
    can_roll_back: bool

    @property
    def asks_to_undo(self) -> bool:
        """Whether a roll-back asks whether something was done that nobody knows of."""
        return self.case.code == "outcome_unknown" and self.case.visit.endswith("~undo")


def causes_of(cases: QuerySet[ExceptionCase]) -> list[Cause]:
    """Return the causes of the exceptions, the one with the most first, then the oldest; two queries."""
    slot = KeyTextTransform("slot", KeyTransform("details", KeyTransform("error", "details")))
    rows = cases.annotate(slot_name=slot).order_by("pk")[:_COUNTED]
    causes: dict[tuple[str, str], Cause] = {}
    for pk, code, name, at, run_id, stake in rows.values_list(
        "pk", "code", "slot_name", "created_at", "run_id", "stake"
    ):
        key = (code, name or "")
        cause = causes.setdefault(key, Cause(cause_words(*key), *key))
        cause.add(pk, at, read_money(stake), in_run=run_id is not None)
    shown = [pk for cause in causes.values() for pk in cause.ids[:SHOWN_OF_CAUSE]]
    for case in cases.filter(pk__in=shown).order_by("pk") if shown else ():
        causes[case.code, slot_of(case)].cases.append(case)
    return sorted(causes.values(), key=lambda cause: (-cause.number, cause.oldest))


def cause_words(code: str, slot: str) -> str:
    """Say what kind of thing went wrong."""
    if slot:
        return capital(f"{system_words(slot)} {_CAUSES.get(code, f'stops us: {label_of(code).lower()}')}")
    return _CAUSES_HERE.get(code, label_of(code))


def slot_of(case: ExceptionCase) -> str:
    """Return the slot of the system that failed, or ""."""
    return str(_error_details(case).get("slot") or "")


def stake_of(case: ExceptionCase) -> Money | None:
    """Return the money in the input of the run that stopped, if there is any."""
    return read_money(getattr(case, "stake", None))


def read_case(case_id: UUID) -> CaseView:
    """Return the view of one exception; raise NotFound."""
    case = get_case(case_id)
    calls = list(
        ActionIntent.objects.filter(run_id=case.run_id, visit=case.visit)
        .select_related("connection")
        .order_by("epoch")
        if case.run_id
        else ()
    )
    details = _error_details(case)
    last = calls[-1] if calls else None
    known = {"request", "response", "slot", "operation", "errors"}
    return CaseView(
        case=case,
        cause=cause_words(case.code, slot_of(case)),
        stake=stake_of(case),
        calls=calls,
        request=details.get("request") or (last.request if last else None),
        response=details.get("response") or (last.response if last else None),
        rules=[rule for rule in case.details.get("rules") or () if isinstance(rule, dict)],
        more={name: value for name, value in details.items() if name not in known},
        resolved=capital(HOW_RESOLVED.get(case.resolved_how, label_of(case.resolved_how).lower())),
        has_run=case.run is not None,
        can_roll_back=case.run is not None and case.run.status == RunStatus.RUNNING,
    )


def _error_details(case: ExceptionCase) -> dict[str, Any]:
    error = case.details.get("error")
    if isinstance(error, dict):
        details = error.get("details")
        return details if isinstance(details, dict) else {}
    return {} if case.run_id else case.details
