"""Migration: what stands in the way of a run, and what a pause makes of it."""

from __future__ import annotations

import pytest

from apps.workflows.engine.commands import CompleteStep, Pause, Resume, RollBack
from apps.workflows.engine.verdict import BLOCKED, COMPATIBLE, NEEDS_INPUT
from tests.unit.engine.moving import (
    Json,
    action,
    approval,
    both,
    codes,
    judge,
    judge_quietly,
    move,
    task,
    version,
)
from tests.unit.engine.world import World


class TestPaused:
    def test_what_a_pause_put_aside_goes_on_under_its_new_name(self) -> None:
        world = World.of(task("a"), task("b"))
        world.start()
        world.send(Pause("template", "being mended", None))
        world.done("a#1")
        move(world, version(task("a"), task("c", name="B")))
        assert world.state.visits == {}
        world.send(Resume("template", "", None))
        assert list(world.state.visits) == ["c#1"]

    def test_what_changed_is_asked_again_once_it_goes_on(self) -> None:
        world = World.of(approval())
        world.start()
        world.send(Pause("template", "being mended", None))
        move(world, version(approval(policy="stricter")))
        assert world.work == {}
        world.send(Resume("template", "", None))
        assert world.work["ask#1"].policy == "stricter"

    def test_a_place_that_is_gone_is_in_the_way(self) -> None:
        world = World.of(task("a"), task("b"))
        world.start()
        world.send(Pause("run", "wait", None))
        world.done("a#1")
        assert codes(judge(world, version(task("a"), approval("c")))) == ["held_step"]

    def test_after_the_last_step(self) -> None:
        world = World.of(task("a"))
        world.start()
        world.send(Pause("run", "wait", None))
        world.done("a#1")
        assert codes(judge(world, version(task("a"), task("more")))) == ["held_end"]


class TestInTheWay:
    def test_a_step_without_counterpart_asks_where_to_go_on(self) -> None:
        world = World.of(approval(), task("t"))
        world.start()
        found = judge(world, version(task("t")))
        assert (found.kind, codes(found)) == (NEEDS_INPUT, ["step_gone"])
        assert found.findings[0].needs == {"kind": "go_on", "step": "ask", "choices": ["t"]}

    def test_open_work_of_another_kind(self) -> None:
        world = World.of(approval("x"), task("t"))
        world.start()
        found = judge(world, version(task("x"), task("t")))
        assert (found.kind, codes(found)) == (BLOCKED, ["other_kind"])
        move(world, version(task("x"), task("t")), go_on={"x": "x"})
        assert world.work["x#2"].name == "X"

    def test_a_removed_block(self) -> None:
        world = World.of(both([task("a")], [task("b")]), task("t"))
        world.start()
        found = judge(world, version(task("a"), task("b"), task("t")))
        assert codes(found) == ["step_gone", "removed_block", "removed_block"]
        assert found.kind == BLOCKED

    def test_a_step_moved_into_a_branch(self) -> None:
        world = World.of(task("a"), task("b"))
        world.start()
        assert codes(judge(world, version(both([task("a")], [task("c")]), task("b")))) == ["moved"]

    def test_a_removed_branch(self) -> None:
        world = World.of(both([task("a")], [task("b")], [task("c")]), task("t"))
        world.start()
        assert codes(judge(world, version(both([task("a")], [task("b")]), task("t")))) == ["step_gone"]

    def test_a_branch_torn_apart(self) -> None:
        world = World.of(both([task("a"), task("d")], [task("b")]), task("t"))
        world.start()
        found = judge(world, version(both([task("a")], [task("d")], [task("b")]), task("t")))
        assert "parallel_shape" in codes(found)

    def test_a_join_that_would_have_happened(self) -> None:
        world = World.of(both([task("a")], [task("b")]), task("t"))
        world.start()
        world.done("a#1")
        assert codes(judge(world, version(both([task("a")], [task("b")], join="any"), task("t")))) == [
            "parallel_shape"
        ]

    @pytest.mark.parametrize("change", [{"operation": "other"}, {"connection": "internal"}])
    def test_a_call_under_way_to_something_else(self, change: Json) -> None:
        world = World.of(action("a"))
        world.start()
        assert codes(judge(world, version(action("a", **change)))) == ["action_under_way"]

    def test_a_call_under_way_in_a_removed_step(self) -> None:
        world = World.of(action("a"), task("t"))
        world.start()
        assert codes(judge(world, version(task("t")))) == ["action_under_way"]
        assert codes(judge(world, version(task("t")), go_on={"a": "t"})) == ["action_under_way"]

    def test_another_subflow(self) -> None:
        world = World.of({"id": "s", "kind": "subflow", "template": "one"})
        world.start()
        assert codes(judge(world, version({"id": "s", "kind": "subflow", "template": "two"}))) == [
            "other_subflow"
        ]

    def test_going_on_inside_a_block_that_is_not_open(self) -> None:
        world = World.of(task("a"), task("t"))
        world.start()
        new = version(both([task("x")], [task("y")]), task("t"))
        assert codes(judge(world, new, go_on={"a": "x"})) == ["not_reachable"]

    def test_two_open_steps_going_on_in_the_same_list(self) -> None:
        world = World.of(both([task("a")], [task("b")]), task("t"))
        world.start()
        new = version(task("x"), task("t"))
        assert codes(judge(world, new, go_on={"a": "x", "b": "t"})) == ["two_places"]

    def test_rolling_back_finished_and_not_begun(self) -> None:
        world = World.of(action("a", compensate={"operation": "undo"}), task("t"))
        new = version(task("t"))
        assert codes(judge_quietly(world, new)) == ["not_begun"]
        world.start()
        world.done("a#1")
        world.send(RollBack("enough"))
        assert codes(judge(world, new)) == ["rolling_back"]
        world.send(CompleteStep("a#1~undo"))
        assert codes(judge_quietly(world, new)) == ["finished"]

    def test_a_compensation_through_a_connection_that_is_gone(self) -> None:
        world = World.of(action("a", compensate={"operation": "undo"}), task("t"))
        world.start()
        world.done("a#1")
        assert codes(judge(world, version(task("t"), connections={}))) == ["undo_lost"]

    def test_a_variable_nobody_sets(self) -> None:
        world = World.of(task("a"), task("t"))
        world.start()
        world.done("a#1")
        new = version(
            {"id": "s", "kind": "set", "values": {"v": 1}}, task("a"), task("t", show={"v": "= vars.v"})
        )
        found = judge(world, new)
        assert (found.kind, codes(found)) == (NEEDS_INPUT, ["variable"])
        move(world, new, vars={"v": 3})
        assert world.state.vars == {"v": 3}

    def test_a_guarded_reference_needs_nothing(self) -> None:
        world = World.of(task("a"), task("t"))
        world.start()
        world.done("a#1")
        new = version(task("n"), task("a"), task("t", when="has(steps.n) && steps.n.x"))
        assert judge(world, new).kind == COMPATIBLE

    def test_a_value_that_cannot_be_worked_out(self) -> None:
        world = World.of(task("a"))
        world.start()
        assert codes(judge(world, version(task("a")), vars={"v": "= input.nothing"})) == ["given"]

    def test_a_question_that_cannot_be_put(self) -> None:
        world = World.of(approval())
        world.start()
        assert codes(judge(world, version(approval(show={"x": "= input.nothing"})))) == ["cannot_open"]
