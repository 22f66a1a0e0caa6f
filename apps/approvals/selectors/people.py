"""Who the rules of a stage name, who of them is asked, and why the others are not."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from apps.accounts.models import RoleAssignment, User
from apps.accounts.selectors import users_with_role
from apps.accounts.selectors.people import holdings_of, manager_of, members_of_group, people_named
from apps.approvals.approvers import CONTACT, GROUP, MANAGER, PEOPLE, ROLE, USER, ApproverRule
from apps.approvals.lending import lent_people
from apps.approvals.limits import Limit, why_beyond
from apps.approvals.policies import DECIDERS
from apps.approvals.policy import PlannedStage, Policy
from apps.approvals.types import NO_RUN, Asking, Candidate, LeftOut
from apps.approvals.voting import Part
from apps.core.money import Money


@dataclass(frozen=True, slots=True)
class Excluded:
    """Who may not decide a request whatever its stages say: ``requester`` and ``preparers`` are user ids."""

    requester: str = ""
    preparers: frozenset[str] = frozenset()

    def why(self, user_id: str, policy: Policy) -> str:
        """Say why the person may not decide; "" if he may."""
        if policy.separation.not_requester and user_id and user_id == self.requester:
            return "asked for this"
        if policy.separation.not_preparer and user_id in self.preparers:
            return "prepared this"
        return ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The people of one stage: who is asked, who must agree, the sub-quorums, and who is left out."""

    candidates: Sequence[Candidate] = ()
    mandatory: frozenset[str] = frozenset()
    parts: tuple[Part, ...] = ()
    left_out: Sequence[LeftOut] = ()


@dataclass(slots=True)
class _Found:
    people: dict[str, Candidate] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)


def people_asked(
    stages: Sequence[PlannedStage],
    policy: Policy,
    *,
    excluded: Excluded,
    money: Money | None,
    asking: Asking,
) -> list[Asked]:
    """Return the people of each stage, in order; none for a stage that asks nobody.

    Roles and groups are remembered; other rules, and limits of authority, cost queries.
    """
    found = [_found(stage.approvers, asking) if stage.is_asked else _Found() for stage in stages]
    mandatory = [_mandatory(stage, asking) if stage.is_asked else _Found() for stage in stages]
    for own, must in zip(found, mandatory, strict=True):
        own.people = must.people | own.people
        own.unsure |= must.unsure
    everybody = {person for own in found for person in own.people}
    deciding = _deciding({person for own in found for person in own.unsure})
    held = holdings_of(everybody) if policy.limits and money is not None and everybody else {}
    return [
        _asked(
            stage, own, frozenset(must.people) | must.missing, _Sieve(policy, excluded, money, deciding, held)
        )
        for stage, own, must in zip(stages, found, mandatory, strict=True)
    ]


def candidates_for(rules: Sequence[ApproverRule], asking: Asking | None = None) -> list[Candidate]:
    """Return the people whom the rules name now (their values are not expressions any more), by name."""
    found = _found(rules, asking or NO_RUN)
    deciding = _deciding(found.unsure)
    return _by_name(
        person for person in found.people.values() if person.id not in found.unsure or person.id in deciding
    )


@dataclass(frozen=True, slots=True)
class _Sieve:
    """What is known to tell who of the people named may decide."""

    policy: Policy
    excluded: Excluded
    money: Money | None
    deciding: Collection[str]
    held: dict[str, set[tuple[str, str]]]

    def why_not(self, person: Candidate, unsure: Collection[str]) -> str:
        if person.id in unsure and person.id not in self.deciding:
            return "has no role that may decide"
        limits: Sequence[Limit] = self.policy.limits
        return self.excluded.why(person.id, self.policy) or why_beyond(
            limits, self.held.get(person.id, ()), self.money
        )


def _asked(stage: PlannedStage, found: _Found, mandatory: frozenset[str], sieve: _Sieve) -> Asked:
    if not stage.is_asked:
        return Asked()
    candidates, left_out = [], []
    for person in _by_name(found.people.values()):
        reason = sieve.why_not(person, found.unsure)
        if reason:
            left_out.append(LeftOut(person, reason))
        else:
            candidates.append(person)
    ids = frozenset(person.id for person in candidates)
    parts = tuple(
        Part(role, ids & frozenset(str(user.id) for user in users_with_role(role)), needed)
        for role, needed in stage.quorum.roles
    )
    return Asked(candidates, mandatory, parts, left_out)


def _mandatory(stage: PlannedStage, asking: Asking) -> _Found:
    """Whom the stage cannot do without; a rule that names nobody is missed under its words."""
    found = _Found()
    for rule in stage.quorum.mandatory:
        own = _found([rule], asking)
        found.people |= own.people
        found.unsure |= own.unsure
        if not own.people:
            found.missing.add(f"nobody: {rule.words()}")
    return found


def _found(rules: Iterable[ApproverRule], asking: Asking) -> _Found:
    found = _Found()
    for rule in rules:
        is_contact = rule.kind == CONTACT
        for user in _users(rule, asking):
            person = Candidate(str(user.id), user.label, rule.words(), is_contact)
            found.people.setdefault(person.id, person)
            if rule.kind != ROLE and not is_contact:
                found.unsure.add(person.id)
    return found


def _users(rule: ApproverRule, asking: Asking) -> Sequence[User]:
    if rule.kind == ROLE:
        return users_with_role(rule.value, region=rule.within)
    if rule.kind == GROUP:
        return members_of_group(rule.value)
    if rule.kind == USER:
        return people_named([rule.value])
    if rule.kind == PEOPLE:
        return people_named(rule.names)
    if rule.kind == MANAGER:
        manager = manager_of(rule.value)
        return [manager] if manager else []
    return lent_people(rule, asking)


def _deciding(user_ids: Collection[str]) -> frozenset[str]:
    """Return who of these has a role that may decide; who was named otherwise may have none."""
    if not user_ids:
        return frozenset()
    held = RoleAssignment.objects.filter(user_id__in=user_ids, role__in=DECIDERS)
    return frozenset(str(user_id) for user_id in held.values_list("user_id", flat=True))


def _by_name(people: Iterable[Candidate]) -> list[Candidate]:
    return sorted(people, key=lambda person: (person.label, person.id))
