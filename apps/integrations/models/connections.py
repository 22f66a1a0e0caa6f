"""Connections to other systems: what they can do, where they are, with which secret, in which slot."""

from django.db import models

from apps.core.models import Entity, StatusField
from apps.integrations.choices import ConnectionStatus, CredentialKind


class Credential(Entity):
    """A secret for another system. ``sealed`` is readable in this tenant only; it is never shown again."""

    kind = models.CharField(max_length=16, choices=CredentialKind.choices)
    sealed = models.TextField()
    rotated_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "credential"


class Connection(Entity):
    """A configured instance of a connector.

    ``definition`` says what the system can do and how (the same for every tenant that uses such a system);
    ``config`` holds this instance's values, ``base_url`` first of all. ``version`` grows with every edit.
    """

    name = models.CharField(max_length=80, unique=True)
    connector = models.CharField(max_length=40, default="generic-rest")
    definition = models.JSONField(default=dict)
    config = models.JSONField(default=dict)
    credential = models.ForeignKey(
        Credential, null=True, on_delete=models.PROTECT, related_name="connections"
    )
    status = StatusField(choices=ConnectionStatus.choices, default=ConnectionStatus.ACTIVE)

    class Meta:
        verbose_name = "connection"


class SlotBinding(Entity):
    """Which connection fills a slot: of one workflow template, or (``template_key`` ``*``) of every template."""

    template_key = models.CharField(max_length=120, default="*")
    slot = models.CharField(max_length=80)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="bindings")

    class Meta:
        verbose_name = "slot binding"
        constraints = (
            models.UniqueConstraint(fields=["slot", "template_key"], name="one_connection_per_slot"),
        )
