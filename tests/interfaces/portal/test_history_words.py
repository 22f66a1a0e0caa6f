"""The story of a run in words; pure, over facts as the engine keeps them."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.portal.history_course import UNTOLD
from apps.portal.history_teller import waiting_on
from apps.portal.history_words import tell
from apps.workflows.engine.history import KINDS, HistoryEvent
from apps.workflows.engine.lint import check_template

NOON = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)
SOURCE = """
format: 1
key: story
name: A story
connections: {psa: {connector: generic-rest}}
steps:
  - id: docs
    kind: check
    name: Documents here?
    rules: [{id: a, expr: "true", message: no}, {id: b, expr: "true", message: no}]
  - {id: route, kind: decision, name: Tier, rules: [{then: {tier: large}}]}
  - {id: ask, kind: approval, name: Approve the team, policy: {stages: []}, on_reject: {return_to: docs}}
  - {id: build, kind: action, name: Create the project, connection: psa, operation: create}
  - {id: note, kind: action, name: Take note, connection: internal, operation: note}
  - {id: tell, kind: notify, name: Welcome, message: welcome, to: a}
  - {id: kickoff, kind: user_task, name: Hold the kickoff, assignee: {role: delivery_manager}}
  - {id: signed, kind: wait, name: The customer accepts, audience: customer, event: {type: milestone.accepted}}
  - {id: pause, kind: wait, name: A week passes, for: P7D}
  - {id: bill, kind: subflow, name: Bill it, template: billing}
  - {id: extra, kind: set, name: Extra, values: {x: 1}}
  - id: each
    kind: for_each
    name: Each milestone
    items: input.milestones
    steps: [{id: inner, kind: set, name: Inner, values: {y: 1}}]
