"""What templates may refer to in the tenant at hand, as the installed apps answer it."""

from collections.abc import Collection
from typing import Any

from apps.accounts.choices import Role
from apps.accounts.selectors import user_addresses
from apps.ledger.events import list_event_types
from apps.workflows import steps
from apps.workflows.models import WorkflowTemplate


class InstalledCatalogue:
    """Implements ``engine.catalogue.Catalogue``."""

    def policies(self) -> Collection[str] | None:
        return _asked("policies")

    def policy_problems(self, policy: str | dict[str, Any]) -> list[str]:
        return list(steps.ask_catalogue("policy_problems", policy) or [])

    def slots(self) -> Collection[str] | None:
        return _asked("slots")

    def operations(self, slot: str, connector: str) -> Collection[str] | None:
        return _asked("operations", slot, connector)

    def internal_operations(self) -> Collection[str] | None:
        return [operation.name for operation in steps.list_operations()]

    def connectors(self) -> Collection[str] | None:
        return _asked("connectors")

    def messages(self) -> Collection[str] | None:
        return _asked("messages")

    def templates(self) -> Collection[str] | None:
        return list(WorkflowTemplate.objects.values_list("key", flat=True))

    def queries(self) -> Collection[str] | None:
        return [facts.name for facts in steps.list_facts()]

    def event_types(self) -> Collection[str] | None:
        return [event_type.name for event_type in list_event_types()]

    def roles(self) -> Collection[str] | None:
        return list(Role.values)

    def calendars(self) -> Collection[str] | None:
        return _asked("calendars")

    def idempotency(self, slot: str, connector: str, operation: str) -> str | None:
        found: str | None = steps.ask_catalogue("idempotency", slot, connector, operation)
        return found

    def people(self) -> Collection[str] | None:
        return user_addresses()


class HeldCatalogue(InstalledCatalogue):
    """The same, with the policies and messages that a version holds copies of."""

    def __init__(self, parts: dict[str, Any]) -> None:
        self._parts = parts

    def policies(self) -> Collection[str] | None:
        return _with(super().policies(), self._parts.get("policies"))

    def policy_problems(self, policy: str | dict[str, Any]) -> list[str]:
        held = self._parts.get("policies", {}).get(policy) if isinstance(policy, str) else None
        return super().policy_problems(held["definition"] if held else policy)

    def messages(self) -> Collection[str] | None:
        return _with(super().messages(), self._parts.get("messages"))


def _with(names: Collection[str] | None, held: dict[str, Any] | None) -> Collection[str] | None:
    return None if names is None else {*names, *(held or {})}


def _asked(part: str, *arguments: str) -> Collection[str] | None:
    answer: Collection[str] | None = steps.ask_catalogue(part, *arguments)
    return answer
