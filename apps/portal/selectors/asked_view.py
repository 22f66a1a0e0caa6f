"""Who is asked in an approval, what happened to that, and what the reader may change about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.accounts import policies
from apps.approvals.choices import FactKind, StageStatus
from apps.approvals.models import ApprovalRequest, RequestFact
from apps.approvals.selectors.delegations import possible_takers
from apps.approvals.selectors.standing import deputies_of, whom_for
from apps.core.actor import Actor
from apps.portal.absence_forms import people_choices
from apps.portal.wording import joined

_SHOWN = 500
_TONES = {
    FactKind.TIMED_OUT: "warning",
    FactKind.NOT_DONE: "warning",
    FactKind.RECALLED: "neutral",
}
_ICONS = {
    FactKind.REMINDED: "mail",
    FactKind.TIMED_OUT: "clock",
    FactKind.NOT_DONE: "alert-triangle",
    FactKind.RECALLED: "arrow-back-up",
}


@dataclass(frozen=True, slots=True)
class ToldFact:
    """One fact in words."""

    row: RequestFact
    text: str
    tone: str
    icon: str


@dataclass(frozen=True, slots=True)
class AskedView:
    """Who is asked besides, for whom the reader decides, and the people he may ask (none: he may not change it)."""

    facts: Sequence[ToldFact]
    deputies: Sequence[str]
    on_behalf_of: str
    asked: Sequence[tuple[str, str]]
    people: Sequence[tuple[str, str]]
    may_pass_on: bool
    may_recall: bool


def read_asked(request: ApprovalRequest, actor: Actor) -> AskedView:
    """Return the view for one reader; two statements at most. Stages of the request must be known."""
    facts = [_told(row) for row in request.facts.order_by("id")]
    if not request.is_open:
        return AskedView(facts, (), "", (), (), may_pass_on=False, may_recall=False)
    open_stage = next((row for row in request.stages.all() if row.status == StageStatus.OPEN), None)
    asked = [(str(one["id"]), str(one["label"])) for one in open_stage.candidates] if open_stage else []
    known = {user for user, _label in asked}
    waiting = {str(user) for user in request.waiting_for}
    leads = policies.may(actor, "approvals:reassign")
    mine = actor.user_id or ""
    acts = policies.may(actor, "approvals:pass_on")
    may_pass_on = acts and (leads or mine in known)
    people = (
        people_choices(list(possible_takers()[:_SHOWN])) if may_pass_on or (acts and mine in waiting) else []
    )
    return AskedView(
        facts=facts,
        deputies=[_deputy_words(one) for one in deputies_of(request, waiting - known)],
        on_behalf_of=joined(whom_for(request, mine)) if mine in waiting - known else "",
        asked=asked if leads else [pair for pair in asked if pair[0] == mine],
        people=[pair for pair in people if pair[0] not in known and pair[0] != request.requested_by_id],
        may_pass_on=may_pass_on,
        may_recall=acts and (leads or (bool(mine) and mine == request.requested_by_id)),
    )


def _deputy_words(one: dict[str, object]) -> str:
    names = one["stands_in_for"]
    return f"{one['label']} for {joined(names)}" if isinstance(names, list) and names else str(one["label"])


def _told(row: RequestFact) -> ToldFact:
    people = joined(str(one["label"]) for one in row.people)
    gone = joined(str(one["label"]) for one in row.gone)
    by = f" by {row.by}" if row.by else ""
    kind = FactKind(row.kind)
    text = {
        FactKind.REMINDED: f"Reminded {people or 'nobody'}",
        FactKind.ADDED: f"{people} asked besides{by or ' because nobody decided'}",
        FactKind.REPLACED: f"{people} asked instead of {gone}, because nobody decided",
        FactKind.WENT_UP: f"Passed up to {people}, because nobody decided",
        FactKind.TIMED_OUT: "The time to decide was up",
        FactKind.NOT_DONE: "Nobody else could be asked",
        FactKind.REASSIGNED: f"Passed on from {gone} to {people}{by}",
        FactKind.RECALLED: f"Recalled{by}",
        FactKind.STANDS_IN: f"{people} decides for somebody who is away",
    }[kind]
    return ToldFact(row, text, _TONES.get(kind, "info"), _ICONS.get(kind, "users"))
