"""The run's page: everything a person can do about an open step and about the run, each once, each told."""

import re

import pytest

from apps.core.actor import Actor
from apps.workflows.models import Pause, Run, StepRun, UserTask
from apps.workflows.services import publish_version, save_draft, start_run
from tests.integration.delivery.contracts import staff
from tests.integration.workflows.test_corrections import SOURCE
from tests.interfaces.portal.conftest import visitor

SYSTEM = Actor.system("test")


@pytest.fixture
def lead(in_alpha):
    return visitor(in_alpha, staff("delivery_manager"))


@pytest.fixture
def looker(in_alpha):
    return visitor(in_alpha, staff("auditor"))


@pytest.fixture
def work(in_alpha):
    draft = save_draft(source=SOURCE.format(key="work"), actor=SYSTEM)
    publish_version(template_key="work", number=draft.number, actor=SYSTEM)
    return start_run(template_key="work", input={}, actor=SYSTEM, name="The work")


def open_visits(run):
    return set(StepRun.objects.filter(run=run, ended_at=None).values_list("visit", flat=True))


def here(run):
    return f"/runs/{run.id}/"


def send(who, run, command, follow=True, **fields):
    return who.post(here(run), {"command": command, "reason": "because", **fields}, follow=follow)


def test_every_offer_of_a_task_then_of_a_wait(work, lead):
    page = lead.get(here(work))
    assert page.has("Ask again", "Give to somebody else", "Skip", "Pause", "Go back", "Replay", "Roll back")
    assert send(lead, work, "reassign_step", visit="first#1", to="role:finance").has("Given to somebody else")
    assert UserTask.objects.get(run=work).assignee_role == "finance"
    assert send(lead, work, "retry_step", visit="first#1", epoch="1").has("Tried again.")
    assert send(lead, work, "retry_step", visit="first#1", epoch="1").has("tried again meanwhile")
    assert send(lead, work, "skip_step", visit="first#1", output='{"ok": true}').has(
        "Skipped; the run goes on."
    )
    assert send(lead, work, "skip_step", visit="first#1").has("that step has ended meanwhile")
    page = lead.get(here(work))
    assert page.has("Answer by hand", "Nothing came: take the time it waits for as passed")
    page = send(lead, work, "answer_wait", visit="hold#1", event='{"id": "D-1"}')
    assert page.has(
        "Delivery Manager gave “First” to the role “finance”.",
        "Delivery Manager skipped “First”.",
        "Delivery Manager answered “Hold” by hand, with what came.",
        "because",
        "Retry",
    )
    assert open_visits(work) == {"known#1"}


def test_what_was_typed_comes_back_with_what_is_wrong_with_it(work, lead):
    page = send(lead, work, "skip_step", visit="first#1", output="[1", reason="by phone")
    assert page.status == 422
    assert page.has("This is not JSON: line 1", "by phone", "[1")
    opened = re.findall(r'<details class="ask" open>', page.html)
    assert len(opened) == 1
    page = send(lead, work, "skip_step", visit="first#1", reason=" ")
    assert page.status == 422
    assert page.has("Say why; it is kept in the audit trail.")
    for command, fields in (
        ("reassign_step", {"visit": "first#1", "to": "role:boss"}),
        ("reassign_step", {"visit": "first#1", "to": "user:nobody"}),
        ("jump", {"place": ""}),
        ("answer_wait", {"visit": "first#1", "event": ""}),
        ("fly", {}),
    ):
        assert send(lead, work, command, **fields).status == 422
    assert open_visits(work) == {"first#1"}


def test_pause_and_resume(work, lead, in_alpha):
    page = send(lead, work, "pause")
    assert page.has("This run is paused", "because", "It is paused and begins nothing new", "Resume")
    assert send(lead, work, "pause").has("paused already, by Delivery Manager")
    page = send(lead, work, "resume", reason="")
    assert page.has("The run goes on.", "Delivery Manager paused the run.", "let the run go on")
    assert not Pause.objects.filter(ended_at=None).exists()


