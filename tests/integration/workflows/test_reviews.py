"""Four eyes on templates: handed in, agreed to, sent back, published by somebody else, and kept as it was."""

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.selectors import actor_of_user, get_user
from apps.accounts.services import create_user
from apps.core.errors import Conflict, Invalid
from apps.ledger.models import AuditEntry
from apps.workflows.exceptions import (
    InReview,
    NotInReview,
    NotReviewer,
    OwnWork,
    ReviewRequired,
    TemplateRefused,
    WarningsUnanswered,
)
from apps.workflows.models import TemplateReview, TemplateVersion
from apps.workflows.services import (
    agree_to_version,
    publish_version,
    roll_back_template,
    save_draft,
    send_version_back,
    set_review_mode,
    submit_version,
    withdraw_version,
)
from tests.integration.accounts.people import SYSTEM

SOURCE = """
format: 1
key: hello
name: Hello
owners: {business: delivery_manager, technical: template_author, control: auditor}
classification: {business_criticality: low, compliance_impact: IMPACT, exception_frequency: low, integration_complexity: low}
steps:
  - {id: ask, kind: user_task, assignee: {role: delivery_manager}}
  - {id: done, kind: end, outcome: completed}
"""
LOW, HIGH = SOURCE.replace("IMPACT", "low"), SOURCE.replace("IMPACT", "high")
ONE = {"template_key": "hello", "number": 1}


def person(name, *roles):
    user = create_user(email=f"{name}@alpha.example", name=name.title(), roles=roles, actor=SYSTEM)
    return actor_of_user(get_user(user.pk))


@pytest.fixture
def tina(in_alpha):
    return person("tina", "template_author")


@pytest.fixture
def theo(in_alpha):
    return person("theo", "template_author")


@pytest.fixture
def alma(in_alpha):
    return person("alma", "auditor")


def status():
    return TemplateVersion.objects.get(template__key="hello", number=1).status


def test_an_author_does_not_publish_his_own_version(tina, theo):
    save_draft(source=LOW, actor=tina)
    with pytest.raises(ReviewRequired) as refused:
        publish_version(**ONE, actor=tina)
    assert refused.value.extra == {"missing": ["reviewer"]}
    submit_version(**ONE, actor=tina, comment="please look")
    for own in (agree_to_version, publish_version):
        with pytest.raises(Conflict):
            own(**ONE, actor=tina)
    agree_to_version(**ONE, actor=theo, comment="looks right")
    agree_to_version(**ONE, actor=theo)
    assert TemplateReview.objects.filter(verdict="approved").count() == 1
    with pytest.raises(OwnWork):
        publish_version(**ONE, actor=tina)
    assert publish_version(**ONE, actor=theo).status == "published"
    assert AuditEntry.objects.filter(action="template_version.agree", reason="looks right").exists()


def test_high_impact_needs_the_control_owner_too(tina, theo, alma):
    save_draft(source=HIGH, actor=tina)
    submit_version(**ONE, actor=tina)
    agree_to_version(**ONE, actor=theo)
    with pytest.raises(ReviewRequired) as refused:
        publish_version(**ONE, actor=theo)
    assert refused.value.extra == {"missing": ["control"]}
    agree_to_version(**ONE, actor=alma)
    assert publish_version(**ONE, actor=theo).status == "published"


def test_others_than_authors_and_the_control_owner_do_not_review(tina):
    save_draft(source=LOW, actor=tina)
    submit_version(**ONE, actor=tina)
    with pytest.raises(NotReviewer):
        agree_to_version(**ONE, actor=person("fred", "finance"))


