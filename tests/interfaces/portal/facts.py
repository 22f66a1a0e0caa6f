"""Facts of a run as the engine keeps them, and the words they are told in."""

from datetime import UTC, datetime, timedelta

from apps.portal.history_words import tell
from apps.workflows.engine.history import HistoryEvent
from apps.workflows.engine.lint import check_template

NOON = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)
SOURCE = """
format: 1
key: story
name: A story
connections: {psa: {connector: generic-rest}}
steps:
  - id: docs
    kind: check
    name: Documents here?
    rules: [{id: a, expr: "true", message: no}, {id: b, expr: "true", message: no}]
  - {id: route, kind: decision, name: Tier, rules: [{then: {tier: large}}]}
  - {id: ask, kind: approval, name: Approve the team, policy: {stages: []}, on_reject: {return_to: docs}}
  - {id: build, kind: action, name: Create the project, connection: psa, operation: create}
  - {id: note, kind: action, name: Take note, connection: internal, operation: note}
  - {id: tell, kind: notify, name: Welcome, message: welcome, to: a}
  - {id: kickoff, kind: user_task, name: Hold the kickoff, assignee: {role: delivery_manager}}
  - {id: signed, kind: wait, name: The customer accepts, audience: customer, event: {type: milestone.accepted}}
  - {id: pause, kind: wait, name: A week passes, for: P7D}
  - {id: bill, kind: subflow, name: Bill it, template: billing}
  - {id: extra, kind: set, name: Extra, values: {x: 1}}
  - id: each
    kind: for_each
    name: Each milestone
    items: input.milestones
    steps: [{id: inner, kind: set, name: Inner, values: {y: 1}}]
"""
DEFINITION = check_template(SOURCE).definition
ANNA = {"kind": "user", "id": "1", "label": "Anna Berg"}


def told(*facts):
    """Tell facts given as (kind, visit, minutes after noon, data)."""
    assert DEFINITION is not None
    events = [
        HistoryEvent(kind, visit, NOON + timedelta(minutes=minutes), data)
        for kind, visit, minutes, data in facts
    ]
    return tell(DEFINITION, events)


def words(*facts):
    return [(one.text, one.meta, one.reason) for one in told(*facts)]


def started(visit, minutes=0):
    return ("step_started", visit, minutes, {"work": {}, "timers": {}})


def completed(visit, minutes, output=None, how="completed", **more):
    return ("step_completed", visit, minutes, {"output": output or {}, "how": how, **more})
