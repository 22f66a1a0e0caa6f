"""Links to evidence for people without an account."""

from datetime import datetime

from django.db import models

from apps.approvals.models.requests import ApprovalRequest
from apps.core.models import Entity


class EvidenceShare(Entity):
    """A link an administrator has made to one request's evidence; ``label`` says for whom. It ends by itself."""

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="shares")
    label = models.CharField(max_length=120)
    made_by = models.CharField(max_length=200)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "evidence share"

    def is_live(self, at: datetime) -> bool:
        return self.revoked_at is None and at < self.expires_at
