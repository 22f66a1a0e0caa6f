"""Who must agree to what: named policies and their versions."""

from django.db import models
from django.db.models import Q

from apps.approvals.choices import PolicyStatus
from apps.core.models import Entity, StatusField


class ApprovalPolicy(Entity):
    """One version (``number``) of the policy called ``key``; once published its definition never changes."""

    key = models.SlugField(max_length=80)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=160)
    definition = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    status = StatusField(choices=PolicyStatus.choices, default=PolicyStatus.DRAFT)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "approval policy"
        verbose_name_plural = "approval policies"
        ordering = ("key", "-number")
        constraints = (
            models.UniqueConstraint(fields=["key", "number"], name="policy_number"),
            models.UniqueConstraint(
                fields=["key"], condition=Q(status="published"), name="one_published_policy"
            ),
            models.UniqueConstraint(fields=["key"], condition=Q(status="draft"), name="one_draft_policy"),
        )

    def __str__(self) -> str:
        return f"{self.name}, version {self.number}"
