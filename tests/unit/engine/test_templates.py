"""Reading and judging templates: every problem is found, at its place, with a remedy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.workflows.engine.lint import check_template, lint
from apps.workflows.engine.parse import compile_definition, parse_template
from apps.workflows.engine.problems import InvalidTemplate
from tests.unit.engine.judged import CATALOGUE, GOOD, REFERENCE, problems
from tests.unit.engine.world import template


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
