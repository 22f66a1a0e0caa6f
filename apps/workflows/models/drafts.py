"""Who is editing a draft at the moment."""

from django.db import models

from apps.core.clock import now
from apps.core.ids import new_id
from apps.workflows.models.templates import WorkflowTemplate


class DraftPresence(models.Model):
    """One window in which somebody edits a template; kept alive by the page, forgotten soon after it is closed.

    ``window`` is chosen by the page, ``step`` the id of the step whose form is open, "" for none.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    template = models.ForeignKey(WorkflowTemplate, on_delete=models.CASCADE, related_name="editors")
    window = models.CharField(max_length=40)
    actor_id = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    step = models.CharField(max_length=80, blank=True)
    seen_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = "draft presence"
        constraints = (
            models.UniqueConstraint(
                fields=["template", "actor_id", "window"], name="one_presence_per_window"
            ),
        )
