"""Working calendars of a tenant, and who works by which."""

from django.db import models
from django.db.models import Q

from apps.core.models import Entity


class Calendar(Entity):
    """Opening hours and holidays in a time zone.

    ``hours`` is a list of seven lists of ``["09:00", "17:00"]``, Monday first; null takes over those of ``extends``, whose
    holidays hold here too. ``holidays`` is a list of ``{"date", "name", "yearly"}``.
    """

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    zone = models.CharField(max_length=64)
    hours = models.JSONField(null=True)
    holidays = models.JSONField(default=list)
    extends = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="extensions")
    is_default = models.BooleanField(default=False)

    class Meta:
        verbose_name = "calendar"
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_calendar"
            ),
        )

    def __str__(self) -> str:
        return self.name


class CalendarAssignment(Entity):
    """Who works by a calendar: ``customer/<id>`` or ``user/<id>``; ``zone`` replaces the calendar's own, if given."""

    subject = models.CharField(max_length=120, unique=True)
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="assignments")
    zone = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "calendar assignment"
