"""What one person has noted about something that waits."""

from django.db import models
from django.db.models import Q

from apps.core.models import Entity
from apps.inbox.choices import ItemKind


class Mark(Entity):
    """Read, put off, or both: of one person about one item. Without a row the item is unread and in sight."""

    user_id = models.UUIDField()
    kind = models.CharField(max_length=16, choices=ItemKind.choices)
    item_id = models.UUIDField()
    read_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "inbox mark"
        constraints = (models.UniqueConstraint(fields=["user_id", "item_id"], name="one_mark_per_item"),)
        indexes = (
            models.Index(
                fields=["user_id", "snoozed_until"],
                condition=Q(snoozed_until__isnull=False),
                name="mark_snoozed",
            ),
        )
