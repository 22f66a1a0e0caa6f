"""Ids that follow from other things."""

from apps.core.ids import derived_id, new_id


def test_a_derived_id_is_the_same_each_time_and_sorts_with_its_origin() -> None:
    first, second = new_id(), new_id()
    made = derived_id(first, "sub#1/1")
    assert made == derived_id(first, "sub#1/1")
    assert len({made, first, derived_id(first, "sub#1/2"), derived_id(second, "sub#1/1")}) == 4
    assert made.int >> 80 == first.int >> 80
    assert (made.version, made.variant) == (first.version, first.variant)
