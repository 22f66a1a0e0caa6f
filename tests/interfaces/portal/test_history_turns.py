"""The story of a run in words where its course turns: migrations, loops, pauses, calls withdrawn."""

from datetime import timedelta

import pytest

from apps.portal.history_course import UNTOLD
from apps.portal.history_words import tell
from apps.workflows.engine.history import KINDS, HistoryEvent
from apps.workflows.engine.lint import check_template
from tests.interfaces.portal.facts import ANNA, DEFINITION, NOON, SOURCE, completed, started, told, words


def test_a_migration_is_told_and_what_follows_by_the_new_version():
    other = check_template(
        SOURCE.replace("id: kickoff", "id: begin").replace("Hold the kickoff", "Begin together")
    ).definition
    assert DEFINITION is not None
    assert other is not None
    moved = {"from": 1, "to": 2, "steps": {"kickoff": "begin"}, "actor": ANNA, "reason": "a better name"}
    facts = [
        started("kickoff#1"),
        ("run_migrated", None, 5, moved),
        completed("kickoff#1", 10, actor=ANNA),
        completed("gone#1", 11, how="continued"),
    ]
    events = [
        HistoryEvent(kind, visit, NOON + timedelta(minutes=at), data) for kind, visit, at, data in facts
    ]
    story = [one.text for one in tell(other, events, {1: DEFINITION, 2: other})]
    assert story == [
        "“Hold the kickoff” was given to the delivery manager.",
        "Anna Berg had the run go on under version 2 instead of 1.",
        "Anna Berg completed “Begin together”.",
        "“Gone” failed; the run went on without it.",
    ]


