"""Keys of programs."""

from datetime import datetime

from django.db import models

from apps.accounts.models.user import User
from apps.core.models import Entity


class ApiKey(Entity):
    """A key that acts for its owner, within its scopes. Only the SHA-256 of its secret is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    public_id = models.CharField(max_length=8, unique=True)
    prefix = models.CharField(max_length=24)
    secret_hash = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "api key"

    def is_live(self, at: datetime) -> bool:
        return self.revoked_at is None and at < self.expires_at
