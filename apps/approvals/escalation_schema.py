"""The JSON Schema of what happens while nobody decides. Pure."""

from typing import Any

from apps.approvals.escalation import ADD, MAX_RUNGS, OUTCOMES, PLAIN, REPLACE

Json = dict[str, Any]


def ladder_schema(approvers: Json) -> Json:
    """Return the members ``escalation`` and ``timeout``; ``approvers`` is the schema of who is asked."""
    after = {
        "type": "string",
        "title": "After",
        "description": "Working time of who is asked, such as PT4H or P2D.",
        "pattern": r"^P(?!$)(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$",
    }
    steps = [
        _step({"after": after, "do": {"enum": list(PLAIN), "title": "What is done"}}),
        _step({"after": after, ADD: {"title": "Who is asked too", **approvers}}),
        _step({"after": after, REPLACE: {"title": "Who is asked instead", **approvers}}),
        _step({"after": after, "do": _step({ADD: approvers})}),
        _step({"after": after, "do": _step({REPLACE: approvers})}),
    ]
    return {
        "escalation": {
            "type": "array",
            "title": "While nobody decides",
            "description": "Steps in the order of their times.",
            "maxItems": MAX_RUNGS,
            "items": {"oneOf": steps},
        },
        "timeout": {
            "title": "When the time is up",
            **_step({"after": after, "then": {"enum": list(OUTCOMES), "title": "Then"}}),
        },
    }


def _step(properties: Json) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
