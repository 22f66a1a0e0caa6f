"""What assistants propose for steps of the kind ``assist``."""

from django.db import models
from django.db.models import Q

from apps.core.models import Entity, StatusField
from apps.workflows.choices import ProposalStatus
from apps.workflows.models.cases import UserTask
from apps.workflows.models.runs import Run


class Proposal(Entity):
    """One proposed output of a step. ``confidence`` is the assistant's own, from 0 to 1; ``proposed_by`` an actor."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="proposals")
    task = models.ForeignKey(UserTask, on_delete=models.CASCADE, related_name="proposals")
    visit = models.CharField(max_length=120)
    output = models.JSONField()
    confidence = models.FloatField()
    rationale = models.TextField(blank=True)
    proposed_by = models.JSONField(default=dict)
    status = StatusField(choices=ProposalStatus.choices, default=ProposalStatus.PROPOSED)
    decided_by = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        verbose_name = "proposal"
        constraints = (
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="confidence_is_a_share"
            ),
        )
        indexes = (models.Index(fields=["task", "-id"], name="proposal_task"),)

    @property
    def percent(self) -> int:
        """The confidence in percent."""
        return round(self.confidence * 100)
