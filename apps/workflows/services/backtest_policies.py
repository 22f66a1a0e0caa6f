"""The approval policies a back-test goes by: fixed when it is asked for, and told with its result."""

from typing import Any

from apps.workflows import steps
from apps.workflows.choices import PolicyOrigin
from apps.workflows.engine.definition import Definition
from apps.workflows.models import TemplateVersion
from apps.workflows.parts import policies_named

Json = dict[str, Any]
_PART = "policies"


def policies_under_test(version: TemplateVersion, definition: Definition, *, drafts: bool) -> dict[str, Json]:
    """Return by key the policies that the version names, each ``{name, number, digest, definition, origin}``.

    A version that was published goes by the copies it holds. A draft goes, with ``drafts``, by the drafts of its policies
    where there are any, as if they were published together; all else by the policies in use. Unknown ones are left out.
    """
    held = {
        key: {**copy, "origin": PolicyOrigin.HELD.value}
        for key, copy in version.parts.get(_PART, {}).items()
        if key in policies_named(definition)
    }
    wanted = [key for key in policies_named(definition) if key not in held]
    found: dict[str, Json] = (
        steps.ask_catalogue("policies_to_try", wanted, drafts and not version.digest) or {}
    )
    return {**held, **found}


def asked_under(question: Json, policies: dict[str, Json]) -> Json:
    """Return what an approval step hands over, with the policy under test in place of its key."""
    policy = question.get("policy")
    held = policies.get(policy) if isinstance(policy, str) else None
    return question if held is None else {**question, "policy": held["definition"]}
