"""What can be done with a version of a template from its pages: what is offered, and what a sent form does."""

from collections.abc import Callable, Mapping

from django.urls import reverse

from apps.accounts import policies
from apps.accounts.choices import Role
from apps.core.actor import Actor
from apps.workflows.choices import ReviewMode, VersionStatus
from apps.workflows.engine.governance import HIGH, role_of_owner
from apps.workflows.models import TemplateVersion
from apps.workflows.selectors.reviews import agreed_capacities, is_author, review_mode
from apps.workflows.services import (
    agree_to_version,
    discard_draft,
    publish_version,
    retire_version,
    roll_back_template,
    send_version_back,
    submit_version,
    withdraw_version,
)
from apps.workflows.services.reviews import identity

Json = Mapping[str, object]


def offered(version: TemplateVersion, head: Json, actor: Actor) -> dict[str, bool]:
    """Return by name what the actor may be offered; ``head`` is the template as read. The services ask again."""
    writes, publishes = policies.may(actor, "templates:write"), policies.may(actor, "templates:publish")
    status = version.status
    if status == VersionStatus.DRAFT:
        needed = needs_review(head)
        return {"publish": publishes and not needed, "submit": writes and needed, "discard": writes}
    if status == VersionStatus.IN_REVIEW:
        return {"withdraw": writes} | _in_review(version, head, actor, publishes=publishes)
    if status == VersionStatus.PUBLISHED:
        return {"retire": publishes}
    return {"roll_back": publishes and status == VersionStatus.RETIRED}


def needs_review(head: Json) -> bool:
    """Whether this workspace asks for four eyes on the template."""
    mode = review_mode()
    return mode == ReviewMode.ALL or (mode == ReviewMode.HIGH_IMPACT and _is_high(head))


def still_missing(version: TemplateVersion, head: Json) -> list[str]:
    """Return the capacities in which nobody has agreed yet."""
    wanted = ["reviewer", "control"] if _is_high(head) else ["reviewer"]
    agreed = agreed_capacities(version)
    return [capacity for capacity in wanted if capacity not in agreed]


def obey(command: str, *, template_key: str, number: int, actor: Actor, reason: str) -> str:
    """Do what the form asks for and return what to say about it; empty for an unknown command."""
    found = _COMMANDS.get(command)
    return "" if found is None else found(template_key, number, actor, reason)


def page_after(command: str, *, here: str, key: str, number: int, former: int | None, running: str) -> str:
    """Return where to go on: after taking a version back, where running work is moved to it, if that was asked for."""
    if command != "roll_back" or running != "move" or former is None:
        return here
    return f"{reverse('portal:template_running', args=[key])}?from={former}&to={number}"


def _in_review(version: TemplateVersion, head: Json, actor: Actor, *, publishes: bool) -> dict[str, bool]:
    if is_author(version, identity(actor)):
        return {}
    owners = head.get("owners")
    control = str(owners.get("control", "")) if isinstance(owners, Mapping) else ""
    role = role_of_owner(control, Role.values)
    reviews = publishes or (bool(role) and actor.has_role(role)) or (bool(control) and not role)
    missing = still_missing(version, head)
    return {"agree": reviews and bool(missing), "send_back": reviews, "publish": publishes and not missing}


def _is_high(head: Json) -> bool:
    classes = head.get("classification")
    return isinstance(classes, Mapping) and classes.get("compliance_impact") == HIGH


def _publish(key: str, number: int, actor: Actor, reason: str) -> str:
    publish_version(template_key=key, number=number, actor=actor, reason=reason)
    return f"Version {number} is published: new runs follow it."


def _retire(key: str, number: int, actor: Actor, reason: str) -> str:
    retire_version(template_key=key, number=number, actor=actor, reason=reason)
    return f"Version {number} is retired: no new run follows it."


def _roll_back(key: str, number: int, actor: Actor, reason: str) -> str:
    roll_back_template(template_key=key, number=number, actor=actor, reason=reason)
    return f"Version {number} is in use again: new runs follow it, with everything it holds."


def _discard(key: str, number: int, actor: Actor, reason: str) -> str:
    discard_draft(template_key=key, number=number, actor=actor, reason=reason)
    return f"The draft is discarded. Its text can still be read as version {number}."


def _submit(key: str, number: int, actor: Actor, reason: str) -> str:
    submit_version(template_key=key, number=number, actor=actor, comment=reason)
    return f"Version {number} is handed in. Another template author can review it now."


def _agree(key: str, number: int, actor: Actor, reason: str) -> str:
    agree_to_version(template_key=key, number=number, actor=actor, comment=reason)
    return f"You have agreed to version {number}."


def _send_back(key: str, number: int, actor: Actor, reason: str) -> str:
    send_version_back(template_key=key, number=number, actor=actor, comment=reason)
    return f"Version {number} is a draft again; its authors see what you wrote."


def _withdraw(key: str, number: int, actor: Actor, reason: str) -> str:
    withdraw_version(template_key=key, number=number, actor=actor, comment=reason)
    return f"Version {number} is a draft again."


_COMMANDS: Mapping[str, Callable[[str, int, Actor, str], str]] = {
    "publish": _publish,
    "retire": _retire,
    "roll_back": _roll_back,
    "discard": _discard,
    "submit": _submit,
    "agree": _agree,
    "send_back": _send_back,
    "withdraw": _withdraw,
}
