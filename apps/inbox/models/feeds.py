"""Secret addresses under which calendars fetch a person's due dates."""

from django.db import models
from django.db.models import Q

from apps.core.models import Entity


class CalendarFeed(Entity):
    """One secret address of one person; only the SHA-256 of its secret is kept. At most one is in use."""

    user_id = models.UUIDField()
    secret_hash = models.CharField(max_length=64, unique=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "calendar feed"
        constraints = (
            models.UniqueConstraint(
                fields=["user_id"], condition=Q(revoked_at__isnull=True), name="one_feed_per_person"
            ),
        )
