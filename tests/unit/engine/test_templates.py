"""Reading and judging templates: every problem is found, at its place, with a remedy."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.workflows.engine.catalogue import StaticCatalogue
from apps.workflows.engine.lint import check_template, lint
from apps.workflows.engine.parse import compile_definition, parse_template
from apps.workflows.engine.problems import InvalidTemplate, TemplateProblem
from apps.workflows.engine.schema import template_schema
from tests.unit.engine.templates import templates
from tests.unit.engine.world import template

REFERENCE = Path(__file__).parents[3] / "docs" / "templates.md"

GOOD = """\
format: 1
key: contract-to-project
name: Signed contract to running project
trigger: {event: contract.signed, when: "event.data.amount.value > 0"}
input: {type: object, required: [contract_id], properties: {contract_id: {type: string}, amount: {type: object}}}
connections:
  psa: {connector: generic-rest}
steps:
  - {id: docs, kind: check, rules: [{id: sow, expr: "has(input.contract_id)", message: Missing}]}
  - id: approve
    kind: approval
    policy: staffing
    on_reject: {return_to: docs, max: 10}
  - id: build
    kind: parallel
    branches:
      - - {id: create, kind: action, connection: psa, operation: create_project}
      - - {id: welcome, kind: notify, message: welcome, to: "= input.contract_id"}
