"""What a policy asks of one request: planned, and with the people there are. For opening, correcting and trying out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.approvals.choices import StageStatus
from apps.approvals.evidence import amount_in
from apps.approvals.policies import DECIDERS
from apps.approvals.policy import Plan, PlannedStage, Policy, parse_policy, plan_request
from apps.approvals.selectors.people import Asked, Excluded, people_asked
from apps.approvals.types import NO_RUN, Asking, Requester
from apps.approvals.voting import Ballot, Count, open_first, shortage


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, by whom, and who prepared it; ``subject`` is what the policy's expressions see under that name.

    ``decides`` says which kinds of matters are decided (``step_up.DECISION_KINDS``).
    """

    show: Mapping[str, Any]
    subject: Any
    requester: Requester
    preparers: Sequence[Requester] = ()
    asking: Asking = NO_RUN
    decides: Sequence[str] = ()

    @property
    def preparer_ids(self) -> frozenset[str]:
        """The ids of those who prepared it and are users."""
        return frozenset(person.id for person in self.preparers if person.id)


@dataclass(frozen=True, slots=True)
class Asks:
    """Whom a policy asks: the plan, the people of each stage, and the count that opens it (or is approved at once)."""

    policy: Policy
    plan: Plan
    people: Sequence[Asked]
    count: Count

    @property
    def short(self) -> int | None:
        """The first stage that cannot be filled, or None."""
        return shortage(self.count)

    def stages(self) -> Sequence[tuple[PlannedStage, Asked, Ballot]]:
        """The stages with their people and ballots."""
        return list(zip(self.plan.stages, self.people, self.count.ballots, strict=True))


def whom_to_ask(definition: Any, question: Question) -> Asks:
    """Apply the policy to the question. Raises Invalid for the policy, ExpressionError where it cannot be applied."""
    policy = parse_policy(definition, roles=DECIDERS)
    facts = {
        "show": question.show,
        "subject": question.subject,
        "requester": {"id": question.requester.id, "label": question.requester.label},
    }
    money = amount_in(question.show)
    planned = plan_request(policy, facts, money=money, decides=question.decides)
    excluded = Excluded(question.requester.id, question.preparer_ids)
    people = people_asked(planned.stages, policy, excluded=excluded, money=money, asking=question.asking)
    separation = policy.separation
    count = Count(
        tuple(ballot_for(stage, asked) for stage, asked in zip(planned.stages, people, strict=True)),
        question.requester.id,
        separation.not_requester,
        separation.not_twice,
        preparers=question.preparer_ids,
        not_preparer=separation.not_preparer,
    )
    return Asks(policy, planned, people, open_first(count))


def ballot_for(stage: PlannedStage, asked: Asked) -> Ballot:
    """Return the ballot of a stage before anybody has voted."""
    if not stage.is_asked:
        return Ballot(StageStatus.PASSED if stage.auto else StageStatus.SKIPPED)
    return Ballot(
        StageStatus.WAITING,
        frozenset(person.id for person in asked.candidates),
        rule=stage.quorum,
        parts=asked.parts,
        mandatory=asked.mandatory,
        rejection=stage.rejection,
    )
