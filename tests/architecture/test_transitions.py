"""Every move of every transition table: one audit entry, one message, one version more. Every other move is refused."""

from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models, transaction

from apps.core.actor import Actor
from apps.core.models import StatusField
from apps.dispatch.models import WorkItem
from apps.ledger.events import get_event_type
from apps.ledger.exceptions import IllegalTransition, StaleVersion
from apps.ledger.models import AuditEntry, OutboxMessage
from apps.ledger.services import transition, unit_of_work
from apps.ledger.services.unit import OUTBOX_KIND, SEAL_KIND, subject_of
from apps.ledger.transitions import all_moves, noun_of
from tenants.context import platform_context, tenant_context
from tenants.types import TenantRef
from tests.architecture.rows import build

ACTOR = Actor.system("architecture test")
MOVES = list(all_moves())
MODELS = sorted({move[0] for move in MOVES}, key=lambda model: model._meta.label)


def statuses_of(model: type[models.Model]) -> set[str]:
    field = model._meta.get_field("status")
    choices = {str(value) for value, _label in getattr(field, "flatchoices", ())}
    return choices | {
        str(status)
        for moved, status, _command, target in MOVES
        if moved is model
        for status in (status, target)
    }


def illegal_moves() -> list[tuple[type[models.Model], str, str]]:
    legal = {(model, str(status), command) for model, status, command, _target in MOVES}
    return [
        (model, status, command)
        for model in MODELS
        for status in sorted(statuses_of(model))
        for command in sorted({move[2] for move in MOVES if move[0] is model})
        if (model, status, command) not in legal
    ]


def home_of(model: type[models.Model], tenant: TenantRef) -> AbstractContextManager[Any]:
    """The schema in which rows of the model live."""
    package = apps.get_app_config(model._meta.app_label).name
    return tenant_context(tenant) if package in settings.TENANT_APPS else platform_context()


def label(value: Any) -> str:
    return (
        str(value._meta.label) if isinstance(value, type) and issubclass(value, models.Model) else str(value)
    )


def test_there_are_tables() -> None:
    assert len(MODELS) >= 15
    with_status = {
        model
        for model in apps.get_models()
        if any(isinstance(field, StatusField) for field in model._meta.concrete_fields)
    }
    assert with_status == set(MODELS), "a model with a status has a transition table, and no other has one"


@pytest.mark.parametrize(("model", "status", "command", "target"), MOVES, ids=label)
def test_a_move_is_audited_and_told(
    model: type[models.Model], status: str, command: str, target: str, alpha: TenantRef
) -> None:
    with home_of(model, alpha):
        row = build(model, status=status)
        version = row.version
        audited = set(AuditEntry.objects.values_list("pk", flat=True))
        told = set(OutboxMessage.objects.values_list("pk", flat=True))
        with unit_of_work(ACTOR, reason="because"):
            transition(row, command)
        entry = AuditEntry.objects.exclude(pk__in=audited).get()
        message = OutboxMessage.objects.exclude(pk__in=told).get()
        stored = model._default_manager.values("status", "version").get(pk=row.pk)
        work = WorkItem.objects.get(ref=message.batch)
    assert stored == {"status": target, "version": version + 1}
    assert (row.status, row.version) == (target, version + 1)
    assert (entry.action, entry.subject_type) == (f"{noun_of(model)}.{command}", noun_of(model))
    assert (entry.subject_id, entry.reason) == (str(row.pk), "because")
    assert (entry.before["status"], entry.after["status"]) == (status, target)
    assert (entry.actor_kind, entry.actor_label) == ("system", "architecture test")
    assert message.subject == subject_of(row)
    assert work.kind == (OUTBOX_KIND if message.delivered_at is None else SEAL_KIND), (
        "told, or nobody listens"
    )
    assert get_event_type(message.type) is not None, f"{message.type} is not in the catalogue"


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_every_other_move_is_refused(model: type[models.Model], alpha: TenantRef) -> None:
    wrong = [(status, command) for moved, status, command in illegal_moves() if moved is model]
    with home_of(model, alpha):
        for status, command in wrong:
            with transaction.atomic():
                row = build(model, status=status)
                count = AuditEntry.objects.count(), OutboxMessage.objects.count()
                with pytest.raises(IllegalTransition), unit_of_work(ACTOR):
                    transition(row, command)
                stored = model._default_manager.values_list("status", flat=True).get(pk=row.pk)
                assert stored == status
                assert (AuditEntry.objects.count(), OutboxMessage.objects.count()) == count
                transaction.set_rollback(True)


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_a_row_changed_meanwhile_is_not_moved(model: type[models.Model], alpha: TenantRef) -> None:
    _model, status, command, _target = next(move for move in MOVES if move[0] is model)
    with home_of(model, alpha):
        row = build(model, status=status)
        model._default_manager.filter(pk=row.pk).update(version=models.F("version") + 1)
        with pytest.raises(StaleVersion), unit_of_work(ACTOR):
            transition(row, command)
        assert model._default_manager.values_list("status", flat=True).get(pk=row.pk) == status


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_a_status_cannot_be_written_past_the_ledger(model: type[models.Model], alpha: TenantRef) -> None:
    _model, status, _command, target = next(move for move in MOVES if move[0] is model and move[1] != move[3])
    with home_of(model, alpha):
        row = build(model, status=status)
        with pytest.raises(TypeError, match=r"ledger\.transition"):
            row.status = target
