"""Who is editing a draft at the moment, and for how long."""

from django.db import models

from apps.core.clock import now
from apps.core.ids import new_id
from apps.core.models import Entity
from apps.workflows.models.templates import TemplateVersion, WorkflowTemplate


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


class EditingSession(Entity):
    """One person's sitting at a draft: saves with little time between them, told by the audit as one.

    ``actor`` is who saves, ``source_hash`` the SHA-256 of the text as it was saved last. Gone when the sitting is over.
    """

    template_version = models.ForeignKey(TemplateVersion, on_delete=models.CASCADE, related_name="editing")
    actor_id = models.CharField(max_length=64)
    actor = models.JSONField(default=dict)
    began_at = models.DateTimeField()
    last_at = models.DateTimeField()
    saves = models.PositiveIntegerField(default=1)
    source_hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = "editing session"
        constraints = (
            models.UniqueConstraint(fields=["template_version", "actor_id"], name="one_sitting_per_person"),
        )
