"""`for_each`: the same steps for every item, each with its own visits, outputs, rework and failures."""

from __future__ import annotations

import time
from typing import Any

import pytest

from apps.workflows.engine.commands import CompleteStep, JumpTo, Pause, Resume, RollBack, SkipStep
from apps.workflows.engine.effects import CloseWork, Compensate
from apps.workflows.engine.lint import check_template
from tests.unit.engine.test_failures import action, undoable
from tests.unit.engine.test_flow import put, task
from tests.unit.engine.world import World, template

ADA = {"kind": "user", "label": "Ada"}


def loop(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "each",
        "kind": "for_each",
        "items": "input.items",
        "as": "it",
        "steps": list(steps),
        **more,
    }


def parallel(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return loop(*steps, mode="parallel", **more)


def shown(world: World) -> dict[str, Any]:
    return {visit: asked.show for visit, asked in world.work.items()}


def test_one_item_after_another_in_order() -> None:
    world = World.of(
        loop(task("a", show={"it": "= it", "at": "= n"}), put("b", x="= steps.a.got"), index_as="n")
    )
    world.start(items=["x", "y"])
    assert shown(world) == {"a#1": {"it": "x", "at": 0}}
    world.done("a#1", got=1)
    assert shown(world) == {"a#2": {"it": "y", "at": 1}}
    world.done("a#2", got=2)
    assert world.state.outputs["each"] == {
        "items": [{"a": {"got": 1}, "b": {"x": 1}}, {"a": {"got": 2}, "b": {"x": 2}}],
        "count": 2,
        "failed": [],
    }
    assert world.state.outcome == "completed"
    assert world.state.scopes == {}


def test_several_at_a_time_up_to_the_limit_and_the_output_in_order_of_the_list() -> None:
    world = World.of(parallel(task("a", show={"it": "= it"}), limit=2, output="= steps.a.got + it"))
    world.start(items=["x", "y", "z"])
    assert shown(world) == {"a#1": {"it": "x"}, "a#2": {"it": "y"}}
    world.done("a#2", got="second ")
    assert shown(world) == {"a#1": {"it": "x"}, "a#3": {"it": "z"}}
    world.done("a#3", got="third ")
    world.done("a#1", got="first ")
    assert world.state.outputs["each"]["items"] == ["first x", "second y", "third z"]


def test_steps_inside_see_their_own_item_only_and_those_outside_see_none() -> None:
    world = World.of(
        parallel(task("a"), put("b", seen="= steps.a.n")), put("c", n="= steps.each.items[1].a.n")
    )
    world.start(items=[1, 2])
    world.done("a#2", n=22)
    assert world.state.vars["seen"] == 22
    world.done("a#1", n=11)
    assert world.state.vars == {"seen": 11, "n": 22}
    assert set(world.state.outputs) == {"each", "c"}


def test_an_empty_list_is_done_at_once_and_no_list_is_an_exception() -> None:
    world = World.of(loop(task("a")), task("after"))
    world.start(items=[])
    assert world.state.outputs["each"] == {"items": [], "count": 0, "failed": []}
    assert set(world.work) == {"after#1"}
    for items, code in (("text", "not_a_list"), (list(range(1001)), "too_many_items")):
        world = World.of(loop(task("a")))
        world.start(items=items)
        assert world.exceptions["each#1"].code == code


def test_rework_inside_one_item_counts_for_it_alone() -> None:
    approval = {"id": "ok", "kind": "approval", "policy": "p", "on_reject": {"return_to": "a", "max": 2}}
    world = World.of(parallel(task("a", show={"it": "= it"}), approval))
    world.start(items=["x", "y"])
    world.done("a#1")
    world.done("a#2")
    world.done("ok#1", outcome="rejected")
    assert shown(world)["a#3"] == {"it": "x"}
    assert "ok#2" in world.work
    world.done("ok#2", outcome="rejected")
    assert shown(world)["a#4"] == {"it": "y"}
    world.done("a#3")
    world.done("ok#3", outcome="rejected")
    assert world.exceptions["ok#3"].code == "rework_limit"


def test_rework_from_inside_to_a_step_before_the_loop_closes_all_items() -> None:
    approval = {"id": "ok", "kind": "approval", "policy": "p", "on_reject": {"return_to": "before"}}
    world = World.of(task("before"), parallel(approval, task("b")))
    world.start(items=["x", "y"])
    world.done("before#1")
    world.done("ok#1", outcome="rejected")
    assert set(world.work) == {"before#2"}
    assert world.state.scopes == {}
    world.done("before#2")
    assert set(world.work) == {"ok#3", "ok#4"}


def test_by_default_a_person_settles_a_failed_item_and_the_others_go_on() -> None:
    world = World.of(parallel(action("a", input={"it": "= it"})))
    world.start(items=["x", "y"])
    world.fail("a#1")
    world.done("a#2", id=2)
    assert set(world.exceptions) == {"a#1"}
    world.retry("a#1", {"it": "z"})
    world.done("a#1", id=1)
    assert world.state.outputs["each"]["items"] == [{"a": {"id": 1}}, {"a": {"id": 2}}]


def test_a_failed_item_may_be_left_behind() -> None:
    inner = {"id": "p", "kind": "parallel", "branches": [[action("a")], [task("t")]]}
    world = World.of(loop(inner, on_item_error="continue"), task("after"))
    world.start(items=["x", "y"], n=1)
    world.fail("a#1", "gone")
    assert set(world.work) == {"a#2", "t#2"}
    assert CloseWork("t#1", "t", "user_task", "item_failed") in world.log
    world.done("a#2")
    world.done("t#2")
    output = world.state.outputs["each"]
    assert output["failed"] == [0]
    assert output["items"][0] == {"error": {"code": "gone", "message": "It went gone."}}


def test_a_failed_item_may_stop_the_loop_which_then_goes_on_with_what_is_not_done() -> None:
    world = World.of(parallel(action("a"), on_item_error="stop", limit=2))
    world.start(items=["x", "y", "z"], n=1)
    world.done("a#1", id=1)
    world.fail("a#2", "gone")
    assert world.work == {}
    raised = world.exceptions["each#1"]
    assert (raised.code, raised.message) == ("gone", "Item 2 failed: It went gone.")
    world.retry("each#1")
    assert set(world.work) == {"a#4", "a#5"}
    world.done("a#4", id=2)
    world.done("a#5", id=3)
    assert [item["a"]["id"] for item in world.state.outputs["each"]["items"]] == [1, 2, 3]


def test_loops_inside_of_loops() -> None:
    inner = loop(
        task("t", show={"row": "= row", "cell": "= cell"}), id="inner", items="row.cells", **{"as": "cell"}
    )
    world = World.of(parallel(inner, **{"as": "row"}))
    world.start(items=[{"cells": [1, 2]}, {"cells": [3]}])
    assert shown(world)["t#2"] == {"row": {"cells": [3]}, "cell": 3}
    world.done("t#1", n=1)
    assert shown(world)["t#3"]["cell"] == 2
    world.done("t#2", n=3)
    world.done("t#3", n=2)
    rows = world.state.outputs["each"]["items"]
    assert [[item["t"]["n"] for item in row["inner"]["items"]] for row in rows] == [[1, 2], [3]]


def test_roll_back_undoes_what_every_item_did_with_the_values_of_the_item() -> None:
    undo = {"operation": "archive", "input": {"it": "= it"}}
    world = World.of(parallel(action("a", compensate=undo)))
    world.start(items=["x", "y"], n=1)
    world.done("a#1")
    world.send(RollBack("x"))
    world.done("a#2")
    world.done("a#2~undo")
    world.done("a#1~undo")
    undone = [effect.input for effect in world.log if isinstance(effect, Compensate)]
    assert undone == [{"it": "y"}, {"it": "x"}]


def test_people_correct_single_items() -> None:
    world = World.of(parallel(task("a"), task("b")), task("after"))
    world.start(items=["x", "y"])
    world.done("a#1")
    world.done("a#2")
    assert world.send(JumpTo("a", ADA, "again")).refused == "several_items"
    world.send(SkipStep("b#1", {}, ADA, "known"))
    world.send(JumpTo("a", ADA, "again"))
    assert set(world.work) == {"a#3"}
    world.send(SkipStep("each#1", {"items": []}, ADA, "enough"))
    assert set(world.work) == {"after#1"}
    assert world.state.scopes == {}


def test_a_pause_holds_the_next_items() -> None:
    world = World.of(loop(task("a", show={"it": "= it"})))
    world.start(items=["x", "y"])
    world.send(Pause("run"))
    world.done("a#1")
    assert world.work == {}
    world.send(Resume("run"))
    assert shown(world) == {"a#2": {"it": "y"}}


def test_an_event_waited_for_is_matched_with_the_item() -> None:
    wait = {"id": "w", "kind": "wait", "event": {"type": "a.b", "match": "event.data.id == it.id"}}
    world = World.of(parallel(wait))
    world.start(items=[{"id": 1}, {"id": 2}])
    assert world.awaiting["w#2"].correlation == {"data.id": 2}
    assert world.tell("w#1", "a.b", id=2).refused == "no_match"
    world.tell("w#2", "a.b", id=2)
    world.tell("w#1", "a.b", id=1)
    assert world.state.outcome == "completed"


@pytest.mark.parametrize(
    ("outside", "code"),
    [
        ({"x": "= steps.a.id"}, "step_in_loop"),
        ({"x": "= it"}, "unknown_variable"),
        ({"x": "= steps.each.items"}, ""),
    ],
)
def test_what_is_inside_is_known_inside_only(outside: dict[str, Any], code: str) -> None:
    inside = loop(task("a"), put("b", y="= steps.a.id + it"), output="= steps.a")
    problems = check_template(template(inside, put("c", **outside))).problems
    assert [problem.code for problem in problems] == ([code] if code else [])


def test_a_thousand_items_in_reasonable_time() -> None:
    world = World.of(parallel(task("a"), limit=100))
    world.check = lambda: None  # type: ignore[method-assign]
    begun = time.process_time()
    world.start(items=list(range(1000)))
    while world.work:
        visit = next(iter(world.work))
        world.send(CompleteStep(visit, {"n": visit}))
    spent = time.process_time() - begun
    assert world.state.outputs["each"]["count"] == 1000
    assert spent < 20
    world = World.of(loop(put("x", n="= it"), put("y", n="= it")))
    world.check = lambda: None  # type: ignore[method-assign]
    world.start(items=list(range(1000)))
    assert world.state.outcome == "completed"


def test_an_undo_of_an_item_is_not_counted_as_a_step_of_it() -> None:
    world = World.of(loop(undoable("a", input={"it": "= it"})), task("after"))
    world.start(items=["x"], n=1)
    world.done("a#1", id=4)
    world.send(RollBack("x"))
    assert world.work["a#1~undo"].input == {"id": 4}
    world.done("a#1~undo")
    assert world.state.outcome == "rolled_back"