EXAMPLES = {
    "run_started": (None, {"input": {}, "event": None, "run": {}}),
    "step_started": ("ask#1", {"work": {}}),
    "step_skipped": ("ask#1", {"reason": "when"}),
    "step_completed": ("ask#1", {"output": {"outcome": "approved"}, "how": "completed"}),
    "step_handling": ("ask#1", {"slot": "on_reject", "output": {}}),
    "step_overdue": ("ask#1", {"due_at": NOON.isoformat()}),
    "step_failed": ("build#1", {"error": {"code": "x", "message": "No."}, "attempt": 1, "retry_at": None}),
    "step_retried": ("build#1", {"epoch": 2, "actor": ANNA, "reason": "again"}),
    "step_closed": ("ask#1", {"reason": "join"}),
    "outcome_awaited": ("build#1", {"step": "build", "epoch": 1}),
    "late_outcome": ("build#1", {"epoch": 1, "output": {}, "undo": {"visit": "build#1"}}),
    "exception_raised": ("ask#1", {"code": "x", "message": "No.", "owner": None, "details": {}}),
    "exception_cleared": ("docs#1", {"how": "rechecked"}),
    "item_started": ("each#1", {"index": 0}),
    "item_ended": ("each#1", {"index": 0, "output": {}}),
    "returned": ("ask#1", {"to": "docs", "count": 2}),
    "wait_answered": ("signed#1", {"event": {}, "actor": ANNA, "reason": "called"}),
    "reassigned": ("kickoff#1", {"assignee": {"role": "finance"}, "actor": ANNA, "reason": "leave"}),
    "jumped": (None, {"to": "docs", "count": 2, "actor": ANNA, "reason": "again"}),
    "run_paused": (None, {"source": "run", "reason": "wait", "actor": ANNA}),
    "run_resumed": (None, {"source": "run", "reason": "go", "actor": ANNA}),
    "run_held": (None, {"held": [{"enter": "ask", "owner": None}]}),
    "run_overdue": (None, {"due_at": NOON.isoformat(), "then": "note"}),
    "rollback_started": (None, {"reason": "enough", "actor": ANNA}),
    "run_migrated": (None, {"from": 1, "to": 2, "steps": {}, "actor": ANNA, "reason": "new"}),
    "run_finished": (None, {"outcome": "completed", "output": {}, "reason": "", "actor": None}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fact_has_words_or_a_reason_to_have_none(kind):
    if kind in UNTOLD:
        assert kind not in EXAMPLES
        assert words((kind, "ask#1", 0, {"values": {}, "work": {}})) == []
        return
    visit, data = EXAMPLES[kind]
    (story,) = told((kind, visit, 0, data))
    assert story.text.endswith(".")


def test_items_of_a_loop():
    error = {"code": "x", "message": "The system said no."}
    story = words(
        ("item_started", "each#1", 0, {"index": 0}),
        ("item_ended", "each#1", 1, {"index": 0, "output": {}}),
        ("item_ended", "each#1", 2, {"index": 1, "error": error}),
    )
    assert [text for text, _meta, _reason in story] == [
        "Item 1 of “Each milestone” began.",
        "Item 1 of “Each milestone” is done.",
        "Item 2 of “Each milestone” failed, and the others go on without it: The system said no.",
    ]


def test_what_waits_for_the_end_of_a_pause_is_told_once():
    ask, over = {"enter": "ask", "owner": None}, {"finish": {"outcome": "completed"}}
    story = words(
        ("run_held", None, 0, {"held": [ask]}),
        ("run_held", None, 1, {"held": [ask, {"timer": "pause#1/for"}, {"perform": "note#1"}]}),
        ("run_held", None, 2, {"held": [over]}),
        ("run_held", None, 3, {"held": []}),
    )
    assert [text for text, _meta, _reason in story] == [
        "“Approve the team” is next: that waits until the run goes on.",
        "The time of “A week passes” has come and “Take note” is to be tried again: that waits until the run goes on.",
        "The run has come to its end: that waits until the run goes on.",
    ]


def test_a_deadline_says_what_followed():
    texts = [
        words(("run_overdue", None, 5, {"due_at": NOON.isoformat(), "then": then}))[0][:2]
        for then in ("note", "exception", "roll_back")
    ]
    assert texts == [
        ("The run passed its deadline; it goes on.", "noticed 5 min later"),
        ("The run passed its deadline; a person was told.", "noticed 5 min later"),
        ("The run passed its deadline; it is rolled back, as the template says.", "noticed 5 min later"),
    ]


def test_a_call_that_was_under_way_when_it_was_withdrawn():
    undo = {"visit": "build#1", "connection": "psa", "operation": "archive", "input": {}}
    story = words(
        ("outcome_awaited", "build#1", 0, {"step": "build", "epoch": 1}),
        ("step_closed", "build#1", 0, {"reason": "timed_out"}),
        ("late_outcome", "build#1", 5, {"epoch": 1, "output": {}, "undo": undo}),
        ("late_outcome", "note#1", 6, {"epoch": 1}),
        ("late_outcome", "bill#1", 7, {"epoch": 1, "undo": {"visit": "bill#1", "subflow": True}}),
    )
    assert story[0][:2] == (
        "“Create the project” may have been under way when it was withdrawn.",
        "its outcome is awaited, so that a roll-back can undo it",
    )
    assert [text for text, _meta, _reason in story[1:]] == [
        "“Create the project” was withdrawn, because its time was up.",
        "“Create the project”, which was withdrawn, was done all the same; a roll-back undoes it.",
        "“Take note”, which was withdrawn, was not done.",
        "The run behind “Bill it” was let go; a roll-back also undoes what it has done.",
    ]


def test_a_roll_back_says_for_which_runs_of_its_own_it_waits():
    story = words(
        started("bill#1"),
        ("rollback_started", None, 1, {"reason": "Customer withdrew", "actor": ANNA}),
        ("step_closed", "bill#1", 60, {"reason": "rolled_back"}),
        started("bill#2~undo", 60),
        completed("bill#2~undo", 180, {"outcome": "rolled_back"}),
    )
    assert story == [
        (
            "Anna Berg had the run rolled back: what it did is undone, last first.",
            "waits on the run behind “Bill it”, rolled back first",
            "Customer withdrew",
        ),
        ("“Bill it” was withdrawn for the roll-back.", "", ""),
        ("The run behind “Bill it” is rolled back in its turn.", "this run waits for it", ""),
        ("The run behind “Bill it” is rolled back.", "waited 2 h on its own run", ""),
    ]
    assert words(("rollback_started", None, 0, {"reason": "x", "actor": None, "by_parent": True})) == [
        ("The run that started this one is rolled back, and this one with it.", "", "")
    ]
