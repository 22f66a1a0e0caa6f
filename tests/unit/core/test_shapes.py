"""Serializers lent again and again are as good as new."""

from contextlib import suppress
from typing import Any

import pytest
from rest_framework import serializers

from apps.core.api.reading import read
from apps.core.api.shapes import borrowed, represent, represent_all
from apps.core.errors import Invalid


class Inner(serializers.Serializer[Any]):
    n = serializers.IntegerField(min_value=1)


class Outer(serializers.Serializer[Any]):
    name = serializers.CharField()
    rows = Inner(many=True, required=False)
    who = serializers.SerializerMethodField()
    other = serializers.SerializerMethodField()

    def get_who(self, row: Any) -> str:
        return str(self.context.get("actor", "nobody"))

    def get_other(self, row: Any) -> Any:
        again = row.get("again")
        return represent(Outer, again, {"actor": "inner"}) if again else None


def test_contexts_do_not_mix_even_inside_one_another() -> None:
    shown = represent(
        Outer, {"name": "a", "rows": [{"n": 1}], "again": {"name": "b", "rows": []}}, {"actor": "outer"}
    )
    assert shown["who"] == "outer"
    assert shown["other"]["who"] == "inner"
    assert represent(Outer, {"name": "c", "rows": []})["who"] == "nobody"


def test_a_list_is_each_of_its_rows() -> None:
    rows = [{"name": str(n), "rows": [{"n": n}]} for n in range(3)]
    assert [row["name"] for row in represent_all(Outer, rows)] == ["0", "1", "2"]


def test_what_was_wrong_before_is_forgotten() -> None:
    with pytest.raises(Invalid) as caught:
        read(Outer, {"rows": [{"n": 0}]})
    assert {problem.pointer for problem in caught.value.errors} == {"/name", "/rows/0/n"}
    assert read(Outer, {"name": "a"}) == {"name": "a"}
    assert read(Outer, {"rows": [{"n": 2}]}, partial=True) == {"rows": [{"n": 2}]}
    with pytest.raises(Invalid):
        read(Outer, {"rows": [{"n": 2}]})


def test_a_lent_serializer_is_lent_to_nobody_else() -> None:
    with borrowed(Outer) as one, borrowed(Outer) as two:
        assert one is not two
    with suppress(RuntimeError), borrowed(Outer) as broken:
        broken.initial_data = {"name": "x"}
        raise RuntimeError
    with borrowed(Outer) as next_one:
        assert not hasattr(next_one, "initial_data")
