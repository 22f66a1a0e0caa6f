"""Documents to draw: what is delivered, the examples of the reference, and shapes that are hard to lay out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from apps.workflows.engine.parse import parse_template
from tests.unit.engine.test_reference import examples

Json = dict[str, Any]
DELIVERED = [
    path for path in sorted(Path("apps").rglob("workflow_templates/*.yaml")) if ".tests" not in path.name
]
ASK: Json = {"kind": "user_task", "assignee": {"role": "finance"}}


def delivered(path: Path) -> Json:
    """The document of a delivered template, as JSON holds it."""
    source: Json = json.loads(json.dumps(parse_template(path.read_text()).definition.source))
    return source


def documents() -> list[Json]:
    """All of them; every key is there once."""
    numbered = enumerate(examples(), 1)
    single = [
        _document(f"example-{number}-{step['id'].replace('_', '-')}", [step]) for number, step in numbered
    ]
    return [
        *map(delivered, DELIVERED),
        *single,
        _document("nested", NESTED),
        _document("deviating", DEVIATING),
    ]


def _document(key: str, steps: list[Json]) -> Json:
    return {
        "format": 1,
        "key": key,
        "name": key.replace("-", " ").capitalize(),
        "steps": json.loads(json.dumps(steps)),
    }


NESTED = [
    {**ASK, "id": "begin", "name": "Look at the order, with everything that belongs to it"},
    {
        "id": "size",
        "kind": "choice",
        "name": "How large is the order, and who has to agree?",
        "cases": [
            {"when": "input.amount > 50000", "label": "Large", "steps": [{**ASK, "id": "large"}]},
            {
                "when": "input.amount > 1000 && input.customer.country in ['DE', 'AT', 'CH']",
                "steps": [
                    {
                        "id": "both",
                        "kind": "parallel",
                        "labels": ["Money", "People"],
                        "branches": [
                            [{**ASK, "id": "money"}],
                            [
                                {
                                    "id": "again",
                                    "kind": "choice",
                                    "cases": [{"when": "true", "steps": [{**ASK, "id": "deep"}]}],
                                },
                                {**ASK, "id": "people"},
                            ],
                            [],
                        ],
                    }
                ],
            },
        ],
        "otherwise": [],
    },
    {"id": "pause", "kind": "wait", "for": {"working_days": 2, "at": "17:00"}},
    {"id": "done", "kind": "end", "outcome": "delivered"},
]
DEVIATING = [
    {
        "id": "approve",
        "kind": "approval",
        "policy": "staffing-approval",
        "name": "Approve the team",
        "on_reject": [{**ASK, "id": "rework"}, {**ASK, "id": "rework_more"}],
        "on_error": [{**ASK, "id": "mend"}],
        "timeout": {"after": "P5D", "then": [{**ASK, "id": "chase"}]},
    },
    {
        "id": "each",
        "kind": "for_each",
        "items": "input.milestones",
        "as": "milestone",
        "on_error": [{**ASK, "id": "look_after"}],
        "steps": [{**ASK, "id": "plan"}, {"id": "book", "kind": "set", "values": {"x": 1}}],
    },
    {
        "id": "ways",
        "kind": "parallel",
        "on_error": [{**ASK, "id": "help"}],
        "branches": [[{**ASK, "id": "one"}], [{**ASK, "id": "two"}]],
    },
    {**ASK, "id": "last"},
]
