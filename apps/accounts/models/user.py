"""People and what they are."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import CharField, F, OuterRef, QuerySet, Value
from django.db.models.functions import Concat, Lower

from apps.accounts.choices import Role
from apps.core.models import Entity


class UserManager(BaseUserManager["User"]):
    """Finds users by e-mail address whatever its case; making them is the services' business."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=self.normalize_email(username))

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        return (email or "").strip().lower()

    def with_roles(self) -> "QuerySet[User]":
        """Users with ``role_pairs``, their roles as ``role:region``, in the same query."""
        pairs = RoleAssignment.objects.filter(user=OuterRef("pk")).values(
            pair=Concat(F("role"), Value(":"), F("region"), output_field=CharField())
        )
        return self.annotate(role_pairs=ArraySubquery(pairs))

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        """Make an operator; for the management command of that name, on the platform's schema."""
        user = self.model(email=self.normalize_email(email), is_staff=True, is_superuser=True, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(Entity, AbstractBaseUser, PermissionsMixin):
    """A person: of the tenant, of its customer (``contact_id``), of the partner (in the platform's schema with
    ``partner_id``; in a tenant under an access lease with ``lease_id``), or an operator (``is_staff``)."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    partner_id = models.UUIDField(null=True, blank=True)
    contact_id = models.UUIDField(null=True, blank=True)
    lease_id = models.UUIDField(null=True, blank=True)
    manager = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="managed"
    )

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = "user"
        constraints = (
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower"),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """How pages and audit entries call the person."""
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.label


class RoleAssignment(Entity):
    """What a user is, everywhere (region "") or in one region."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_assignments")
    role = models.CharField(max_length=32, choices=Role.choices)
    region = models.CharField(max_length=16, blank=True, default="")

    class Meta:
        verbose_name = "role assignment"
        constraints = (models.UniqueConstraint(fields=["user", "role", "region"], name="role_once"),)
        indexes = (models.Index(fields=["role", "region"], name="role_holders"),)
