"""Editing drafts over REST: saving against what one has read, merging, presence, the catalogue, sample values."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.choices import Role
from apps.ledger.models import AuditEntry
from apps.workflows.models import DraftPresence, TemplateVersion
from tenants.context import tenant_context
from tests.interfaces.api.conftest import Program, make_key
from tests.interfaces.api.orders import HOST, SOURCE, UNKNOWN

DRAFT = "workflow-templates/order/draft"
WINDOW = "01900000-0000-7000-8000-00000000abcd"


def of_order():
    return TemplateVersion.objects.filter(template__key="order")


def put(program, body, **headers):
    return program.send("PUT", DRAFT, body, **headers)


def test_editing_begins_with_the_version_in_use_and_makes_a_draft(program, published, alpha):
    begun = program.get(DRAFT)
    assert begun["ETag"] == '"0"'
    assert begun.json() == {
        "template": "order",
        "name": "Take an order",
        "source": SOURCE,
        "number": 0,
        "version": 0,
        "based_on": 1,
        "in_review": None,
    }
    text = SOURCE.replace("Take an order", "Take orders")
    saved = put(program, {"source": text}, If_Match='"0"')
    assert (saved.status_code, saved["ETag"]) == (200, '"1"')
    assert (saved.json()["number"], saved.json()["merged"]) == (2, False)
    again = put(program, {"source": text.replace("Look at it", "Look")}, If_Match='"1"')
    assert again["ETag"] == '"2"'
    with tenant_context(alpha):
        assert of_order().get(number=1).source == SOURCE
        entries = AuditEntry.objects.filter(action="template_version.save_draft", after__template="order")
        assert entries.count() == 2, "the version in use, and the sitting in which the draft was written"


def test_what_did_not_change_is_not_saved(program, published, alpha):
    assert put(program, {"source": SOURCE}).json()["number"] == 0
    with tenant_context(alpha):
        assert of_order().count() == 1


def test_nobody_overwrites_what_he_has_not_seen(program, published):
    assert put(program, {"source": SOURCE.replace("Look at it", "Look")}, If_Match='"0"').status_code == 200
    refused = put(program, {"source": SOURCE.replace("finance", "auditor")}, If_Match='"0"')
    assert (refused.status_code, refused.json()["code"]) == (412, "version_mismatch")
    assert refused.json()["current_etag"] == '"1"'
    assert put(program, {"source": SOURCE}, If_Match='"one"').status_code == 422


def test_independent_changes_come_together(program, published):
    put(program, {"source": SOURCE.replace("Look at it", "Look"), "base": SOURCE})
    merged = put(program, {"source": SOURCE.replace("is missing.", "is not there."), "base": SOURCE})
    assert merged.status_code == 200
    assert merged.json()["merged"] is True
    assert merged.json()["source"] == SOURCE.replace("Look at it", "Look").replace(
        "is missing.", "is not there."
    )


def test_the_same_field_twice_is_laid_side_by_side_and_chosen(program, published):
    put(program, {"source": SOURCE.replace("Look at it", "Look"), "base": SOURCE})
    mine = SOURCE.replace("Look at it", "See")
    refused = put(program, {"source": mine, "base": SOURCE})
    assert (refused.status_code, refused.json()["code"]) == (409, "edit_conflict")
    (conflict,) = refused.json()["conflicts"]
    assert [conflict[name] for name in ("id", "base", "mine", "theirs")] == [
        "look/name",
        "Look at it",
        "See",
        "Look",
    ]
    assert refused.json()["source"] == SOURCE.replace("Look at it", "Look")
    chosen = put(program, {"source": mine, "base": SOURCE, "choices": {"look/name": "mine"}})
    assert chosen.json()["source"] == mine


def test_texts_that_cannot_be_saved_say_why(program, published):
    other = SOURCE.replace("key: order", "key: other")
    assert put(program, {"source": other}).json()["code"] == "key_changed"
    put(program, {"source": SOURCE.replace("Look at it", "Look")})
    unreadable = put(program, {"source": "key: [", "base": SOURCE})
    assert (unreadable.status_code, unreadable.json()["code"]) == (422, "not_mergeable")
    assert put(program, {"source": "key: ["}).status_code == 422
    assert put(program, {}).status_code == 422
    assert program.send("PUT", "workflow-templates/none/draft", {"source": SOURCE}).status_code == 404
    assert program.get("workflow-templates/none/draft").status_code == 404


def test_who_may_not_write_may_read(auditor, published):
    assert auditor.get(DRAFT).status_code == 200
    assert put(auditor, {"source": SOURCE}).status_code == 403
    assert auditor.post(f"{DRAFT}/presence", {"window": WINDOW}).status_code == 403


def test_texts_are_merged_without_being_saved(program, published, alpha):
    body = {
        "base": SOURCE,
        "source": SOURCE.replace("Look at it", "See"),
        "theirs": SOURCE.replace("Look at it", "Look").replace("finance", "auditor"),
    }
    merged = program.post(f"{DRAFT}/merge", body).json()
    assert merged["source"] == body["theirs"]
    assert [conflict["id"] for conflict in merged["conflicts"]] == ["look/name"]
    assert program.post(f"{DRAFT}/merge", {**body, "source": "- a"}).status_code == 422
    with tenant_context(alpha):
        assert of_order().count() == 1


def test_everybody_in_the_draft_is_seen_until_he_leaves(program, published, alpha):
    colleague = Program(HOST, make_key(alpha, Role.TEMPLATE_AUTHOR, name="colleague"))
    program.post(f"{DRAFT}/presence", {"window": WINDOW, "step": "look"})
    seen = colleague.post(f"{DRAFT}/presence", {"window": "w2"}).json()
    assert seen["version"] == 0
    assert [(row["step"], row["is_you"]) for row in seen["editors"]] == [("", True), ("look", False)]
    program.post(f"{DRAFT}/presence", {"window": WINDOW, "leaving": True})
    assert len(colleague.post(f"{DRAFT}/presence", {"window": "w2", "step": "known"}).json()["editors"]) == 1
    assert colleague.post(f"{DRAFT}/presence", {"window": "no good!"}).status_code == 422
    with tenant_context(alpha):
        assert DraftPresence.objects.get().step == "known"


def test_presence_is_cheap(program, published):
    program.post(f"{DRAFT}/presence", {"window": WINDOW})
    with CaptureQueriesContext(connection) as asked:
        program.post(f"{DRAFT}/presence", {"window": WINDOW})
    own = [query["sql"] for query in asked.captured_queries if "workflows_" in query["sql"]]
    assert len(own) <= 7, own


def test_the_catalogue_explains_what_there_is(program, published):
    found = program.get("workflow-templates/catalogue").json()
    assert {"approval", "user_task"} <= set(found["kinds"])
    assert {"name": "finance", "label": "Finance", "description": "", "schema": None} in found["roles"]
    assert "customer" not in [role["name"] for role in found["roles"]]
    assert ("order", "Take an order") in [(row["name"], row["label"]) for row in found["templates"]]
    assert all(row["description"] for row in [*found["internal_operations"], *found["queries"]])
    assert next(row for row in found["event_types"] if row["name"] == "run.started")["schema"]["type"]


def evaluate(program, **body):
    return program.post(f"{DRAFT}/evaluate", body)


def test_an_expression_is_tried_on_a_run_or_on_an_input(program, published, auditor):
    run = program.post("runs", {"template": "order", "input": {"amount": 5, "name": "A"}}).json()["id"]
    assert evaluate(program, expression="input.amount * 2", input={"amount": 4}).json() == {
        "value": 8,
        "error": None,
    }
    assert evaluate(program, expression="steps.known.passed && input.amount == 5", run=run).json()["value"]
    wrong = evaluate(program, expression="input.\namount +", input={}).json()
    assert wrong["value"] is None
    assert (wrong["error"]["code"], wrong["error"]["line"]) == ("syntax", 2)
    missing = evaluate(program, expression="input.nothing", run=run).json()["error"]
    assert (missing["code"], missing["message"]) == ("missing_key", "There is no 'nothing' here.")
    assert evaluate(program, expression="1", run=UNKNOWN).status_code == 404
    assert evaluate(auditor, expression="input.amount", run=run).json()["value"] == 5
