"""Templates between workspaces and compared with each other: export, import, ranking."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.workflows.models import Run, TemplateVersion
from tests.interfaces.portal.test_templates import KEY, author, post, source

__all__ = ["author"]
BILLING = "milestone-billing"


def exported(person, key=KEY, number=1):
    page = person.get(f"/templates/{key}/versions/{number}/export/")
    assert page.status == 200
    assert "attachment" in page.response.headers["Content-Disposition"]
    return page.html


def test_a_version_is_exported_and_imported_as_a_draft(office, admin, auditor):
    text = exported(admin)
    assert json.loads(text)["signature"]["algorithm"] == "hmac-sha256"
    assert auditor.get(f"/templates/{KEY}/versions/1/export/").status == 403
    assert admin.get("/template-import/").has("Import a template", "See what it would do")
    file = SimpleUploadedFile("bundle.json", text.encode())
    page = admin.post("/template-import/", {"command": "look", "file": file})
    assert page.has("Import “Signed contract to running project”", "psa", "Ready", "Import as draft")
    page = admin.post("/template-import/", {"command": "import", "bundle": text})
    assert (page.status, page.to) == (303, f"/templates/{KEY}/versions/2/")
    assert admin.get(page.to).has("The texts are the same")


def test_what_was_changed_on_both_sides_is_chosen_on_the_page(office, admin, author):
    text = exported(admin)
    post(admin, "save", source=source().replace("P60D", "P61D"))
    page = admin.post("/template-import/", {"command": "import", "bundle": text})
    assert page.status == 409
    assert page.has("Nothing was imported", "Changed here and in the file", "Keep what is here", "P61D")
    form = {"command": "import", "bundle": text, "choice:text": "mine"}
    assert admin.post("/template-import/", form).status == 303
    assert "P61D" in TemplateVersion.objects.get(template__key=KEY, number=2).source


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"bundle": 1}', "[" * 3000])
def test_what_is_no_bundle_is_refused_in_words(office, admin, text):
    page = admin.post("/template-import/", {"command": "look", "bundle": text})
    assert page.status == 422
    assert page.has("Nothing was imported", "bundle")


def test_templates_are_ranked_by_value_and_risk(office, run, admin):
    page = admin.get("/template-ranking/")
    assert page.has("What to automate next", "Signed contract to running project", "Too few runs to tell.")
    assert "ranking-dot" not in page.html
    Run.objects.bulk_create(
        Run(
            template_version=run.template_version,
            template_key=KEY,
            name=f"copy {number}",
            start=run.start,
            state=run.state,
        )
        for number in range(9)
    )
    page = admin.get("/template-ranking/")
    assert page.html.count('class="ranking-dot"') == 1
    assert page.has("10%", "Mend its exceptions")
    assert admin.cost("/template-ranking/") <= 9
    assert admin.get("/templates/").has("What to automate next", "Import")
