"""The JSON Schema of template format 1, for editors and for `GET /api/v1/workflow-templates/schema`."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.cron import CATCH_UPS
from apps.workflows.engine.effects import MATTERS
from apps.workflows.engine.governance import CLASSES, LEVELS
from apps.workflows.engine.kinds.assist import ACCEPTS
from apps.workflows.engine.kinds.decision import AGGREGATES, HITS
from apps.workflows.engine.kinds.for_each import DEFAULT_LIMIT, MAX_ITEMS, MAX_LIMIT, MODES, ON_ITEM_ERROR
from apps.workflows.engine.kinds.registry import KINDS
from apps.workflows.engine.offsets import MAX_WORKING_DAYS, MAX_WORKING_HOURS
from apps.workflows.engine.parse import AUDIENCES, DEADLINE_ENDS, ROLES_OF_OWNERS
from apps.workflows.engine.schema_words import with_words
from apps.workflows.engine.sla import PARTIES

Json = dict[str, Any]

_TEXT: Json = {"type": "string", "minLength": 1}
_ANY: Json = {"description": "Strings that start with '=' are expressions (CEL)."}
_MAPPING: Json = {
    "type": "object",
    "description": "In its values, strings that start with '=' are expressions (CEL).",
}
_EXPRESSION: Json = {"type": ["string", "boolean"], "description": "An expression (CEL)."}
_DURATION: Json = {"type": "string", "pattern": "^P", "examples": ["P2D", "PT4H", "PT30S"]}
_DURATION_OR_EXPRESSION: Json = {
    "type": "string",
    "pattern": "^(P|=)",
    "examples": ["P2D", "= input.deadline"],
}
_OFFSET: Json = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "description": "Counted from now, from the start, from the end of a step, or from a date.",
    "properties": {
        "in": _DURATION,
        "working_days": {"type": "integer", "minimum": 0, "maximum": MAX_WORKING_DAYS},
        "working_hours": {"type": "number", "minimum": 0, "maximum": MAX_WORKING_HOURS},
        "calendar": {"type": "string", "minLength": 1, "examples": ["business", "continuous"]},
        "from": {
            "type": "string",
            "pattern": r"^(now|start|step\.[a-z][a-z0-9_]*|end\([\s\S]+\))$",
            "default": "now",
            "examples": ["start", "step.kickoff", "end(input.end_date)"],
        },
        "at": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["17:00"]},
        "before": {"type": "boolean", "default": False},
    },
    "oneOf": [{"required": ["in"]}, {"required": ["working_days"]}, {"required": ["working_hours"]}],
}
_MOMENT: Json = {"oneOf": [_DURATION_OR_EXPRESSION, _OFFSET]}
_SLA: Json = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "target": {
            "oneOf": [
                _DURATION,
                {
                    "type": "object",
                    "additionalProperties": False,
                    "minProperties": 1,
                    "maxProperties": 1,
                    "properties": {
                        "working_days": {"type": "integer", "minimum": 1, "maximum": 2000},
                        "working_hours": {"type": "number", "exclusiveMinimum": 0, "maximum": 20000},
                    },
                },
            ]
        },
        "calendar": {"type": "string", "minLength": 1},
        "pause_while_waiting_on": {"type": "array", "items": _TEXT},
    },
}
_STEPS: Json = {"$ref": "#/$defs/steps"}
_RETURN: Json = {
    "type": "object",
    "required": ["return_to"],
    "additionalProperties": False,
    "properties": {
        "return_to": _TEXT,
        "max": {"type": "integer", "minimum": 1, "maximum": 100, "default": 10},
    },
}
_RETRY: Json = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "max": {"type": "integer", "minimum": 1, "maximum": 50, "default": 3},
        "backoff": {**_DURATION, "default": "PT10S"},
        "factor": {"type": "number", "minimum": 1, "maximum": 10, "default": 2},
        "cap": {**_DURATION, "default": "PT1H"},
    },
}
_FORM: Json = {"type": "object", "description": "JSON Schema of an object."}


def template_schema() -> Json:
    """The schema, as draft 2020-12."""
    kinds = {name: _step(name, required, properties) for name, (required, properties) in _kinds().items()}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Workflow template, format 1",
        **_object(["format", "key", "name", "steps"], _top_level()),
        "$defs": {
            "steps": {"type": "array", "items": {"$ref": "#/$defs/step"}},
            "step": {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in kinds]},
            **kinds,
        },
    }
    return with_words(schema)


def _top_level() -> Json:
    trigger = {
        "event": _TEXT,
        "when": _EXPRESSION,
        "input": _MAPPING,
        "subject": _ANY,
        "key": _ANY,
        "schedule": {"type": "string", "examples": ["0 6 * * 1-5", "@daily"]},
        "zone": {"type": "string", "examples": ["Europe/Berlin"]},
        "catch_up": {"enum": list(CATCH_UPS), "default": "once"},
    }
    slot = _object(["connector"], {"connector": _TEXT, "description": _TEXT})
    return {
        "format": {"const": 1},
        "key": {"type": "string", "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", "maxLength": 60},
        "name": _TEXT,
        "description": _TEXT,
        "family": _TEXT,
        "owners": _object([], dict.fromkeys(ROLES_OF_OWNERS, _TEXT)),
        "classification": {
            "type": "object",
            "properties": {name: {"enum": list(LEVELS)} for name in CLASSES},
            "additionalProperties": _TEXT,
        },
        "trigger": {**_object([], trigger), "anyOf": [{"required": ["event"]}, {"required": ["schedule"]}]},
        "input": _FORM,
        "sla": _SLA,
        "deadline": _object(
            ["after"], {"after": _DURATION, "then": {"enum": list(DEADLINE_ENDS), "default": "note"}}
        ),
        "connections": {"type": "object", "additionalProperties": slot},
        "steps": {**_STEPS, "minItems": 1},
    }


def _kinds() -> dict[str, tuple[list[str], Json]]:
    event = _object(["type"], {"type": _TEXT, "match": _EXPRESSION})
    return {
        "check": (["rules"], _check(event)),
        "decision": (["rules"], _decision()),
        "choice": (["cases"], _choice()),
        "approval": (["policy"], _approval()),
        "user_task": (
            ["assignee"],
            {
                "form": _FORM,
                "assignee": {"type": ["object", "string"]},
                "show": _MAPPING,
                "prefill": _MAPPING,
            },
        ),
        "action": (["operation"], _action()),
        "notify": (["message", "to"], {"message": _TEXT, "to": _ANY, "data": _MAPPING}),
        "parallel": (["branches"], _parallel()),
        "for_each": (["items", "steps"], _for_each()),
        "wait": ([], _wait(event)),
        "assist": (["purpose", "output"], _assist()),
        "set": (["values"], {"values": _MAPPING}),
        "subflow": (["template"], {"template": _TEXT, "input": _MAPPING}),
        "end": ([], {"outcome": {"type": "string", "default": "completed"}, "output": _MAPPING}),
    }


def _step(kind: str, required: list[str], properties: Json) -> Json:
    shared: Json = {
        "id": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,59}$"},
        "kind": {"const": kind},
        "name": _TEXT,
        "description": _TEXT,
        "when": {**_EXPRESSION, "description": "The step is skipped when this is not true."},
        "due": _MOMENT,
        "on_error": _on_error(),
        "audience": {"enum": list(AUDIENCES), "default": "internal"},
        "owner": {"type": ["object", "string"], "examples": [{"role": "delivery_manager"}]},
        "waiting_on": {"enum": list(PARTIES), "description": "Who has the step while it is open."},
        "sla": _SLA,
    }
    if KINDS[kind].has_limit:
        own = properties.get("timeout")
        shared["timeout"] = {"oneOf": [own, _timeout()]} if own else _timeout()
        properties = {key: value for key, value in properties.items() if key != "timeout"}
    return _object(["id", "kind", *required], {**shared, **properties})


def _on_error() -> Json:
    then = {"oneOf": [{"enum": ["exception", "continue"]}, _STEPS]}
    errors = {"type": "array", "items": _TEXT, "examples": [["timeout", "http_5*", "transient"]]}
    rule = _object([], {"errors": errors, "retry": _RETRY, "then": then})
    rules = {"type": "array", "minItems": 1, "items": rule}
    return {"anyOf": [{"enum": ["exception", "retry", "continue"]}, _STEPS, rule, rules]}


def _check(event: Json) -> Json:
    rule = _object(["expr"], {"id": _TEXT, "expr": _EXPRESSION, "message": _TEXT})
    return {
        "rules": {"type": "array", "items": rule},
        "facts": _object(["query"], {"query": _TEXT, "input": _MAPPING}),
        "on_fail": _reaction("exception", "continue"),
        "recheck_on": event,
    }


def _decision() -> Json:
    rule = _object(["then"], {"when": _EXPRESSION, "then": _MAPPING})
    return {
        "hit": {"enum": list(HITS), "default": "first"},
        "aggregate": {"type": "object", "additionalProperties": {"enum": list(AGGREGATES)}},
        "rules": {"type": "array", "minItems": 1, "items": rule},
    }


def _choice() -> Json:
    case = _object(["when", "steps"], {"when": _EXPRESSION, "steps": _STEPS, "label": _TEXT})
    return {"cases": {"type": "array", "minItems": 1, "items": case}, "otherwise": _STEPS}


def _approval() -> Json:
    return {
        "policy": {"type": ["string", "object"]},
        "show": _MAPPING,
        "subject": _ANY,
        "requested_by": _ANY,
        "prepared_by": _ANY,
        "editable": {"type": "array", "items": _TEXT},
        "decides": {"type": "array", "items": {"enum": list(MATTERS)}, "uniqueItems": True},
        "on_reject": _reaction("exception", "end", "continue"),
        "on_changes": _reaction("exception", "end", "continue"),
    }


def _action() -> Json:
    compensate = {"connection": _TEXT, "operation": _TEXT, "input": _MAPPING}
    return {
        "connection": {"type": "string", "default": "internal"},
        "operation": _TEXT,
        "input": _MAPPING,
        "retry": _RETRY,
        "timeout": _DURATION,
        "compensate": _object(["operation"], compensate),
    }


def _parallel() -> Json:
    return {
        "branches": {"type": "array", "minItems": 2, "items": _STEPS},
        "labels": {"type": "array", "items": _TEXT},
        "join": {"oneOf": [{"enum": ["all", "any"]}, {"type": "integer", "minimum": 1}], "default": "all"},
    }


def _for_each() -> Json:
    name = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"}
    return {
        "items": {**_EXPRESSION, "description": f"An expression (CEL): a list of at most {MAX_ITEMS} items."},
        "as": {**name, "default": "item"},
        "index_as": name,
        "mode": {"enum": list(MODES), "default": "sequential"},
        "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "steps": {**_STEPS, "minItems": 1},
        "output": _ANY,
        "on_item_error": {"enum": list(ON_ITEM_ERROR), "default": "exception"},
    }


def _wait(event: Json) -> Json:
    return {
        "event": event,
        "for": _MOMENT,
        "until": _EXPRESSION,
        "timeout": _timeout(),
    }


def _timeout() -> Json:
    return _object(["after"], {"after": _MOMENT, "then": _reaction("exception", "continue")})


def _assist() -> Json:
    return {
        "purpose": _TEXT,
        "input": _MAPPING,
        "output": _FORM,
        "approve_by": _TEXT,
        "accept": {"enum": list(ACCEPTS), "default": "person"},
        "min_confidence": {"type": "number", "minimum": 0, "maximum": 1},
    }


def _reaction(*words: str) -> Json:
    return {"oneOf": [{"enum": list(words)}, _RETURN, _STEPS]}


def _object(required: list[str], properties: Json) -> Json:
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}
