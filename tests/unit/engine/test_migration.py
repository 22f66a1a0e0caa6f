"""Migration: what is proposed, what follows, and that history still makes the state."""

from __future__ import annotations

from datetime import timedelta

from apps.workflows.engine.commands import Migrate, ReceiveEvent, RollBack
from apps.workflows.engine.effects import Compensate, MoveDue, OpenApproval, OpenUserTask
from apps.workflows.engine.fitting import way_back
from apps.workflows.engine.plan import Plan, complete, propose
from apps.workflows.engine.state import EXCEPTION
from apps.workflows.engine.trial import plan_problems, verdict
from apps.workflows.engine.verdict import COMPATIBLE, NEEDS_INPUT
from tests.unit.engine.moving import action, approval, both, codes, judge, loop, move, plan_for, task, version
from tests.unit.engine.world import World


class TestProposal:
    def test_same_id_then_name_then_place(self) -> None:
        old = version(task("a"), task("b", name="Sign it"), approval("c"), task("d"))
        new = version(task("a"), task("x", name="Sign it"), approval("y"), task("d"))
        assert propose(old, new) == {"a": "a", "b": "x", "c": "y", "d": "d"}

    def test_another_kind_is_no_counterpart(self) -> None:
        assert propose(version(task("a")), version(approval("a"))) == {"a": None}

    def test_of_two_claimants_of_one_name_the_place_decides(self) -> None:
        old = version(task("a", name="Same"), approval("m"), task("b", name="Same"))
        new = version(approval("m"), task("x", name="Same"))
        assert propose(old, new) == {"a": None, "m": "m", "b": "x"}

    def test_given_counterparts_are_not_used_twice(self) -> None:
        old, new = version(task("a"), task("b")), version(task("a"), task("b"))
        assert complete(old, new, {"a": "b"}) == {"a": "b", "b": None}

    def test_problems_of_a_plan(self) -> None:
        old, new = version(task("a"), approval("b"), task("c")), version(task("a"), approval("b"))
        plan = Plan({"a": "b", "b": "b", "c": "zz", "q": None}, go_on={"c": "nowhere", "q": "a"})
        found = {(problem.code, problem.path) for problem in plan_problems(old, new, plan)}
        assert found == {
            ("other_kind", "steps.a"),
            ("unknown_step", "steps.c"),
            ("unknown_step", "steps.q"),
            ("unknown_step", "go_on.c"),
            ("unknown_step", "go_on.q"),
        }
        twice = Plan({"a": "a", "c": "a"})
        assert [problem.code for problem in plan_problems(old, new, twice)] == ["taken_twice"]


