"""Collects problems while the parts of a definition are read."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from apps.core.errors import Problem
from apps.core.expressions import ExpressionError, compile_expression, expression_source, is_expression
from apps.integrations.connectors.rest.definition import Path

REQUEST_NAMES = frozenset({"input", "config", "connection", "key"})
RESPONSE_NAMES = REQUEST_NAMES | {"response"}
# What authors know from templates or from later in the call, and will not find here. (The names of an expression also
# hold functions and the variables of its macros, so names cannot be checked against a list of the known.)
_ELSEWHERE = frozenset(
    {"response", "steps", "vars", "event", "run", "subject", "now", "body", "headers", "facts"}
)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Reader:
    """Reads values and notes what is wrong; what it returns for a wrong value only serves to go on reading."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, pointer: str, code: str, message: str, remedy: str) -> None:
        self.problems.append(Problem(pointer, message, code, remedy))

    def mapping(self, value: Any, pointer: str, *, known: Sequence[str] | None = None) -> dict[str, Any]:
        """Return the object; with ``known``, members of other names are problems."""
        if not isinstance(value, Mapping):
            self.problem(pointer, "not_an_object", "An object is expected here.", "Write name: value pairs.")
            return {}
        if known is not None:
            for name in value.keys() - set(known):
                remedy = f"Known here: {', '.join(known)}."
                self.problem(f"{pointer}/{name}", "unknown_member", f"{name!r} means nothing here.", remedy)
        return dict(value)

    def text(self, value: Any, pointer: str) -> str:
        """Return a literal text of one line."""
        if isinstance(value, str) and (value.isprintable() or not value):
            return value
        self.problem(pointer, "not_text", "A text is expected here.", "Write a text of one line.")
        return ""

    def texts(self, value: Any, pointer: str) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.problem(pointer, "not_texts", "A list of texts is expected here.", "Write a list of names.")
            return []
        return value

    def statuses(self, value: Any, pointer: str) -> frozenset[int]:
        numbers = value if isinstance(value, list) else []
        good = all(
            isinstance(item, int) and not isinstance(item, bool) and 100 <= item <= 599 for item in numbers
        )
        if numbers is not value or not good:
            self.problem(
                pointer,
                "not_statuses",
                "A list of HTTP statuses is expected.",
                "Write for example [200, 201].",
            )
            return frozenset()
        return frozenset(numbers)

    def document(self, value: Any, pointer: str, names: frozenset[str]) -> Any:
        """Return the value unchanged after compiling every expression in it."""
        if is_expression(value):
            self._compile(expression_source(value), pointer, names)
        elif isinstance(value, Mapping):
            for name, item in value.items():
                self.document(item, f"{pointer}/{name}", names)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self.document(item, f"{pointer}/{index}", names)
        return value

    def expression(self, value: Any, pointer: str, names: frozenset[str]) -> str:
        """Return the source of a value that is always an expression, with or without its ``=``."""
        if not isinstance(value, str) or not value.strip():
            self.problem(
                pointer, "not_an_expression", "An expression is expected here.", "Write for example `= true`."
            )
            return "true"
        source = expression_source(value) if is_expression(value) else value
        self._compile(source, pointer, names)
        return source

    def path(self, value: Any, pointer: str) -> Path:
        if not isinstance(value, str) or not value:
            self.problem(
                pointer, "missing", "The path is missing.", "Write for example /projects/{input.id}."
            )
            return Path(expression=None, parts=("/",))
        if is_expression(value):
            source = expression_source(value)
            self._compile(source, pointer, REQUEST_NAMES)
            return Path(expression=source)
        parts = tuple(_PLACEHOLDER.split(value))
        for source in parts[1::2]:
            self._compile(source, pointer, REQUEST_NAMES)
        if not value.startswith("/"):
            self.problem(pointer, "not_a_path", "The path does not begin with a slash.", f"Write /{value}.")
        return Path(expression=None, parts=parts)

    def _compile(self, source: str, pointer: str, names: frozenset[str]) -> None:
        try:
            unknown = (compile_expression(source).names.keys() & _ELSEWHERE) - names
        except ExpressionError as error:
            self.problem(
                pointer,
                "bad_expression",
                f"{error.message} (line {error.line}, column {error.column})",
                "Correct the expression.",
            )
            return
        for name in sorted(unknown):
            known = ", ".join(sorted(names))
            self.problem(pointer, "unknown_name", f"{name!r} is not known here.", f"Use one of: {known}.")
