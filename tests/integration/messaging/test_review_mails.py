"""Mails about reviews: to who may agree when a version waits, to its authors when somebody has said something."""

from collections.abc import Callable

import pytest

from apps.accounts.selectors import actor_of_user, get_user
from apps.accounts.services import create_user
from apps.core.actor import Actor
from apps.messaging.models import Message
from apps.workflows.services import (
    agree_to_version,
    save_draft,
    send_version_back,
    submit_version,
    withdraw_version,
)
from tenants.types import TenantRef
from tests.integration.accounts.people import SYSTEM
from tests.integration.workflows.test_reviews import HIGH, LOW, ONE


def person(name: str, role: str) -> Actor:
    user = create_user(email=f"{name}@alpha.example", name=name.title(), roles=[role], actor=SYSTEM)
    return actor_of_user(get_user(user.pk))


@pytest.fixture
def people(in_alpha: TenantRef) -> dict[str, Actor]:
    roles = {
        "tina": "template_author",
        "theo": "template_author",
        "olga": "auditor",
        "dana": "delivery_manager",
    }
    return {name: person(name, role) for name, role in roles.items()}


def mails(key: str) -> dict[str, str]:
    """Subjects by who is mailed, of those made in these tests."""
    rows = Message.objects.filter(key=key, to_email__endswith="@alpha.example")
    return {row.to_email.split("@")[0]: row.subject for row in rows}


def hand_in(people: dict[str, Actor], drain: Callable[..., int], source: str = LOW) -> None:
    save_draft(source=source, actor=people["tina"])
    submit_version(**ONE, actor=people["tina"], comment="Please look at the new step.")
    drain()


def test_other_authors_are_asked(people: dict[str, Actor], drain: Callable[..., int]) -> None:
    hand_in(people, drain)
    asked = mails("template-review-requested")
    assert asked["theo"] == "Please review: Hello, version 1"
    assert not {"tina", "olga", "dana"} & set(asked)
    letter = Message.objects.get(key="template-review-requested", to_email="theo@alpha.example")
    assert "Tina has handed in version 1" in letter.text
    assert "Please look at the new step." in letter.text
    assert "/templates/hello/versions/1/" in letter.text
    assert "North Managed Services" in letter.html


def test_the_control_owner_is_asked_where_the_impact_is_high(
    people: dict[str, Actor], drain: Callable[..., int]
) -> None:
    hand_in(people, drain, HIGH)
    assert {"theo", "olga"} <= set(mails("template-review-requested"))


def test_a_control_owner_may_be_named_by_address(people: dict[str, Actor], drain: Callable[..., int]) -> None:
    hand_in(people, drain, HIGH.replace("control: auditor", "control: dana@alpha.example"))
    asked = set(mails("template-review-requested"))
    assert "dana" in asked
    assert "olga" not in asked


def test_what_was_taken_back_asks_nobody(people: dict[str, Actor], drain: Callable[..., int]) -> None:
    save_draft(source=LOW, actor=people["tina"])
    submit_version(**ONE, actor=people["tina"])
    withdraw_version(**ONE, actor=people["tina"])
    drain()
    assert mails("template-review-requested") == {}


def test_the_author_hears_of_agreement_and_of_changes(
    people: dict[str, Actor], drain: Callable[..., int]
) -> None:
    hand_in(people, drain)
    send_version_back(**ONE, actor=people["theo"], comment="Name the step.")
    drain()
    assert mails("template-review-decided") == {"tina": "Changes asked for: Hello, version 1"}
    letter = Message.objects.get(key="template-review-decided")
    assert "Name the step." in letter.text
    Message.objects.all().delete()
    submit_version(**ONE, actor=people["tina"])
    agree_to_version(**ONE, actor=people["theo"])
    drain()
    drain()
    assert mails("template-review-decided") == {"tina": "Agreed: Hello, version 1"}
    assert "No comment was given." in Message.objects.get(key="template-review-decided").text
