"""The unit of work: one transaction that holds state, audit entries, outbox messages and work items, or none of them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db import models, transaction

from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.context import request_id
from apps.core.ids import new_id
from apps.core.models import status_writable
from apps.core.rows import update_row
from apps.dispatch.models.queue import PLATFORM
from apps.dispatch.moments import moment_after
from apps.dispatch.services.enqueue import enqueue_many
from apps.dispatch.types import ClaimedItem, WorkItemSpec
from apps.ledger.events import get_event_type, is_anybody_interested, work_led_to
from apps.ledger.exceptions import NoUnitOfWork, StaleVersion
from apps.ledger.services.writing import Row, rows_to_write
from apps.ledger.transitions import next_status, noun_of
from apps.ledger.types import DomainEvent
from tenants.configuration import forget, is_configuration
from tenants.context import tenant_or_none
from tenants.db import connection

OUTBOX_KIND = "ledger.outbox"
SEAL_KIND = "ledger.seal"


@dataclass
class UnitOfWork:
    """What one transaction has gathered; written in one go, last, at the outermost exit."""

    actor: Actor
    reason: str
    batch: UUID = field(default_factory=new_id)
    audit: list[Row] = field(default_factory=list)
    outbox: list[Row] = field(default_factory=list)
    work: list[WorkItemSpec] = field(default_factory=list)
    done: list[ClaimedItem] = field(default_factory=list)

    def flush(self) -> None:
        unheard = self._unheard()
        if self.outbox and unheard is None:
            # Whoever delivers them sees to the sealing as well: by then this transaction is surely committed.
            self.work.append(WorkItemSpec(OUTBOX_KIND, self.batch))
        elif self.audit:
            self.work.append(WorkItemSpec(SEAL_KIND, self.batch, run_at=seal_time()))
        tenant = tenant_or_none()
        tenant_id = tenant.id if tenant else PLATFORM
        untold = enqueue_many(
            tenant_id=tenant_id,
            specs=self.work,
            done=self.done,
            alongside=rows_to_write(batch=self.batch, audit=self.audit, outbox=self.outbox, unheard=unheard),
        )
        if untold and unheard is not None:
            # The configuration is not what it was when this began: somebody may listen by now.
            enqueue_many(tenant_id=tenant_id, specs=[WorkItemSpec(OUTBOX_KIND, self.batch)])

    def _unheard(self) -> int | None:
        """Return the configuration's number under which nobody listens to what is told; None if somebody may."""
        number = connection.configuration_number()
        if number is None or not self.outbox:
            return None
        types = {str(row["type"]) for row in self.outbox}
        return None if is_anybody_interested(types, platform=tenant_or_none() is None) else number


_current: ContextVar[UnitOfWork | None] = ContextVar("unit_of_work", default=None)


@contextmanager
def unit_of_work(actor: Actor, *, reason: str = "") -> Iterator[UnitOfWork]:
    """Run the block as one transaction of ``actor``; a unit inside a unit joins it, with its own actor and reason."""
    outer = _current.get()
    if outer is not None:
        with _acting(outer, actor, reason):
            yield outer
        return
    with transaction.atomic():
        unit = UnitOfWork(actor=actor, reason=reason)
        token = _current.set(unit)
        try:
            yield unit
            unit.flush()
        finally:
            _current.reset(token)


@contextmanager
def attempt() -> Iterator[None]:
    """Run the block under a savepoint of the unit: if it raises, nothing of it remains, and the unit goes on."""
    unit = _unit()
    gathered: tuple[list[Any], ...] = (unit.audit, unit.outbox, unit.work, unit.done)
    marks = [len(rows) for rows in gathered]
    try:
        with transaction.atomic():
            yield
    except BaseException:
        for rows, mark in zip(gathered, marks, strict=True):
            del rows[mark:]
        raise


