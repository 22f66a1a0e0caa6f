"""Templates: drawn and written, saved, published and retired, with every problem named."""

import re

import pytest
from django.db import connection

from apps.messaging.services.wordings import publish_wording
from apps.workflows.models import TemplateVersion
from apps.workflows.services import set_review_mode
from tests.integration.accounts.people import SYSTEM
from tests.integration.delivery.contracts import staff
from tests.interfaces.portal.conftest import visitor

KEY = "contract-to-project"


def source():
    return TemplateVersion.objects.get(template__key=KEY, status="published").source


def test_the_list(office, run, admin):
    page = admin.get("/templates/")
    assert page.has(
        "2 workflows in use",
        "Signed contract to running project",
        "it starts when contract.signed happens",
        "1 running now",
    )


def test_no_template_yet(office, admin):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE workflows_workflowtemplate CASCADE")
    assert admin.get("/templates/").has("No workflow is in use yet", "No template yet")


def test_the_page_draws_the_published_version(office, admin, auditor):
    page = admin.get(f"/templates/{KEY}/")
    assert page.has("Published", "Version 1", "contract.signed", "Save as draft", "Retire")
    assert page.html.count('class="node node-idle') > 10
    assert admin.cost(f"/templates/{KEY}/") <= 11
    reader = auditor.get(f"/templates/{KEY}/")
    assert reader.has("delivery.register_contract")
    assert "Save as draft" not in reader.html
    assert auditor.post(f"/templates/{KEY}/", {"command": "retire", "version": "1"}).status == 403


@pytest.fixture
def author(in_alpha, office):
    return visitor(in_alpha, staff("template_author"))


@pytest.fixture
def trusting(in_alpha, office):
    """A workspace whose authors publish what they wrote."""
    set_review_mode(mode="none", actor=SYSTEM)


def post(person, command, number=2, **more):
    return person.post(f"/templates/{KEY}/", {"command": command, "version": str(number), **more})


def test_a_draft_is_handed_in_reviewed_and_published_by_somebody_else(office, admin, author):
    assert post(admin, "save", source=source().replace("P60D", "P61D")).status == 303
    page = admin.get(f"/templates/{KEY}/", version=2)
    assert page.has("Hand in for review")
    assert "Publish version 2" not in page.html
    assert post(admin, "submit", reason="one more day").status == 303
    assert admin.get(f"/templates/{KEY}/", version=2).has("In review", "Take back")
    assert post(author, "agree", reason="fine").status == 303
    assert author.get(f"/templates/{KEY}/", version=2).has("Publish version 2", "Ask for changes")
    assert post(author, "publish").status == 303
    assert author.get(f"/templates/{KEY}/").has("Published", "Version 2", "Retire")
    page = author.get(f"/templates/{KEY}/", version=1)
    assert page.has("Use this version again")
    page = post(author, "roll_back", number=1, reason="too long", running="move")
    assert (page.status, page.to) == (303, f"/templates/{KEY}/running/?from=2&to=1")
    assert author.get(page.to).status == 200
    assert author.get(f"/templates/{KEY}/", version=1).has("Published")


def test_a_version_sent_back_is_a_draft_again(office, admin, author):
    post(admin, "save", source=source().replace("P60D", "P61D"))
    post(admin, "submit")
    assert post(author, "send_back").status == 422
    assert post(author, "send_back", reason="P90D please").status == 303
    assert admin.get(f"/templates/{KEY}/", version=2).has("Draft", "Hand in for review")


def test_a_draft_is_saved_published_and_the_old_version_retired(office, trusting, admin):
    page = admin.post(f"/templates/{KEY}/", {"command": "save", "source": source().replace("P60D", "P61D")})
    assert (page.status, page.to) == (303, f"/templates/{KEY}/?version=2")
    assert admin.get(page.to).has("Draft", "Publish version 2")
    for _ in range(2):
        assert admin.post(f"/templates/{KEY}/", {"command": "publish", "version": "2"}).status == 303
    statuses = (
        TemplateVersion.objects.filter(template__key=KEY).order_by("number").values_list("status", flat=True)
    )
    assert list(statuses) == ["retired", "published"]
    assert admin.post(f"/templates/{KEY}/", {"command": "retire", "version": "2"}).status == 303
    assert admin.get(f"/templates/{KEY}/?version=2").has("Retired", "Use this version again")


def test_what_cannot_be_published_is_explained_with_line_and_remedy(office, trusting, admin):
    broken = (
        source()
        .replace("policy: staffing-approval", "policy: no-such-policy")
        .replace("kind: decision", "kind: dicision")
    )
    page = admin.post(f"/templates/{KEY}/", {"command": "save", "source": broken})
    assert page.status == 303
    assert admin.get(page.to).has("To look at", "Error", "dicision", "line ")
    page = admin.post(f"/templates/{KEY}/", {"command": "publish", "version": "2"})
    assert page.status == 422
    assert page.has("Nothing was changed", "dicision")
    assert TemplateVersion.objects.get(template__key=KEY, number=2).status == "draft"


