"""Clocks of service levels, and what happened to each."""

from datetime import timedelta

from django.db import models

from apps.core.models import Entity
from apps.workflows.choices import ClockState
from apps.workflows.models.runs import Run


class SlaClock(Entity):
    """How much of a service level a run (``visit`` empty) or a visit has used up.

    ``elapsed`` is what was used at ``since``; while it runs, open time of the calendar since then comes on top. All of it
    follows from the events.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="clocks")
    visit = models.CharField(max_length=120, blank=True)
    target = models.DurationField()
    calendar = models.CharField(max_length=60)
    state = models.CharField(max_length=16, choices=ClockState.choices)
    elapsed = models.DurationField(default=timedelta)
    since = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    warned = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField()
    breached_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    length = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "SLA clock"
        constraints = (models.UniqueConstraint(fields=["run", "visit"], name="one_clock_per_visit"),)
        indexes = (models.Index(fields=["state", "due_at"], name="clock_state"),)


class ClockEvent(models.Model):
    """One fact about a clock, numbered without gaps from 1, never changed. ``elapsed`` is what was used up by then."""

    pk = models.CompositePrimaryKey("clock_id", "seq")
    clock = models.ForeignKey(SlaClock, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=16)
    at = models.DateTimeField()
    elapsed = models.DurationField()
    party = models.CharField(max_length=20, blank=True)
    cause = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "clock event"
