"""The ladder of a policy: read with precise complaints, kept as it is written, counted on the calendars of people."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest

from apps.approvals.approver_reader import ApproverReader
from apps.approvals.escalation import Ladder, moment_after, read_ladder
from apps.approvals.policies import DECIDERS
from apps.approvals.policy import parse_policy, plan
from apps.approvals.policy_schema import policy_schema
from apps.core.errors import Invalid
from apps.workflows.engine.calendars import BUSINESS, CONTINUOUS, make_calendar

LADDER = {
    "escalation": [
        {"after": "PT4H", "do": "remind"},
        {"after": "P1D", "add": {"role": "delivery_director"}},
        {"after": "P2D", "do": "up"},
        {"after": "P3D", "replace": [{"role": "finance"}, {"group": "board"}]},
    ],
    "timeout": {"after": "P5D", "then": "reject"},
}
FRIDAY_THREE = datetime(2026, 11, 20, 15, tzinfo=UTC)


def read(body: dict[str, Any]) -> tuple[Ladder, list[tuple[str, str]]]:
    reader = ApproverReader(DECIDERS)
    ladder = read_ladder(reader, body, "")
    return ladder, [(problem.pointer, problem.code) for problem in reader.problems]


def test_a_ladder_is_kept_as_it_is_written() -> None:
    ladder, problems = read(LADDER)
    assert problems == []
    assert [rung.do for rung in ladder.rungs] == ["remind", "add", "up", "replace"]
    assert [ladder.after(done) for done in range(6)] == [
        timedelta(hours=4),
        timedelta(days=1),
        timedelta(days=2),
        timedelta(days=3),
        timedelta(days=5),
        None,
    ]
    assert Ladder.stored(ladder.to_json()) == ladder
    assert (
        read({"escalation": [{"after": "P1D", "do": {"add": {"role": "finance"}}}]})[0].rungs[0].do == "add"
    )
    assert not Ladder.stored({})


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"escalation": "daily"}, "/escalation", "not_steps"),
        ({"escalation": [{"after": "PT1H", "do": "remind"}] * 11}, "/escalation", "not_steps"),
        ({"escalation": ["remind"]}, "/escalation/0", "not_an_object"),
        ({"escalation": [{"after": "PT1H"}]}, "/escalation/0", "escalation_step"),
        ({"escalation": [{"after": "PT1H", "do": "shout"}]}, "/escalation/0", "escalation_step"),
        (
            {"escalation": [{"after": "PT1H", "do": "up", "add": {"role": "finance"}}]},
            "/escalation/0",
            "escalation_step",
        ),
        ({"escalation": [{"after": "soon", "do": "up"}]}, "/escalation/0/after", "duration"),
        ({"escalation": [{"after": "PT0S", "do": "up"}]}, "/escalation/0/after", "duration"),
        (
            {"escalation": [{"after": "PT1H", "add": {"role": "auditor"}}]},
            "/escalation/0/add/role",
            "unknown_role",
        ),
        ({"escalation": [{"after": "PT1H", "do": "up", "who": "x"}]}, "/escalation/0/who", "unknown_member"),
        (
            {"escalation": [{"after": "P2D", "do": "up"}, {"after": "P1D", "do": "up"}]},
            "/escalation/1/after",
            "order",
        ),
        ({"timeout": {"after": "P1D", "then": "hope"}}, "/timeout/then", "timeout"),
        ({"timeout": {"then": "reject"}}, "/timeout/after", "duration"),
        (
            {"escalation": [{"after": "P2D", "do": "up"}], "timeout": {"after": "P1D", "then": "reject"}},
            "/timeout/after",
            "order",
        ),
    ],
)
def test_each_mistake_is_named(body: dict[str, Any], pointer: str, code: str) -> None:
    assert (pointer, code) in read(body)[1]
    definition = {"stages": [{"name": "Finance", "approvers": {"role": "finance"}, **body}]}
    with pytest.raises(Invalid) as caught:
        parse_policy(definition, roles=DECIDERS)
    assert f"/stages/0{pointer}" in {problem.pointer for problem in caught.value.errors}


def test_what_is_read_fits_the_schema() -> None:
    schema = policy_schema(DECIDERS)
    stage = {"name": "Finance", "approvers": {"role": "finance"}}
    longer = {"escalation": [{"after": "P1D", "do": {"add": {"role": "finance"}}}]}
    for body in (LADDER, longer, {"timeout": {"after": "PT30M", "then": "exception"}}):
        jsonschema.validate({"stages": [stage | body]}, schema)
        jsonschema.validate({"stages": [stage], **body}, schema)
    wrong: list[dict[str, Any]] = [
        {"timeout": {"after": "soon", "then": "reject"}},
        {"escalation": [{"after": "P1D"}]},
    ]
    for body in wrong:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"stages": [stage | body]}, schema)


def test_what_the_policy_says_holds_for_stages_that_say_nothing() -> None:
    own = {"name": "B", "approvers": {"role": "finance"}, "timeout": {"after": "P1D", "then": "approve"}}
    policy = parse_policy(
        {"stages": [{"name": "A", "approvers": {"role": "finance"}}, own], **LADDER}, roles=DECIDERS
    )
    assert [len(stage.ladder.rungs) for stage in policy.stages] == [4, 0]
    assert policy.stages[1].ladder.timeout is not None
    assert policy.stages[1].ladder.timeout.then == "approve"


def test_whom_an_expression_gives_is_fixed_when_it_is_asked() -> None:
    definition = {
        "stages": [{"name": "A", "approvers": {"role": "finance"}}],
        "escalation": [
            {"after": "PT1H", "add": {"people": "= subject.deputies"}},
            {"after": "PT2H", "replace": {"user": "= subject.boss"}},
        ],
    }
    (stage,) = plan(
        parse_policy(definition, roles=DECIDERS),
        {"subject": {"deputies": ["a@x.example", "b@x.example"], "boss": "c@x.example"}},
    )
    stored = Ladder.stored(stage.ladder.to_json())
    assert [[rule.value for rule in rung.approvers] for rung in stored.rungs] == [
        ["a@x.example", "b@x.example"],
        ["c@x.example"],
    ]


def test_time_counts_while_the_office_is_open() -> None:
    early = make_calendar(key="early", zone="UTC", hours=[[(360, 840)]] * 6 + [[]])
    four, day = timedelta(hours=4), timedelta(days=1)
    assert moment_after([BUSINESS], FRIDAY_THREE, four) == datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert moment_after([BUSINESS], FRIDAY_THREE, day) == datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert moment_after([CONTINUOUS], FRIDAY_THREE, day) == FRIDAY_THREE + day
    # The first of them whose time is up.
    assert moment_after([BUSINESS, early], FRIDAY_THREE, four) == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert moment_after([], FRIDAY_THREE, four) is None