def test_a_text_does_not_overwrite_a_draft_saved_meanwhile(office, admin, author):
    assert 'name="draft" value="0"' in admin.get(f"/templates/{KEY}/").html
    assert post(admin, "save", draft="0", source=source().replace("P60D", "P61D")).status == 303
    late = post(author, "save", draft="0", source=late_text())
    assert late.status == 409
    assert late.has(
        "Somebody has saved the draft since you opened this page", "P62D", "Saving replaces the draft"
    )
    held = TemplateVersion.objects.get(template__key=KEY, number=2)
    assert "P61D" in held.source
    assert post(author, "save", draft=str(held.version), source=late_text()).status == 303
    assert "P62D" in TemplateVersion.objects.get(template__key=KEY, number=2).source


def late_text():
    return source().replace("P60D", "P62D")


def test_what_is_no_yaml_is_not_saved_but_kept_on_the_page(office, admin):
    page = admin.post(f"/templates/{KEY}/", {"command": "save", "source": "key: [unclosed"})
    assert page.status == 422
    assert page.has("Nothing was changed", "key: [unclosed")
    other = source().replace(f"key: {KEY}", "key: something-else")
    page = admin.post(f"/templates/{KEY}/", {"command": "save", "source": other})
    assert page.status == 422
    assert page.has("The key must stay “contract-to-project”")
    assert TemplateVersion.objects.filter(template__key=KEY).count() == 1


def test_the_pages_of_a_template_are_a_bar_of_tabs(office, admin):
    page = admin.get(f"/templates/{KEY}/versions/")
    assert page.has("Version 1", "published", "Runs follow the version they began with")
    tabs = re.findall(r'<a href="([^"]+)"', page.html.split('<ul class="tabs">')[1].split("</ul>")[0])
    assert {f"/templates/{KEY}/", f"/templates/{KEY}/versions/"} <= set(tabs)
    assert all(admin.get(tab).status == 200 for tab in tabs)
    assert f'href="/templates/{KEY}/versions/" aria-current="page"' in page.html
    assert admin.cost(f"/templates/{KEY}/versions/") <= 6
    assert admin.get("/templates/no-such-one/versions/").status == 404


def test_a_version_is_compared_step_by_step_and_as_text(office, admin, author):
    changed = source().replace("id: kickoff", "id: kickoff, name: First meeting").replace("P60D", "P61D")
    assert changed != source()
    post(admin, "save", source=changed)
    page = admin.get(f"/templates/{KEY}/versions/2/")
    assert page.has("Compared with version 1:", "→ P61D", "As text", "+", "Hand in for review")
    version = {"version": "2"}
    assert admin.post(f"/templates/{KEY}/versions/2/", {"command": "submit", **version}).status == 303
    here = f"/templates/{KEY}/versions/2/"
    assert author.get(here).has("these must agree: a second author.", "handed it in", "test cases pass")
    assert author.post(here, {"command": "agree", "reason": "good idea", **version}).status == 303
    assert author.get(here).has("Everybody needed has agreed", "agreed as a second author", "good idea")
    assert admin.post(here, {"command": "publish", **version}, follow=True).has(
        "somebody else must look at it"
    )
    assert author.post(here, {"command": "nonsense"}).status == 422
    assert author.get(here, against="2").has("The texts are the same")
    assert author.get(here, against="x").status == 404
    assert author.get(f"/templates/{KEY}/versions/9/").status == 404
    assert author.cost(here) <= 30


def test_every_code_of_the_checker_is_explained(office, admin, customer):
    post(admin, "save", source=source().replace("policy: staffing-approval", "policy: nobody"))
    page = admin.get(f"/templates/{KEY}/", version=2)
    assert 'href="/template-checks/#unknown_name"' in page.html
    checks = admin.get("/template-checks/")
    assert checks.has("What the checker says", "wait_without_timeout")
    assert "Add <code>timeout</code>." in checks.html
    assert customer.get("/template-checks/").status == 302


def test_an_administrator_says_who_must_agree(office, admin, auditor):
    assert admin.get("/templates/").has("Four eyes before publishing", "every template")
    assert admin.post("/templates/", {"review_mode": "none"}).status == 303
    assert auditor.get("/templates/").has("agrees to: no template. Administrators can change this.")
    assert auditor.post("/templates/", {"review_mode": "all"}).status == 403
    assert admin.post("/templates/", {"review_mode": "x"}).status == 200


def test_what_a_version_holds_is_shown_with_what_changed_since(office, admin):
    assert admin.get(f"/templates/{KEY}/").has(
        "Holds", "staffing-approval", "customer-welcome", "Control owner"
    )
    publish_wording(key="customer-welcome", subject="Changed", body="Other words", actor=SYSTEM)
    assert admin.get(f"/templates/{KEY}/").has("It was changed in the workspace since")
