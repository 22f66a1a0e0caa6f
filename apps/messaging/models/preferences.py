"""How each person wants to be told."""

from datetime import time

from django.db import models

from apps.core.models import Entity


class NotificationPreference(Entity):
    """One person's wishes. Without a row: mail at once, no chat, no quiet hours.

    ``ways`` holds by kind of notice ``{"mail": now|digest|never, "chat": bool}``; ``zone`` "" is the workspace's. From
    ``quiet_from`` to ``quiet_to`` (over midnight, if it is the later one) no mail and no chat message leaves.
    """

    user_id = models.UUIDField(unique=True)
    zone = models.CharField(max_length=64, blank=True)
    quiet_from = models.TimeField(null=True)
    quiet_to = models.TimeField(null=True)
    digest_at = models.TimeField(default=time(8))
    ways = models.JSONField(default=dict)

    class Meta:
        verbose_name = "notification preference"
