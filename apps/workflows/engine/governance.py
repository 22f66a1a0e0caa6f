"""What a template must say about itself before it may be published: three owners and four classes."""

from __future__ import annotations

from collections.abc import Collection

from apps.workflows.engine.definition import Definition
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.parse import ROLES_OF_OWNERS

CLASSES = ("business_criticality", "compliance_impact", "exception_frequency", "integration_complexity")
LEVELS = ("low", "medium", "high")
HIGH = "high"


def is_high_impact(definition: Definition) -> bool:
    """Whether the control owner has to agree to every change."""
    return definition.classification.get("compliance_impact") == HIGH


def role_of_owner(owner: str, roles: Collection[str]) -> str:
    """Return the role that an owner such as ``compliance-officer`` names; empty if it names none of them."""
    name = owner.strip().lower().replace("-", "_").replace(" ", "_")
    return name if name in roles else ""


def lint_governance(pass_: Lint) -> None:
    """Report what is missing (errors), and owners that nobody answers to (warnings; an error where he must agree)."""
    _lint_owners(pass_)
    _lint_classification(pass_)


def _lint_owners(pass_: Lint) -> None:
    owners = pass_.definition.owners
    place = "owners" if owners else ""
    for part in ROLES_OF_OWNERS:
        owner = str(owners.get(part, ""))
        if not owner:
            message = f"The template has no {part} owner."
            remedy = f"Name a role or a person's mail address under owners: {{{part}: ...}}."
            pass_.report.add("missing_owner", message, place, remedy)
        else:
            _lint_known(pass_, part, owner)


def _lint_known(pass_: Lint, part: str, owner: str) -> None:
    roles, people = pass_.catalogue.roles(), pass_.catalogue.people()
    if roles is None or people is None or role_of_owner(owner, roles) or owner.lower() in people:
        return
    path, remedy = f"owners.{part}", f"Name one of the roles ({', '.join(sorted(roles))}) or a mail address."
    if part == "control" and is_high_impact(pass_.definition):
        message = f"Nobody can agree as control owner: '{owner}' is neither a role nor a person here."
        pass_.report.add("unknown_control_owner", message, path, remedy)
    else:
        pass_.warn(
            "unknown_owner", f"The {part} owner '{owner}' is neither a role nor a person here.", path, remedy
        )


def _lint_classification(pass_: Lint) -> None:
    given = pass_.definition.classification
    place = "classification" if given else ""
    for name in CLASSES:
        level = given.get(name)
        words = name.replace("_", " ")
        if level is None:
            message = f"The classification does not say the {words}."
            pass_.report.add("missing_classification", message, place, f"Write {name}: low, medium or high.")
        elif level not in LEVELS:
            message = f"The {words} is low, medium or high, not '{level}'."
            pass_.report.add("unknown_level", message, f"classification.{name}", "Use low, medium or high.")