def test_a_pause_is_on_somebodys_time(work, lead, in_alpha):
    assert lead.get(here(work)).has("Whose time is it?", "The customer’s: we wait for them")
    assert send(lead, work, "pause", party="nobody").status == 422
    page = send(lead, work, "pause", party="customer")
    assert page.has("on the customer’s time", "paused the run, on the customer’s time.")
    assert lead.get("/pauses/").has("on the customer’s time")
    assert Pause.objects.get(ended_at=None).party == "customer"


def test_go_back_from_the_step_concerned(work, lead):
    send(lead, work, "skip_step", visit="first#1")
    page = lead.get(here(work), do="jump", **{"from": "first"})
    assert re.search(r'<option value="first:1" selected>First</option>', page.html)
    assert re.search(r'<details class="ask" open>\s*<summary class="btn">.*?Go back', page.html, re.DOTALL)
    page = send(lead, work, "jump", place="first:1")
    assert page.has("The run went back.", "sent the run back to “First”")
    assert open_visits(work) == {"first#2"}
    assert send(lead, work, "jump", place="first:1").has("The run has moved since you looked")


def test_replay_once_and_both_ways(work, lead):
    send(lead, work, "skip_step", visit="first#1")
    once = re.search(r'name="once" value="([^"]+)"', lead.get(here(work)).html)[1]
    fields = {"from": "hold", "version": "newest", "once": once}
    made = send(lead, work, "replay", **fields)
    assert made.has("This run repeats the other one.", "Repeats", "had an earlier run repeated from “Hold”")
    send(lead, work, "replay", **fields)
    assert Run.objects.filter(replay_of=work).count() == 1
    assert lead.get(here(work)).has("Repeated by")


def test_those_who_may_only_look(work, looker):
    page = looker.get(here(work))
    for word in ("Give to somebody else", "Replay", "Pause", "Go back"):
        assert word not in page.words
    for command in ("pause", "replay", "skip_step"):
        assert send(looker, work, command, visit="first#1").status == 403


def test_what_is_paused_has_a_page(work, lead, looker, in_alpha, drain):
    director = visitor(in_alpha, staff("delivery_director"))
    assert lead.get("/pauses/").has("Nothing is paused", "Everything moves")
    assert "Pause the workspace" not in lead.get("/pauses/").words
    assert director.post("/pauses/", {"command": "pause", "scope": "tenant", "reason": " "}).status == 422
    said = director.post(
        "/pauses/", {"command": "pause", "scope": "tenant", "reason": "Incident 7"}, follow=True
    )
    assert said.has("1 pause in force", "The whole workspace", "“Incident 7”", "by Delivery Director")
    assert looker.get("/").has("The whole workspace is paused by Delivery Director", "Incident 7")
    drain(until=5)
    assert lead.get(here(work)).has("The whole workspace is paused", "See what is paused")
    assert lead.post("/pauses/", {"command": "resume", "scope": "tenant"}).status == 403
    assert director.post("/pauses/", {"command": "resume", "scope": "tenant"}, follow=True).has(
        "Nothing is paused"
    )
    assert director.get("/pauses/", show="over").has("ended by Delivery Director")
    back = {"scope": "template", "key": "work", "next": "/templates/work/", "reason": "Wrong price"}
    page = lead.post("/pauses/", {"command": "pause", **back}, follow=True)
    assert page.has("Every run of this template is paused", "Wrong price", "Resume")
    assert lead.post("/pauses/", {"command": "resume", **back}).to == "/templates/work/"
    away = lead.post("/pauses/", {"command": "pause", **back, "next": "https://evil.example/"})
    assert away.to == "/pauses/"
    for wrong in ({"command": "fly"}, {"command": "resume", "scope": "odd"}):
        assert lead.post("/pauses/", wrong).status == 422
    assert lead.post("/pauses/", {"command": "resume", "scope": "run", "key": "x"}).status == 404
    assert lead.cost("/pauses/") <= 10
