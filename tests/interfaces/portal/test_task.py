"""User tasks: a form out of JSON Schema, errors beside the fields, and one completion."""

from decimal import Decimal

import pytest
from django import forms

from apps.approvals.models import ApprovalRequest
from apps.core.errors import Problem
from apps.portal.schema_forms import JsonField, form_for
from apps.workflows.models import UserTask

SCHEMA = {
    "type": "object",
    "required": ["choice", "count", "confirmed"],
    "properties": {
        "note": {"type": "string", "title": "Note", "maxLength": 2000},
        "choice": {"type": "string", "enum": ["go_on", "stop"]},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "share": {"type": "number"},
        "confirmed": {"type": "boolean"},
        "start": {"type": ["string", "null"], "format": "date"},
        "region": {"type": "string", "enum": ["a", "b", "c", "d", "e"]},
        "tags": {"type": "array", "items": {"enum": ["x", "y"]}},
        "extra": {"type": "object"},
        "name": {"type": "string", "default": "Ada"},
    },
}


def test_each_type_gets_its_field():
    form = form_for(SCHEMA, prefill={"note": "hello"})
    kinds = {name: type(field).__name__ for name, field in form.fields.items()}
    assert kinds == {
        "choice": "ChoiceField",
        "count": "IntegerField",
        "confirmed": "BooleanField",
        "note": "CharField",
        "share": "DecimalField",
        "start": "DateField",
        "region": "ChoiceField",
        "tags": "MultipleChoiceField",
        "extra": "JsonField",
        "name": "CharField",
    }
    assert list(form.fields)[:3] == ["choice", "count", "confirmed"]
    assert isinstance(form.fields["note"].widget, forms.Textarea)
    assert isinstance(form.fields["choice"].widget, forms.RadioSelect)
    assert form.fields["choice"].widget.choices == [("go_on", "Go on"), ("stop", "Stop")]
    assert form.initial == {"name": "Ada", "note": "hello"}


def test_the_answer_is_json():
    sent = {
        "choice": "stop",
        "count": "3",
        "share": "0.5",
        "start": "2026-03-01",
        "extra": '{"a": [1]}',
        "note": "",
    }
    form = form_for(SCHEMA, prefill={}, data=sent)
    assert form.is_valid(), form.errors
    assert form.answer() == {
        "choice": "stop",
        "count": 3,
        "share": 0.5,
        "confirmed": False,
        "start": "2026-03-01",
        "extra": {"a": [1]},
    }
    assert not isinstance(form.answer()["share"], Decimal)


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        ({"choice": "maybe", "count": "1"}, "choice", "not one of the available choices"),
        ({"choice": "stop", "count": "12"}, "count", "less than or equal to 9"),
        ({"choice": "stop"}, "count", "required"),
        ({"choice": "stop", "count": "1", "extra": "{"}, "extra", "line 1, column 2"),
        ({"choice": "stop", "count": "1", "start": "soon"}, "start", "valid date"),
    ],
)
def test_what_is_wrong_stands_beside_the_field(sent, field, words):
    form = form_for(SCHEMA, prefill={}, data=sent)
    assert not form.is_valid()
    assert words in form.errors[field][0]


def test_problems_of_the_schema_find_their_field():
    form = form_for(SCHEMA, prefill={}, data={"choice": "stop", "count": "1"})
    assert form.is_valid()
    form.show_problems([Problem("/note", "too short"), Problem("/nowhere", "odd"), Problem("", "all wrong")])
    assert form.errors["note"] == ["too short"]
    assert form.non_field_errors() == ["odd", "all wrong"]


def test_json_is_shown_indented():
    assert JsonField().prepare_value({"a": 1}) == '{\n  "a": 1\n}'


@pytest.fixture
def task(office, run):
    request = ApprovalRequest.objects.get(run=run, status="open")
    office.approve(run, office.resource_manager, outcome="rejected", comment="Nobody is free")
    request.refresh_from_db()
    assert request.status == "rejected"
    return UserTask.objects.get(run=run, status="open")


def test_the_page_asks_for_what_is_needed(task, manager):
    page = manager.get(f"/tasks/{task.id}/")
    assert page.has(
        "Revise the rejected staffing",
        "How to go on",
        "Request again",
        "What is different now",
        "Nobody is free",
        "due in 23 h",
    )
    assert manager.cost(f"/tasks/{task.id}/") <= 5
    assert manager.get("/").has(
        "Revise the rejected staffing: Nordwind ERP rollout C-1001", "Waits for any delivery manager"
    )


def test_completing_and_the_second_click(office, task, manager):
    here = f"/tasks/{task.id}/"
    for _ in range(2):
        page = manager.post(here, {"decision": "request_again", "note": "With a partner"})
        assert (page.status, page.to) == (303, here)
    assert manager.get(here).has("Completed", "Request_again".lower(), "With a partner")
    task.refresh_from_db()
    assert (task.status, task.output) == (
        "completed",
        {"decision": "request_again", "note": "With a partner"},
    )
    office.drain()
    assert ApprovalRequest.objects.filter(run=task.run_id, status="open").count() == 1


def test_an_incomplete_form_keeps_what_was_typed(task, manager):
    page = manager.post(f"/tasks/{task.id}/", {"note": "half done"})
    assert page.status == 422
    assert page.has("This field is required.", "half done")
    task.refresh_from_db()
    assert task.status == "open"


def test_others_may_look_but_not_do_it(task, finance):
    page = finance.get(f"/tasks/{task.id}/")
    assert page.has("The delivery manager does this; your role may look at it.")
    assert finance.post(f"/tasks/{task.id}/", {"decision": "request_again"}).status == 403
    task.refresh_from_db()
    assert task.status == "open"
