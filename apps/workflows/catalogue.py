"""What templates may refer to in the tenant at hand, as the installed apps answer it."""

from collections.abc import Collection
from typing import Any

from apps.accounts.choices import Role
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


def _asked(part: str, *arguments: str) -> Collection[str] | None:
    answer: Collection[str] | None = steps.ask_catalogue(part, *arguments)
    return answer
