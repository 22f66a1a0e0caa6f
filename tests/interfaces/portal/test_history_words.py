"""The story of a run in words; pure, over facts as the engine keeps them."""

from datetime import timedelta

import pytest

from apps.portal.history_teller import waiting_on
from tests.interfaces.portal.facts import ANNA, DEFINITION, NOON, completed, started, told, words


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
