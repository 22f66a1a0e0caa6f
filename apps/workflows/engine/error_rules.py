"""`on_error` as rules by class of error: which rule is meant, and how the rules and retry policies are read."""

from __future__ import annotations

from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

from apps.workflows.engine.commands import StepError
from apps.workflows.engine.definition import CONTINUE, EXCEPTION, ErrorRule, Retry, Step
from apps.workflows.engine.problems import WARNING
from apps.workflows.engine.reader import Reader

TRANSIENT = "transient"
"""In `errors`: every error that may pass by itself, whatever its code."""


def rule_for(step: Step, error: StepError) -> tuple[str, ErrorRule] | None:
    """The first rule that an error falls under, with its slot; None when the step has none for it."""
    for index, rule in enumerate(step.error_rules):
        if not rule.errors or any(_is_meant(pattern, error) for pattern in rule.errors):
            return f"on_error.{index}", rule
    return None


def is_rules(value: Any) -> bool:
    """Whether `on_error` is written as rules: a mapping, or a list of mappings that are no steps."""
    if isinstance(value, dict):
        return True
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(item, dict) and not ({"id", "kind"} & item.keys()) for item in value)


def read_rules(reader: Reader) -> tuple[ErrorRule, ...]:
    """The rules of a step's `on_error`; none when it is written in another form."""
    value = reader.value("on_error")
    if not is_rules(value):
        return ()
    if isinstance(value, dict):
        inner = reader.inner("on_error")
        return (_rule(inner),) if inner else ()
    found = tuple(_rule(inner) for inner in reader.readers("on_error"))
    for index, rule in enumerate(found[:-1]):
        if not rule.errors:
            where = f"{reader.at('on_error')}[{index}]"
            message = "This rule takes every error; those after it are never reached."
            reader.report.add("unreachable_rule", message, where, "Move it to the end.", WARNING)
    return found


def read_retry(reader: Reader | None) -> Retry | None:
    """A retry policy; None when there is none."""
    if reader is None:
        return None
    retry = Retry(
        max=reader.whole("max", 3, 1, 50),
        backoff=reader.duration("backoff") or timedelta(seconds=10),
        factor=reader.number("factor", 2.0, 1.0, 10.0),
        cap=reader.duration("cap") or timedelta(hours=1),
    )
    reader.close()
    return retry


def _rule(reader: Reader) -> ErrorRule:
    errors = reader.list("errors")
    if not all(isinstance(pattern, str) and pattern for pattern in errors):
        reader.problem("type", "'errors' must be codes like timeout or http_5*.", "errors")
        errors = []
    rule = ErrorRule(
        errors=tuple(errors),
        retry=read_retry(reader.inner("retry")),
        then=reader.reaction("then", (EXCEPTION, CONTINUE), EXCEPTION, rework=False),
    )
    reader.close()
    return rule


def _is_meant(pattern: str, error: StepError) -> bool:
    return error.retryable if pattern == TRANSIENT else fnmatchcase(error.code, pattern)
