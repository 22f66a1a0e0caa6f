"""One small template for each kind of step: something before it, the step, something after it."""

import yaml

_HEAD = """
format: 1
key: {key}
name: {key}
family: project_initiation
owners: {{business: delivery_manager, technical: template_author, control: auditor}}
classification: {{business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}}
input: {{type: object}}
connections: {{sys: {{connector: generic-rest}}}}
steps:
"""


def call(step: str, more: str = "") -> str:
    """An action that tells the receiver its run and step."""
    return (
        f"{{id: {step}, kind: action, connection: sys, operation: do, "
        f'input: {{run: "= run.id", step: {step}}}, retry: {{max: 6, backoff: PT1S, cap: PT4S}}{more}}}'
    )


_UNDO = ', compensate: {operation: undo, input: {run: "= run.id", step: undo}}'

KINDS: dict[str, str] = {
    "action": f"  - {call('first')}\n  - {call('second')}\n",
    "user_task": f"  - {call('first')}\n  - {{id: ask, kind: user_task, form: {{type: object}}, assignee: {{role: delivery_manager}}}}\n"
    f"  - {call('second')}\n",
    "approval": f"  - {call('first')}\n"
    "  - {id: agree, kind: approval, policy: {stages: [{name: One, approvers: {role: approver}}]}, show: {a: 1}, on_reject: end}\n"
    f"  - {call('second')}\n",
    "check": '  - {id: known, kind: check, rules: [{id: a, expr: "1 == 1", message: Never}]}\n'
    f"  - {call('first')}\n",
    "decision": '  - {id: route, kind: decision, hit: first, rules: [{when: "1 == 1", then: {tier: a}}, {then: {tier: b}}]}\n'
    f"  - {call('first')}\n",
    "choice": '  - id: which\n    kind: choice\n    cases:\n      - when: "1 == 1"\n        steps:\n'
    f"          - {call('inside')}\n    otherwise: []\n  - {call('second')}\n",
    "parallel": "  - id: both\n    kind: parallel\n    branches:\n"
    f"      - - {call('left')}\n        - {call('left_too')}\n      - - {call('right')}\n  - {call('second')}\n",
    "wait": f"  - {call('first')}\n  - {{id: pause, kind: wait, for: PT30S}}\n  - {call('second')}\n",
    "event": f"  - {call('first')}\n"
    "  - {id: heard, kind: wait, event: {type: run.completed, match: \"event.data.template == 'fault-check'\"}, "
    "timeout: {after: PT5M, then: continue}}\n"
    f"  - {call('second')}\n",
    "notify": '  - {id: tell, kind: notify, message: customer-welcome, to: [{name: Ada, email: ada@c.example}], data: {project: {id: "7", name: ERP}}}\n'
    f"  - {call('second')}\n",
    "subflow": f"  - {call('first')}\n  - {{id: child, kind: subflow, template: fault-wait, input: {{}}}}\n  - {call('second')}\n",
    "set": f'  - {{id: remember, kind: set, values: {{a: "= 1"}}}}\n  - {call("first")}\n',
    "end": f"  - {call('first')}\n  - {{id: done, kind: end, outcome: completed}}\n",
    "rollback": f"  - {call('first', _UNDO)}\n  - {call('second', _UNDO)}\n"
    "  - {id: ask, kind: user_task, form: {type: object}, assignee: {role: delivery_manager}}\n",
}


def key_of(kind: str) -> str:
    return f"fault-{kind.replace('_', '-')}"


def source_of(kind: str) -> str:
    """The YAML of the kind's template."""
    text = _HEAD.format(key=key_of(kind)) + KINDS[kind]
    yaml.safe_load(text)
    return text
