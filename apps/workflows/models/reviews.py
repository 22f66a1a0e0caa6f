"""Four eyes on templates: who looked at which version and what they said, and whether this tenant wants it."""

from django.db import models
from django.db.models import Q

from apps.core.models import Entity
from apps.workflows.choices import ReviewCapacity, ReviewMode, ReviewVerdict
from apps.workflows.models.templates import TemplateVersion


class TemplateReview(Entity):
    """One word on one version: it was handed in, agreed to, sent back or withdrawn. Append-only by trigger.

    ``round`` counts how often the version was handed in; only words of the latest round count. ``source_hash`` is the
    SHA-256 of the text as it was looked at.
    """

    template_version = models.ForeignKey(TemplateVersion, on_delete=models.PROTECT, related_name="reviews")
    round = models.PositiveIntegerField()
    verdict = models.CharField(max_length=20, choices=ReviewVerdict.choices)
    capacity = models.CharField(max_length=16, choices=ReviewCapacity.choices)
    user_id = models.CharField(max_length=64, blank=True)
    user_label = models.CharField(max_length=200)
    comment = models.TextField(blank=True)
    source_hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = "template review"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["template_version", "round", "user_id", "capacity"],
                condition=Q(verdict="approved"),
                name="agrees_once_a_round",
            ),
        )

    def __str__(self) -> str:
        return f"{self.verdict} by {self.user_label}"


class WorkflowSettings(Entity):
    """What the tenant has decided about its templates; one row at most."""

    name = models.CharField(max_length=20, unique=True, default="workflows", editable=False)
    review_mode = models.CharField(max_length=16, choices=ReviewMode.choices)

    class Meta:
        verbose_name = "workflow settings"
        verbose_name_plural = "workflow settings"

    def __str__(self) -> str:
        return f"review: {self.review_mode}"
