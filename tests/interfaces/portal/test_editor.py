"""The pages around the template editor: who gets it, with what rights, and the beginning of a new template."""

from apps.workflows.models import TemplateVersion
from apps.workflows.services import save_draft, submit_version
from tests.integration.delivery.contracts import staff

KEY = "contract-to-project"


def test_the_editor_opens_for_authors_and_can_be_looked_at_by_others(office, admin, auditor, customer):
    page = admin.get(f"/templates/{KEY}/edit/")
    assert page.has("Signed contract to running project", "Overview", "Edit")
    assert 'data-may-write="yes"' in page.html
    assert "/static/editor" in page.html
    assert admin.cost(f"/templates/{KEY}/edit/") <= 7
    reader = auditor.get(f"/templates/{KEY}/edit/")
    assert reader.has("changing it needs the role of a template author")
    assert 'data-may-write="no"' in reader.html
    assert customer.get(f"/templates/{KEY}/edit/").status == 302
    assert admin.get("/templates/no-such-thing/edit/").status == 404


def test_without_scripts_the_way_leads_to_the_text(office, admin):
    page = admin.get(f"/templates/{KEY}/edit/")
    assert page.has("The template as text can be changed without it.")
    assert f'href="/templates/{KEY}/"' in page.html


def test_what_is_reviewed_is_not_edited(office, admin):
    author = staff("template_author", email="another@alpha.example")
    source = TemplateVersion.objects.get(template__key=KEY, status="published").source
    draft = save_draft(source=source.replace("P60D", "P61D"), actor=author)
    submit_version(template_key=KEY, number=draft.number, actor=author, comment="Look, please.")
    page = admin.get(f"/templates/{KEY}/edit/")
    assert page.has(f"Version {draft.number} is being reviewed")
    assert 'data-may-write="no"' in page.html


def test_a_template_begins_with_a_name(office, admin, auditor):
    assert admin.get("/templates/").has("New template")
    assert "New template" not in auditor.get("/templates/").words
    assert auditor.get("/new-template/").status == 403
    assert admin.get("/new-template/").has("What should the workflow be called?")
    page = admin.post("/new-template/", {"name": 'Renewal "early"', "family": "renewals"})
    assert (page.status, page.to) == (303, "/templates/renewal-early/edit/")
    draft = TemplateVersion.objects.get(template__key="renewal-early")
    assert (draft.status, draft.template.name, draft.template.family) == (
        "draft",
        'Renewal "early"',
        "renewals",
    )
    assert admin.get(page.to).has('Renewal "early"')


def test_a_name_that_cannot_be_is_explained(office, admin):
    admin.post("/new-template/", {"name": "Renewal"})
    taken = admin.post("/new-template/", {"name": "Renewal"})
    assert taken.status == 422
    assert taken.has("There is a template with the key renewal already.")
    for name in ("", "   ", "1st", "日本", "x" * 61):
        assert admin.post("/new-template/", {"name": name}).status == 422
    assert admin.post("/new-template/", {"name": "Fine", "family": "not a family"}).status == 422
