"""Views of the inbox that a person keeps."""

from django.db import models

from apps.core.models import Entity


class SavedFilter(Entity):
    """A named part of one person's inbox; ``query`` is a ``Wanted`` as JSON."""

    user_id = models.UUIDField()
    name = models.CharField(max_length=60)
    query = models.JSONField(default=dict)

    class Meta:
        verbose_name = "saved filter"
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["user_id", "name"], name="filter_name_per_person"),)

    def __str__(self) -> str:
        return self.name
