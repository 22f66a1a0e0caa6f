"""Two people's changes of one template come together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.workflows.engine.merge import Unreadable, merge_documents, merge_texts
from apps.workflows.engine.merge3 import Agreed, compare
from apps.workflows.engine.source import read_text

BASE = """\
format: 1
key: order # never change it
name: Take an order
steps:
  # first of all
  - id: docs
    kind: check
    rules:
      - {id: known, expr: "has(input.name)", message: Missing}
  - {id: look, kind: user_task, assignee: {role: finance}, due: P2D}
  - id: ways
    kind: choice
    cases:
      - when: input.large
        label: Large
        steps:
          - {id: ask, kind: approval, policy: big}
    otherwise:
      - {id: tell, kind: notify, message: small, to: x}
  - {id: done, kind: end} # the end
"""


def changed(*replacements, text=BASE):
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return text


def ids(text, *path):
    value = read_text(text).data
    for part in path:
        value = value[part]
    return [step["id"] for step in value["steps"]]


def settled(mine, theirs, **choices):
    merged = merge_texts(BASE, mine, theirs, choices)
    assert not merged.conflicts, merged.conflicts
    return merged


def test_what_only_one_side_changed_is_taken_as_written():
    mine = changed(("P2D", "P3D"))
    assert merge_texts(BASE, mine, BASE).text == mine
    assert merge_texts(BASE, BASE, mine).text == mine
    assert merge_texts(BASE, mine, mine).text == mine


def test_two_fields_of_one_step_on_one_line_come_together_with_the_comments():
    merged = settled(changed(("P2D", "P3D")), changed(("finance", "auditor")))
    assert merged.text == changed(("P2D", "P3D"), ("finance", "auditor"))
    assert merged.keeps_comments


def test_both_add_a_step_at_the_same_place():
    new = "  - {id: done, kind: end} # the end"
    mine = changed((new, f"  - {{id: one, kind: set, values: {{a: 1}}}}\n{new}"))
    theirs = changed((new, f"  - {{id: two, kind: set, values: {{a: 2}}}}\n{new}"))
    merged = settled(mine, theirs)
    assert ids(merged.text) == ["docs", "look", "ways", "one", "two", "done"]
    assert "# the end" in merged.text


def test_both_give_a_new_step_the_same_id():
    new = "  - {id: done, kind: end} # the end"
    mine = changed((new, f"  - {{id: note, kind: set, values: {{a: 1}}, when: steps.note.a}}\n{new}"))
    theirs = changed((new, f"  - {{id: note, kind: set, values: {{a: 2}}}}\n{new}"))
    merged = settled(mine, theirs)
    assert ids(merged.text) == ["docs", "look", "ways", "note_2", "note", "done"]
    assert "steps.note_2.a" in merged.text
    assert merged.keeps_comments


def test_a_step_one_moves_and_the_other_edits():
    line = "  - {id: look, kind: user_task, assignee: {role: finance}, due: P2D}\n"
    inner = "          - {id: ask, kind: approval, policy: big}\n"
    mine = changed((line, ""), (inner, inner + "        " + line))
    merged = settled(mine, changed(("P2D", "P9D")))
    assert ids(merged.text, "steps", 1, "cases", 0) == ["ask", "look"]
    assert "P9D" in merged.text


def test_one_removes_what_the_other_leaves_alone():
    line = "  - {id: look, kind: user_task, assignee: {role: finance}, due: P2D}\n"
    merged = settled(changed((line, "")), changed(("Take an order", "Take orders")))
    assert ids(merged.text) == ["docs", "ways", "done"]
    assert "Take orders" in merged.text


def test_a_field_both_changed_is_a_conflict_with_both_values():
    mine, theirs = changed(("P2D", "P3D"), ("big", "huge")), changed(("P2D", "P4D"))
    merged = merge_texts(BASE, mine, theirs)
    assert [conflict.to_json() for conflict in merged.conflicts] == [
        {
            "id": "look/due",
            "step": "look",
            "path": "due",
            "base": "P2D",
            "mine": "P3D",
            "theirs": "P4D",
            "absent": [],
        }
    ]
    assert "P4D" in merged.text
    assert "huge" in merged.text
    chosen = merge_texts(BASE, mine, theirs, {"look/due": "mine"})
    assert chosen.conflicts == ()
    assert "P3D" in chosen.text
    assert "P4D" in merge_texts(BASE, mine, theirs, {"look/due": "theirs"}).text


def test_one_removes_what_the_other_changed():
    line = "  - {id: look, kind: user_task, assignee: {role: finance}, due: P2D}\n"
    mine, theirs = changed((line, "")), changed(("P2D", "P4D"))
    (conflict,) = merge_texts(BASE, mine, theirs).conflicts
    assert (conflict.id, conflict.mine, conflict.absent) == ("look/", None, ("mine",))
    assert "look" not in ids(merge_texts(BASE, mine, theirs, {"look/": "mine"}).text)
    assert "look" in ids(merge_texts(BASE, mine, theirs, {"look/": "theirs"}).text)


def test_one_removes_the_branch_into_which_the_other_puts_a_step():
    start = BASE.index("  - id: ways")
    mine = BASE[:start] + BASE[BASE.index("  - {id: done") :]
    inner = "          - {id: ask, kind: approval, policy: big}\n"
    theirs = changed((inner, inner + "          - {id: more, kind: end}\n"))
    merged = merge_texts(BASE, mine, theirs)
    (conflict,) = merged.conflicts
    assert (conflict.mine, conflict.theirs) == ({}, {"more": "ways"})
    assert ids(merged.text) == ["docs", "look", "ways", "done"]
    assert ids(merge_texts(BASE, mine, theirs, {conflict.id: "mine"}).text) == ["docs", "look", "done"]
    kept = merge_texts(BASE, mine, theirs, {conflict.id: "theirs"})
    assert ids(kept.text, "steps", 2, "cases", 0) == ["ask", "more"]


def test_rows_of_a_table_come_together():
    row = '      - {id: known, expr: "has(input.name)", message: Missing}\n'
    mine = changed((row, row + '      - {id: mine, expr: "true"}\n'))
    theirs = changed(("Missing", "It is missing"))
    rules = read_text(settled(mine, theirs).text).data["steps"][0]["rules"]
    assert [(rule["id"], rule.get("message")) for rule in rules] == [
        ("known", "It is missing"),
        ("mine", None),
    ]


def test_both_reorder():
    a, b, c = ({"id": name, "kind": "end"} for name in "abc")
    base, mine, theirs = {"steps": [a, b, c]}, {"steps": [b, a, c]}, {"steps": [a, c, b]}
    document, conflicts = merge_documents(base, mine, theirs, {})
    assert [conflict.path for conflict in conflicts] == ["steps.~order"]
    assert document == theirs
    document, conflicts = merge_documents(base, mine, theirs, {conflicts[0].id: "mine"})
    assert (document, conflicts) == (mine, [])


@pytest.mark.parametrize("text", ["key: [", "- a", "steps: [{id: a, kind: end}, {id: a, kind: end}]"])
def test_what_cannot_be_read_is_said(text):
    with pytest.raises(Unreadable):
        merge_texts(BASE, text, changed(("P2D", "P4D")))


words = st.lists(st.sampled_from("abcdef"), max_size=8)


@given(words, words, words)
def test_comparison_loses_nothing(base, mine, theirs):
    stretches = compare(base, mine, theirs)
    for index, side in enumerate((base, mine, theirs)):
        if side != base:
            continue
        rebuilt = [
            item
            for stretch in stretches
            if not isinstance(stretch, Agreed)
            for item in (stretch.base, stretch.mine, stretch.theirs)[index]
        ]
        assert all(item in base for item in rebuilt)
    if mine == base:
        assert [item for stretch in stretches for item in stretch.items] == theirs
    if theirs == base:
        assert [item for stretch in stretches for item in stretch.items] == mine
    if mine == theirs:
        assert [item for stretch in stretches for item in stretch.items] == mine


steps = st.lists(st.sampled_from("abcdefg"), unique=True, max_size=6)


@given(steps, steps, steps, st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 2)))
def test_no_step_is_lost_and_none_doubled(base, mine, theirs, values):
    def document(names, shift):
        steps = [{"id": name, "kind": "set", "values": {"n": values.get(name, 0) * shift}} for name in names]
        return {"steps": steps}

    merged, _ = merge_documents(document(base, 1), document(mine, 2), document(theirs, 3), {})
    found = [step["id"] for step in merged["steps"]]
    assert len(found) == len(set(found))
    for name in {*mine, *theirs} - set(base):
        assert name in found
    for name in set(mine) & set(theirs):
        assert name in found
