"""Answers to commands, so that a command sent twice is done once."""

from django.db import models

from apps.core.clock import now


class IdempotencyRecord(models.Model):
    """The answer to one command of one actor; ``status`` 0 while the command is at work (seen by nobody else)."""

    actor_id = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = "idempotency record"
        constraints = (models.UniqueConstraint(fields=["actor_id", "key"], name="one_answer_per_key"),)
        indexes = (models.Index(fields=["created_at"], name="idempotency_age"),)
