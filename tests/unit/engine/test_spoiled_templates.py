"""Templates at random: whatever is spoiled is judged without an error, and as the JSON schema judges."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.workflows.engine.lint import check_template
from apps.workflows.engine.schema import template_schema
from tests.unit.engine.judged import CATALOGUE, GOOD
from tests.unit.engine.templates import templates


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "a",
        "steps: {}",
        "format: 1\nsteps: [5]",
        "steps: [[[",
        "? {a: 1}\n: 2",
        "a: !!python/object:os.system x",
        "\t- x",
        "{" * 500,
        "[" * 5000,
        "\x00",
        "a: &a [*a]",
        "steps: [{id: x, kind: check, rules: 5}]",
        "x" * 300_000,
    ],
)
def test_nonsense_gives_problems_and_never_an_error(text: str) -> None:
    checked = check_template(text, CATALOGUE)
    assert checked.definition is None
    assert checked.problems


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["", "x", "=", "= 1 +", "P1D", "check", "exception"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "kind", "when", "return_to"]), inner)
    ),
    max_leaves=6,
)


def _spoil(value: Any, path: list[int], junk: Any) -> Any:
    """Put junk somewhere into a document."""
    if not path or not isinstance(value, dict | list) or not value:
        return junk
    copied = copy.copy(value)
    key = list(value)[path[0] % len(value)] if isinstance(value, dict) else path[0] % len(value)
    copied[key] = _spoil(value[key], path[1:], junk)
    return copied


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(templates(), st.lists(st.integers(0, 20), min_size=1, max_size=6), json_values)
def test_a_spoiled_template_is_judged_without_an_error(
    good: dict[str, Any], path: list[int], junk: Any
) -> None:
    bad = _spoil(good, path, junk)
    if isinstance(bad, dict):
        checked = check_template(bad, CATALOGUE)
        assert (checked.definition is None) == any(
            problem.severity == "error" for problem in checked.problems
        )
        assert check_template(yaml.safe_dump(bad), CATALOGUE).problems == [] or checked.problems


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(templates())
def test_the_json_schema_accepts_what_the_parser_accepts(good: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(template_schema()).validate(good)


def test_the_json_schema_refuses_what_the_parser_refuses() -> None:
    validator = jsonschema.Draft202012Validator(template_schema())
    good = yaml.safe_load(GOOD)
    validator.validate(good)
    for key, value in (("format", 2), ("surprise", 1), ("steps", []), ("key", "No Key")):
        assert not validator.is_valid({**good, key: value})
