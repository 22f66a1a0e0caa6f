"""Expressions: CEL, compiled once, bounded in cost, with errors that a template author can act on.

Values go in and come out as JSON. Money, which is `{"amount": "12500.00", "currency": "EUR"}` everywhere, shows two
more members inside expressions: `value`, a number to compare with (`input.amount.value > 50000`), and `minor`, exact
integer cents to calculate with. A time comes back as RFC 3339, a duration as ISO 8601.
"""

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from apps.core.cel import cel
from apps.core.expression_limits import (
    MAX_BRACKETS,
    MAX_NESTING,
    MAX_NODES,
    MAX_RESULT,
    MAX_SOURCE,
    MAX_STEPS,
    Paths,
    Shape,
    measure,
    worst_case,
)

MARK: Final = "="
"""A string in a document that starts with this is an expression."""
MAX_DEPTH: Final = 40
"""Nesting of the values an expression gets."""
FUNCTIONS: Final = frozenset(
    {
        *("size", "has", "in", "contains", "startsWith", "endsWith", "matches", "type", "dyn"),
        *("int", "uint", "double", "string", "bytes", "timestamp", "duration"),
        *("getFullYear", "getMonth", "getDayOfYear", "getDayOfMonth", "getDate", "getDayOfWeek"),
        *("getHours", "getMinutes", "getSeconds", "getMilliseconds"),
        *("map", "filter", "all", "exists", "exists_one"),
    }
)
"""Every function an expression may call."""

