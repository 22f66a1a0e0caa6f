"""The values votes are counted with: stages with their votes, and the request they belong to. Pure."""

from dataclasses import dataclass, replace

from apps.approvals.choices import DecisionOutcome, RequestStatus, StageStatus
from apps.approvals.quorum import ANYBODY_REJECTS, Quorum, Rejection

_OBJECTIONS = frozenset({DecisionOutcome.REJECTED.value, DecisionOutcome.CHANGES.value})


@dataclass(frozen=True, slots=True)
class Cast:
    """One vote that counts: whose it is, who cast it (the same unless on behalf), and what it says."""

    member: str
    by: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Part:
    """Of those who approve, ``needed`` must be among ``members``; one person counts for one part only."""

    name: str
    members: frozenset[str]
    needed: int = 1


@dataclass(frozen=True, slots=True)
class Ballot:
    """One stage: who may vote (user ids), what it needs, and the votes cast.

    ``rule`` says how many must approve; without it, ``needed`` do. Everybody ``mandatory`` must be among them.
    """

    status: str
    candidates: frozenset[str] = frozenset()
    needed: int = 1
    casts: tuple[Cast, ...] = ()
    rule: Quorum | None = None
    parts: tuple[Part, ...] = ()
    mandatory: frozenset[str] = frozenset()
    rejection: Rejection = ANYBODY_REJECTS

    @property
    def required(self) -> int:
        """How many approvals are needed: who abstains is not counted among those who are asked."""
        if self.rule is None:
            return self.needed
        return self.rule.needed(
            len(self.candidates | self.approved_by) - len(self.who(DecisionOutcome.ABSTAINED))
        )

    @property
    def is_unfinished(self) -> bool:
        return self.status in (StageStatus.OPEN, StageStatus.WAITING)

    @property
    def approved_by(self) -> frozenset[str]:
        """Whose approvals count."""
        return self.who(DecisionOutcome.APPROVED)

    @property
    def voted(self) -> frozenset[str]:
        """Whose votes are cast."""
        return frozenset(cast.member for cast in self.casts)

    @property
    def acted(self) -> frozenset[str]:
        """Everybody who has had a part in a vote of this stage, for himself or on behalf of another."""
        return self.voted | frozenset(cast.by for cast in self.casts)

    @property
    def spent(self) -> frozenset[str]:
        """Everybody who has had a part in an approval of this stage."""
        approvals = [cast for cast in self.casts if cast.outcome == DecisionOutcome.APPROVED]
        return frozenset(name for cast in approvals for name in (cast.member, cast.by))

    @property
    def is_objected(self) -> bool:
        """Whether enough people object, be it for good or for changes."""
        objectors = frozenset(cast.member for cast in self.casts if cast.outcome in _OBJECTIONS)
        return self.rejection.met(objectors, len(self.candidates), self.mandatory)

    @property
    def is_rejected(self) -> bool:
        """Whether enough people reject it for good."""
        return self.rejection.met(self.who(DecisionOutcome.REJECTED), len(self.candidates), self.mandatory)

    def who(self, outcome: str) -> frozenset[str]:
        """Return whose votes say this."""
        return frozenset(cast.member for cast in self.casts if cast.outcome == outcome)

    def without(self, member: str) -> "Ballot":
        """Return the ballot without one of those who may vote; who is mandatory stays so, and is missed."""
        return replace(self, candidates=self.candidates - {member})


@dataclass(frozen=True, slots=True)
class Count:
    """Where a request stands. ``requester`` is "" where no user of the tenant asked."""

    ballots: tuple[Ballot, ...]
    requester: str = ""
    not_requester: bool = True
    not_twice: bool = True
    status: str = RequestStatus.OPEN
    preparers: frozenset[str] = frozenset()
    not_preparer: bool = True

    @property
    def stage(self) -> int | None:
        """The index of the stage that is open, or None."""
        return next((at for at, ballot in enumerate(self.ballots) if ballot.status == StageStatus.OPEN), None)

    @property
    def barred(self) -> frozenset[str]:
        """Who never decides this request, nor has anybody decide on his behalf."""
        requester = {self.requester} if self.not_requester and self.requester else set()
        return frozenset(requester) | (self.preparers if self.not_preparer else frozenset())
