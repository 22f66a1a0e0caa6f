"""The same to many: by cause, by tick or by filter; looked at first, watched, exported."""

import csv
import io
import re

import pytest

from apps.workflows.models import BulkOperation, ExceptionCase, Run
from apps.workflows.services import publish_version, retire_version
from tests.integration.delivery.contracts import staff
from tests.integration.workflows.test_bulk import STOPS, SYSTEM, WAITS, publish, start
from tests.interfaces.portal.conftest import visitor


@pytest.fixture
def lead(in_alpha):
    return visitor(in_alpha, staff("delivery_manager"))


@pytest.fixture
def looker(in_alpha):
    return visitor(in_alpha, staff("auditor"))


@pytest.fixture
def stopped(in_alpha):
    """Thirty runs that stop for the same cause, which is mended afterwards."""
    publish(WAITS, "missing")
    retire_version(template_key="missing", number=1, actor=SYSTEM)
    runs = start(publish(STOPS, "stops"), 30)
    publish_version(template_key="missing", number=1, actor=SYSTEM)
    return runs


def form_of(page, words):
    """The hidden fields of the form whose button says so."""
    form = next(f for f in re.findall(r"<form.*?</form>", page.html, re.DOTALL) if words in f)
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def test_thirty_exceptions_of_one_cause_are_tried_again(stopped, lead, drain):
    page = lead.get("/exceptions/")
    assert page.has(
        "30 exceptions need a person",
        "A run of its own has no published template",
        "30, the oldest",
        "Retry all 30",
    )
    assert page.html.count("data-row") == 5
    preview = lead.post("/bulk/", form_of(page, "Retry all"), follow=True)
    assert preview.has(
        "Retry: 30 exceptions", "Nothing is done yet. 30 will be done.", "Retry: 30", "Waits 30"
    )
    here = preview.response.redirect_chain[-1][0]
    assert ExceptionCase.objects.filter(status="open").count() == 30
    assert lead.post(here, {"command": "start"}, follow=True).has("Started", "0 of 30 are through", "Suspend")
    assert lead.post(here, {"command": "start"}, follow=True).has("does not allow this now: it is running")
    drain()
    page = lead.get(here)
    assert page.has("30 done.", "Finished", "Tried again.", "Done 30")
    assert lead.get("/exceptions/").has("Nothing is held up")
    assert Run.objects.filter(template_key="missing").count() == 30
    assert lead.get("/bulk/").has("No bulk operation is under way", "Retry: 30 exceptions")


def test_ticked_ones_and_all_that_match(stopped, lead, drain):
    page = lead.get("/exceptions/", code="unknown_template")
    ids = re.findall(r'name="id" value="([^"]+)"', page.html)
    assert len(ids) == 25
    wanted = {"command": "skip_exceptions", "which": "chosen", "id": ids[:2], "reason": "done by hand"}
    assert lead.post("/bulk/", wanted, follow=True).has("Skip: 2 exceptions", "done by hand")
    everything = {"command": "cancel_runs", "which": "all", "where-template": "stops", "reason": "no longer"}
    assert lead.post("/bulk/", everything, follow=True).has("Cancel: 30 runs")
    stops = lead.get("/runs/", step="sub", older_than="P1D")
    assert stops.has("No run fits")
    assert len(re.findall(r'name="id"', lead.get("/runs/", step="sub", version="1").html)) == 25
    assert lead.get("/runs/", version="x").has("Part of the filter was left out", "stops 29")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"command": "cancel_runs", "reason": "x"}, "Choose some first"),
        ({"command": "cancel_runs", "id": "x", "reason": "x"}, "Use an id"),
        (
            {"command": "cancel_runs", "which": "all", "where-template": "none", "reason": "x"},
            "Nothing fits the filter",
        ),
        ({"command": "cancel_runs", "which": "all", "where-template": "stops"}, "Say why"),
        ({"command": "fly", "which": "all"}, "There is no bulk command"),
        (
            {"command": "jump_runs", "which": "all", "where-template": "stops", "reason": "x"},
            "Name the step.",
        ),
    ],
)
def test_what_cannot_be_prepared_is_said_where_one_was(stopped, lead, form, words):
    page = lead.post("/bulk/", {**form, "next": "/runs/?status=running"}, follow=True)
    assert page.response.redirect_chain[-1][0] == "/runs/?status=running"
    assert page.has(words)
    assert not BulkOperation.objects.exists()


def test_suspend_resume_cancel_and_export(stopped, lead, drain):
    form = {"command": "cancel_runs", "which": "all", "where-template": "stops", "reason": "=1+1"}
    here = lead.post("/bulk/", form).to
    Run.objects.filter(pk=stopped[0].id).update(name="=cmd|' /C calc'!A0")
    for command, words in (
        ("start", "0 of 30 are through"),
        ("suspend", "Suspended after 0 of 30; the rest waits."),
        ("resume", "It goes on"),
        ("cancel", "Cancelled after 0 were done"),
    ):
        assert lead.post(here, {"command": command}, follow=True).has(words)
    assert lead.post(here, {"command": "fly"}).status == 422
    drain()
    assert lead.get(here, state="left").has("Left alone 30", "cancelled before it came to this one")
    answer = lead.client.get(f"{here}export.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 30
    assert {row["state"] for row in rows} == {"left"}
    assert not any(cell.startswith("=") for row in rows for cell in row.values())


def test_the_live_part_alone_for_htmx(stopped, lead):
    form = {"command": "cancel_runs", "which": "all", "where-template": "stops", "reason": "x"}
    here = lead.post("/bulk/", form).to
    assert lead.cost(here) <= 9
    lead.client.defaults["HTTP_HX_REQUEST"] = "true"
    page = lead.get(here)
    assert 'id="bulk-live"' in page.html
    assert "<nav class" not in page.html.split('id="bulk-live"')[0]


def test_those_who_may_only_look(stopped, lead, looker):
    form = {"command": "retry_exceptions", "which": "all", "where-status": "open"}
    here = lead.post("/bulk/", form).to
    assert "Retry all" not in looker.get("/exceptions/").words
    assert "Do the same to many" not in looker.get("/runs/").words
    assert "Leave the rest" not in looker.get(here).words
    assert looker.post(here, {"command": "start"}).status == 403
    assert looker.post("/bulk/", form).status == 403


def test_the_pages_cost_the_same_however_many_there_are(stopped, lead):
    assert lead.cost("/exceptions/") <= 9
    assert lead.cost("/runs/") <= 10
    assert lead.cost("/bulk/") <= 9
