"""Everything an author fills in has a name, and what he chooses from exists."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from apps.workflows.engine.kinds.registry import KINDS
from apps.workflows.engine.parse import parse_template
from apps.workflows.engine.schema import template_schema
from apps.workflows.engine.schema_words import KINDS as WORDS

SCHEMA = template_schema()
DEFINITIONS = {name: part for name, part in SCHEMA["$defs"].items() if name not in ("step", "steps")}
WIDGETS = {"expression", "value", "mapping", "duration", "table", "form", "people", "long"}
PICKS = {
    *("policies", "messages", "operations", "queries", "event_types", "templates", "roles"),
    *("earlier", "slots_declared"),
}


def fields(schema: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(schema, dict):
        return
    for name, part in schema.get("properties", {}).items():
        yield f"{path}.{name}", part
        yield from fields(part, f"{path}.{name}")
    yield from fields(schema.get("items"), path)
    for part in schema.get("oneOf", []):
        yield from fields(part, path)


ALL = [*fields({"properties": SCHEMA["properties"]}, "template")]
for _name, _part in DEFINITIONS.items():
    ALL += fields(_part, _name)


def test_the_schema_is_still_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_field_has_a_title() -> None:
    assert [path for path, part in ALL if not part.get("title")] == []


def test_widgets_and_choices_are_those_the_editor_knows() -> None:
    assert {part["x-widget"] for _, part in ALL if "x-widget" in part} <= WIDGETS
    assert {part["x-pick"] for _, part in ALL if "x-pick" in part} <= PICKS


@pytest.mark.parametrize("kind", sorted(DEFINITIONS))
def test_a_new_step_begins_readable(kind: str) -> None:
    """What is missing may be asked for; nothing that stands there may be wrong."""
    assert DEFINITIONS[kind]["title"]
    assert WORDS[kind]["x-group"] in {"people", "systems", "data", "flow"}
    assert kind in KINDS
    step = {"id": "new", "kind": kind, **WORDS[kind]["x-blank"]}
    report = parse_template({"format": 1, "key": "k", "name": "n", "steps": [step]}).report
    assert {problem.code for problem in report.problems} <= {"missing", "empty"}, report.problems
