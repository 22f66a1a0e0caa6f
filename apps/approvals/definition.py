"""What an approval policy says, once it has been read. Pure values."""

from dataclasses import dataclass

from apps.approvals.approvers import ApproverRule
from apps.approvals.escalation import NO_LADDER, Ladder
from apps.approvals.limits import Limit
from apps.approvals.quorum import ANYBODY_REJECTS, Quorum, Rejection
from apps.approvals.step_up import NO_STEP_UP, StepUp


@dataclass(frozen=True, slots=True)
class AutoRule:
    """A condition under which nobody needs to be asked; the rule is on record as having decided."""

    name: str
    when: str

    def to_json(self) -> dict[str, str]:
        """Return the rule as it is kept with what it decided."""
        return {"name": self.name, "when": self.when}


@dataclass(frozen=True, slots=True)
class StageRule:
    """One stage: who is asked (everybody whom one of the rules names), how many must agree or object, when it is asked
    at all ("": always), when it needs nobody, what happens while nobody decides, and when who decides proves himself
    again."""

    name: str
    approvers: tuple[ApproverRule, ...]
    when: str
    quorum: Quorum
    rejection: Rejection = ANYBODY_REJECTS
    approve_when: tuple[AutoRule, ...] = ()
    ladder: Ladder = NO_LADDER
    step_up: StepUp = NO_STEP_UP


@dataclass(frozen=True, slots=True)
class Separation:
    """Separation of duties: neither who asks nor who prepared it decides; nobody approves in two stages of one request.

    It holds for those who decide on somebody's behalf as well.
    """

    not_requester: bool = True
    not_twice: bool = True
    not_preparer: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """Stages in sequence, with what holds for all of them."""

    stages: tuple[StageRule, ...]
    separation: Separation
    limits: tuple[Limit, ...] = ()
    approve_when: tuple[AutoRule, ...] = ()
