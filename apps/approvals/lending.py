"""Rules that only apps above can apply: who owns a project or a customer, who stands for a customer."""

from collections.abc import Callable, Sequence

from apps.accounts.models import User
from apps.approvals.approvers import ApproverRule
from apps.approvals.types import Asking

People = Callable[[ApproverRule, Asking], Sequence[User]]
_lent: dict[str, People] = {}


def register_people(kind: str, people: People) -> None:
    """Have the function find the active people whom rules of the kind name; a second registration raises."""
    if kind in _lent:
        raise ValueError(f"rules of kind {kind!r} are applied by somebody already")
    _lent[kind] = people


def lent_people(rule: ApproverRule, asking: Asking) -> Sequence[User]:
    """Return whom the rule names; nobody where no app applies rules of its kind."""
    find = _lent.get(rule.kind)
    return find(rule, asking) if find else []
