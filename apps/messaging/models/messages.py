"""Messages to people."""

from django.db import models
from django.db.models import Q

from apps.core.models import Entity, StatusField
from apps.messaging.choices import ChatState, MessageStatus


class Message(Entity):
    """One message to one person, as it was rendered. A ``sensitive`` one (a sign-in code) forgets its text once sent.

    ``dedupe`` lets a sender say "this one only once"; ``run_id`` and ``visit`` name the step that sent it. ``in_app``: it
    stands in the person's list of notices too, where it leads to ``path``; ``read_at`` is when that was looked at.
    """

    key = models.CharField(max_length=80)
    wording_version = models.PositiveIntegerField(default=0)
    to_email = models.EmailField(max_length=254)
    to_name = models.CharField(max_length=200, blank=True)
    user_id = models.UUIDField(null=True)
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    reply_to = models.EmailField(blank=True)
    sensitive = models.BooleanField(default=False)
    run_id = models.UUIDField(null=True)
    visit = models.CharField(max_length=120, blank=True)
    dedupe = models.CharField(max_length=160, null=True)
    status = StatusField(choices=MessageStatus.choices, default=MessageStatus.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=400, blank=True)
    sent_at = models.DateTimeField(null=True)
    in_app = models.BooleanField(default=False, db_default=False)
    path = models.CharField(max_length=200, blank=True, default="", db_default="")
    read_at = models.DateTimeField(null=True)
    chat = models.CharField(
        max_length=8, choices=ChatState.choices, blank=True, default=ChatState.NONE, db_default=""
    )

    class Meta:
        verbose_name = "message"
        constraints = (
            models.UniqueConstraint(
                fields=["dedupe"], condition=Q(dedupe__isnull=False), name="message_once"
            ),
        )
        indexes = (
            models.Index(fields=["status", "-id"], name="message_status"),
            models.Index(fields=["user_id", "-id"], condition=Q(in_app=True), name="message_notices"),
            models.Index(
                fields=["user_id"], condition=Q(in_app=True, read_at__isnull=True), name="message_unread"
            ),
            models.Index(fields=["user_id"], condition=Q(status="held"), name="message_held"),
            models.Index(fields=["run_id"], condition=Q(run_id__isnull=False), name="message_run"),
        )

    def __str__(self) -> str:
        return f"{self.key} to {self.to_email}"
