"""For whom people may decide a request now, because those are away."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.accounts.models import User
from apps.approvals.delegation import Matter, deputies, link_of
from apps.approvals.exceptions import NotAnApprover
from apps.approvals.models import ApprovalRequest
from apps.approvals.selectors.delegations import deputy_names, live_links, matter_of
from apps.approvals.types import OnBehalf
from apps.approvals.voting import Count, eligible, members_for
from apps.core.clock import now

Principals = Mapping[str, frozenset[str]]
"""By user id, the members in whose place the user may decide."""


def principals_of(matter: Matter, members: Collection[str], at: datetime | None = None) -> Principals:
    """Return, by deputy, the members who are away in the matter; no query, usually."""
    found: dict[str, set[str]] = {}
    for member, deputy in deputies(live_links(), members, matter, at or now()).items():
        found.setdefault(deputy, set()).add(member)
    return {deputy: frozenset(held) for deputy, held in found.items()}


def candidates_of(request: ApprovalRequest) -> list[dict[str, Any]]:
    """Return the people whom the request's stages ask; no query if they, or its stages, were read along with it."""
    known = getattr(request, "asked", None)
    lists = known if known is not None else [stage.candidates for stage in request.stages.all()]
    return [person for people in lists for person in people]


def deputies_of(request: ApprovalRequest, users: Collection[str]) -> list[dict[str, Any]]:
    """Return those of the users who stand in for somebody who is asked, with the names of whom; no query, usually."""
    asked = {person["id"]: str(person["label"]) for person in candidates_of(request)}
    held, names = principals_of(matter_of(request), asked), deputy_names()
    return [
        {
            "id": user,
            "label": names.get(user, user),
            "stands_in_for": sorted(asked[member] for member in held.get(user, ())),
        }
        for user in sorted(users, key=lambda one: names.get(one, one))
    ]


def whom_for(request: ApprovalRequest, user: str) -> list[str]:
    """Return the names of those the user stands in for in a request; none if he is asked himself. No query, usually."""
    found = deputies_of(request, {user})
    return [str(name) for name in found[0]["stands_in_for"]] if found else []


def people_to_tell(request: ApprovalRequest) -> list[UUID]:
    """Return whom to mail about a request: those it waits for, without those who are away and have a deputy who may."""
    waiting = {str(user_id) for user_id in request.waiting_for}
    replaced = {
        member
        for member, deputy in deputies(live_links(), waiting, matter_of(request), now()).items()
        if deputy in waiting
    }
    return sorted(UUID(person) for person in waiting - replaced)


def people_at_work(request: ApprovalRequest) -> list[str]:
    """Return who has to act on a request: whom to mail, without those who are away; all of them if nobody is there."""
    links, matter, at = live_links(), matter_of(request), now()
    told = [str(person) for person in people_to_tell(request)]
    return [person for person in told if link_of(links, person, matter, at) is None] or told


def people_waited_for(request: ApprovalRequest, count: Count) -> list[UUID]:
    """Return everybody whose decision counts now, those who stand in for members who are away among them."""
    at = count.stage
    if at is None:
        return []
    principals = principals_of(matter_of(request), count.ballots[at].candidates)
    return sorted(UUID(user) for user in eligible(count, principals))


def whose_vote(request: ApprovalRequest, count: Count, user: str, wanted: OnBehalf | None) -> OnBehalf | None:
    """Return on whose behalf the user decides: nobody's if the vote is his own.

    Without a wish his own vote goes first, then that of the first member he stands in for and whose vote would count; if
    none would, that of the first of them, so that the refusal says why. Raises NotAnApprover for a wish he may not have.
    """
    at = count.stage
    if at is None or not user:
        return wanted
    members = principals_of(matter_of(request), count.ballots[at].candidates).get(user, frozenset())
    if wanted is not None:
        if wanted.id == user:
            return None
        if wanted.id not in members:
            message = "You do not stand in for this person now, so you cannot decide on that behalf."
            raise NotAnApprover("not_deputy", message)
        return _on_behalf(wanted.id)
    if not members or user in count.ballots[at].candidates:
        return None
    possible = members_for(count, user, members) or sorted(members)
    return _on_behalf(possible[0])


def _on_behalf(user_id: str) -> OnBehalf:
    person = User.objects.filter(pk=UUID(user_id)).first()
    return OnBehalf(user_id, person.label if person else user_id)
