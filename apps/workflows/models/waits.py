"""What runs wait for: events and points in time."""

from django.db import models

from apps.core.models import Entity
from apps.workflows.models.runs import Run


class EventWait(Entity):
    """A visit that waits for an event. ``correlation`` must hold, ``match`` (with ``scope``) decides."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="waits")
    visit = models.CharField(max_length=120)
    type = models.CharField(max_length=64)
    match = models.TextField(null=True)
    scope = models.JSONField(default=dict)
    correlation = models.JSONField(default=dict)

    class Meta:
        verbose_name = "event wait"
        constraints = (models.UniqueConstraint(fields=["run", "visit"], name="one_wait_per_visit"),)
        indexes = (models.Index(fields=["type"], name="wait_type"),)


class EventArrival(Entity):
    """An event that matched a wait, on its way to the run."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE)
    visit = models.CharField(max_length=120)
    message_id = models.UUIDField()

    class Meta:
        verbose_name = "event arrival"
        constraints = (models.UniqueConstraint(fields=["run", "visit", "message_id"], name="arrives_once"),)
        indexes = (models.Index(fields=["message_id"], name="arrival_message"),)


class RunTimer(Entity):
    """A timer of a visit; its work item refers to it and does nothing once it is gone."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="timers")
    timer = models.CharField(max_length=160)
    visit = models.CharField(max_length=120)
    at = models.DateTimeField()
    purpose = models.CharField(max_length=16)

    class Meta:
        verbose_name = "run timer"
        constraints = (models.UniqueConstraint(fields=["run", "timer"], name="one_timer_of_name"),)
