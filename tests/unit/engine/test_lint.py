"""The checker's doubts about flow and audience, and the explanation of every code."""

import re
from pathlib import Path

import pytest

from apps.workflows.engine.catalogue import StaticCatalogue
from apps.workflows.engine.lint import check_template
from apps.workflows.engine.lint_codes import explain, list_codes, render_codes

ROOT = Path(__file__).resolve().parents[3]
ENGINE = ROOT / "apps" / "workflows" / "engine"
NAMES = StaticCatalogue({}, {"erp": ["post"]}, {}, {"erp.post": "none", "erp.put": "key"})


def codes(steps, catalogue=NAMES, **head):
    document = {"format": 1, "key": "k", "name": "K", "steps": steps, **head}
    return [(one.code, one.severity, one.path) for one in check_template(document, catalogue).problems]


def wait(**more):
    return {"id": "w", "kind": "wait", "event": {"type": "x.y", "match": "event.data.a == 'b'"}, **more}


def test_a_wait_without_timeout():
    assert codes([wait()]) == [("wait_without_timeout", "warning", "steps[0]")]
    assert codes([wait(timeout={"after": "P1D"})]) == []
    ask = {"id": "ask", "kind": "user_task", "assignee": {"role": "finance"}}
    both = {"id": "both", "kind": "parallel", "join": "any", "branches": [[wait()], [ask]]}
    assert codes([both]) == []
    assert codes([both | {"join": "all"}])[0][0] == "wait_without_timeout"


def test_rework_without_a_cap():
    ask = {"id": "a", "kind": "approval", "policy": "p"}
    first = {"id": "s", "kind": "set", "values": {"x": 1}}
    capped = ask | {"on_reject": {"return_to": "s", "max": 3}}
    assert codes([first, ask | {"on_reject": {"return_to": "s"}}]) == [
        ("rework_without_cap", "warning", "steps[1].on_reject")
    ]
    assert codes([first, capped]) == []


@pytest.mark.parametrize(
    ("operation", "more", "found"),
    [
        ("post", {"retry": {"max": 3}}, ["repeatable_action"]),
        ("post", {"on_error": "retry"}, ["repeatable_action"]),
        ("post", {"retry": {"max": 1}}, []),
        ("post", {}, []),
    ],
)
def test_an_action_that_may_be_done_twice(operation, more, found):
    step = {"id": "a", "kind": "action", "connection": "erp", "operation": operation, **more}
    assert [code for code, *_ in codes([step], connections={"erp": {"connector": "c"}})] == found


def test_steps_behind_a_case_that_always_holds():
    steps = [{"id": "never", "kind": "end"}]
    choice = {
        "id": "c",
        "kind": "choice",
        "cases": [{"when": "true", "steps": []}, {"when": "false", "steps": steps}],
    }
    assert codes([choice]) == [("unreachable_step", "warning", "steps[0].cases[1].steps[0]")]


def test_fields_that_no_step_puts_out_and_steps_that_come_later():
    route = {"id": "route", "kind": "decision", "rules": [{"then": {"tier": "large"}}]}

    def use(expression):
        return {"id": "u", "kind": "set", "values": {"x": f"= {expression}"}}

    assert codes([route, use("steps.route.tier")]) == []
    assert codes([route, use("steps.route.teer")])[0][0] == "unset_field"
    assert codes([route, use("has(steps.route.teer) ? 1 : 2")]) == []
    assert codes([route, use("'steps.route.teer'")]) == []
    assert codes([use("steps.route.tier"), route])[0][0] == "step_comes_later"
    assert codes([use("has(steps.route) ? 1 : 2"), route]) == []


def test_customers_see_nothing_internal():
    schema = {"properties": {"margin": {"type": "number", "x-audience": "internal"}, "name": {}}}

    def mail(audience, **data):
        return {"id": "m", "kind": "notify", "message": "x", "to": "a", "audience": audience, "data": data}

    shown = ("internal_field_shown", "error", "steps[0].data.m")
    assert codes([mail("customer", m="= input.margin")], input=schema) == [shown]
    assert codes([mail("customer", m="= input")], input=schema) == [shown]
    assert codes([mail("internal", m="= input.margin")], input=schema) == []
    assert codes([mail("customer", m="= input.name")], input=schema) == []
    ask = {"id": "ask", "kind": "approval", "policy": "p"}
    assert codes([ask, mail("customer", m="= steps.ask.comment")]) == [
        ("internal_comment_shown", "warning", "steps[1].data.m")
    ]


def reported():
    found = set()
    for path in ENGINE.rglob("*.py"):
        if "simulation" in path.parts or path.name == "trial.py":
            continue
        text = path.read_text()
        found |= set(re.findall(r'(?:\.add|\.warn|\.problem|_report|TemplateProblem)\(\s*"([a-z_]+)"', text))
    return found


def test_every_code_is_explained_and_the_documentation_says_the_same():
    assert len(reported()) > 45
    assert sorted(code for code in reported() if explain(code) is None) == []
    assert explain("no_such_code") is None
    assert len({one.code for one in list_codes()}) == len(list_codes())
    assert (ROOT / "docs" / "lint.md").read_text() == render_codes()
