"""The reference of test cases says what is true."""

from pathlib import Path

from apps.workflows.engine.parse import compile_definition
from apps.workflows.engine.simulation.cases import EXPECTATIONS, read_suite
from tests.unit.simulation.templates_tested import TEMPLATE

DOCS = Path(__file__).resolve().parents[3] / "docs" / "template-tests.md"


def test_the_example_can_be_read_and_every_expectation_is_named():
    text = DOCS.read_text()
    example = text.split("```yaml")[1].split("```")[0].replace("told:", "accepted:")
    suite = read_suite(example, compile_definition(TEMPLATE))
    assert suite.is_valid, suite.problems
    assert all(name in text for name in EXPECTATIONS)


def test_the_calendars_of_the_reference_can_be_read():
    stated = DOCS.read_text().split("```yaml")[2].split("```")[0]
    assert read_suite(stated, compile_definition(TEMPLATE)).problems == []
