"""Who stopped what, why and since when."""

from django.db import models
from django.db.models import Q

from apps.core.models import Entity
from apps.workflows.choices import PauseParty, PauseScope


class Pause(Entity):
    """One pause of a run, a template, a connection or the whole workspace; it holds until ``ended_at`` is set.

    ``key`` is the run's or connection's id, the template's key, "" for the workspace; ``label`` its name for people.
    ``party`` is whose time it is on the clocks of the runs it holds; a connection's pause has no say in that.
    """

    scope = models.CharField(max_length=16, choices=PauseScope.choices)
    key = models.CharField(max_length=120, blank=True)
    label = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    party = models.CharField(max_length=16, choices=PauseParty.choices, default=PauseParty.US)
    began_by = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.JSONField(default=dict)
    end_reason = models.TextField(blank=True)

    class Meta:
        verbose_name = "pause"
        constraints = (
            models.UniqueConstraint(
                fields=["scope", "key"], condition=Q(ended_at=None), name="one_open_pause"
            ),
        )
