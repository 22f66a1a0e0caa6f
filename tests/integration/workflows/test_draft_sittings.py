"""The audit of editing: one entry when a sitting begins and one when it is over, each in its person's name; discarding."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from apps.accounts.selectors import actor_of_user, get_user
from apps.accounts.services import create_user
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, Forbidden
from apps.ledger.models import AuditEntry, OutboxMessage
from apps.workflows.models import EditingSession, TemplateVersion, WorkflowTemplate
from apps.workflows.services import (
    discard_draft,
    publish_version,
    save_draft,
    set_review_mode,
    submit_version,
)
from apps.workflows.services.drafts import edit_draft
from apps.workflows.services.editing import QUIET
from tenants.types import TenantRef
from tests.conftest import bring_forward
from tests.integration.accounts.people import SYSTEM
from tests.integration.workflows.test_runs import SOURCE

KEY = "greeting"
SAVE, EDIT = "template_version.save_draft", "template_version.edit"


def person(name: str) -> Actor:
    user = create_user(
        email=f"{name}@alpha.example", name=name.title(), roles=["template_author"], actor=SYSTEM
    )
    return actor_of_user(get_user(user.pk))


@pytest.fixture
def tina(in_alpha: TenantRef) -> Actor:
    save_draft(source=SOURCE, actor=SYSTEM)
    publish_version(template_key=KEY, number=1, actor=SYSTEM)
    set_review_mode(mode="none", actor=SYSTEM)
    return person("tina")


def edit(actor: Actor, *names: str) -> None:
    """Save the draft once for each name."""
    for name in names:
        edit_draft(template_key=KEY, source=SOURCE.replace("Ask them", name), actor=actor)


def entries() -> list[tuple[str, str, object]]:
    rows = AuditEntry.objects.filter(action__in=(SAVE, EDIT), after__number=2).order_by("id")
    return [(row.action, row.actor_label, row.after.get("saves")) for row in rows]


def pass_by(quiet: timedelta = QUIET) -> None:
    """Let the time since all saves pass."""
    for session in EditingSession.objects.all():
        session.last_at -= quiet
        session.save(update_fields=["last_at"])


def half_an_hour_later(drain: Callable[..., int]) -> None:
    """The work that looks whether sittings are over comes due; what is put off again stays in the future."""
    bring_forward(QUIET.total_seconds() + 60)
    drain()


def test_a_sitting_has_two_entries_however_often_it_saves(tina: Actor, drain: Callable[..., int]) -> None:
    edit(tina, "One", "Two", "Three")
    assert entries() == [(SAVE, "Tina", None)]
    half_an_hour_later(drain)
    assert entries() == [(SAVE, "Tina", None)], "it goes on"
    pass_by()
    half_an_hour_later(drain)
    assert entries() == [(SAVE, "Tina", None), (EDIT, "Tina", 3)]
    assert not EditingSession.objects.exists()
    edit(tina, "Four")
    assert entries()[2:] == [(SAVE, "Tina", None)]


def test_a_single_save_is_told_once(tina: Actor, drain: Callable[..., int]) -> None:
    edit(tina, "One")
    pass_by()
    half_an_hour_later(drain)
    assert entries() == [(SAVE, "Tina", None)]
    assert not EditingSession.objects.exists()


def test_a_pause_of_half_an_hour_begins_another_sitting(tina: Actor) -> None:
    edit(tina, "One", "Two")
    pass_by(QUIET - timedelta(minutes=1))
    edit(tina, "Three")
    pass_by()
    edit(tina, "Four")
    assert entries() == [(SAVE, "Tina", None), (EDIT, "Tina", 3), (SAVE, "Tina", None)]


def test_nobody_who_wrote_is_lost(tina: Actor) -> None:
    theo = person("theo")
    edit(tina, "One", "Two")
    edit(theo, "Three", "Four")
    edit(tina, "Five")
    publish_version(template_key=KEY, number=2, actor=theo, reason="done")
    assert entries() == [
        (SAVE, "Tina", None),
        (SAVE, "Theo", None),
        (EDIT, "Tina", 3),
        (EDIT, "Theo", 2),
    ]
    told = AuditEntry.objects.get(action="template_version.publish", subject_id=version(2).pk)
    assert told.actor_label == "Theo"
    assert [author["label"] for author in version(2).authors] == ["Tina", "Theo"]
    assert not EditingSession.objects.exists()


def test_handing_in_ends_the_sitting(tina: Actor) -> None:
    edit(tina, "One", "Two")
    submit_version(template_key=KEY, number=2, actor=tina)
    assert entries() == [(SAVE, "Tina", None), (EDIT, "Tina", 2)]


def test_the_entries_say_which_text(tina: Actor) -> None:
    edit(tina, "One", "Two")
    discard_draft(template_key=KEY, number=2, actor=tina)
    first, last = AuditEntry.objects.filter(action__in=(SAVE, EDIT), after__number=2).order_by("id")
    assert first.after["source_hash"] != last.after["source_hash"]
    assert last.after["since"] <= last.after["until"] <= now().isoformat()


def version(number: int) -> TemplateVersion:
    return TemplateVersion.objects.get(template__key=KEY, number=number)


def test_a_discarded_draft_is_kept_and_another_begins_with_what_is_in_use(tina: Actor) -> None:
    edit_draft(template_key=KEY, source=SOURCE.replace("name: Greeting", "name: Farewell"), actor=tina)
    assert WorkflowTemplate.objects.get(key=KEY).name == "Farewell"
    discard_draft(template_key=KEY, number=2, actor=tina, reason="not wanted")
    given_up = version(2)
    assert (given_up.status, "Farewell" in given_up.source) == ("discarded", True)
    assert WorkflowTemplate.objects.get(key=KEY).name == "Greeting"
    entry = AuditEntry.objects.get(action="template_version.discard")
    assert (entry.actor_label, entry.reason, entry.after["status"]) == ("Tina", "not wanted", "discarded")
    assert OutboxMessage.objects.filter(type="workflow_template.discarded").count() == 1
    fresh = save_draft(source=SOURCE, actor=tina)
    assert fresh.number == 3


def test_the_tests_of_a_discarded_draft_are_not_carried_on(tina: Actor) -> None:
    save_draft(source=SOURCE, tests="cases: []", actor=tina)
    discard_draft(template_key=KEY, number=2, actor=tina)
    assert save_draft(source=SOURCE, actor=tina).tests == ""


def test_only_a_draft_is_discarded_by_who_may_write(tina: Actor) -> None:
    with pytest.raises(Conflict):
        discard_draft(template_key=KEY, number=1, actor=tina)
    edit(tina, "One")
    olga = create_user(email="olga@alpha.example", name="Olga", roles=["auditor"], actor=SYSTEM)
    with pytest.raises(Forbidden):
        discard_draft(template_key=KEY, number=2, actor=actor_of_user(get_user(olga.pk)))
    submit_version(template_key=KEY, number=2, actor=tina)
    with pytest.raises(Conflict):
        discard_draft(template_key=KEY, number=2, actor=tina)


def test_a_template_that_was_never_published_may_lose_its_draft(in_alpha: TenantRef) -> None:
    save_draft(source=SOURCE, actor=SYSTEM)
    discard_draft(template_key=KEY, number=1, actor=SYSTEM)
    assert WorkflowTemplate.objects.get(key=KEY).name == "Greeting"
    assert save_draft(source=SOURCE, actor=SYSTEM).number == 2
