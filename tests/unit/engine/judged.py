"""A good template, what it may name, and the problems that are found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from apps.workflows.engine.catalogue import StaticCatalogue
from apps.workflows.engine.lint import check_template
from apps.workflows.engine.problems import TemplateProblem

REFERENCE = Path(__file__).parents[3] / "docs" / "templates.md"

GOOD = """\
format: 1
key: contract-to-project
name: Signed contract to running project
trigger: {event: contract.signed, when: "event.data.amount.value > 0"}
input: {type: object, required: [contract_id], properties: {contract_id: {type: string}, amount: {type: object}}}
connections:
  psa: {connector: generic-rest}
steps:
  - {id: docs, kind: check, rules: [{id: sow, expr: "has(input.contract_id)", message: Missing}]}
  - id: approve
    kind: approval
    policy: staffing
    on_reject: {return_to: docs, max: 10}
  - id: build
    kind: parallel
    branches:
      - - {id: create, kind: action, connection: psa, operation: create_project}
      - - {id: welcome, kind: notify, message: welcome, to: "= input.contract_id"}
"""

CATALOGUE = StaticCatalogue(
    names={
        "policies": ["staffing", "lonely"],
        "slots": ["psa"],
        "connectors": ["generic-rest"],
        "internal_operations": ["create_staffing_request"],
        "messages": ["welcome"],
        "templates": ["billing"],
        "queries": ["delivery.documents"],
        "event_types": ["contract.signed", "milestone.accepted"],
        "roles": ["finance"],
    },
    operations_by_slot={"psa": ["create_project", "archive_project"]},
    problems_by_policy={"lonely": ["Nobody holds the role 'director'."]},
)


def problems(text: str | dict[str, Any], code: str) -> list[TemplateProblem]:
    found = check_template(text, CATALOGUE).problems
    matching = [problem for problem in found if problem.code == code]
    assert matching, [(problem.code, problem.message) for problem in found]
    return matching