"""

CATALOGUE = StaticCatalogue(
    names={
        "policies": ["staffing", "lonely"],
        "slots": ["psa"],
        "connectors": ["generic-rest"],
        "internal_operations": ["create_staffing_request"],
        "messages": ["welcome"],
        "templates": ["billing"],
        "queries": ["delivery.documents"],
        "event_types": ["contract.signed", "milestone.accepted"],
        "roles": ["finance"],
    },
    operations_by_slot={"psa": ["create_project", "archive_project"]},
    problems_by_policy={"lonely": ["Nobody holds the role 'director'."]},
)


def problems(text: str | dict[str, Any], code: str) -> list[TemplateProblem]:
    found = check_template(text, CATALOGUE).problems
    matching = [problem for problem in found if problem.code == code]
    assert matching, [(problem.code, problem.message) for problem in found]
    return matching


def test_a_good_template_has_no_problems() -> None:
    checked = check_template(GOOD, CATALOGUE)
    assert checked.problems == []
    assert checked.definition is not None
    assert checked.definition.places["create"].path == "steps[2].branches[0][0]"
    assert checked.definition.places["create"].slot == "branches.0"
    assert lint(checked.definition, CATALOGUE) == []
    assert (
        compile_definition(json.loads(json.dumps(checked.definition.source))).steps
        == checked.definition.steps
    )


@pytest.mark.parametrize(
    ("old", "new", "code", "path", "line", "column", "remedy"),
    [
        (
            "kind: approval",
            "kind: aproval",
            "unknown_kind",
            "steps[1].kind",
            11,
            11,
            "Did you mean 'approval'?",
        ),
        (
            "policy: staffing",
            "polcy: staffing",
            "unknown_key",
            "steps[1].polcy",
            12,
            12,
            "Did you mean 'policy'?",
        ),
        (
            "policy: staffing",
            "policy: stafing",
            "unknown_policy",
            "steps[1].policy",
            12,
            13,
            "Did you mean 'staffing'?",
        ),
        (
            "policy: staffing",
            "policy: lonely",
            "unreachable_policy",
            "steps[1].policy",
            12,
            13,
            "Change the policy",
        ),
        ("> 0", "> > 0", "expression_syntax", "trigger.when", 4, 68, "Correct the expression."),
        (
            "has(input",
            "has(inptu",
            "unknown_variable",
            "steps[0].rules[0].expr",
            9,
            53,
            "Did you mean 'input'?",
        ),
        ("has(input.", "hsa(input.", "unknown_function", "steps[0].rules[0].expr", 9, 53, "Correct"),
        (
            "return_to: docs",
            "return_to: dosc",
            "return_to_unknown",
            "steps[1].on_reject.return_to",
            13,
            28,
            "'docs'",
        ),
        (
            "return_to: docs",
            "return_to: build",
            "return_to_later",
            "steps[1].on_reject.return_to",
            13,
            28,
            "earlier",
        ),
        (
            "return_to: docs",
            "return_to: create",
            "return_to_inside",
            "steps[1].on_reject.return_to",
            13,
            28,
            "list",
        ),
        ("id: welcome,", "id: create,", "duplicate_id", "steps[2].branches[1][0].id", 18, 16, "own id"),
        (
            "connection: psa",
            "connection: pas",
            "undeclared_slot",
            "steps[2].branches[0][0].connection",
            17,
            50,
            "'psa'",
        ),
        (
            "create_project",
            "creat_project",
            "unknown_operation",
            "steps[2].branches[0][0].operation",
            17,
            66,
            "'create_project'",
        ),
        (
            "message: welcome",
            "message: welcom",
            "unknown_message",
            "steps[2].branches[1][0].message",
            18,
            48,
            "'welcome'",
        ),
        ('to: "= input', 'to: "= steps.doc', "unknown_step", "steps[2].branches[1][0].to", 18, 61, "'docs'"),
        (
            "contract.signed",
            "contract.singed",
            "unknown_event_type",
            "trigger.event",
            4,
            18,
            "'contract.signed'",
        ),
        (
            "generic-rest",
            "generic-soap",
            "unknown_connector",
            "connections.psa.connector",
            7,
            20,
            "'generic-rest'",
        ),
        ("psa: {", "erp: {", "unbound_slot", "connections.erp", 7, 8, "Bind 'erp'"),
        ("format: 1", "format: 2", "format", "format", 1, 9, "format: 1"),
        ("key: contract-to-project", "key: Contract", "key", "key", 2, 6, "small letters"),
        ("    policy", "    due: 2 days\n    policy", "duration", "steps[1].due", 12, 10, "P2D"),
        ("    policy", "    due: P1M\n    policy", "duration", "steps[1].due", 12, 10, "P2D"),
        ("    policy", "    kind: check\n    policy", "duplicate_key", "steps[1].kind", 12, 5, "Remove"),
        (
            "    policy",
            "    audience: public\n    policy",
            "unknown_word",
            "steps[1].audience",
            12,
            15,
            "internal",
        ),
        ("id: docs, kind: check", "id: Docs-1, kind: check", "id", "steps[0].id", 9, 10, "small letters"),
        ("input: {type: object", "input: {type: objekt", "schema", "input", 5, 8, ""),
        ("name: Signed", "name: &x Signed\nfamily: *x\n#", "alias", "family", 3, 7, "Repeat"),
    ],
)
def test_a_problem_is_reported_with_place_and_remedy(
    old: str, new: str, code: str, path: str, line: int, column: int, remedy: str
) -> None:
    assert old in GOOD
    problem = problems(GOOD.replace(old, new, 1), code)[0]
    assert (problem.path, problem.line, problem.column) == (path, line, column)
    assert remedy in problem.remedy
    assert problem.message


def test_all_problems_are_collected_at_once() -> None:
    bad = (
        GOOD.replace("kind: check", "kind: chekc")
        .replace("staffing", "nobody")
        .replace("message: welcome", "message: x")
    )
    codes = [problem.code for problem in check_template(bad, CATALOGUE).problems]
    assert codes == ["unknown_kind", "unknown_policy", "unknown_message"]


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ({"kind": "for_each", "items": "=input.x", "as": "m", "steps": []}, "empty"),
        ({"kind": "for_each", "items": "=input.x", "as": "input", "steps": []}, "name"),
        ({"kind": "for_each", "items": "=input.x", "limit": 4, "steps": []}, "limit"),
        ({"kind": "for_each", "items": "=input.x", "index_as": "item", "steps": []}, "duplicate_id"),
        ({"kind": "assist", "output": {"type": "object"}}, "missing"),
        ({"kind": "assist", "purpose": "x", "output": {"type": "list"}}, "schema"),
        ({"kind": "assist", "purpose": "x", "output": {}, "accept": "automatic"}, "missing"),
        ({"kind": "assist", "purpose": "x", "output": {}, "min_confidence": 0.5}, "no_effect"),
        ({"kind": "wait"}, "one_of"),
        ({"kind": "wait", "for": "PT1H", "until": "now"}, "one_of"),
        ({"kind": "wait", "for": "PT1H", "timeout": {"after": "P1D"}}, "timeout"),
        ({"kind": "wait", "event": {"type": "milestone.accepted"}, "timeout": {}}, "missing"),
        ({"kind": "wait", "event": {"type": "milestone.accepted"}}, "no_match"),
        ({"kind": "parallel", "branches": [[]]}, "branches"),
        ({"kind": "parallel", "branches": [[], []], "join": 3}, "range"),
        ({"kind": "decision", "rules": []}, "empty"),
        ({"kind": "decision", "rules": [{"then": {}}, {"then": {}}]}, "unreachable_rule"),
        ({"kind": "choice", "cases": []}, "empty"),
        (
            {"kind": "check", "rules": [{"id": "a", "expr": "true"}, {"id": "a", "expr": "true"}]},
            "duplicate_id",
        ),
        (
            {
                "kind": "check",
                "rules": [{"expr": "true"}],
                "on_fail": "continue",
                "recheck_on": {"type": "contract.signed"},
            },
            "no_effect",
        ),
        ({"kind": "check", "rules": [], "facts": {"query": "nothing"}}, "unknown_query"),
        ({"kind": "check", "rules": [{"expr": "facts.x"}], "owner": {"role": "nobody"}}, "unknown_role"),
        ({"kind": "set", "values": {"a": "= facts.x"}}, "unknown_variable"),
        ({"kind": "set", "values": {"a": "= vars.b"}}, "unset_variable"),
        ({"kind": "subflow", "template": "under-test"}, "endless"),
        ({"kind": "subflow", "template": "biling"}, "unknown_template"),
        ({"kind": "user_task", "assignee": {"role": "x"}}, "unknown_role"),
        ({"kind": "user_task", "assignee": {}, "form": {"type": "array"}}, "schema"),
        ({"kind": "user_task"}, "missing"),
        ({"kind": "action"}, "missing"),
        ({"kind": "action", "operation": "x"}, "unknown_operation"),
        ({"kind": "action", "operation": "x", "retry": {"max": 0}}, "range"),
        ({"kind": "action", "operation": "x", "retry": {"tries": 3}}, "unknown_key"),
        ({"kind": "action", "operation": "x", "on_error": "explode"}, "unknown_word"),
        ({"kind": "notify", "message": "welcome", "to": 5, "when": 5}, "type"),
        ({"kind": "end", "outcome": "cancelled"}, "reserved"),
        ({"kind": "set", "values": {"a": "=" + "1+" * 1500 + "1"}}, "expression_too_costly"),
        ({"kind": "approval", "policy": 5}, "type"),
    ],
)
def test_each_kind_is_judged(step: dict[str, Any], code: str) -> None:
    found = problems(template({"id": "s", **step}), code)
    assert found[0].path.startswith("steps[0]")


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


def test_yaml_is_read_in_the_json_sense() -> None:
    parsed = parse_template("format: 1\nkey: k\nname: 2026-01-01\ndescription: yes\nsteps: []\n")
    assert parsed.definition.name == "2026-01-01"
    assert parsed.definition.description == "yes"


def test_compile_raises_with_every_error_and_caches_by_key() -> None:
    with pytest.raises(InvalidTemplate) as caught:
        compile_definition(template({"id": "a", "kind": "nope"}, key="Bad Key"))
    assert {problem.code for problem in caught.value.problems} == {"unknown_kind", "key"}
    good = template({"id": "a", "kind": "end"})
    assert compile_definition(good, cache_key="v1") is compile_definition({}, cache_key="v1")


def test_the_examples_of_the_reference_are_valid() -> None:
    blocks = REFERENCE.read_text(encoding="utf-8").split("```yaml\n")[1:]
    whole = [block.split("```")[0] for block in blocks if block.startswith("format: 1")]
    assert whole
    for text in whole:
        assert [problem for problem in check_template(text).problems if problem.severity == "error"] == []
