"""Exceptions: grouped by cause, explained, and every way out works once."""

import json

import pytest

from apps.portal.selectors.case_view import cause_words
from apps.workflows.models import ExceptionCase
from tests.integration.delivery.contracts import another_customer


def after(office, case):
    office.drain(until=30)
    case.refresh_from_db()
    case.run.refresh_from_db()
    return case


@pytest.mark.parametrize(
    ("code", "slot", "words"),
    [
        ("rejected", "psa", "The PSA refuses what it is sent"),
        ("teapot", "erp", "The ERP stops us: teapot"),
        ("check_failed", "", "A check did not pass"),
        ("odd_thing", "", "Odd thing"),
    ],
)
def test_causes_in_words(code, slot, words):
    assert cause_words(code, slot) == words


def test_the_list_is_grouped_by_cause(office, stopped, run, manager):
    page = manager.get("/exceptions/")
    assert page.has(
        "2 exceptions need a person, the oldest since",
        "The PSA refuses what it is sent",
        "A check did not pass",
        "120,000.00 EUR at stake",
        "owner: delivery manager",
    )
    assert manager.get("/exceptions/", owner="finance").has("Nobody in this role has an open exception")
    assert manager.get("/exceptions/", status="resolved").has("None is over yet")


def test_nothing_is_held_up(office, manager):
    assert manager.get("/exceptions/").has("Nothing is held up", "Every run moves")


def test_the_page_says_what_was_sent_and_answered(stopped, manager):
    page = manager.get(f"/exceptions/{stopped.id}/")
    assert page.has(
        "Create the project in the PSA",
        "Needs a person",
        "The PSA refuses what it is sent",
        "Unknown customer",
        "Request",
        "Response",
        "Retry",
        "Edit and retry",
        "Skip",
        "Roll back",
        "120,000.00 EUR",
    )
    assert '"contract_id": "C-9001"' in page.html.replace("&quot;", '"')
    assert manager.cost(f"/exceptions/{stopped.id}/") <= 7


def test_retry_and_the_second_click(office, stopped, manager):
    here = f"/exceptions/{stopped.id}/"
    assert manager.post(here, {"command": "retry"}).to == here
    page = manager.post(here, {"command": "retry"}, follow=True)
    assert page.status == 200
    assert page.has("This exception is over already: it was tried again.")
    case = after(office, stopped)
    assert (case.status, case.resolved_how) == ("resolved", "retried")
    assert case.run.open_exceptions == 0


def test_edit_and_retry_changes_the_input(office, stopped, manager):
    payload = stopped.payload | {"name": "Nordwind, second try"}
    page = manager.post(
        f"/exceptions/{stopped.id}/",
        {"command": "edit", "payload": json.dumps(payload), "reason": "Shorter name"},
    )
    assert page.status == 303
    assert after(office, stopped).status == "resolved"
    made = [line for line in office.systems.effects() if line["operation"] == "create_project"]
    assert len(made) == 1


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ('{"name": ', "line 1, column 10: Expecting value"),
        ('{\n  "name": "x",\n}', "line 3, column 1"),
        ("[1, 2]", "must be a JSON object"),
        ('{"a": NaN}', "NaN is not a number"),
        ('{"a": "\\u0000"}', "no text can hold"),
        ("", "line 1, column 1"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_json_that_is_none_is_explained_and_kept(stopped, manager, payload, words):
    page = manager.post(
        f"/exceptions/{stopped.id}/", {"command": "edit", "payload": payload, "reason": "try"}
    )
    assert page.status == 422
    assert page.has("Nothing was changed", words)
    assert (
        payload[:40].replace('"', "&quot;").splitlines()[:1] == []
        or payload[:6].replace('"', "&quot;") in page.html
    )
    stopped.refresh_from_db()
    assert stopped.status == "open"


def test_skip_needs_a_reason_and_takes_an_output(office, stopped, manager):
    here = f"/exceptions/{stopped.id}/"
    page = manager.post(here, {"command": "skip", "output": '{"id": "PRJ-9"}'})
    assert page.status == 422
    assert page.has("Say why; it is kept in the audit trail.", '{"id": "PRJ-9"}')
    page = manager.post(here, {"command": "skip", "output": '{"id": "PRJ-9"}', "reason": "Made by hand"})
    assert page.status == 303
    case = after(office, stopped)
    assert (case.status, case.resolved_how) == ("resolved", "skipped")
    assert case.run.state["outputs"]["psa_project"]["id"] == "PRJ-9"
    assert manager.get(f"/runs/{case.run_id}/").has("skipped “Create the project in the PSA”", "Made by hand")


def test_roll_back_and_what_comes_late(office, stopped, manager):
    here = f"/exceptions/{stopped.id}/"
    assert manager.post(here, {"command": "roll_back"}).status == 422
    assert manager.post(here, {"command": "roll_back", "reason": "Customer withdrew"}).status == 303
    case = after(office, stopped)
    assert case.run.status == "rolled_back"
    for command in ("retry", "skip", "roll_back"):
        page = manager.post(here, {"command": command, "reason": "again"}, follow=True)
        assert page.has("This exception is over already")


def test_what_is_no_command_changes_nothing(stopped, manager):
    page = manager.post(f"/exceptions/{stopped.id}/", {"command": "destroy"})
    assert page.status == 422
    assert page.has("Choose what to do.")


def test_those_who_may_only_look_cannot_settle(stopped, auditor):
    here = f"/exceptions/{stopped.id}/"
    assert auditor.get(here).has("The delivery manager settles this; your role may look at it.")
    assert auditor.post(here, {"command": "retry"}).status == 403
    stopped.refresh_from_db()
    assert stopped.status == "open"


def test_an_exception_outside_runs_is_dismissed_with_a_reason(in_alpha, manager):
    case = ExceptionCase.objects.create(
        subject="inbound_event/7", title="A message does not map", code="mapping_failed", message="no amount",
        owner_role="delivery_manager",
    )  # fmt: skip
    here = f"/exceptions/{case.id}/"
    assert manager.get(here).has("This stopped no run.", "Dismiss")
    assert manager.post(here, {"command": "retry"}, follow=True).has("belongs to no run")
    assert manager.post(here, {"command": "dismiss"}).status == 422
    assert manager.post(here, {"command": "dismiss", "reason": "A test message"}).status == 303
    case.refresh_from_db()
    assert (case.status, case.resolved_how) == ("resolved", "dismissed")


def test_the_number_of_queries_does_not_grow(office, run, manager):
    before = manager.cost("/exceptions/")
    for number in range(3):
        office.sign(another_customer(f"C-50{number}") | {"documents": []})
    assert manager.cost("/exceptions/") == before <= 8
