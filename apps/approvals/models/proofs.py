"""Proofs that who decides has shown once more who he is."""

from django.db import models

from apps.approvals.models.requests import ApprovalRequest
from apps.core.models import Entity


class StepUpProof(Entity):
    """Good for one decision of one person on one request as it showed itself (``show_hash``), once, for some minutes.

    ``method`` is totp, passkey or mail_code. A mail code that was sent and not yet given has ``code_hash`` (under the
    installation's key) and no ``proved_at``; ``attempts`` counts wrong ones. ``used_at`` is when the decision was made.
    """

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="proofs")
    user_id = models.UUIDField()
    show_hash = models.CharField(max_length=64)
    method = models.CharField(max_length=16)
    code_hash = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    proved_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "step-up proof"
        indexes = (models.Index(fields=["user_id", "request"], name="proof_person"),)
