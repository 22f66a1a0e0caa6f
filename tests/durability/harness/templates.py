"""One small template for each kind of step: something before it, the step, something after it."""

from typing import Any

import yaml

Step = dict[str, Any]

_RETRY = {"max": 6, "backoff": "PT1S", "cap": "PT4S"}
_HEAD = {
    "format": 1,
    "family": "project_initiation",
    "owners": {"business": "delivery_manager", "technical": "template_author", "control": "auditor"},
    "classification": {
        "business_criticality": "low",
        "compliance_impact": "low",
        "exception_frequency": "low",
        "integration_complexity": "low",
    },
    "input": {"type": "object"},
    "connections": {"sys": {"connector": "generic-rest"}},
}


def call(step: str, **more: Any) -> Step:
    """An action that tells the receiver its run and step."""
    given = {"run": "= run.id", "step": step}
    base = {"id": step, "kind": "action", "connection": "sys", "operation": "do", "input": given}
    return {**base, "retry": dict(_RETRY), **more}


def _undone(step: str) -> Step:
    undo = {"operation": "undo", "input": {"run": "= run.id", "step": f"undo {step}"}}
    return call(step, compensate=undo)


def _numbered() -> Step:
    return call("inside", input={"run": "= run.id", "step": "= 'inside ' + string(n)"})


_ASK = {
    "id": "ask",
    "kind": "user_task",
    "form": {"type": "object"},
    "assignee": {"role": "delivery_manager"},
}
_AGREE = {
    "id": "agree",
    "kind": "approval",
    "policy": {"stages": [{"name": "One", "approvers": {"role": "approver"}}]},
    "show": {"a": 1},
    "on_reject": "end",
}
_HEARD = {
    "id": "heard",
    "kind": "wait",
    "event": {"type": "run.completed", "match": "event.data.template == 'fault-check'"},
    "timeout": {"after": "PT5M", "then": "continue"},
}
_TELL = {
    "id": "tell",
    "kind": "notify",
    "message": "customer-welcome",
    "to": [{"name": "Ada", "email": "ada@c.example"}],
    "data": {"project": {"id": "7", "name": "ERP"}},
}

KINDS: dict[str, list[Step]] = {
    "action": [call("first"), call("second")],
    "user_task": [call("first"), _ASK, call("second")],
    "approval": [call("first"), _AGREE, call("second")],
    "check": [
        {"id": "known", "kind": "check", "rules": [{"id": "a", "expr": "1 == 1", "message": "Never"}]},
        call("first"),
    ],
    "decision": [
        {
            "id": "route",
            "kind": "decision",
            "hit": "first",
            "rules": [{"when": "1 == 1", "then": {"tier": "a"}}, {"then": {"tier": "b"}}],
        },
        call("first"),
    ],
    "choice": [
        {
            "id": "which",
            "kind": "choice",
            "cases": [{"when": "1 == 1", "steps": [call("inside")]}],
            "otherwise": [],
        },
        call("second"),
    ],
    "parallel": [
        {"id": "both", "kind": "parallel", "branches": [[call("left"), call("left_too")], [call("right")]]},
        call("second"),
    ],
    "any": [
        {
            "id": "either",
            "kind": "parallel",
            "join": "any",
            "branches": [[call("quick")], [{"id": "pause", "kind": "wait", "for": "PT30S"}, call("late")]],
        },
        call("second"),
    ],
    "for_each": [
        {"id": "each", "kind": "for_each", "items": "[1, 2]", "as": "n", "steps": [_numbered()]},
        call("second"),
    ],
    "wait": [call("first"), {"id": "pause", "kind": "wait", "for": "PT30S"}, call("second")],
    "event": [call("first"), _HEARD, call("second")],
    "notify": [_TELL, call("second")],
    "subflow": [
        call("first"),
        {"id": "child", "kind": "subflow", "template": "fault-wait", "input": {}},
        call("second"),
    ],
    "set": [{"id": "remember", "kind": "set", "values": {"a": "= 1"}}, call("first")],
    "end": [call("first"), {"id": "done", "kind": "end", "outcome": "completed"}],
    "rollback": [_undone("first"), _undone("second"), _ASK],
    "nested": [
        _undone("before"),
        {"id": "ended", "kind": "subflow", "template": "fault-inner"},
        {"id": "open", "kind": "subflow", "template": "fault-rollback"},
    ],
    "inner": [_undone("inside"), _undone("within")],
}


def key_of(kind: str) -> str:
    return f"fault-{kind.replace('_', '-')}"


def source_of(kind: str) -> str:
    """The YAML of the kind's template."""
    return source_with(key_of(kind), KINDS[kind])


def source_with(key: str, steps: list[Step]) -> str:
    """The YAML of a template of these steps."""
    return yaml.safe_dump({**_HEAD, "key": key, "name": key, "steps": steps}, sort_keys=False)
