"""Everything the page of one approval shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.safestring import SafeString

from apps.approvals.choices import FactKind, StageStatus
from apps.approvals.evidence import digest
from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.approvals.selectors.conditions import conditions_of
from apps.approvals.selectors.requests import get_request, similar_figures, similar_requests
from apps.approvals.selectors.shown import shown_to, stage_of
from apps.approvals.selectors.steps import (
    Change,
    approval_step,
    changes_between,
    definition_followed,
    last_time,
    step_after,
)
from apps.approvals.types import SimilarFigures
from apps.core.actor import Actor
from apps.core.money import Money
from apps.core.wording import span_in_words
from apps.delivery.models import DocumentRequirement
from apps.delivery.selectors import list_requirements
from apps.inbox.selectors import is_unread, next_decision
from apps.portal.history_teller import Told
from apps.portal.history_words import tell
from apps.portal.wording import facts_of, joined, read_money, role_words
from apps.workflows.engine.definition import Definition, ReturnTo
from apps.workflows.engine.history import HistoryEvent
from apps.workflows.engine.kinds.approval import reaction_to_changes
from apps.workflows.models import HistoryEntry, UserTask
from apps.workflows.selectors.runs import versions_followed

_LAST_FACTS = 40


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """The request, and in words: why the reader is asked, what it rests on, what follows from either answer."""

    request: ApprovalRequest
    amount: Money | None
    may_decide: bool
    why: str
    facts: Sequence[tuple[str, SafeString]]
    before: ApprovalRequest | None
    changes: Sequence[Change]
    documents: Sequence[DocumentRequirement]
    story: Sequence[Told]
    similar: Sequence[ApprovalRequest]
    record: str
    under: str
    is_unread: bool
    next_id: UUID | None
    if_approved: str
    if_rejected: str
    if_changes: str
    conditions: Sequence[UserTask]
    ended_by: str
    view_hash: str
    step_up: str


def read_approval(request_id: UUID, actor: Actor) -> ApprovalView:
    """Return the view for one reader; raise NotFound. The number of queries is fixed."""
    request = get_request(actor=actor, request_id=request_id)
    definition = definition_followed(request)
    asked = ApprovalWords(request, definition)
    before = last_time(request, ApprovalRequest.objects.all())
    user_id = actor.user_id or ""
    may_decide = request.is_open and bool(user_id) and UUID(user_id) in request.waiting_for
    return ApprovalView(
        request=request,
        amount=Money(request.amount, request.currency) if request.amount is not None else None,
        may_decide=may_decide,
        why=asked.why(user_id),
        facts=facts_of(request.show, without=_money_names(request.show)),
        before=before,
        changes=changes_between(before, request) if before else (),
        documents=_documents(request, actor),
        story=_story(request, definition),
        similar=similar_requests(request),
        record=record_words(similar_figures(request)),
        under=_under(request),
        is_unread=may_decide and is_unread(actor, request.pk),
        next_id=None if may_decide else next_decision(actor, after=request.pk),
        if_approved=asked.if_approved(),
        if_rejected=asked.if_rejected(),
        if_changes=asked.if_changes(),
        conditions=conditions_of(request),
        ended_by=asked.ended_by(),
        view_hash=digest(shown_to(request, stage_of(request), actor)),
        step_up=str(stage_of(request).rule.get("step_up") or "") if may_decide else "",
    )


def record_words(figures: SimilarFigures) -> str:
    """Say how such requests ended before and how long they took; "" without any."""
    if not figures.total:
        return ""
    if not figures.rejected:
        ended = "it was approved" if figures.total == 1 else f"all {figures.total} were approved"
    elif not figures.approved:
        ended = "it was rejected" if figures.total == 1 else f"all {figures.total} were rejected"
    else:
        ended = f"{figures.approved} were approved and {figures.rejected} rejected"
    often = "once" if figures.total == 1 else f"{figures.total} times"
    took = (
        f"; half of them within {span_in_words(figures.median)}"
        if figures.median and figures.total > 1
        else ""
    )
    return f"In the last year the policy asked {often}: {ended}{took}."


def _under(request: ApprovalRequest) -> str:
    if not request.policy_key:
        return "The template itself says who decides."
    return f"Policy {request.policy_key}, version {request.policy_number}"


@dataclass(frozen=True, slots=True)
class ApprovalWords:
    """Sentences about a request whose stages and decisions have been read. Pure."""

    request: ApprovalRequest
    definition: Definition

    def why(self, user_id: str) -> str:
        """Say why this reader is asked, or why not."""
        stage = self._stage()
        if not self.request.is_open or stage is None:
            return ""
        if user_id and user_id in {str(user) for user in self.request.waiting_for}:
            return f"You are asked because {ground_of(stage, user_id)}."
        if user_id and user_id == self.request.requested_by_id:
            return "You asked for this yourself, so others decide it."
        if any(str(decision.user_id) == user_id for decision in self.request.decisions.all()):
            return "You have decided your part; others are still asked."
        names = joined(str(person["label"]) for person in stage.candidates)
        return f"This waits for {names}." if names else "This waits for a decision."

    def if_approved(self) -> str:
        """Say what follows a yes of the present stage."""
        later = [stage for stage in self.request.stages.all() if stage.status == StageStatus.WAITING]
        stage = self._stage()
        needed = stage.needed - _approvals_in(self.request, stage) if stage else 1
        if stage is not None and needed > 1:
            return f"{needed - 1} more approval{'s' if needed > 2 else ''} needed in this stage before it counts."
        if later:
            return f"Then the {_lower(later[0].name)} is asked."
        following = step_after(self.request, self.definition)
        return f"The run goes on with “{following.name}”." if following else "The run goes on."

    def if_rejected(self) -> str:
        """Say what follows a no."""
        step = approval_step(self.request, self.definition)
        return self._reaction(step.on_reject if step else "exception", "your reason goes with it")

    def if_changes(self) -> str:
        """Say what follows a request for changes."""
        step = approval_step(self.request, self.definition)
        return self._reaction(reaction_to_changes(step) if step else "exception", "your remarks go with it")

    def _reaction(self, reaction: Any, tail: str) -> str:
        match reaction:
            case ReturnTo(step=target):
                return f"The run goes back to “{self.definition.step(target).name}”; {tail}."
            case "end":
                return "The run ends."
            case "continue":
                return "The run goes on without approval."
            case tuple() as steps if steps:
                return f"The run goes on with “{steps[0].name}”; {tail}."
        return "The run stops, and the person responsible for it gets your reason."

    def ended_by(self) -> str:
        """Say who decided a closed request, and how."""
        if self.request.is_open:
            return ""
        decisions = list(self.request.decisions.all())
        if self.request.status == "cancelled":
            recalled = self.request.facts.filter(kind=FactKind.RECALLED).first()
            if recalled is not None:
                return f"{recalled.by} recalled it, so nobody needs to decide it any more."
            return "Nobody needs to decide this any more: the run withdrew it."
        status = str(self.request.status)
        decisive = [row.user_label for row in decisions if row.outcome == status]
        verb = {"changes_requested": "asked for changes to"}.get(status, status)
        return f"{joined(decisive) or 'The policy'} {verb} it."

    def _stage(self) -> ApprovalStage | None:
        return next((row for row in self.request.stages.all() if row.index == self.request.stage), None)


def ground_of(stage: ApprovalStage, user_id: str) -> str:
    """Say why the stage asks this person; its other rules may name others. Pure."""
    asked: dict[str, Any] = next((one for one in stage.candidates if one["id"] == user_id), {})
    role, region = str(stage.rule.get("role") or ""), str(stage.rule.get("region") or "")
    if asked.get("added"):
        return "somebody had you asked besides"
    if role and len(stage.rule.get("approvers") or ()) < 2:
        return f"you are {role_words(role)}" + (f" for {region}" if region else "")
    why = str(asked.get("why") or "")
    return f"the policy names you: {why}" if why and "@" not in why else "the policy names you"


def _approvals_in(request: ApprovalRequest, stage: ApprovalStage) -> int:
    return sum(row.stage_id == stage.id and row.outcome == "approved" for row in request.decisions.all())


def _documents(request: ApprovalRequest, actor: Actor) -> list[DocumentRequirement]:
    rows = list_requirements(actor).filter(deal__run_id=request.run_id)
    return list(rows.prefetch_related("documents").order_by("id"))


def _story(request: ApprovalRequest, definition: Definition) -> list[Told]:
    entries = HistoryEntry.objects.filter(run_id=request.run_id).order_by("-seq")[:_LAST_FACTS]
    facts = [HistoryEvent(row.kind, row.visit, row.at, row.data) for row in reversed(entries)]
    return tell(definition, facts, versions_followed(request.run.template_key, facts))[-8:]


def _money_names(show: dict[str, Any]) -> list[str]:
    """The amount stands in the head of the page already."""
    return ["amount"] if read_money(show.get("amount")) else []


def _lower(text: str) -> str:
    return text if len(text) > 1 and text[1].isupper() else text[:1].lower() + text[1:]