class TestFollowing:
    def test_an_unchanged_step_keeps_its_work(self) -> None:
        world = World.of(approval(), task("after"))
        world.start()
        before = dict(world.work)
        move(world, version(approval(), task("between"), task("after")))
        assert world.work == before
        world.done("ask#1", outcome="approved")
        assert list(world.state.visits) == ["between#1"]

    def test_a_changed_policy_asks_again(self) -> None:
        world = World.of(approval())
        world.start()
        move(world, version(approval(policy="stricter")))
        asked = world.work["ask#1"]
        assert isinstance(asked, OpenApproval)
        assert (asked.policy, asked.epoch) == ("stricter", 2)

    def test_a_changed_form_asks_again_and_says_so(self) -> None:
        world = World.of(task("fill"))
        world.start()
        new = version(task("fill", form={"type": "object", "properties": {"po": {"type": "string"}}}))
        assert [change.code for change in judge(world, new).changes] == ["asked_again"]
        move(world, new)
        asked = world.work["fill#1"]
        assert isinstance(asked, OpenUserTask)
        assert "po" in asked.form["properties"]

    def test_a_renamed_step_keeps_its_visit_and_gives_its_output_under_the_new_name(self) -> None:
        world = World.of(task("first"), approval(show={"x": "= steps.first.x"}), task("last"))
        world.start()
        world.done("first#1", x=1)
        new = version(
            task("begin", name="First"),
            approval("okay", name="Ask", show={"x": "= steps.begin.x"}),
            task("last"),
        )
        before = dict(world.work)
        move(world, new)
        assert world.work == before, "the same question under another name is not asked again"
        assert world.state.outputs == {"begin": {"x": 1}}
        world.done("ask#1", outcome="approved")
        assert world.state.outputs["okay"]["outcome"] == "approved"
        assert list(world.state.visits) == ["last#1"]

    def test_due_is_counted_from_when_the_step_began(self) -> None:
        world = World.of(approval(due="P1D"))
        world.start()
        began, world.now = world.now, world.now + timedelta(hours=6)
        move(world, version(approval(due="P2D")))
        assert world.timers["ask#1/due"].at == began + timedelta(days=2)
        assert isinstance(world.log[-1], MoveDue)
        move(world, version(approval()))
        assert world.timers == {}

    def test_a_wait_subscribes_anew(self) -> None:
        event = {"type": "a.b", "match": "event.data.n == input.n"}
        world = World.of({"id": "hold", "kind": "wait", "event": event, "timeout": {"after": "P1D"}})
        world.start(n=1)
        began, world.now = world.now, world.now + timedelta(hours=1)
        other = {"type": "a.c", "match": "event.data.m == input.n"}
        move(world, version({"id": "hold", "kind": "wait", "event": other, "timeout": {"after": "P3D"}}))
        assert world.awaiting["hold#1"].type == "a.c"
        assert world.timers["hold#1/timeout"].at == began + timedelta(days=3)
        assert world.send(ReceiveEvent("hold#1", {"type": "a.c", "data": {"m": 1}})).refused == ""
        assert world.state.is_finished

    def test_a_failed_check_is_tried_again_where_its_rules_changed(self) -> None:
        world = World.of({"id": "c", "kind": "check", "rules": [{"expr": "input.n > 5"}]}, task("t"))
        world.start(n=3)
        assert world.state.exceptions
        move(world, version({"id": "c", "kind": "check", "rules": [{"expr": "input.n > 2"}]}, task("t")))
        assert list(world.state.visits) == ["t#1"]

    def test_a_failed_action_waits_for_a_person_under_the_new_version_too(self) -> None:
        world = World.of(action("a"))
        world.start()
        world.fail("a#1")
        move(world, version(action("a", input={"fixed": True})))
        assert world.state.visits["a#1"].status == EXCEPTION
        world.retry("a#1")
        assert world.work["a#1"].input == {"fixed": True}

    def test_a_call_under_way_keeps_its_key(self) -> None:
        world = World.of(action("a"), task("t"))
        world.start()
        asked = world.work["a#1"]
        move(world, version(action("b", name="A"), task("t")), steps={"a": "b"})
        assert world.work["a#1"] == asked
        world.done("a#1", id=7)
        assert world.state.outputs == {"b": {"id": 7}}

    def test_branches_follow_their_steps_and_new_ones_begin(self) -> None:
        world = World.of(both([task("a")], [task("b")]), task("t"))
        world.start()
        world.done("b#1")
        move(world, version(both([task("c")], [task("b")], [task("a")]), task("t")))
        assert set(world.state.visits) == {"both#1", "a#1", "c#1"}
        world.done("a#1")
        world.done("c#1")
        assert list(world.state.visits) == ["t#1"]

    def test_a_renamed_block_goes_on_after_its_branches(self) -> None:
        world = World.of(both([task("a")], [task("b")]), task("t"))
        world.start()
        move(world, version(both([task("a")], [task("b")], step="all", name="Both"), task("t")))
        world.done("a#1")
        world.done("b#1")
        assert list(world.state.visits) == ["t#1"]

    def test_a_choice_follows_where_its_open_step_stands(self) -> None:
        case = {"when": "true", "steps": [task("a")]}
        world = World.of({"id": "ch", "kind": "choice", "cases": [case], "otherwise": []}, task("t"))
        world.start()
        more = {"when": "false", "steps": [task("z")]}
        move(world, version({"id": "ch", "kind": "choice", "cases": [more, case]}, task("t")))
        assert world.state.visits["ch#1"].work["case"] == "cases.1"
        world.done("a#1")
        assert world.state.outputs["ch"] == {"case": "cases.1"}

    def test_going_on_elsewhere_withdraws_what_is_open(self) -> None:
        world = World.of(task("a"), both([approval()], [task("b")]), task("t"))
        world.start()
        world.done("a#1")
        new = version(task("a"), task("instead"), task("t"))
        move(world, new, go_on={"ask": "instead", "b": "instead"})
        assert list(world.work) == ["instead#1"]
        world.done("instead#1")
        assert list(world.state.visits) == ["t#1"]

    def test_values_are_given_to_the_runs_that_lack_them(self) -> None:
        world = World.of(task("a"), approval())
        world.start(customer={"region": "EU"})
        world.done("a#1")
        schema = {
            "type": "object",
            "required": ["region"],
            "properties": {"region": {"type": "string"}, "customer": {}},
        }
        new = version(
            task("fresh"),
            task("a"),
            approval(),
            task("t", prefill={"r": "= input.region", "f": "= steps.fresh.x"}),
            input=schema,
        )
        found = judge(world, new)
        assert (found.kind, codes(found)) == (NEEDS_INPUT, ["input", "output"])
        assert [finding.needs["name"] for finding in found.findings] == ["region", "fresh"]
        move(world, new, input={"region": "= input.customer.region"}, outputs={"fresh": {"x": 1}})
        assert world.state.start["input"]["region"] == "EU"
        world.done("ask#1", outcome="approved")
        assert world.work["t#1"].prefill == {"r": "EU", "f": 1}

    def test_what_a_removed_action_did_can_still_be_undone(self) -> None:
        world = World.of(
            action("a", compensate={"operation": "undo", "input": {"id": "= steps.a.id"}}), task("t")
        )
        world.start()
        world.done("a#1", id=5)
        move(world, version(task("t")))
        world.send(RollBack("enough"))
        asked = world.work["a#1~undo"]
        assert isinstance(asked, Compensate)
        assert (asked.name, asked.input) == ("A", {"id": 5})
        world.done("a#1~undo")
        assert world.state.outcome == "rolled_back"

    def test_a_renamed_action_is_undone_under_its_new_name(self) -> None:
        undo = {"operation": "undo", "input": {"id": 1}}
        world = World.of(action("a", compensate=undo), task("t"))
        world.start()
        world.done("a#1", id=5)
        move(world, version(action("b", name="A", compensate=undo), task("t")))
        world.send(RollBack("enough"))
        assert world.work["a#1~undo"].step == "b"

    def test_there_and_back(self) -> None:
        first = (task("a"), approval(due="P1D"), task("b"))
        world = World.of(*first)
        world.start()
        world.done("a#1", n=1)
        before = world.state.to_json()
        old, new = (
            world.definition,
            version(
                task("z", name="A"), task("a", form={"type": "object"}), approval("ok", name="Ask", due="P2D")
            ),
        )
        plan = plan_for(world, new, steps={"a": "z", "b": None})
        move(world, new, steps={"a": "z", "b": None})
        lost = world.history[-2].data["lost"]
        back = way_back(old, new, plan, lost)
        assert verdict(new, old, world.state, back, world.now).kind == COMPATIBLE
        world.definition = old
        world.former = new
        world.send(Migrate(old, back, 2, 1))
        after = world.state.to_json()
        assert {**after, "counts": before["counts"]} == before


