"""What to do: templates and their versions."""

from django.db import models
from django.db.models import Q

from apps.core.models import Entity, StatusField
from apps.workflows.choices import VersionStatus


class WorkflowTemplate(Entity):
    """A named workflow; what it does stands in its versions."""

    key = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=160)
    family = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = "workflow template"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class TemplateVersion(Entity):
    """One version: a draft that may be edited, or a published one that never changes again (by trigger).

    ``source`` is the author's YAML, ``definition`` its parsed form, ``parts`` what else decides how its runs behave
    (``{part: {key: snapshot}}``), ``tests`` the text of its test cases, ``digest`` the SHA-256 over the canonical JSON
    of all of it. ``authors`` are those who wrote at it, as ``{"id", "label"}``; ``publish_reason`` is what was said to
    the ``accepted_warnings``. ``imported`` is what came in with a bundle: text, parts, hash and origin.
    """

    template = models.ForeignKey(WorkflowTemplate, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    status = StatusField(choices=VersionStatus.choices, default=VersionStatus.DRAFT)
    source = models.TextField()
    tests = models.TextField(blank=True, default="")
    definition = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    trigger_event = models.CharField(max_length=64, blank=True)
    parts = models.JSONField(default=dict)
    authors = models.JSONField(default=list)
    imported = models.JSONField(default=dict)
    review_round = models.PositiveIntegerField(default=0)
    accepted_warnings = models.JSONField(default=list)
    publish_reason = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "template version"
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=["template", "number"], name="version_number"),
            models.UniqueConstraint(
                fields=["template"], condition=Q(status="published"), name="one_published"
            ),
            models.UniqueConstraint(
                fields=["template"], condition=Q(status__in=["draft", "in_review"]), name="one_draft"
            ),
        )
        indexes = (
            models.Index(fields=["trigger_event"], condition=Q(status="published"), name="version_trigger"),
        )
