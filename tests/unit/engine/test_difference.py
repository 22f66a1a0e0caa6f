"""Differences of templates: exact, in words, and empty only between equals."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from apps.workflows.engine.difference import ADDED, CHANGED, MOVED, REMOVED, compare, compare_text


def step(id, kind="set", **more):
    return {"id": id, "kind": kind, "values": {"x": 1}, **more}


def doc(*steps, **head):
    return {"format": 1, "key": "k", "name": "K", "steps": list(steps), **head}


def changes(before, after):
    return {one.step: one.changes for one in compare(before, after).steps}


def test_added_removed_moved_and_changed_are_told_apart():
    before = doc(step("a"), step("b"), step("c"), step("d", due="P2D"))
    after = doc(step("c"), step("a"), step("d", due="P3D"), step("e"))
    assert changes(before, after) == {"c": (MOVED,), "d": (CHANGED,), "e": (ADDED,), "b": (REMOVED,)}
    words = [one.words for one in compare(before, after).steps]
    assert words == [
        "C (set) moves from after B to at the beginning.",
        "D (set) changes.",
        "E (set) is new, after D.",
        "B (set) is gone; it stood after A.",
    ]
    assert compare(before, after).steps[1].fields[0].words == "due P2D → P3D"


def test_steps_are_found_in_every_nested_list():
    def box(inner, other=()):
        return step("box", "choice", cases=[{"when": "true", "steps": inner}], otherwise=list(other))

    before = doc(box([step("a"), step("b")]), step("z", on_error=[step("fix")]))
    after = doc(box([step("a")], [step("b")]), step("z", on_error=[step("fix", name="Mend")]))
    found = compare(before, after)
    assert {one.step: one.changes for one in found.steps} == {"b": (MOVED,), "fix": (CHANGED,)}
    assert found.steps[0].was_at == "after A in Box"
    assert found.summary == "1 step moved, 1 step changed"


def test_the_head_and_what_a_version_holds_differ_field_by_field():
    found = compare(
        doc(step("a"), owners={"business": "x"}),
        doc(step("a"), owners={"business": "y"}, family="billing"),
        parts=({"policies": {"p": {"number": 1}}}, {"policies": {"p": {"number": 2}, "q": {"number": 1}}}),
        tests=("", "cases: []"),
    )
    assert [one.words for one in found.head] == ["family added: billing", "owners › business x → y"]
    assert [one.words for one in found.parts["policies"]] == ["p › number 1 → 2", "q added: number: 1"]
    assert found.tests
    assert found.to_json()["summary"] == (
        "2 settings changed, 2 differences in what it holds, its tests changed"
    )


def test_true_is_not_one():
    assert [one.words for one in compare(doc(x=1), doc(x=True)).head] == ["x 1 → yes"]


def test_the_text_is_compared_line_by_line():
    lines = compare_text("a\nb\n", "a\nc\n", names=("version 1", "version 2"))
    assert lines[:2] == ["--- version 1", "+++ version 2"]
    assert "-b" in lines
    assert "+c" in lines


IDS = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)


@given(IDS, IDS)
def test_only_equals_have_no_difference_and_every_step_is_accounted_for(before, after):
    old, new = doc(*map(step, before)), doc(*map(step, after))
    found = compare(old, new)
    assert found.is_empty == (before == after)
    kinds = {one.step: one.changes for one in found.steps}
    assert {one for one, kind in kinds.items() if kind == (ADDED,)} == set(after) - set(before)
    assert {one for one, kind in kinds.items() if kind == (REMOVED,)} == set(before) - set(after)
    stayed = [one for one in after if one in before and one not in kinds]
    assert stayed == [one for one in before if one in stayed]
    assert compare(old, copy.deepcopy(old)).is_empty
