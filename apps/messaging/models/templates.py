"""What a tenant's messages say, where it departs from what comes built in."""

from django.db import models
from django.db.models import Q

from apps.core.models import Entity, StatusField
from apps.messaging.choices import TemplateStatus


class MessageTemplate(Entity):
    """One published version (``number``) of a message's wording; it never changes, only retires."""

    key = models.SlugField(max_length=80)
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    action_label = models.CharField(max_length=80, blank=True)
    action_path = models.CharField(max_length=200, blank=True)
    status = StatusField(choices=TemplateStatus.choices, default=TemplateStatus.PUBLISHED)
    published_by = models.CharField(max_length=200)

    class Meta:
        verbose_name = "message template"
        ordering = ("key", "-number")
        constraints = (
            models.UniqueConstraint(fields=["key", "number"], name="message_template_number"),
            models.UniqueConstraint(
                fields=["key"], condition=Q(status="published"), name="one_published_wording"
            ),
        )

    def __str__(self) -> str:
        return f"{self.key}, version {self.number}"