_CEL_ERRORS = (LookupError, ArithmeticError, TypeError, ValueError, RuntimeError)
_POSITION = re.compile(r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")
_UNKNOWN = re.compile(r"Undefined variable or function: '([^']*)'")
_MONEY_KEYS = frozenset({"amount", "currency"})
_MONEY_VIEW_KEYS = frozenset({"amount", "currency", "value", "minor"})


class ExpressionError(Exception):
    """An expression cannot be compiled or evaluated.

    `code` is `syntax`, `too_costly`, `missing_key`, `unknown_name`, `type` or `evaluation`; `line` and `column` count
    from 1 inside the expression.
    """

    def __init__(self, message: str, *, code: str, source: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.source = source
        self.line = line
        self.column = column


class Expression:
    """A compiled expression. Make it with `compile_expression`."""

    __slots__ = ("_program", "shape", "source")

    def __init__(self, source: str, program: cel.Program, shape: Shape) -> None:
        self.source = source
        self.shape = shape
        self._program = program

    @property
    def names(self) -> dict[str, frozenset[str] | None]:
        """Names used, with the members used of each, or None where all of it is."""
        used = self.shape.paths.items()
        return {name: None if members is None else frozenset(members) for name, members in used}

    @property
    def variables(self) -> frozenset[str]:
        """The variables that must be given, without those that macros make."""
        return frozenset(self._program.variables()) - self.shape.bound

    @property
    def unknown_functions(self) -> frozenset[str]:
        """Functions that do not exist."""
        return frozenset(name for name in self._program.functions() if name.isidentifier()) - FUNCTIONS

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """The value as JSON. Raise ExpressionError when it cannot be had."""
        view = _View(self.source)
        scope = {}
        for name, used in self.shape.paths.items():
            if name in variables:
                scope[name] = view.of(_narrowed(variables[name], used), 0)
        steps, result = worst_case(self.shape, view.longest, view.nodes)
        if steps > MAX_STEPS or result > MAX_RESULT:
            raise _too_costly(self.source, "its macros would run over too much data")
        try:
            value = self._program.execute(scope)
        except _CEL_ERRORS as error:
            raise _explained(error, self.source) from error
        return _result(value, self.source)


@lru_cache(maxsize=4096)
def compile_expression(source: str) -> Expression:
    """Compile an expression; the result is cached by its text. Raise ExpressionError with line and column."""
    if len(source) > MAX_SOURCE:
        raise _too_costly(source, f"it is longer than {MAX_SOURCE} characters")
    shape = measure(source)
    if shape.nesting > MAX_NESTING:
        raise _too_costly(source, f"more than {MAX_NESTING} macros stand inside one another")
    if shape.deepest_bracket > MAX_BRACKETS:
        raise _too_costly(source, f"more than {MAX_BRACKETS} brackets stand inside one another")
    if not source.strip():
        raise ExpressionError("The expression is empty.", code="syntax", source=source)
    try:
        program = cel.compile(source)
    except _CEL_ERRORS as error:
        raise _syntax_error(error, source) from error
    return Expression(source, program, shape)


def is_expression(value: object) -> bool:
    """Whether a value of a document is an expression rather than a literal."""
    return isinstance(value, str) and value.startswith(MARK)


def expression_source(value: str) -> str:
    """The CEL text of a string that starts with `=`."""
    return value[len(MARK) :].strip()


def resolve(value: Any, variables: Mapping[str, Any]) -> Any:
    """A document with every expression in it replaced by its value; everything else is copied as it is."""
    if isinstance(value, str):
        if value.startswith(MARK):
            return compile_expression(expression_source(value)).evaluate(variables)
        return value
    if isinstance(value, Mapping):
        return {key: resolve(item, variables) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, variables) for item in value]
    return value


def expression_view(data: Any) -> Any:
    """A copy of JSON as expressions see it: money with `value` and `minor`, ids and dates as strings."""
    return _View("").of(data, 0)


class _View:
    """Copies values for CEL and counts them on the way."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.nodes = 0
        self.longest = 0

    def of(self, value: Any, depth: int) -> Any:
        self.nodes += 1
        if isinstance(value, str):
            self.nodes += len(value) // 64
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise _too_costly(self.source, "its variables hold too much data")
        if isinstance(value, str | bool | int | float | datetime | timedelta) or value is None:
            return value
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        if isinstance(value, list | tuple):
            self.longest = max(self.longest, len(value))
            return [self.of(item, depth + 1) for item in value]
        if isinstance(value, Decimal):
            return float(value)
        if isinstance(value, UUID | date):
            return str(value)
        raise ExpressionError(f"A {type(value).__name__} is not JSON.", code="type", source=self.source)

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        self.longest = max(self.longest, len(value))
        view = {str(key): self.of(item, depth + 1) for key, item in value.items()}
        if value.keys() == _MONEY_KEYS:
            view.update(_money(value["amount"]))
        return view


def _money(amount: Any) -> dict[str, Any]:
    if not isinstance(amount, str):
        return {}
    try:
        exact = Decimal(amount)
        minor = int((exact * 100).to_integral_value()) if exact.is_finite() and abs(exact) < 10**15 else None
    except InvalidOperation:
        return {}
    return {} if minor is None else {"value": float(exact), "minor": minor}


def _narrowed(value: Any, used: Paths) -> Any:
    """The value without what the expression does not look at: copying it for CEL costs more than most expressions."""
    if used is None or not isinstance(value, Mapping) or value.keys() == _MONEY_KEYS:
        return value
    return {name: _narrowed(value[name], deeper) for name, deeper in used.items() if name in value}


def _result(value: Any, source: str) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise ExpressionError("The result is not a finite number.", code="type", source=source)
    if isinstance(value, dict):
        return _dict_result(value, source)
    if isinstance(value, list):
        return [_result(item, source) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"PT{value.total_seconds():f}".rstrip("0").rstrip(".") + "S"
    if isinstance(value, cel.OptionalValue):
        return _result(value.value(), source) if value.has_value() else None
    raise ExpressionError(
        f"The result is {type(value).__name__}, which is not JSON.", code="type", source=source
    )


def _dict_result(value: dict[Any, Any], source: str) -> dict[str, Any]:
    if value.keys() == _MONEY_VIEW_KEYS:
        value = {"amount": value["amount"], "currency": value["currency"]}
    return {str(key): _result(item, source) for key, item in value.items()}


def _too_costly(source: str, why: str) -> ExpressionError:
    return ExpressionError(f"The expression could take too long: {why}.", code="too_costly", source=source)


def _syntax_error(error: Exception, source: str) -> ExpressionError:
    found = _POSITION.search(str(error))
    if not found:
        return ExpressionError(str(error), code="syntax", source=source)
    line, column, what = int(found.group(1)), int(found.group(2)), found.group(3)
    what = what.split(" expecting ")[0].replace("'<EOF>'", "the end of the expression")
    return ExpressionError(what, code="syntax", source=source, line=line, column=column)


def _explained(error: Exception, source: str) -> ExpressionError:
    text = str(error.args[0]) if error.args else str(error)
    unknown = _UNKNOWN.match(text)
    if isinstance(error, KeyError):
        code, message = "missing_key", f"There is no '{text}' here."
    elif unknown and unknown.group(1) in FUNCTIONS:
        code, message = "type", f"'{unknown.group(1)}' cannot be used on this value."
    elif unknown:
        code, message = "unknown_name", f"'{unknown.group(1)}' is not known."
    elif isinstance(error, TypeError):
        code, message = "type", text.split(". ")[0] + "."
    else:
        code, message = "evaluation", text.split(". Check ")[0].rstrip(".") + "."
    return ExpressionError(f"{message} In: {source}", code=code, source=source)
