"""The JSON Schema of approval policies, with words for forms and for editors. Pure.

The reader complains more precisely; what it accepts fits this schema, and forms are made from it.
"""

from collections.abc import Collection
from typing import Any

from apps.approvals.approver_reader import MAX_APPROVERS
from apps.approvals.escalation_schema import ladder_schema
from apps.approvals.policy_reader import MAX_COUNT, MAX_RULES, MAX_STAGES
from apps.approvals.step_up import ALWAYS, DECISION_KINDS, NEVER

Json = dict[str, Any]


def policy_schema(roles: Collection[str]) -> Json:
    """Return the schema; ``roles`` are those whose holders may approve."""
    role = {"type": "string", "enum": sorted(roles), "title": "Role"}
    approvers = _approvers(role)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Approval policy",
        **_object(
            {
                "stages": {
                    "type": "array",
                    "title": "Stages",
                    "description": "Asked one after the other.",
                    "minItems": 1,
                    "maxItems": MAX_STAGES,
                    "items": _stage(role, approvers),
                },
                "separation": _separation(),
                "limits": _limits(role),
                "approve_when": _rules("Needs nobody when"),
                **ladder_schema(approvers),
                "step_up": _step_up(),
            },
            required=["stages"],
        ),
    }


def _object(properties: Json, *, required: Collection[str] = ()) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _text(title: str, description: str = "", **more: Any) -> Json:
    said = {"type": "string", "title": title} | ({"description": description} if description else {})
    return {**said, **more}


def _stage(role: Json, approvers: Json) -> Json:
    return _object(
        {
            "name": _text("Name", "Such as “Finance”.", minLength=1, maxLength=120),
            "approvers": {"title": "Who is asked", **approvers},
            "quorum": {"title": "How many must agree", **_quorum(role, approvers)},
            "reject": {
                "title": "How many must object",
                "oneOf": [{"enum": ["any", "mandatory"]}, _counted("n"), _counted("percent")],
                "default": "any",
            },
            "when": _text("Only when", "Left out, the stage is always asked."),
            "approve_when": _rules("Needs nobody when"),
            **ladder_schema(approvers),
            "step_up": _step_up(),
        },
        required=["name", "approvers"],
    )


def _approvers(role: Json) -> Json:
    rules = [
        _object({"role": role, "region": _text("Region", "Left out: everywhere.")}, required=["role"]),
        _object({"user": _text("Person", "A mail address or an id.")}, required=["user"]),
        _object({"group": _text("Group", "The key of the group.")}, required=["group"]),
        _object(
            {"manager_of": _text("Manager of", "“requester”, or a mail address.")}, required=["manager_of"]
        ),
        _object(
            {
                "owner_of": {"enum": ["project", "customer"], "title": "Owner of the"},
                "id": _text("Which one"),
            },
            required=["owner_of"],
        ),
        _object(
            {"resource_manager_of": _text("Resource manager of the region")}, required=["resource_manager_of"]
        ),
        _object(
            {
                "contact": _text("Customer's contact for", "“any”: all contacts."),
                "customer": _text("Customer"),
            },
            required=["contact"],
        ),
        _object(
            {"people": _text("People the request names", "An expression such as = subject.reviewers.")},
            required=["people"],
        ),
    ]
    rule = {"oneOf": rules}
    return {"oneOf": [*rules, {"type": "array", "minItems": 1, "maxItems": MAX_APPROVERS, "items": rule}]}


def _quorum(role: Json, approvers: Json) -> Json:
    number = {"type": "integer", "minimum": 1, "maximum": MAX_COUNT}
    more = _object(
        {
            "n": number,
            "percent": number,
            "of": {"enum": ["any", "all"]},
            "roles": {
                "type": "object",
                "title": "Among them",
                "propertyNames": {"enum": role["enum"]},
                "additionalProperties": number,
            },
            "mandatory": {"title": "Who must be among them", **approvers},
        }
    )
    return {"oneOf": [{"enum": ["any", "all"]}, {**more, "minProperties": 1}], "default": "any"}


def _step_up() -> Json:
    kinds = {"type": "array", "title": "For decisions that are", "items": {"enum": list(DECISION_KINDS)}}
    amount = {"type": "string", "title": "Above", "pattern": r"^\d{1,15}(\.\d{1,2})?$"}
    currency = {"type": "string", "title": "Currency", "pattern": "^[A-Z]{3}$"}
    some = _object({"above": amount, "currency": currency, "for": kinds})
    some["dependentRequired"] = {"above": ["currency"], "currency": ["above"]}
    return {
        "title": "Who decides proves himself again",
        "oneOf": [
            {"enum": [ALWAYS, NEVER]},
            {**some, "anyOf": [{"required": ["above"]}, {"required": ["for"]}]},
        ],
        "default": NEVER,
    }


def _counted(kind: str) -> Json:
    number = {"type": "integer", "minimum": 1, "maximum": MAX_COUNT}
    return _object({kind: number}, required=[kind])


def _rules(title: str) -> Json:
    rule = _object(
        {"name": _text("Name", minLength=1, maxLength=80), "when": _text("When", minLength=1)},
        required=["name", "when"],
    )
    return {
        "title": title,
        "oneOf": [
            {"type": "string", "minLength": 1},
            {"type": "array", "maxItems": MAX_RULES, "items": rule},
        ],
    }


def _separation() -> Json:
    flag = {"type": "boolean", "default": True}
    return {
        "title": "Who must not decide",
        **_object(
            {
                "not_requester": {**flag, "title": "Who asks"},
                "not_preparer": {**flag, "title": "Who prepared it"},
                "not_twice": {**flag, "title": "Who has approved an earlier stage"},
            }
        ),
    }


def _limits(role: Json) -> Json:
    money = {
        "amount": {"type": "string", "title": "Up to", "pattern": r"^\d{1,15}(\.\d{1,2})?$"},
        "currency": {"type": "string", "title": "Currency", "pattern": "^[A-Z]{3}$"},
    }
    holders = {"role": role, "group": _text("Group"), "user": _text("Person")}
    each = [
        _object({kind: shape, **money}, required=[kind, "amount", "currency"])
        for kind, shape in holders.items()
    ]
    return {
        "type": "array",
        "title": "Limits of authority",
        "maxItems": MAX_COUNT,
        "items": {"oneOf": each},
    }