def test_a_version_in_review_stays_as_it_is_until_it_is_back(tina, theo):
    save_draft(source=LOW, actor=tina)
    submit_version(**ONE, actor=tina)
    with pytest.raises(InReview):
        save_draft(source=LOW, actor=tina)
    with pytest.raises(Invalid):
        send_version_back(**ONE, actor=theo, comment=" ")
    send_version_back(**ONE, actor=theo, comment="name the task")
    assert status() == "draft"
    save_draft(source=LOW.replace("id: ask", "id: ask, name: Ask"), actor=tina)
    submit_version(**ONE, actor=tina)
    withdraw_version(**ONE, actor=tina)
    assert status() == "draft"
    with pytest.raises(NotInReview):
        withdraw_version(**ONE, actor=tina)
    words = TemplateReview.objects.values_list("round", "verdict", "user_label")
    assert list(words) == [
        (1, "submitted", tina.label),
        (1, "changes_requested", theo.label),
        (2, "submitted", tina.label),
        (2, "withdrawn", tina.label),
    ]


def test_agreement_does_not_outlive_the_text_it_was_given_to(tina, theo):
    save_draft(source=LOW, actor=tina)
    submit_version(**ONE, actor=tina)
    agree_to_version(**ONE, actor=theo)
    withdraw_version(**ONE, actor=tina)
    save_draft(source=LOW.replace("name: Hello", "name: Another"), actor=tina)
    submit_version(**ONE, actor=tina)
    with pytest.raises(ReviewRequired):
        publish_version(**ONE, actor=theo)


def test_what_cannot_be_published_is_not_handed_in(tina):
    save_draft(source=LOW.replace("control: auditor", "").replace("author, }", "author}"), actor=tina)
    with pytest.raises(TemplateRefused) as refused:
        submit_version(**ONE, actor=tina)
    assert [problem.code for problem in refused.value.errors] == ["missing_owner"]


def test_warnings_are_answered_with_a_reason_that_is_kept(tina):
    set_review_mode(mode="none", actor=SYSTEM)
    save_draft(source=LOW.replace("business: delivery_manager", "business: the-boss"), actor=tina)
    with pytest.raises(WarningsUnanswered) as refused:
        publish_version(**ONE, actor=tina)
    assert "unknown_owner" in [problem.code for problem in refused.value.errors]
    version = publish_version(**ONE, actor=tina, reason="she starts on Monday")
    version.refresh_from_db()
    assert version.publish_reason == "she starts on Monday"
    assert "unknown_owner" in [found["code"] for found in version.accepted_warnings]


def test_the_workspace_says_what_needs_four_eyes(tina):
    set_review_mode(mode="high_impact", actor=SYSTEM)
    save_draft(source=LOW, actor=tina)
    assert publish_version(**ONE, actor=tina).status == "published"
    save_draft(source=HIGH, actor=tina)
    with pytest.raises(ReviewRequired):
        publish_version(template_key="hello", number=2, actor=tina)


@pytest.mark.parametrize(
    "change",
    [{"source": "x"}, {"definition": {}}, {"digest": "0" * 64}, {"parts": {"a": {}}}, {"tests": "x"}],
)
def test_the_database_keeps_what_was_published(in_alpha, change):
    version = save_draft(source=LOW, actor=SYSTEM)
    publish_version(**ONE, actor=SYSTEM)
    rows = TemplateVersion.objects.filter(pk=version.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.delete()


def test_an_earlier_version_is_taken_back_into_use(tina):
    save_draft(source=LOW, actor=SYSTEM)
    first = publish_version(**ONE, actor=SYSTEM)
    save_draft(source=LOW.replace("name: Hello", "name: Bonjour"), actor=SYSTEM)
    publish_version(template_key="hello", number=2, actor=SYSTEM)
    with pytest.raises(Conflict):
        roll_back_template(template_key="hello", number=2, actor=tina, reason="no")
    back = roll_back_template(**ONE, actor=tina, reason="the greeting confuses people")
    assert (back.status, back.digest) == ("published", first.digest)
    assert TemplateVersion.objects.get(template__key="hello", number=2).status == "retired"
    assert AuditEntry.objects.filter(
        action="template_version.publish", reason="the greeting confuses people"
    ).exists()
