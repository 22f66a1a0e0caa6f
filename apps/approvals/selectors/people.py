"""Who a stage's rule names."""

from collections.abc import Sequence
from uuid import UUID

from apps.accounts.models import User
from apps.accounts.selectors import users_with_role
from apps.approvals.policy import Approvers
from apps.approvals.types import Candidate


def candidates_for(approvers: Approvers) -> list[Candidate]:
    """Return the people whom the rule names now (its values are not expressions any more), by name."""
    by_role = bool(approvers.role)
    users = users_with_role(approvers.role, region=approvers.region) if by_role else _the_user(approvers.user)
    return sorted((Candidate(str(user.id), user.label) for user in users), key=lambda person: person.label)


def _the_user(named: str) -> Sequence[User]:
    active = User.objects.filter(is_active=True)
    try:
        return list(active.filter(pk=UUID(named)))
    except ValueError:
        return list(active.filter(email__iexact=named))
