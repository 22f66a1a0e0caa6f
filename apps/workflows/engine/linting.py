"""What the lint of a step kind gets: the definition, the catalogue, and where to report."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from apps.core.expressions import is_expression
from apps.workflows.engine.catalogue import Catalogue
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.problems import WARNING
from apps.workflows.engine.reader import Report, suggestion


@dataclass(frozen=True, slots=True)
class Lint:
    """One pass over a definition."""

    definition: Definition
    catalogue: Catalogue
    report: Report

    def known(self, what: str, name: str, names: Collection[str] | None, path: str) -> bool:
        """Report `unknown_<what>` unless the name is known, an expression, or cannot be judged."""
        if names is None or not name or is_expression(name) or name in names:
            return True
        words = what.replace("_", " ")
        remedy = suggestion(name, names) or f"Create the {words} first."
        self.report.add(f"unknown_{what}", f"There is no {words} '{name}'.", path, remedy)
        return False

    def role(self, target: Any, path: str) -> None:
        """Check the role of an owner or assignee like `{role: ...}`."""
        if isinstance(target, dict) and isinstance(target.get("role"), str):
            self.known("role", target["role"], self.catalogue.roles(), f"{path}.role")

    def operation(self, connection: str, operation: str, path: str) -> None:
        """Check a connection slot (declared, bound) and the operation wanted from it."""
        if connection == "internal":
            self.known("operation", operation, self.catalogue.internal_operations(), f"{path}.operation")
            return
        declared = self.definition.connections
        if connection not in declared:
            remedy = suggestion(connection, [*declared, "internal"]) if declared else ""
            self.report.add(
                "undeclared_slot",
                f"The connection slot '{connection}' is not declared.",
                f"{path}.connection",
                remedy or f"Add it under connections: {{{connection}: {{connector: ...}}}}.",
            )
            return
        connector = str(declared[connection].get("connector", ""))
        self.known(
            "operation", operation, self.catalogue.operations(connection, connector), f"{path}.operation"
        )

    def warn(self, code: str, message: str, path: str, remedy: str = "") -> None:
        """Report something that is allowed but probably not meant."""
        self.report.add(code, message, path, remedy, WARNING)
