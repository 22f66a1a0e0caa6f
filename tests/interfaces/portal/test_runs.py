"""Runs: where they are in a sentence and a drawing, their story, and stopping them."""

import re

from apps.workflows.models import Run
from tests.integration.delivery.contracts import another_customer


def test_the_list_answers_and_filters(office, run, admin):
    page = admin.get("/runs/")
    assert page.has(
        "1 run under way, 1 of them held up by an exception",
        "Nordwind ERP rollout C-1001",
        "Now: “Are all documents here and valid?”, “Approve the team”",
        "Signed contract to running project, version 1",
        "Needs attention",
    )
    assert admin.get("/runs/", status="completed").has("No run fits")
    assert admin.get("/runs/", search="nordwind").has("C-1001")
    assert admin.get("/runs/", template="milestone-billing").has("No run fits")


def test_no_run_yet(office, admin):
    assert admin.get("/runs/").has("No run is under way", "No run yet", "See the templates")


def test_pages_follow_by_cursor(office, admin):
    for number in range(3):
        office.sign(another_customer(f"C-60{number}"))
    first = admin.get("/runs/", limit=2)
    assert first.has("C-602", "C-601")
    assert "C-600" not in first.words
    link = re.search(r'rel="next" href="([^"]+)"', first.html)
    assert link
    second = admin.get("/runs/" + link[1].replace("&amp;", "&"))
    assert second.has("C-600")
    assert 'rel="prev"' in second.html


def test_the_page_tells_where_the_run_is(office, run, admin):
    page = admin.get(f"/runs/{run.id}/")
    assert page.has(
        "1 exception open. It waits on the delivery manager and the approvers",
        "The event contract.signed started the run.",
        "A decision was asked for: “Approve the team”.",
        "needs a person: Security annex is missing.",
        "“Record that the staffing was rejected”, “Revise the rejected staffing” and “Go on, or decline",
        "tier is enhanced",
        "Enter the customer, the deal and its documents",
    )
    assert 'href="#step-documents"' in page.html
    assert 'id="step-register"' in page.html
    assert page.html.count("node-failed") == 1
    assert admin.cost(f"/runs/{run.id}/") <= 18


def test_calls_to_other_systems_are_shown(office, stopped, admin):
    page = admin.get(f"/runs/{stopped.run_id}/")
    assert page.has(
        "“Create the project in the PSA” did not work at attempt 1",
        "tried again by itself after",
        "call of the PSA: create_project",
        "attempt 3",
        "Unknown customer",
    )


def test_the_page_asks_again_only_for_news(office, run, admin):
    run.refresh_from_db()
    address = f"/runs/{run.id}/"
    admin.client.defaults["HTTP_HX_REQUEST"] = "true"
    assert admin.get(address, seen=str(run.history_length)).status == 204
    page = admin.get(address, seen="1")
    assert page.status == 200
    assert page.html.lstrip().startswith("<div")
    assert 'id="run-live"' in page.html
    assert "<nav" not in page.html


def test_cancel_needs_a_reason_and_happens_once(office, run, manager):
    here = f"/runs/{run.id}/"
    page = manager.post(here, {"command": "cancel", "reason": " "})
    assert page.status == 422
    assert page.has("Say why; it is kept in the audit trail.")
    assert manager.post(here, {"command": "cancel", "reason": "Signed by mistake"}).status == 303
    again = manager.post(here, {"command": "cancel", "reason": "Signed by mistake"}, follow=True)
    assert again.status == 200
    assert again.has(
        "The run does not accept this now", "Cancelled", "cancelled the run", "Signed by mistake"
    )
    assert Run.objects.get(pk=run.id).status == "cancelled"
    assert "Cancel the run" not in again.html


def test_roll_back_undoes_what_was_done(office, stopped, manager):
    here = f"/runs/{stopped.run_id}/"
    assert manager.post(here, {"command": "roll_back", "reason": "Customer withdrew"}).status == 303
    office.drain(until=60)
    page = manager.get(here)
    assert page.has(
        "It was rolled back after",
        "had the run rolled back",
        "Customer withdrew",
        "undoing of “Create the customer in the ERP”",
    )


def test_those_who_may_only_look_get_no_buttons(office, run, auditor):
    page = auditor.get(f"/runs/{run.id}/")
    assert "Cancel the run" not in page.html
    assert auditor.post(f"/runs/{run.id}/", {"command": "cancel", "reason": "x"}).status == 403
    assert auditor.post(f"/runs/{run.id}/", {"command": "jump"}).status == 422


def test_the_number_of_queries_does_not_grow(office, run, admin):
    lists, page = admin.cost("/runs/"), admin.cost(f"/runs/{run.id}/")
    office.approve(run, office.resource_manager, office.director)
    for number in range(3):
        office.sign(another_customer(f"C-70{number}"))
    assert admin.cost("/runs/") == lists <= 10
    assert admin.cost(f"/runs/{run.id}/") <= page
