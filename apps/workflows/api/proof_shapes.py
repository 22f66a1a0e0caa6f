"""Shapes of test cases in the API."""

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import ObjectField
from apps.workflows.api.serializers import TemplateProblemOut
from apps.workflows.engine.simulation.cases import MAX_TEXT

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
