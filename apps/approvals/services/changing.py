"""Change who is asked in a stage that is not over: nobody comes in who must not decide, and no stage becomes unfillable."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.accounts.models import RoleAssignment, User
from apps.approvals.choices import StageStatus
from apps.approvals.exceptions import PeopleRefused
from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.approvals.policies import DECIDERS
from apps.approvals.quorum import ALL, COUNT, PERCENT
from apps.approvals.selectors.standing import people_waited_for
from apps.approvals.services.contacts import tell_released
from apps.approvals.services.counting import count_of
from apps.approvals.voting import Count, shortage
from apps.ledger.services import record

Person = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """Who comes into a stage, who is taken off it, and (for a swap) in whose place each newcomer steps."""

    stage: ApprovalStage
    added: Sequence[User] = ()
    removed: Collection[str] = ()
    instead_of: Mapping[str, str] = field(default_factory=dict)


def change_people(
    request: ApprovalRequest, stages: Sequence[ApprovalStage], changes: Sequence[Change], *, action: str
) -> None:
    """Change the people of stages and whom the request waits for; part of the caller's unit of work, request locked.

    Raises PeopleRefused when somebody must not decide this, or when too few would be left.
    """
    count = count_of(request, stages)
    for change in changes:
        for user in change.added:
            _require_may_decide(count, change, user)
    before = {
        change.stage.name: [person["label"] for person in change.stage.candidates] for change in changes
    }
    for change in changes:
        gone = [person for person in change.stage.candidates if person["id"] in change.removed]
        _apply(change, count)
        tell_released(request, change.stage, gone)
    new = count_of(request, stages)
    short = shortage(new)
    if short is not None:
        raise PeopleRefused("too_few", f"Stage “{stages[short].name}” would have too few people left.")
    for change in changes:
        change.stage.save(update_fields=["candidates", "needed", "mandatory", "parts", "rule"])
    wait_for_whom_counts(request, new)
    after = {change.stage.name: [person["label"] for person in change.stage.candidates] for change in changes}
    record(action, request, before=before, after=after)


def wait_for_whom_counts(request: ApprovalRequest, count: Count) -> list[UUID]:
    """Have the request wait for everybody whose decision counts now, deputies among them; return who is new."""
    waiting = people_waited_for(request, count)
    new = [user for user in waiting if user not in request.waiting_for]
    if new or len(waiting) != len(request.waiting_for):
        request.waiting_for = waiting
        request.version += 1
        request.save(update_fields=["waiting_for", "version"])
    return new


def voters(stage: ApprovalStage) -> frozenset[str]:
    """Return whose votes are cast in a stage read by ``stages_with_votes``, and who cast them."""
    casts = getattr(stage, "casts", ())
    return frozenset(name for vote in casts for name in (vote["member"], vote["by"]))


def named(people: Sequence[User]) -> list[Person]:
    """Return people as facts and stages keep them."""
    return [{"id": str(user.pk), "label": user.label} for user in people]


def _require_may_decide(count: Count, change: Change, user: User) -> None:
    person = str(user.pk)
    if person in count.barred:
        raise PeopleRefused(
            "own_request", f"{user.label} asked for this or prepared it, and must not decide it."
        )
    if not user.is_active or not RoleAssignment.objects.filter(user=user, role__in=DECIDERS).exists():
        raise PeopleRefused("may_not_decide", f"{user.label} has no role that may decide.")
    elsewhere = [ballot for at, ballot in enumerate(count.ballots) if at != change.stage.index]
    if count.not_twice and any(person in ballot.spent for ballot in elsewhere):
        raise PeopleRefused("approved_before", f"{user.label} has approved another stage of this.")
    if person in {candidate["id"] for candidate in change.stage.candidates}:
        raise PeopleRefused("asked_already", f"{user.label} is asked already.")


def _apply(change: Change, count: Count) -> None:
    stage, ballot = change.stage, count.ballots[change.stage.index]
    new = [{**person, "why": "asked by hand", "added": True} for person in named(change.added)]
    stage.candidates = [person for person in stage.candidates if person["id"] not in change.removed] + new
    swapped = {old: newcomer for newcomer, old in change.instead_of.items()}
    stage.mandatory = [
        swapped.get(person, person)
        for person in stage.mandatory
        if person not in change.removed or person in swapped
    ]
    stage.parts = [_part(part, change) for part in stage.parts]
    if len(new) != len(change.removed):
        # Who comes in beside the others makes it easier to decide, never harder.
        _fix_number(stage, max(1, min(ballot.required, len(ballot.approved_by) + len(stage.candidates))))


def _part(part: dict[str, Any], change: Change) -> dict[str, Any]:
    """A sub-quorum of a role takes in whoever holds the role, and nobody else."""
    held = RoleAssignment.objects.filter(user__in=[user.pk for user in change.added], role=part["name"])
    joining = [str(user_id) for user_id in held.values_list("user_id", flat=True)]
    staying = [member for member in part["members"] if member not in change.removed]
    return {**part, "members": sorted({*staying, *joining})}


def _fix_number(stage: ApprovalStage, number: int) -> None:
    quorum = stage.rule.get("quorum")
    stage.needed = number
    if quorum == ALL:
        stage.rule = {**stage.rule, "quorum": {COUNT: number}}
    elif isinstance(quorum, dict) and (quorum.get("of") == ALL or PERCENT in quorum):
        kept = {key: value for key, value in quorum.items() if key not in ("of", PERCENT)}
        stage.rule = {**stage.rule, "quorum": {COUNT: number, **kept}}


def unfinished(stages: Sequence[ApprovalStage]) -> list[ApprovalStage]:
    """Return the stages that are open or still to come."""
    return [stage for stage in stages if stage.status in (StageStatus.OPEN, StageStatus.WAITING)]
