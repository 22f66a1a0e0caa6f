"""Whether somebody who was asked still is one of those the policy means, at the moment his decision is taken."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import connection

from apps.accounts.choices import Role
from apps.approvals.approvers import GROUP, ROLE
from apps.approvals.models import ApprovalStage
from apps.approvals.policies import DECIDERS

# Who takes somebody's role, group or account away locks his row first: then either that is seen by the second of these
# statements, or it waits for our commit.
_HOLD = "SELECT id FROM accounts_user WHERE id = ANY(%s::uuid[]) ORDER BY id FOR KEY SHARE"
_HOLDINGS = """
SELECT u.id::text, u.is_active,
       ARRAY(SELECT r.role || ':' || r.region FROM accounts_roleassignment r WHERE r.user_id = u.id),
       ARRAY(SELECT g.key FROM accounts_groupmembership m JOIN accounts_group g ON g.id = m.group_id
              WHERE m.user_id = u.id)
  FROM accounts_user u WHERE u.id = ANY(%s::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a person is now: roles with their regions, and groups."""

    is_active: bool
    roles: frozenset[tuple[str, str]]
    groups: frozenset[str]

    @property
    def may_decide(self) -> bool:
        """Whether the person has an account and a role that may decide at all."""
        return self.is_active and any(
            role in DECIDERS or role == Role.CUSTOMER for role, _region in self.roles
        )


def hold_entitlement(stage: ApprovalStage, user_id: str, member: str) -> bool:
    """Whether the voter may decide, and the member whose vote it is is still asked; it stays so until the commit."""
    held = holdings_now({user_id, member})
    voter, asked = held.get(user_id), held.get(member)
    if voter is None or asked is None or not voter.may_decide:
        return False
    return is_still_asked(stage, member, asked)


def holdings_now(user_ids: Iterable[str]) -> dict[str, Holdings]:
    """Return what these people are now, holding it until the commit; two queries, not from memory."""
    ids = sorted(user_ids)
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [ids])
        cursor.execute(_HOLDINGS, [ids])
        return {
            user_id: Holdings(active, frozenset(_pair(text) for text in roles), frozenset(groups))
            for user_id, active, roles, groups in cursor.fetchall()
        }


def is_still_asked(stage: ApprovalStage, member: str, held: Holdings) -> bool:
    """Whether a candidate of the stage is one still: by a role or group he holds, or named in another way."""
    if not held.may_decide:
        return False
    own = next((person for person in stage.candidates if person["id"] == member), None)
    rules: Collection[dict[str, str]] = stage.rule.get("approvers") or [stage.rule]
    if own is None or own.get("added") or own.get("contact") or member in stage.mandatory:
        return True
    return any(_means(rule, held) for rule in rules)


def _means(rule: dict[str, str], held: Holdings) -> bool:
    if rule.get(ROLE):
        region = rule.get("region", "")
        return any(role == rule[ROLE] and (not region or where in ("", region)) for role, where in held.roles)
    if rule.get(GROUP):
        return rule[GROUP] in held.groups
    return True


def _pair(text: str) -> tuple[str, str]:
    role, _, region = text.partition(":")
    return role, region
