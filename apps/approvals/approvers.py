"""Who a rule of a policy names: the one form all rules are read into. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from apps.core.expressions import ExpressionError, resolve

ROLE, USER, GROUP, MANAGER, OWNER, CONTACT, PEOPLE = (
    "role",
    "user",
    "group",
    "manager_of",
    "owner_of",
    "contact",
    "people",
)
REQUESTER = "requester"
"""In ``manager_of``: the person who asks."""
OWNED = ("project", "customer")
ANY_CONTACT = "any"
MAX_PEOPLE = 200
WITHIN = {ROLE: "region", OWNER: "id", CONTACT: "customer"}
"""Under which name a rule of the kind says where to look."""

_SAID = {
    GROUP: "group {value}",
    MANAGER: "manager of {value}",
    OWNER: "owner of the {value}",
    PEOPLE: "people the request names",
}


@dataclass(frozen=True, slots=True)
class ApproverRule:
    """One way of naming people. ``kind`` says how ``value`` is meant; both may hold expressions until they are applied.

    role: its holders, in the region ``within`` if given. user: one person (id or mail address). group: its members.
    manager_of: the manager of a person. owner_of: who owns the project or customer ``within`` ("" : the run's own).
    contact: the people of the customer ``within`` who have that part there. people: whom the expression gives, kept as
    ``names`` once it is applied.
    """

    kind: str
    value: str
    within: str = ""
    names: tuple[str, ...] = ()

    def applied(self, variables: Mapping[str, Any]) -> "ApproverRule":
        """Return the rule with values in place of its expressions. Raise ExpressionError where there is none."""
        if self.kind == PEOPLE:
            return replace(self, names=_names(self.value, variables))
        value = self.value
        if self.kind == MANAGER and value == REQUESTER:
            value = str((variables.get("requester") or {}).get("id") or "")
            if not value:
                message = "Nobody is known to have asked, so there is no manager to ask."
                raise ExpressionError(message, code="type", source=self.value)
        return replace(self, value=_text(value, variables), within=_text(self.within, variables))

    def words(self) -> str:
        """Say in words whom the rule asks for, such as ``resource manager in region EU``."""
        if self.kind == ROLE:
            where = f" in region {self.within}" if self.within else ""
            return self.value.replace("_", " ") + where
        if self.kind == CONTACT:
            part = "" if self.value == ANY_CONTACT else f" for {self.value.replace('_', ' ')}"
            return f"the customer's contact{part}"
        return _SAID.get(self.kind, "{value}").format(value=self.value)

    def to_json(self) -> dict[str, str]:
        """Return the rule as a policy spells it."""
        spelled = {self.kind: self.value}
        if self.within:
            spelled[WITHIN[self.kind]] = self.within
        return spelled


def _text(value: str, variables: Mapping[str, Any]) -> str:
    answer = resolve(value, variables)
    if not isinstance(answer, str) or (value and not answer):
        raise ExpressionError("The expression gives no text.", code="type", source=value)
    return answer


def _names(value: str, variables: Mapping[str, Any]) -> tuple[str, ...]:
    answer = resolve(value, variables)
    found = [answer] if isinstance(answer, str) else answer
    if not isinstance(found, list) or not all(isinstance(name, str) and name for name in found):
        message = "The expression gives no people: a mail address, an id or a list of them is expected."
        raise ExpressionError(message, code="type", source=value)
    if len(found) > MAX_PEOPLE:
        message = f"The expression gives more than {MAX_PEOPLE} people."
        raise ExpressionError(message, code="type", source=value)
    return tuple(dict.fromkeys(found))
