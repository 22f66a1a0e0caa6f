"""Shapes of simulations in the API."""

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import ObjectField, UtcDateTimeField
from apps.workflows.engine.simulation.scenario import MAX_MOVES

Shape = serializers.Serializer[Any]


class SimulationIn(Shape):
    """What begins the run (``input``, or the ``event`` that triggers it) and every move, in order.

    A move says what to ``do``: ``answer`` (``visit``, and ``output`` or ``error: {code, message, retryable}``),
    ``event`` (``type``, ``data``), ``clock`` (``by``, a duration), ``next`` (on to the nearest timer), ``retry``,
    ``skip`` (``visit``, ``output``), ``cancel``, ``roll_back`` (``reason``).
    """

    input = ObjectField(required=False)
    event = ObjectField(required=False)
    subject = serializers.CharField(max_length=120, required=False, allow_blank=True)
    at = UtcDateTimeField(required=False, help_text="When the run begins; a Monday morning by default.")
    moves = serializers.ListField(child=ObjectField(), required=False, max_length=MAX_MOVES)


class QuestionOut(Shape):
    """What waits for an answer; ``asked`` is what was handed over."""

    visit = serializers.CharField()
    step = serializers.CharField()
    kind = serializers.CharField(help_text="approval, user_task, action, query, subflow, ...")
    since = UtcDateTimeField()
    asked = ObjectField()


class WaitingOut(Shape):
    visit = serializers.CharField()
    type = serializers.CharField()
    example = ObjectField(help_text="An event that ends the waiting, as far as it is known.")


class TimerOut(Shape):
    step = serializers.CharField()
    at = UtcDateTimeField()


class FactOut(Shape):
    kind = serializers.CharField()
    visit = serializers.CharField(allow_null=True)
    at = UtcDateTimeField()
    data = ObjectField()  # type: ignore[assignment]


class SimulationOut(Shape):
    """Where the simulated run stands after all moves. Nothing was stored, sent or called."""

    now = UtcDateTimeField()
    outcome = serializers.CharField(help_text="Outcome of the run, or running.")
    path = serializers.ListField(child=serializers.CharField())
    questions = QuestionOut(many=True)
    waits = WaitingOut(many=True)
    exceptions = serializers.ListField(child=serializers.CharField(), help_text="Visits that need a person.")
    timers = TimerOut(many=True)
    outputs = ObjectField()
    vars = ObjectField()
    history = FactOut(many=True)
