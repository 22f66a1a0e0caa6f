"""Publish what a message says in this tenant."""

from typing import Any

from django.db.models import Max

from apps.accounts import policies as account_policies
from apps.core.actor import Actor
from apps.core.errors import Problem
from apps.ledger.services import record, transition, unit_of_work
from apps.messaging.choices import TemplateStatus
from apps.messaging.exceptions import InvalidWording
from apps.messaging.models import MessageTemplate
from apps.messaging.placeholders import problems_in
from apps.messaging.selectors.wordings import find_wording


def publish_wording(
    *, key: str, subject: str, body: str, actor: Actor, action_label: str = "", action_path: str = ""
) -> MessageTemplate:
    """Publish a new version of the message's wording; the one before retires. Raises InvalidWording."""
    _check(subject, body, action_label, action_path)
    with unit_of_work(actor):
        account_policies.require(actor, "message_templates:manage")
        held = (
            MessageTemplate.objects.select_for_update()
            .filter(key=key, status=TemplateStatus.PUBLISHED)
            .first()
        )
        if held is not None:
            transition(held, "retire")
        last = MessageTemplate.objects.filter(key=key).aggregate(last=Max("number"))["last"] or 0
        wording = MessageTemplate.objects.create(
            key=key,
            number=last + 1,
            subject=subject,
            body=body.replace("\r\n", "\n"),
            action_label=action_label,
            action_path=action_path,
            published_by=actor.label,
        )
        record("message_template.publish", wording, after={"key": key, "version": wording.number})
        return wording


def keep_wording(key: str, copy: dict[str, Any], actor: Actor) -> None:
    """Make a copy that a version of a workflow template holds the wording in use, unless it says the same already."""
    held = find_wording(key)
    wanted = {name: str(copy.get(name, "")) for name in ("subject", "body", "action_label", "action_path")}
    if held is None or any(getattr(held, name) != value for name, value in wanted.items()):
        publish_wording(key=key, actor=actor, **wanted)


def _check(subject: str, body: str, action_label: str, action_path: str) -> None:
    problems = [
        *problems_in(subject, "/subject"),
        *problems_in(body, "/body"),
        *problems_in(action_label, "/action_label"),
        *problems_in(action_path, "/action_path"),
    ]
    if not subject.strip() or len(subject) > 200 or "\n" in subject:
        problems.append(Problem("/subject", "A subject is one line of 1 to 200 characters.", "subject"))
    if not body.strip() or len(body) > 20_000:
        problems.append(Problem("/body", "A body has 1 to 20,000 characters.", "body"))
    if bool(action_label) != bool(action_path):
        problems.append(Problem("/action_label", "A button needs both a label and a path.", "action"))
    if action_path and (not action_path.startswith("/") or action_path.startswith(("//", "/\\"))):
        problems.append(
            Problem("/action_path", "A path begins with one slash, such as /status/.", "action_path")
        )
    if problems:
        raise InvalidWording(problems)
