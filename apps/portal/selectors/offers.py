"""What assistants have proposed for a task, as its page shows it."""

from dataclasses import dataclass
from typing import Any

from apps.core.actor import Actor
from apps.portal.wording import facts_of
from apps.workflows.choices import ProposalStatus, TaskStatus
from apps.workflows.models import Proposal, UserTask
from apps.workflows.policies import may_decide
from apps.workflows.selectors.proposals import list_proposals

MAX_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Offer:
    """One proposal: its values in words, whether the reader may decide about it, and else how it stands."""

    proposal: Proposal
    facts: list[Any]
    may_decide: bool
    word: str


def offers_of(task: UserTask, actor: Actor) -> list[Offer]:
    """The proposals for a task, the latest first; those that wait for a decision come before the others."""
    may = task.status == TaskStatus.OPEN and may_decide(actor, task)
    found = [_offer(proposal, may) for proposal in list_proposals(task=task.id).order_by("-id")[:MAX_SHOWN]]
    return sorted(found, key=lambda offer: offer.proposal.status != ProposalStatus.PROPOSED)


def _offer(proposal: Proposal, may: bool) -> Offer:
    is_open = proposal.status == ProposalStatus.PROPOSED
    word = "Waits for a decision" if is_open else str(proposal.get_status_display())
    return Offer(proposal, facts_of(proposal.output), may and is_open, word)
