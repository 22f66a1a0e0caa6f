"""Whether a milestone may be billed, and why or why not."""

from django.db import models

from apps.core.models import Entity, StatusField
from apps.delivery.choices import ReadinessStatus
from apps.delivery.models.projects import Milestone


class BillingReadiness(Entity):
    """The newest answer for one milestone.

    ``predicates`` is a list of ``{"id", "question", "passed", "explanation"}``; ``evidence`` is what the systems of
    record said when it was checked.
    """

    milestone = models.OneToOneField(Milestone, on_delete=models.CASCADE, related_name="readiness")
    predicates = models.JSONField(default=list)
    evidence = models.JSONField(default=dict)
    checked_at = models.DateTimeField(null=True)
    invoice_id = models.CharField(max_length=80, blank=True)
    invoice_number = models.CharField(max_length=80, blank=True)
    invoiced_at = models.DateTimeField(null=True)
    status = StatusField(choices=ReadinessStatus.choices, default=ReadinessStatus.UNCHECKED)

    class Meta:
        verbose_name = "billing readiness"