class TestLoops:
    def test_items_go_on_under_new_names(self) -> None:
        world = World.of(loop(task("a"), task("b"), mode="parallel"), task("t"))
        world.start(list=[1, 2])
        world.done("a#1", x=1)
        new = version(
            loop(task("a"), task("n"), task("c", name="B"), step="all", name="Each", mode="parallel"),
            task("t"),
        )
        move(world, new)
        assert set(world.state.visits) == {"each#1", "a#2", "b#1"}
        world.done("b#1")
        world.done("a#2", x=2)
        world.done("n#1")
        world.done("c#2")
        assert list(world.state.visits) == ["t#1"]
        items = world.state.outputs["all"]["items"]
        assert [sorted(item) for item in items] == [["a", "c"], ["a", "c", "n"]]

    def test_other_items_are_in_the_way(self) -> None:
        world = World.of(loop(task("a")))
        world.start(list=[1])
        changed = {**loop(task("a")), "items": "input.other"}
        assert codes(judge(world, version(changed))) == ["loop_shape"]

    def test_each_item_goes_on_elsewhere(self) -> None:
        world = World.of(loop(task("a"), task("b"), mode="parallel"), task("t"))
        world.start(list=[1, 2])
        move(world, version(loop(task("z"), task("b"), mode="parallel"), task("t")), go_on={"a": "b"})
        assert set(world.state.visits) == {"each#1", "b#1", "b#2"}
        world.done("b#1")
        world.done("b#2")
        assert list(world.state.visits) == ["t#1"]

    def test_a_loop_is_left(self) -> None:
        world = World.of(loop(task("a"), mode="parallel"), task("t"))
        world.start(list=[1, 2])
        move(world, version(task("t")), go_on={"a": "t"}, steps={"each": None})
        assert list(world.state.visits) == ["t#1"]
        assert world.state.scopes == {}
