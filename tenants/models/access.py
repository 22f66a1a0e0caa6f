"""Access leases: the only way of a partner's staff into a tenant."""

from datetime import datetime

from django.db import models

from apps.core.models import Entity
from tenants.models.directory import Tenant


class AccessLease(Entity):
    """Time-boxed rights of one partner user in one tenant."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="leases")
    partner_user_id = models.UUIDField()
    partner_user_email = models.EmailField()
    roles = models.JSONField(default=list)
    reason = models.CharField(max_length=400)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    granted_by = models.CharField(max_length=200)
    handover_digest = models.CharField(max_length=64, null=True, unique=True, editable=False)
    handover_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "access lease"
        db_table = '"public"."tenants_accesslease"'
        indexes = (models.Index(fields=["tenant", "partner_user_id"], name="lease_holder"),)

    def is_active(self, at: datetime) -> bool:
        return self.revoked_at is None and self.starts_at <= at < self.ends_at
