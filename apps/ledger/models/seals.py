"""The chain over audit entries: what waits to be sealed, the seals, and the signed heads."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from apps.core.clock import now
from apps.core.ids import new_id


class UnsealedEntries(models.Model):
    """The entries of one transaction that no seal covers yet; written with them, deleted by the seal that covers them."""

    batch = models.UUIDField(primary_key=True, default=new_id, editable=False)
    entries = ArrayField(models.UUIDField(), default=list)

    class Meta:
        verbose_name = "unsealed entries"
        verbose_name_plural = "unsealed entries"


class AuditSeal(models.Model):
    """One link of the chain. ``leaves`` holds the hashes of ``entries`` in order, 32 bytes each. Append-only by trigger."""

    number = models.BigIntegerField(primary_key=True)
    previous = models.CharField(max_length=64)
    count = models.PositiveIntegerField()
    total = models.BigIntegerField()
    first = models.UUIDField()
    last = models.UUIDField()
    root = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(default=now)
    entries = ArrayField(models.UUIDField(), default=list)
    leaves = models.BinaryField()

    class Meta:
        verbose_name = "audit seal"
        indexes = (GinIndex(fields=["entries"], name="seal_entries"),)


class AuditCheckpoint(models.Model):
    """A signed head of the chain, kept outside the database too. Append-only by trigger.

    It covers the seals after ``since`` up to ``seal_number``. ``statement`` is the canonical JSON that was signed,
    ``signature`` hexadecimal.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seal_number = models.BigIntegerField(db_index=True)
    since = models.BigIntegerField()
    statement = models.TextField()
    signature = models.CharField(max_length=128)
    signed_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = "audit checkpoint"
