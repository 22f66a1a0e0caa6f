"""Schedules, and what became of each of their times."""

from django.db import models

from apps.core.models import Entity, StatusField
from apps.workflows.choices import CatchUp, FireOutcome, ScheduleStatus
from apps.workflows.models.runs import Run


class Schedule(Entity):
    """Starts runs of a template by the clock. ``zone`` empty is the tenant's own; ``declared``: the template wants it."""

    key = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=160)
    template_key = models.CharField(max_length=80)
    cron = models.CharField(max_length=120)
    zone = models.CharField(max_length=64, blank=True)
    input = models.JSONField(default=dict)
    catch_up = models.CharField(max_length=8, choices=CatchUp.choices, default=CatchUp.ONCE)
    catch_up_limit = models.PositiveSmallIntegerField(default=10)
    status = StatusField(choices=ScheduleStatus.choices, default=ScheduleStatus.ACTIVE)
    declared = models.BooleanField(default=False)
    next_fire_at = models.DateTimeField(null=True)
    paused_by = models.CharField(max_length=200, blank=True)
    paused_at = models.DateTimeField(null=True)
    pause_reason = models.TextField(blank=True)

    class Meta:
        verbose_name = "schedule"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ScheduleFire(Entity):
    """One time of a schedule and what came of it; ``passed`` counts earlier missed times this one stands for."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="fires")
    fire_at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=FireOutcome.choices)
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="+")
    passed = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=400, blank=True)

    class Meta:
        verbose_name = "schedule fire"
        constraints = (models.UniqueConstraint(fields=["schedule", "fire_at"], name="fires_once"),)
