"""Templates that test cases run on, and how they are run."""

from apps.workflows.engine.parse import compile_definition
from apps.workflows.engine.simulation.running import run_tests

TEMPLATE = {
    "format": 1,
    "key": "under-test",
    "name": "Under test",
    "trigger": {"event": "contract.signed", "when": "event.data.n > 0", "input": {"n": "= event.data.n"}},
    "input": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}},
    "sla": {"target": "P5D", "pause_while_waiting_on": ["customer"]},
    "connections": {"psa": {"connector": "generic-rest"}},
    "steps": [
        {
            "id": "docs",
            "kind": "check",
            "facts": {"query": "documents", "input": {}},
            "rules": [{"id": "sow", "expr": "facts.ok", "message": "Statement of work missing"}],
            "recheck_on": {"type": "document.received", "match": "event.data.n == input.n"},
        },
        {
            "id": "approve",
            "kind": "approval",
            "policy": "p",
            "when": "input.n > 10",
            "due": "P1D",
            "on_reject": {"return_to": "docs", "max": 3},
        },
        {
            "id": "make",
            "kind": "action",
            "connection": "psa",
            "operation": "make",
            "retry": {"max": 3, "backoff": "PT10S"},
            "compensate": {"operation": "unmake", "input": {"id": "= steps.make.id"}},
        },
        {
            "id": "size",
            "kind": "choice",
            "cases": [
                {
                    "when": "input.n > 10",
                    "label": "Large",
                    "steps": [{"id": "tell", "kind": "notify", "message": "large", "to": ["a@b.example"]}],
                }
            ],
        },
        {
            "id": "task",
            "kind": "user_task",
            "assignee": {"role": "delivery_manager"},
            "form": {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}}},
        },
        {
            "id": "accepted",
            "kind": "wait",
            "audience": "customer",
            "event": {"type": "milestone.accepted", "match": "event.data.n == input.n"},
            "timeout": {"after": "P30D", "then": "exception"},
        },
        {"id": "bill", "kind": "subflow", "template": "billing", "input": {"n": "= input.n"}},
        {"id": "done", "kind": "end", "outcome": "completed", "output": {"made": "= steps.make.id"}},
    ],
}
BILLING = {
    "format": 1,
    "key": "billing",
    "name": "Billing",
    "connections": {"erp": {"connector": "generic-rest"}},
    "steps": [{"id": "invoice", "kind": "action", "connection": "erp", "operation": "create"}],
}
DEFINITION = compile_definition(TEMPLATE)
CHILD = {"billing": compile_definition(BILLING)}
SMALL = """
cases:
  - name: small
    input: {n: 3}
    answers:
      docs: {facts: {ok: true}}
      make: {output: {id: 7}}
      task: {output: {ok: true}, after: PT2H}
      accepted: {event: {data: {n: 3}}, after: P1D}
      bill: {output: {}}
    expect:
"""


def run(text):
    return run_tests(text, DEFINITION, CHILD)


def only(text):
    result = run(text)
    assert result.suite.is_valid, result.suite.problems
    return result.results[0]


def messages(text):
    return [one.message for one in only(text).differences]


def expect(line, base=SMALL):
    return f"{base}      {line}\n"
