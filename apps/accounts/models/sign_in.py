"""Failures to sign in, kept in the database so that losing Redis neither locks anybody out nor opens the door."""

from django.db import models

from apps.accounts.choices import SignInMethod
from apps.core.clock import now


class SignInAttempt(models.Model):
    """One failed password, or one request for a code or reset mail."""

    at = models.DateTimeField(default=now)
    email = models.CharField(max_length=254)
    address = models.GenericIPAddressField(null=True)
    method = models.CharField(max_length=16, choices=SignInMethod.choices)

    class Meta:
        verbose_name = "sign-in attempt"
        indexes = (
            models.Index(fields=["email", "at"], name="attempt_email"),
            models.Index(fields=["address", "at"], name="attempt_address"),
        )