def transition(
    subject: models.Model,
    command: str,
    *,
    reason: str = "",
    event: DomainEvent | None = None,
    fields: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Move ``subject`` by ``command`` as its table says; write status, audit entry and message.

    ``fields`` are further columns written in the same statement; ``details`` go into the audit entry beside them.
    Raises IllegalTransition when the status does not allow the command, StaleVersion when the row changed meanwhile.
    """
    unit = _unit()
    held = cast(Any, subject)
    before = str(held.status)
    after = next_status(type(subject), before, command)
    changes = {"status": after, "version": held.version + 1, **(fields or {})}
    if not update_row(subject, changes, held={"version": held.version}):
        raise StaleVersion(noun_of(type(subject)).replace("_", " "))
    with status_writable():
        for name, value in changes.items():
            setattr(subject, name, value)
    _audit(
        unit,
        f"{noun_of(type(subject))}.{command}",
        subject,
        before={"status": before},
        after={"status": after, **(details or {})},
        reason=reason,
    )
    # Every move is told: to whoever subscribed to the particular fact, or at least as a change of the subject.
    emit(
        event
        or DomainEvent(
            f"{noun_of(type(subject))}.changed", subject_of(subject), {"status": after, "was": before}
        )
    )


def record(
    action: str,
    subject: models.Model,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    event: DomainEvent | None = None,
    reason: str = "",
) -> None:
    """Note an act that is no change of status, such as an edit: ``before`` and ``after`` hold the changed fields."""
    _audit(_unit(), action, subject, before=before or {}, after=after or {}, reason=reason)
    if event is not None:
        emit(event)


def emit(event: DomainEvent) -> UUID:
    """Tell a fact to whoever subscribed, after commit; return the id it is told under."""
    unit, message_id = _unit(), new_id()
    known = get_event_type(event.type)
    unit.outbox.append(
        {
            "id": str(message_id),
            "batch": str(unit.batch),
            "type": event.type,
            "type_version": known.version if known else 1,
            "subject": event.subject,
            "data": dict(event.data),
            "time": now().isoformat(),
            "actor": unit.actor.to_json(),
            "request_id": request_id(),
        }
    )
    unit.work.extend(work_led_to(event.type, event.data))
    return message_id


def enqueue(spec: WorkItemSpec) -> None:
    """Have work done after commit."""
    _unit().work.append(spec)


def seal_time() -> datetime:
    """Return when what is written now is to be sealed: soon, together with what others write about now."""
    after = settings.AUDIT_SEAL_AFTER_SECONDS
    return moment_after(now() + timedelta(seconds=after), every_seconds=after)


def finish(items: Sequence[ClaimedItem]) -> None:
    """Note that this transaction does the work of the items: it is lost (FenceLost) if one was taken away meanwhile."""
    _unit().done.extend(items)


def subject_of(subject: models.Model) -> str:
    """Return ``<noun>/<id>``."""
    return f"{noun_of(type(subject))}/{subject.pk}"


@contextmanager
def _acting(unit: UnitOfWork, actor: Actor, reason: str) -> Iterator[None]:
    held = unit.actor, unit.reason
    unit.actor, unit.reason = actor, reason or unit.reason
    try:
        yield
    finally:
        unit.actor, unit.reason = held


def _unit() -> UnitOfWork:
    unit = _current.get()
    if unit is None:
        raise NoUnitOfWork("state changes only inside unit_of_work()")
    return unit


def _audit(
    unit: UnitOfWork,
    action: str,
    subject: models.Model,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str,
) -> None:
    if is_configuration(type(subject)):
        forget()
    unit.audit.append(
        {
            "id": str(new_id()),
            "at": now().isoformat(),
            "actor_kind": unit.actor.kind.value,
            "actor_id": unit.actor.id,
            "actor_label": unit.actor.label,
            "behind": unit.actor.behind,
            "lease_id": str(unit.actor.lease_id) if unit.actor.lease_id else None,
            "action": action,
            "subject_type": noun_of(type(subject)),
            "subject_id": str(subject.pk),
            "before": dict(before),
            "after": dict(after),
            "reason": reason or unit.reason,
            "request_id": request_id(),
        }
    )
