"""What we draw opens where people will open it: in bpmn-moddle, the reader of Camunda Modeler and bpmn.io."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from apps.workflows.bpmn.export import export_bpmn
from apps.workflows.bpmn.importing import import_bpmn
from tests.unit.bpmn.samples import documents

HERE = Path(__file__).parent
Json = dict[str, Any]


@pytest.fixture(scope="module")
def reread() -> list[tuple[Json, Json]]:
    """Every document beside what the reader made of its drawing; one process for all."""
    sources = documents()
    drawings = [export_bpmn(source) for source in sources]
    done = subprocess.run(
        ["node", str(HERE / "moddle.mjs")],
        input=json.dumps(drawings),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return list(zip(sources, json.loads(done.stdout), strict=True))


def test_nothing_is_warned_of(reread: list[tuple[Json, Json]]) -> None:
    assert len(reread) > 20
    assert {source["key"]: found["warnings"] for source, found in reread if found["warnings"]} == {}


def test_every_element_and_line_has_its_place(reread: list[tuple[Json, Json]]) -> None:
    assert {source["key"]: found["unplaced"] for source, found in reread if found["unplaced"]} == {}
    assert all(found["drawn"] > 2 for _, found in reread)


def test_what_it_writes_again_is_the_same_template(reread: list[tuple[Json, Json]]) -> None:
    for source, found in reread:
        again = import_bpmn(found["text"])
        assert [note.to_json() for note in again.notes] == []
        assert again.source == source
