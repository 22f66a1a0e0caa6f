"""Groups of people, such as a change advisory board."""

from django.db import models

from apps.accounts.models.user import User
from apps.core.models import Entity


class Group(Entity):
    """People whom policies may name together, by ``key``."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)

    class Meta:
        verbose_name = "group"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class GroupMembership(Entity):
    """One person in one group."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        verbose_name = "group membership"
        constraints = (models.UniqueConstraint(fields=["group", "user"], name="member_once"),)
