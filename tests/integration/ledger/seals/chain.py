"""Acts that are recorded, sealed and signed, and what is found in their chain."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor
from apps.dispatch.models import WorkItem
from apps.ledger.models import AuditCheckpoint, AuditEntry, AuditSeal
from apps.ledger.selectors.verifying import verify_chain
from apps.ledger.services import emit, record, unit_of_work
from apps.ledger.services.sealing import seal_entries, sign_head
from apps.ledger.types import DomainEvent
from apps.workflows.models import ExceptionCase
from tenants.db import connection
from tenants.types import TenantRef

ANN = Actor.system("Ann")


def note(number: int = 1, *, told: bool = False) -> list[UUID]:
    """Record so many acts, each in a transaction of its own; return the entries' ids."""
    case = ExceptionCase.objects.create(subject="thing/1", title="t", code="c", message="m")
    ids = []
    for at in range(number):
        with unit_of_work(ANN, reason=f"reason {at}"):
            record("thing.note", case, after={"number": at, "share": 0.1, "word": "größer"})
            if told:
                emit(DomainEvent("thing.happened", f"thing/{at}"))
        ids.append(AuditEntry.objects.latest("id").id)
    return ids


def seal() -> AuditSeal | None:
    with unit_of_work(ANN):
        return seal_entries()


def fail_after_an_act() -> None:
    with unit_of_work(ANN):
        record("thing.note", ExceptionCase(subject="thing/1", title="t", code="c", message="m"))
        raise ZeroDivisionError


def sign() -> AuditCheckpoint | None:
    with unit_of_work(ANN):
        return sign_head()


@contextmanager
def as_its_owner() -> Iterator[Any]:
    """What somebody who owns the database can do: write past the triggers."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in ("auditentry", "auditseal", "auditcheckpoint"):
            cursor.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER append_only")
        yield cursor
        for table in ("auditentry", "auditseal", "auditcheckpoint"):
            cursor.execute(f"ALTER TABLE ledger_{table} ENABLE TRIGGER append_only")


def codes(tenant: TenantRef) -> list[tuple[str, UUID | None]]:
    return [(found.code, found.entry) for found in verify_chain(tenant.id).breaks]


def due(kind: str) -> list[WorkItem]:
    return list(WorkItem.objects.filter(kind=kind, state="ready").order_by("id"))
