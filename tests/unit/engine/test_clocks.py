"""Who had a run when, and what its service levels used up: total, disjoint, and the same whether kept or recounted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from apps.workflows.engine import sla_clock
from apps.workflows.engine.calendars import CONTINUOUS, Holiday, WorkingCalendar, make_calendar, working_time
from apps.workflows.engine.clocks import Holding, Segment, holder, partition, stretches, totals
from apps.workflows.engine.commands import Command, Pause, Resume, RollBack, Start
from apps.workflows.engine.parse import compile_definition
from apps.workflows.engine.sla import CLOSED, PARTIES, Sla
from apps.workflows.engine.sla_clock import Clock, Fact
from tests.unit.engine.templates import templates
from tests.unit.engine.test_machine import RandomRuns
from tests.unit.engine.world import NOW, World

BERLIN = make_calendar(
    key="berlin",
    zone="Europe/Berlin",
    hours=[[(540, 720), (780, 1020)]] * 5 + [[], []],
    holidays=[Holiday(date(2026, 3, 4), "Founders' day")],
)
CALENDARS = {"us": BERLIN, "customer": BERLIN, "third_party": CONTINUOUS}


class Kept:
    """A clock as the shell keeps it: moved by each transition."""

    def __init__(self, sla: Sla, calendar: WorkingCalendar) -> None:
        self.sla, self.calendar = sla, calendar
        self.clock: Clock | None = None
        self.facts: list[Fact] = []
        self.over = False

    def move(self, at: datetime, holding: Holding | None) -> None:
        if self.over:
            return
        if holding is None:
            if self.clock is not None:
                self.clock, more = sla_clock.stop(self.clock, self.calendar, at, "")
                self.facts += more
                self.over = True
        elif self.clock is None:
            self.clock, self.facts = sla_clock.start(self.sla, self.calendar, at, holding)
        else:
            paused = holding.party in self.sla.paused_on
            self.clock, more = sla_clock.turn(self.clock, self.calendar, at, holding, paused=paused)
            self.facts += more


class RandomClocks(RandomRuns):
    """The random runs, with time between what happens, and clocks beside them."""

    @initialize(template=templates(), n=st.integers(0, 5))
    def begin(self, template: dict[str, Any], n: int) -> None:
        self.used = []
        level = {"target": "PT16H", "calendar": "berlin", "pause_while_waiting_on": ["vendor_system"]}
        self.world = World(compile_definition({**template, "sla": level}))
        self.kept = Kept(self.world.definition.slas[""], BERLIN)
        self.send(Start({"n": n}, {"id": "r"}))

    def send(self, command: Command) -> None:
        super().send(command)
        state = self.world.state
        self.kept.move(self.world.now, None if state.is_finished else holder(self.world.definition, state))

    @rule(minutes=st.integers(0, 2_000))
    def wait(self, minutes: int) -> None:
        self.world.now += timedelta(minutes=minutes)

    def teardown(self) -> None:
        world = self.world
        until = world.now + timedelta(hours=7)
        found = stretches(world.definition, world.history, until)
        end = world.history[-1].at if world.state.is_finished else until
        for parts in (found, partition(found, CALENDARS)):
            assert sum((part.length for part in parts), timedelta()) == end - world.history[0].at
            assert all(part.begin < part.end for part in parts)
            assert all(a.end == b.begin for a, b in pairwise(parts))
            assert {part.holding.party for part in parts} <= {*PARTIES, CLOSED}
            if parts:
                assert (parts[0].begin, parts[-1].end) == (world.history[0].at, end)
            assert sum(totals(parts).values(), timedelta()) == end - world.history[0].at
        self._clocks_agree(found, until)

    def _clocks_agree(self, found: list[Segment], until: datetime) -> None:
        ended, sla = self.world.state.is_finished, self.kept.sla
        counted = [segment for segment in found if segment.holding.party not in sla.paused_on]
        expected = sum((working_time(BERLIN, one.begin, one.end) for one in counted), timedelta())
        clock = self.kept.clock
        if clock is None:
            return
        if not ended:
            clock, more = sla_clock.advance(clock, BERLIN, until)
            self.kept.facts += more
        assert sla_clock.used(clock, BERLIN, until) == expected
        told = [fact for fact in self.kept.facts if fact.kind in ("warn", "breach")]
        log = sla_clock.log(sla, BERLIN, found, ended=ended, now=until)
        if found:
            assert [(f.kind, f.at, f.elapsed) for f in log if f.kind in ("warn", "breach")] == [
                (f.kind, f.at, f.elapsed) for f in told
            ]
            assert log[-1].elapsed <= expected
        assert [fact.cause for fact in told] == ["50 %", "80 %", "100 %"][: len(told)]
        assert len(told) == sum(expected >= timedelta(hours=16) * share / 100 for share in (50, 80, 100))
        if not ended:
            again, recounted = sla_clock.recount(sla, BERLIN, clock, self.kept.facts, until, "again")
            assert [(fact.kind, fact.elapsed) for fact in recounted] == [("recount", expected)]
            assert sla_clock.next_moment(again, BERLIN) == sla_clock.next_moment(clock, BERLIN)


RandomClocks.TestCase.settings = settings(
    max_examples=80, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestRandomClocks = RandomClocks.TestCase


def party(world: World) -> tuple[str, str]:
    found = holder(world.definition, world.state)
    return found.party, found.cause


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"kind": "approval", "policy": "p"}, ("us", "approval")),
        ({"kind": "approval", "policy": "p", "audience": "customer"}, ("customer", "approval")),
        ({"kind": "user_task", "assignee": {"role": "finance"}}, ("us", "user_task")),
        (
            {"kind": "user_task", "assignee": {"role": "x"}, "audience": "customer"},
            ("customer", "user_task"),
        ),
        ({"kind": "action", "operation": "create"}, ("platform", "action")),
        ({"kind": "action", "connection": "psa", "operation": "create"}, ("vendor_system", "action")),
        ({"kind": "wait", "event": {"type": "a.b"}}, ("third_party", "wait")),
        ({"kind": "wait", "event": {"type": "a.b"}, "audience": "customer"}, ("customer", "wait")),
        ({"kind": "wait", "for": "P1D"}, ("us", "wait")),
        ({"kind": "wait", "for": "P1D", "waiting_on": "vendor_system"}, ("vendor_system", "wait")),
        ({"kind": "notify", "message": "m", "to": "x"}, ("platform", "notify")),
        ({"kind": "subflow", "template": "other"}, ("platform", "subflow")),
        ({"kind": "set", "values": {"a": "= input.missing"}}, ("us", "exception")),
    ],
)
def test_each_kind_of_waiting_has_its_party(step: dict[str, Any], expected: tuple[str, str]) -> None:
    world = World.of({"id": "s", **step})
    world.start()
    assert party(world) == expected


def test_a_retry_belongs_to_what_failed_and_an_exception_to_us() -> None:
    world = World.of(
        {"id": "call", "kind": "action", "connection": "psa", "operation": "create", "retry": {"max": 2}}
    )
    world.start()
    world.fail("call#1", retryable=True)
    assert party(world) == ("vendor_system", "retrying")
    world.fail("call#1", retryable=True)
    assert party(world) == ("us", "exception")


def test_side_by_side_what_we_could_do_counts_first() -> None:
    world = World.of(
        {
            "id": "both",
            "kind": "parallel",
            "branches": [
                [{"id": "sign", "kind": "approval", "policy": "p", "audience": "customer"}],
                [{"id": "do", "kind": "user_task", "assignee": {"role": "finance"}}],
                [{"id": "call", "kind": "action", "connection": "psa", "operation": "create"}],
            ],
        }
    )
    world.start()
    assert party(world) == ("us", "user_task")
    world.done("do#1")
    assert party(world) == ("customer", "approval")
    world.done("sign#1", outcome="approved")
    assert party(world) == ("vendor_system", "action")


def test_a_pause_belongs_to_whom_it_names() -> None:
    world = World.of({"id": "do", "kind": "approval", "policy": "p", "audience": "customer"})
    world.start()
    world.send(Pause("run", "budget freeze"))
    assert (party(world), holder(world.definition, world.state).note) == (("us", "paused"), "budget freeze")
    world.send(Pause("tenant", "their audit", party="customer"))
    assert party(world) == ("us", "paused")
    world.send(Resume("run"))
    assert party(world) == ("customer", "paused")


def test_a_roll_back_belongs_to_the_system_it_calls() -> None:
    world = World.of(
        {
            "id": "make",
            "kind": "action",
            "connection": "psa",
            "operation": "create",
            "compensate": {"operation": "remove"},
        },
        {"id": "do", "kind": "user_task", "assignee": {"role": "finance"}},
    )
    world.start()
    world.done("make#1")
    world.send(RollBack("wrong customer"))
    assert party(world) == ("vendor_system", "rolling_back")


def test_a_subflow_belongs_to_whoever_has_the_child() -> None:
    world = World.of({"id": "sub", "kind": "subflow", "template": "child"})
    world.start()
    hours = [NOW + timedelta(hours=n) for n in range(5)]
    child = [
        Segment(hours[1], hours[2], Holding("customer", "sign#1", "approval")),
        Segment(hours[2], hours[3], Holding("us", "do#1", "user_task")),
    ]
    found = stretches(world.definition, world.history, hours[4], children={"sub#1": child})
    assert [(part.holding.party, part.length // timedelta(hours=1)) for part in found] == [
        ("platform", 1),
        ("customer", 1),
        ("us", 1),
        ("platform", 1),
    ]


def test_hours_in_which_an_office_is_closed_belong_to_the_calendar() -> None:
    begin = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
    end = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
    ours = [Segment(begin, end, Holding("us", "do#1", "user_task"))]
    parts = partition(ours, CALENDARS)
    assert [(part.holding.party, f"{part.begin:%d %H:%M}") for part in parts] == [
        ("us", "03 15:00"),
        (CLOSED, "03 16:00"),
        ("us", "05 08:00"),
    ]
    system = [Segment(begin, end, Holding("vendor_system", "call#1", "action"))]
    assert partition(system, CALENDARS) == system


def test_one_visit_is_measured_from_its_start_to_its_end() -> None:
    world = World.of(
        {"id": "nap", "kind": "wait", "for": "PT1H"},
        {"id": "do", "kind": "user_task", "assignee": {"role": "finance"}},
        {"id": "after", "kind": "wait", "for": "PT1H"},
    )
    world.start()
    world.fire("nap#1/for")
    began = world.now
    world.now += timedelta(hours=2)
    world.done("do#1")
    found = stretches(world.definition, world.history, world.now + timedelta(hours=1), visit="do#1")
    assert [(part.begin, part.end) for part in found] == [(began, began + timedelta(hours=2))]


def test_times_that_go_backwards_count_as_no_time() -> None:
    world = World.of({"id": "do", "kind": "user_task", "assignee": {"role": "finance"}})
    world.start()
    world.now -= timedelta(minutes=5)
    world.done("do#1")
    assert stretches(world.definition, world.history, NOW + timedelta(hours=1)) == []


LEVEL = Sla(timedelta(hours=10), None, None, "berlin", frozenset({"customer"}))
MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
US, THEM = Holding("us", "do#1", "user_task"), Holding("customer", "sign#1", "approval")


def test_a_clock_keeps_what_was_used_over_pauses_and_nights() -> None:
    clock, facts = sla_clock.start(LEVEL, BERLIN, MONDAY, US)
    assert clock.target == timedelta(hours=10)
    clock, more = sla_clock.turn(clock, BERLIN, MONDAY + timedelta(hours=2), THEM, paused=True)
    facts += more
    assert sla_clock.next_moment(clock, BERLIN) is None
    clock, more = sla_clock.turn(clock, BERLIN, MONDAY + timedelta(hours=7), US, paused=False)
    facts += more
    assert [(fact.kind, fact.elapsed.total_seconds() / 3600, fact.cause) for fact in facts] == [
        ("start", 0, "user task: do"),
        ("pause", 2, "approval: sign"),
        ("resume", 2, "user task: do"),
    ]
    # Monday until five, closed on Wednesday: Tuesday 11:00, then 15:00 in Berlin, then Thursday.
    assert sla_clock.next_moment(clock, BERLIN) == datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
    assert sla_clock.due_moment(clock, BERLIN) == datetime(2026, 3, 3, 16, 0, tzinfo=UTC)
    clock, facts = sla_clock.advance(clock, BERLIN, datetime(2026, 3, 6, 0, 0, tzinfo=UTC))
    assert [(fact.kind, fact.cause) for fact in facts] == [
        ("warn", "50 %"),
        ("warn", "80 %"),
        ("breach", "100 %"),
    ]
    assert facts[-1].at == datetime(2026, 3, 3, 16, 0, tzinfo=UTC)
    clock, facts = sla_clock.stop(clock, BERLIN, datetime(2026, 3, 5, 9, 0, tzinfo=UTC), "completed")
    assert [(fact.kind, fact.elapsed) for fact in facts] == [("stop", timedelta(hours=11))]


def test_a_new_calendar_counts_the_same_facts_again_and_takes_nothing_back() -> None:
    clock, facts = sla_clock.start(LEVEL, BERLIN, MONDAY, US)
    clock, told = sla_clock.advance(clock, BERLIN, MONDAY + timedelta(hours=6))
    facts += told
    assert [fact.cause for fact in told] == ["50 %"]
    closed = make_calendar(
        key="berlin",
        zone="Europe/Berlin",
        hours=[[(540, 720), (780, 1020)]] * 5 + [[], []],
        holidays=[Holiday(date(2026, 3, 2), "Declared late")],
    )
    moved, more = sla_clock.recount(LEVEL, closed, clock, facts, MONDAY + timedelta(hours=6), "holiday")
    assert [(fact.kind, fact.elapsed, fact.cause) for fact in more] == [("recount", timedelta(), "holiday")]
    assert moved.warned == 50
    assert sla_clock.next_moment(moved, closed) == datetime(2026, 3, 4, 9, 0, tzinfo=UTC)


def test_days_of_a_target_are_working_days_of_the_calendar() -> None:
    assert Sla(timedelta(days=5), None, None, "berlin", frozenset()).target(BERLIN) == timedelta(hours=35)
    assert Sla(None, 5, None, "berlin", frozenset()).target(BERLIN) == timedelta(hours=35)
    assert Sla(timedelta(days=5), None, None, "", frozenset()).target(CONTINUOUS) == timedelta(days=5)
    assert Sla(None, None, 16.0, "berlin", frozenset()).target(BERLIN) == timedelta(hours=16)
    assert Sla(timedelta(days=1, hours=2), None, None, "", frozenset()).target(BERLIN) == timedelta(hours=9)
