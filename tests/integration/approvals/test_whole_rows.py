"""Rows written past the ORM are the same rows."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import DataError, IntegrityError, transaction

from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.core.clock import now
from apps.core.ids import new_id
from apps.core.rows import Rows, insert_rows
from tests.integration.approvals.conftest import Staff, begin, publish


def made(run_id: UUID, **values: Any) -> ApprovalRequest:
    columns: dict[str, Any] = {
        "visit": "x#1",
        "title": "Ünïcode “quoted” %s \\ 'it'",
        "show": {"price": 0.1, "deep": [None, {"a": "%(b)s"}], "big": 2**60},
        "show_hash": "0" * 64,
        "amount": Decimal("12500.10"),
        "waiting_for": [new_id(), new_id()],
        "due_at": now() + timedelta(microseconds=1),
    }
    return ApprovalRequest(run_id=run_id, **(columns | values))


def test_what_is_inserted_is_what_is_read(staff: Staff) -> None:
    publish()
    run = begin()
    one, other = (
        made(run.id),
        made(run.id, visit="y#1", amount=None, due_at=None, waiting_for=[], prepared_by=[]),
    )
    stages = [ApprovalStage(request=one, index=at, name=f"{at}", candidates=[{"id": "1"}]) for at in range(3)]
    insert_rows([one, other, *stages])
    assert not one._state.adding
    for row in (one, other, *stages):
        by_orm = type(row)._default_manager.get(pk=row.pk)
        by_rows = Rows(type(row)).first("id = %s", [row.pk])
        for field in row._meta.concrete_fields:
            written = getattr(row, field.attname)
            assert written == getattr(by_orm, field.attname) == getattr(by_rows, field.attname), field.name


def test_what_no_column_can_hold_is_refused_whole(staff: Staff) -> None:
    publish()
    run = begin()
    first = made(run.id)
    for wrong, error in (
        (made(run.id, visit="x#1"), IntegrityError),
        (made(run.id, visit="z#1", title="x" * 201), DataError),
        (made(run.id, visit="z#1", show={"at": now()}), TypeError),
    ):
        with pytest.raises(error), transaction.atomic():
            insert_rows([first, wrong])
    assert not ApprovalRequest.objects.filter(pk=first.pk).exists()