"""
DEFINITION = check_template(SOURCE).definition
ANNA = {"kind": "user", "id": "1", "label": "Anna Berg"}


def told(*facts):
    """Tell facts given as (kind, visit, minutes after noon, data)."""
    assert DEFINITION is not None
    events = [
        HistoryEvent(kind, visit, NOON + timedelta(minutes=minutes), data)
        for kind, visit, minutes, data in facts
    ]
    return tell(DEFINITION, events)


def words(*facts):
    return [(one.text, one.meta, one.reason) for one in told(*facts)]


def started(visit, minutes=0):
    return ("step_started", visit, minutes, {"work": {}, "timers": {}})


def completed(visit, minutes, output=None, how="completed", **more):
    return ("step_completed", visit, minutes, {"output": output or {}, "how": how, **more})


def test_how_a_run_begins():
    event = {"type": "contract.signed", "id": "1"}
    assert words(("run_started", None, 0, {"input": {}, "event": event, "run": {}})) == [
        ("The event contract.signed started the run.", "", "")
    ]
    by = {"started_by": {"label": "Anna Berg", "behind": "ops of North"}}
    assert words(("run_started", None, 0, {"input": {}, "event": None, "run": by})) == [
        ("Anna Berg (ops of North) started the run.", "", "")
    ]


def test_an_approval_tells_who_decided_and_how_long_it_waited_on_whom():
    story = words(
        started("ask#1"),
        completed(
            "ask#1", 130, {"outcome": "approved", "decided_by": ["Anna Berg", "Bo Dahl"], "comment": "Fine"}
        ),
    )
    assert story == [
        ("A decision was asked for: “Approve the team”.", "", ""),
        (
            "Anna Berg and Bo Dahl approved “Approve the team”.",
            "waited 2 h 10 min on Anna Berg and Bo Dahl",
            "Fine",
        ),
    ]
    rejected = told(
        completed("ask#1", 1, {"outcome": "rejected", "decided_by": ["Bo Dahl"], "comment": "Too dear"})
    )
    assert (rejected[0].text, rejected[0].tone) == ("Bo Dahl rejected “Approve the team”.", "danger")
    assert words(completed("ask#1", 1, {"outcome": "approved", "decided_by": []}))[0][0].startswith(
        "The policy approved"
    )


def test_a_task_and_a_wait_tell_on_whom_they_waited():
    story = words(
        started("kickoff#1"),
        completed("kickoff#1", 3 * 24 * 60, {"done": True}, actor=ANNA),
        started("signed#1", 0),
        completed("signed#1", 60, {"event": {"type": "milestone.accepted"}}),
        started("pause#1", 60),
        completed("pause#1", 60 + 7 * 24 * 60, {"at": "2026"}),
    )
    assert story == [
        ("“Hold the kickoff” was given to the delivery manager.", "", ""),
        ("Anna Berg completed “Hold the kickoff”.", "waited 3 d on the delivery manager", ""),
        ("The run waits: “The customer accepts”.", "", ""),
        ("It happened: “The customer accepts” (milestone.accepted).", "waited 1 h on the customer", ""),
        ("The run waits: “A week passes”.", "", ""),
        ("The time has come: “A week passes”.", "waited 7 d on time to pass", ""),
    ]


def test_machine_steps_are_told_once_and_short_waits_are_not_mentioned():
    story = words(
        started("docs#1"),
        completed(
            "docs#1", 0, {"passed": True, "rules": [{"id": "a", "passed": True}, {"id": "b", "passed": True}]}
        ),
        started("route#1"),
        completed("route#1", 0, {"tier": "large", "roles": [1]}),
        started("build#1"),
        completed("build#1", 0.5, {"id": "P-1"}),
        started("note#1"),
        completed("note#1", 1, {}),
        started("tell#1"),
        completed("tell#1", 1, {"messages": ["1"]}),
        started("extra#1"),
        completed("extra#1", 1, {"x": 1}),
    )
    assert story == [
        ("Checked: “Documents here?”, all 2 answers are yes.", "", ""),
        ("Decided by the table “Tier”: tier is large.", "", ""),
        ("The PSA did “Create the project”.", "", ""),
        ("Done: “Take note”.", "", ""),
        ("Sent: “Welcome”.", "", ""),
    ]


def test_failures_retries_exceptions_and_ways_out():
    error = {"code": "unavailable", "message": "The system answered 503."}
    story = words(
        started("build#1"),
        (
            "step_failed",
            "build#1",
            1,
            {"error": error, "attempt": 1, "retry_at": (NOON + timedelta(minutes=3)).isoformat()},
        ),
        ("step_failed", "build#1", 3, {"error": error, "attempt": 2, "retry_at": None}),
        (
            "exception_raised",
            "build#1",
            3,
            {"code": "x", "message": "It is down.", "owner": {"role": "delivery_manager"}},
        ),
        ("step_retried", "build#1", 63, {"epoch": 2, "actor": ANNA, "reason": "Up again", "input": None}),
        ("exception_cleared", "build#1", 63, {"how": "retried"}),
        ("exception_raised", "build#1", 64, {"code": "x", "message": "422", "owner": None}),
        ("step_retried", "build#1", 70, {"epoch": 3, "actor": ANNA, "reason": "", "input": {"a": 1}}),
        ("exception_raised", "build#1", 71, {"code": "x", "message": "422", "owner": {"role": "finance"}}),
        completed("build#1", 131, {}, how="skipped", actor=ANNA, reason="Made by hand"),
    )
    assert story == [
        (
            "“Create the project” did not work at attempt 1: The system answered 503.",
            "tried again by itself after 2 min",
            "",
        ),
        ("“Create the project” did not work at attempt 2: The system answered 503.", "", ""),
        ("“Create the project” needs a person: It is down.", "waits on the delivery manager", ""),
        ("Anna Berg tried “Create the project” again.", "waited 1 h on the delivery manager", "Up again"),
        ("“Create the project” needs a person: 422", "", ""),
        (
            "Anna Berg changed the input of “Create the project” and tried it again.",
            "waited 6 min on its owner",
            "",
        ),
        ("“Create the project” needs a person: 422", "waits on the finance", ""),
        ("Anna Berg skipped “Create the project”.", "waited 1 h on the finance", "Made by hand"),
    ]


def test_a_check_that_was_mended():
    story = words(
        started("docs#1"),
        (
            "exception_raised",
            "docs#1",
            0,
            {"code": "check_failed", "message": "Annex missing", "owner": {"role": "x"}},
        ),
        ("exception_cleared", "docs#1", 90, {"how": "rechecked"}),
        completed("docs#1", 90, {"passed": True, "rules": [{"id": "a", "passed": True}]}),
    )
    assert story[1:] == [
        ("What kept “Documents here?” waiting has been mended.", "waited 1 h 30 min on the x", ""),
        ("Checked: “Documents here?”, yes.", "", ""),
    ]


def test_what_was_not_needed_is_one_sentence():
    skips = [("step_skipped", visit, 1, {"reason": "when"}) for visit in ("build#1", "tell#1", "bill#1")]
    assert words(*skips) == [("“Create the project”, “Welcome” and “Bill it” were not needed.", "", "")]
    assert words(skips[0]) == [("“Create the project” was not needed.", "", "")]


def test_rework_roll_back_and_the_ends():
    story = words(
        ("returned", "docs#1", 1, {"to": "docs", "count": 2}),
        ("step_closed", "tell#1", 1, {"reason": "rework"}),
        ("step_closed", "tell#1", 1, {"reason": "end"}),
        ("step_overdue", "ask#1", 2, {"due_at": "x"}),
        ("step_handling", "ask#1", 2, {"slot": "on_reject"}),
        completed("tell#1", 2, {}, how="continued"),
        ("rollback_started", None, 3, {"reason": "Customer withdrew", "actor": ANNA}),
        started("build#1~undo", 3),
        completed("build#1~undo", 4, {}),
        ("run_finished", None, 4, {"outcome": "rolled_back", "reason": "Customer withdrew"}),
    )
    assert [text for text, _meta, _reason in story] == [
        "The run went back to “Documents here?”.",
        "“Welcome” was withdrawn, because the run went back.",
        "“Approve the team” passed its due date.",
        "Instead of “Approve the team” the run does what the template says for this case.",
        "“Welcome” failed; the run went on without it.",
        "Anna Berg had the run rolled back: what it did is undone, last first.",
        "The undoing of “Create the project” is done.",
        "The run is rolled back.",
    ]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"outcome": "completed"}, "The run is completed."),
        ({"outcome": "cancelled", "actor": ANNA, "reason": "x"}, "Anna Berg cancelled the run."),
        ({"outcome": "cancelled", "reason": "x"}, "The platform cancelled the run."),
        ({"outcome": "not_accepted"}, "The run ended: not accepted."),
    ],
)
def test_how_a_run_ends(data, text):
    assert words(("run_finished", None, 0, data))[0][0] == text


def test_a_subflow_tells_how_it_ended():
    assert words(started("bill#1"), completed("bill#1", 120, {"outcome": "completed"})) == [
        ("The run behind “Bill it” is completed.", "waited 2 h on its own run", "")
    ]
    assert (
        words(completed("bill#1", 1, {"outcome": "declined"}))[0][0]
        == "The run behind “Bill it” ended: declined."
    )


@pytest.mark.parametrize(
    ("step", "status", "party"),
    [
        ("ask", "open", "the approvers"),
        ("kickoff", "open", "the delivery manager"),
        ("build", "open", "the PSA"),
        ("build", "retrying", "the next attempt"),
        ("build", "exception", "the owner of the exception"),
        ("note", "open", ""),
        ("signed", "open", "the customer"),
        ("pause", "open", "time to pass"),
        ("bill", "open", ""),
    ],
)
def test_on_whom_a_step_waits(step, status, party):
    assert DEFINITION is not None
    assert waiting_on(DEFINITION.step(step), status) == party


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
