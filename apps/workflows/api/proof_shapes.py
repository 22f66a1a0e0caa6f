"""Shapes of test cases in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.api.fields import ObjectField, UtcDateTimeField
from apps.workflows.api.serializers import TemplateProblemOut
from apps.workflows.choices import BacktestStatus
from apps.workflows.engine.simulation.cases import MAX_TEXT
from apps.workflows.engine.simulation.coverage import coverage_json, coverage_of

Shape = serializers.Serializer[Any]


class TestsIn(Shape):
    """Test cases, as YAML."""

    tests = serializers.CharField(max_length=MAX_TEXT, trim_whitespace=False, allow_blank=True)


class TestsRunIn(Shape):
    """Test cases to run instead of the version's own; nothing is saved."""

    tests = serializers.CharField(
        max_length=MAX_TEXT, trim_whitespace=False, allow_blank=True, required=False
    )


class DifferenceOut(Shape):
    """One expectation that was not met; ``expected`` and ``got`` are any JSON."""

    what = serializers.CharField(help_text="path, outcome, outputs, messages, ...")
    message = serializers.CharField()
    path = serializers.CharField(help_text="Where the expectation stands: cases[0].expect.path")
    line = serializers.IntegerField()
    expected = serializers.JSONField(allow_null=True)
    got = serializers.JSONField(allow_null=True)


class CaseOut(Shape):
    """What became of one test case."""

    name = serializers.CharField()
    line = serializers.IntegerField()
    passed = serializers.BooleanField()
    began = serializers.BooleanField(help_text="False where its input or event starts no run.")
    outcome = serializers.CharField(help_text="Outcome of the run, or running.")
    path = serializers.ListField(child=serializers.CharField(), help_text="Steps in the order they came.")
    waiting = serializers.ListField(child=serializers.CharField(), help_text="Steps the run stands at.")
    elapsed = serializers.CharField(help_text="Simulated time it took, ISO 8601.")
    differences = DifferenceOut(many=True)


class WayOut(Shape):
    """A way on from a step, and how many cases took it."""

    step = serializers.CharField()
    slot = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    cases = serializers.IntegerField()


class CoverageOut(Shape):
    """How many cases came to each step and took each way on."""

    steps = ObjectField(help_text="Number of cases by step.")
    ways = WayOut(many=True)


class TestsResultOut(Shape):
    """All cases of a version, run on the engine's pure core: nothing is stored, sent or called."""

    passed = serializers.BooleanField()
    problems = TemplateProblemOut(many=True, help_text="What cannot be read; then no case is run.")
    cases = CaseOut(many=True)
    coverage = CoverageOut()


class SuiteRunIn(Shape):
    """Test cases to run instead of the version's own; nothing is saved with the version."""

    tests = serializers.CharField(
        max_length=MAX_TEXT, trim_whitespace=False, allow_blank=True, required=False
    )


class SuiteRunOut(Shape):
    """A run of a version's test cases as work in portions; ``passed`` is null until it is finished."""

    id = serializers.UUIDField()
    template = serializers.CharField(source="template.key")
    version = serializers.IntegerField(source="number")
    status = serializers.ChoiceField(BacktestStatus.choices)
    total = serializers.IntegerField(help_text="0 until the cases have been read.")
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    passed = serializers.SerializerMethodField()
    problems = TemplateProblemOut(many=True, help_text="What cannot be read; then no case is run.")
    cases = CaseOut(source="results", many=True)
    coverage = serializers.SerializerMethodField()
    created_at = UtcDateTimeField()
    finished_at = UtcDateTimeField(allow_null=True)

    def get_passed(self, suite: Any) -> bool | None:
        """Whether every case is green."""
        return None if suite.finished_at is None else not suite.problems and not suite.failed

    @extend_schema_field(CoverageOut)
    def get_coverage(self, suite: Any) -> dict[str, Any]:
        """How many cases came to each step and took each way on, so far."""
        return coverage_json(coverage_of(suite.coverage))
