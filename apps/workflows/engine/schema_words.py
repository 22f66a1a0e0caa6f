"""The words of the template format for those who do not write YAML: titles, explanations and what to choose from.

Beside JSON Schema's own `title` and `description`, a form finds `x-hint` (the explanation, where it is meant for
authors), `x-widget` (expression, value, mapping, duration, table, form, people, long) where the shape alone does not say
how to ask, `x-pick` (the part of the catalogue, or `earlier`, `slots_declared`), `x-words` (of an enumeration's values,
and of the ways of a `oneOf`), and at kinds `x-blank` (the least a new step begins with), `x-icon`, `x-group` (people,
systems, flow, data).
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def _said(title: str, description: str = "", **more: Any) -> Json:
    said = {"title": title, **({"description": description, "x-hint": description} if description else {})}
    return {**said, **{f"x-{name}": value for name, value in more.items()}}


KINDS: Json = {
    "user_task": _said(
        "Task",
        "A person does something and fills in a form.",
        icon="list-check",
        group="people",
        blank={"assignee": {"role": "delivery_manager"}},
    ),
    "approval": _said(
        "Approval", "People decide yes or no under a policy.", icon="shield-check", group="people", blank={}
    ),
    "assist": _said(
        "Assistant",
        "A proposal is asked for; a person accepts or rejects it.",
        icon="message",
        group="people",
        blank={},
    ),
    "notify": _said(
        "Message", "Somebody is told by mail or in the inbox.", icon="mail", group="people", blank={}
    ),
    "action": _said("Action", "A connected system is called.", icon="bolt", group="systems", blank={}),
    "wait": _said(
        "Wait",
        "Nothing goes on before an event, a time, or a while.",
        icon="hourglass",
        group="systems",
        blank={"for": "P1D"},
    ),
    "subflow": _said(
        "Workflow", "Another workflow runs inside this one.", icon="template", group="systems", blank={}
    ),
    "check": _said(
        "Check",
        "Rules that must all hold, or the run stops and asks.",
        icon="circle-check",
        group="data",
        blank={"rules": [{"id": "rule_1", "expr": "true", "message": "Say what is missing."}]},
    ),
    "decision": _said(
        "Decision table",
        "Rows of conditions give a result.",
        icon="git-branch",
        group="data",
        blank={"hit": "first", "rules": [{"then": {"result": "standard"}}]},
    ),
    "set": _said(
        "Note", "Values are kept for later steps.", icon="pencil", group="data", blank={"values": {}}
    ),
    "choice": _said(
        "Choice",
        "One of several ways is taken.",
        icon="git-branch",
        group="flow",
        blank={"cases": [{"label": "First way", "when": "true", "steps": []}], "otherwise": []},
    ),
    "parallel": _said(
        "In parallel",
        "Several branches run side by side.",
        icon="menu-2",
        group="flow",
        blank={"branches": [[], []], "labels": ["First branch", "Second branch"]},
    ),
    "for_each": _said(
        "For each",
        "The same steps for every item of a list.",
        icon="copy",
        group="flow",
        blank={"items": "[]", "as": "item", "steps": []},
    ),
    "end": _said("End", "The run is over here.", icon="flag", group="flow", blank={}),
}

_REACTIONS = {
    "exception": "A person decides",
    "continue": "Go on anyway",
    "retry": "Try again",
    "end": "End the run",
    "note": "Only note it",
    "cancel": "Cancel the run",
    "roll_back": "Roll the run back",
    "stop": "Stop at it",
    "array": "Do other steps instead",
    "object": "Go back to an earlier step",
}

FIELDS: Json = {
    # every step
    "*.name": _said("Name"),
    "*.id": _said("Short name", "By this name other steps use what this one gives."),
    "*.kind": _said("Kind"),
    "*.description": _said("Explanation", widget="long"),
    "*.when": _said("Only if", "Left out, the step always happens.", widget="expression"),
    "*.due": _said("Due after", "Passing it is noted and measured; nothing fails.", widget="duration"),
    "*.on_error": _said("If it fails", words={**_REACTIONS, "object": "Rules by kind of error"}),
    "*.audience": _said(
        "Who may see it", words={"internal": "Only our own people", "customer": "The customer, too"}
    ),
    "*.waiting_on": _said("Who has it meanwhile", "On whose account the time goes while the step is open."),
    "*.owner": _said("Who mends it", "Gets what stops at this step.", widget="people"),
    "*.timeout": _said("If it takes too long"),
    "*.timeout.after": _said("After", widget="duration"),
    "*.timeout.then": _said("Then", words=_REACTIONS),
    "*.return_to": _said("Go back to", pick="earlier"),
    "*.max": _said("At most so many times"),
    "*.sla": _said("Promise", "How long this may take, measured on a clock of its own."),
    "*.on_item_error": _said("If one item fails", words=_REACTIONS),
    "*.errors": _said("Kinds of error"),
    # kinds
    "user_task.assignee": _said("Who does it", widget="people"),
    "user_task.form": _said("What to fill in", widget="form"),
    "user_task.show": _said("Shown beside the form", widget="mapping"),
    "user_task.prefill": _said("Filled in beforehand", widget="mapping"),
    "approval.policy": _said("Policy", "Says who decides, how many, and in which order.", pick="policies"),
    "approval.show": _said("What the approver sees", widget="mapping"),
    "approval.subject": _said("What it is about", "For example a customer or an order.", widget="value"),
    "approval.requested_by": _said("Who asked", "This person must not decide.", widget="value"),
    "approval.prepared_by": _said("Who prepared it", "These people must not decide either.", widget="value"),
    "approval.editable": _said(
        "What approvers may correct", "Names from what the approver sees; old and new values are kept."
    ),
    "approval.decides": _said(
        "What kind of decision it is",
        "Policies may ask for a second factor with some. Compliance is understood where its impact is high.",
    ),
    "approval.on_reject": _said("If rejected", words=_REACTIONS),
    "approval.on_changes": _said("If changes are requested", words=_REACTIONS),
    "action.connection": _said(
        "System", "The place a connected system fills; “internal” is this workspace.", pick="slots_declared"
    ),
    "action.operation": _said("What to do there", pick="operations"),
    "action.input": _said("With these values", widget="mapping"),
    "action.retry": _said("Trying again"),
    "action.retry.max": _said("Attempts altogether"),
    "action.retry.backoff": _said("First pause", widget="duration"),
    "action.retry.factor": _said("Each pause longer by"),
    "action.retry.cap": _said("Longest pause", widget="duration"),
    "action.timeout": _said("Give up one attempt after", widget="duration"),
    "action.compensate": _said("How to undo it"),
    "action.compensate.connection": _said("System", pick="slots_declared"),
    "action.compensate.operation": _said("Operation", pick="operations"),
    "action.compensate.input": _said("With these values", widget="mapping"),
    "notify.message": _said("Message", pick="messages"),
    "notify.to": _said("To whom", "A role, an address, or people from the data.", widget="value"),
    "notify.data": _said("Words to fill in", widget="mapping"),
    "wait.event": _said("For an event"),
    "wait.event.type": _said("Event", pick="event_types"),
    "wait.event.match": _said("Only if", "“event” is the one that came.", widget="expression"),
    "wait.for": _said("For a while", widget="duration"),
    "wait.until": _said("Until a time", widget="expression"),
    "subflow.template": _said("Workflow", pick="templates"),
    "subflow.input": _said("With these values", widget="mapping"),
    "check.rules": _said("Rules", "All must hold."),
    "check.rules.id": _said("Short name"),
    "check.rules.expr": _said("Must hold", widget="expression"),
    "check.rules.message": _said("If not, say"),
    "check.facts": _said("Look up first"),
    "check.facts.query": _said("Query", pick="queries"),
    "check.facts.input": _said("With these values", widget="mapping"),
    "check.on_fail": _said("If a rule does not hold", words=_REACTIONS),
    "check.recheck_on": _said("Check again when"),
    "check.recheck_on.type": _said("Event", pick="event_types"),
    "check.recheck_on.match": _said("Only if", widget="expression"),
    "decision.hit": _said(
        "Which rows count",
        words={"first": "The first that fits", "unique": "Exactly one must fit", "collect": "All that fit"},
    ),
    "decision.rules": _said("Table", widget="table"),
    "decision.aggregate": _said("Put together as"),
    "set.values": _said("Values to keep", "Later steps find them under “vars”.", widget="mapping"),
    "choice.cases": _said("Ways", "The first whose condition holds is taken."),
    "choice.cases.when": _said("If", widget="expression"),
    "choice.cases.label": _said("Name of the way"),
    "choice.otherwise": _said("Otherwise"),
    "parallel.branches": _said("Branches"),
    "parallel.labels": _said("Names of the branches"),
    "parallel.join": _said(
        "Go on when",
        words={
            "all": "all branches have ended",
            "any": "any branch has ended",
            "integer": "so many have ended",
        },
    ),
    "for_each.items": _said("List", widget="expression"),
    "for_each.as": _said("Name of one item"),
    "for_each.index_as": _said("Name of its number"),
    "for_each.mode": _said(
        "In which way", words={"sequential": "One after another", "parallel": "Side by side"}
    ),
    "for_each.limit": _said("At most so many at once"),
    "for_each.steps": _said("For each item"),
    "end.outcome": _said("Outcome", "One word, such as completed or rejected."),
    "end.output": _said("What the workflow gives", widget="mapping"),
    "assist.purpose": _said("What is asked"),
    "assist.input": _said("With these values", widget="mapping"),
    "assist.output": _said("What comes back", widget="form"),
    "assist.approve_by": _said("Who accepts", pick="roles"),
    # the template itself
    "template.name": _said("Name"),
    "template.key": _said("Key"),
    "template.description": _said("Explanation", widget="long"),
    "template.family": _said("Family", "Templates of one family are shown together."),
    "template.owners": _said("Owners", "Every workflow has three."),
    "template.owners.business": _said("Business owner", pick="roles"),
    "template.owners.technical": _said(
        "Technical owner", "Gets what stops and has no other owner.", pick="roles"
    ),
    "template.owners.control": _said("Control owner", pick="roles"),
    "template.classification": _said(
        "Classification", "By it workflows are ranked; a high compliance impact asks for two agreements."
    ),
    "template.trigger": _said("What starts it"),
    "template.trigger.event": _said("Event", pick="event_types"),
    "template.trigger.when": _said("Only if", "“event” is the one that came.", widget="expression"),
    "template.trigger.input": _said("Input from the event", widget="mapping"),
    "template.trigger.subject": _said("What it is about", widget="value"),
    "template.trigger.key": _said("Starts once for each", widget="value"),
    "template.trigger.schedule": _said("By the clock", "Minute, hour, day, month, weekday: 0 6 * * 1-5."),
    "template.trigger.zone": _said("Time zone"),
    "template.trigger.catch_up": _said("Times that were missed"),
    "template.input": _said("What a run begins with", widget="form"),
    "template.sla": _said("Promise for the whole run"),
    "template.sla.target": _said("Done within", widget="duration"),
    "template.sla.calendar": _said("Calendar"),
    "template.sla.pause_while_waiting_on": _said("The clock rests while waiting on"),
    "template.connections": _said("Connected systems"),
    "template.deadline": _said("Deadline of a run"),
    "template.deadline.after": _said("After", widget="duration"),
    "template.deadline.then": _said("Then", words=_REACTIONS),
}

_MOMENT: Json = {
    "in": _said("After"),
    "working_days": _said("Working days"),
    "working_hours": _said("Working hours"),
    "calendar": _said("Calendar"),
    "from": _said("Counted from"),
    "at": _said("At this time of day"),
    "before": _said("Before it, not after"),
}
"""Of a moment that is counted out, wherever one stands."""


def with_words(schema: Json) -> Json:
    """Return the template schema with titles, explanations and choices at everything an author fills in."""
    kinds = schema["$defs"].keys() - {"steps", "step"}
    defs = {
        name: {**_worded(part, name), **KINDS.get(name, {"title": _label(name)})} if name in kinds else part
        for name, part in schema["$defs"].items()
    }
    return {**schema, "properties": _properties(schema["properties"], "template"), "$defs": defs}


def _properties(properties: Json, path: str) -> Json:
    return {
        name: {**_worded(part, f"{path}.{name}"), **_found(f"{path}.{name}", part)}
        for name, part in properties.items()
    }


def _worded(schema: Any, path: str) -> Any:
    if not isinstance(schema, dict):
        return schema
    worded = dict(schema)
    if isinstance(schema.get("properties"), dict):
        worded["properties"] = _properties(schema["properties"], path)
    if isinstance(schema.get("items"), dict):
        worded["items"] = _worded(schema["items"], path)
    for way in ("oneOf", "anyOf"):
        if isinstance(schema.get(way), list):
            worded[way] = [_worded(part, path) for part in schema[way]]
    return worded


def _found(path: str, part: Any) -> Json:
    own = part.get("description", "") if isinstance(part, dict) else ""
    rest = path.partition(".")[2]
    name = path.rpartition(".")[2]
    found: Json = (
        FIELDS.get(path)
        or FIELDS.get(f"*.{rest}")
        or _MOMENT.get(name)
        or FIELDS.get(f"*.{name}")
        or _said(_label(name), own)
    )
    return found


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()
