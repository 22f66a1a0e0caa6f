"""From ids of what waits to what a reader sees of it; a fixed number of statements for any number of rows."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from apps.accounts.selectors.users import NOBODY
from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.core.actor import Actor
from apps.core.errors import Invalid
from apps.core.money import Money
from apps.inbox.choices import ItemKind
from apps.inbox.models import Mark
from apps.inbox.ranking import urgent_at
from apps.inbox.selectors.sources import customer_of
from apps.inbox.types import Entry
from apps.workflows.models import ExceptionCase, UserTask
from apps.workflows.selectors import cases

Row = tuple[Any, ...]


def load_entries(rows: Sequence[Row], actor: Actor) -> list[Entry]:
    """Return the entries of rows as ``sources.COLUMNS`` names them, in their order."""
    ids: dict[str, list[UUID]] = {kind: [] for kind in ItemKind.values}
    for row in rows:
        ids[row[0]].append(row[1])
    found = {
        **_read(ItemKind.DECISION, ids, decision_rows, decision_entry),
        **_read(ItemKind.TASK, ids, _task_rows, _task_entry),
        **_read(ItemKind.EXCEPTION, ids, _case_rows, _case_entry),
    }
    until = _put_off([row[1] for row in rows if row[8]], actor)
    return [_marked(found[row[1]], row, until) for row in rows if row[1] in found]


def decision_rows(ids: Sequence[UUID], *, people: bool = False) -> Iterable[ApprovalRequest]:
    """Return the requests with their run's template, their customer and their stages: two statements.

    With ``people``, what ``waited_for`` reads is known, too.
    """
    asked = ("waiting_for",) if people else ()
    candidates = ("candidates",) if people else ()
    return (
        ApprovalRequest.objects.filter(pk__in=ids)
        .select_related("run")
        .only(*_SHOWN, *asked, "run__template_key")
        .annotate(customer=customer_of(ApprovalRequest))
        .prefetch_related(
            Prefetch("stages", ApprovalStage.objects.only("request", "index", "name", *candidates))
        )
    )


def waited_for(request: ApprovalRequest) -> tuple[str, ...]:
    """Return the names of those an open request waits for; deputies, who are not asked by name, as a number of them."""
    stage = next((row for row in request.stages.all() if row.index == request.stage), None)
    waiting = {str(user) for user in request.waiting_for}
    names = [str(one["label"]) for one in stage.candidates if one["id"] in waiting] if stage else []
    deputies = len(waiting) - len(names)
    more = f"{deputies} deput{'y' if deputies == 1 else 'ies'}" if deputies else ""
    return tuple([*names, more] if more else names)


_SHOWN = [
    "title",
    "about",
    "status",
    "stage",
    "audience",
    "requested_by_label",
    "amount",
    "currency",
    "due_at",
    "created_at",
    "show_hash",
    "decided_at",
]


def decision_entry(request: Any) -> Entry:
    """Return the entry of a request as ``decision_rows`` gives it."""
    stage = next((row.name for row in request.stages.all() if row.index == request.stage), "")
    return Entry(
        kind=ItemKind.DECISION,
        id=request.id,
        title=request.title,
        about=request.about,
        text="",
        asked_by=request.requested_by_label,
        asks_as=stage,
        customer=request.customer,
        template=request.run.template_key,
        run_id=request.run_id,
        since=request.created_at,
        due_at=request.due_at,
        amount=Money(request.amount, request.currency) if request.amount is not None else None,
        urgent_at=urgent_at(
            ItemKind.DECISION,
            since=request.created_at,
            due_at=request.due_at,
            amount=request.amount,
            customer_waits=request.audience == "customer",
        ),
        show_hash=request.show_hash,
    )


def _read(kind: ItemKind, ids: dict[str, list[UUID]], rows_of: Any, entry_of: Any) -> dict[UUID, Entry]:
    wanted = ids[kind]
    return {row.id: entry_of(row) for row in rows_of(wanted)} if wanted else {}


def _task_rows(ids: Sequence[UUID]) -> Iterable[UserTask]:
    return cases.list_tasks().filter(pk__in=ids).annotate(customer=customer_of(UserTask))


def _task_entry(task: Any) -> Entry:
    return Entry(
        kind=ItemKind.TASK,
        id=task.id,
        title=task.title,
        about=task.run.name,
        text="",
        asked_by="",
        asks_as=task.assignee_role,
        customer=task.customer,
        template=task.run.template_key,
        run_id=task.run_id,
        since=task.created_at,
        due_at=task.due_at,
        amount=None,
        urgent_at=urgent_at(
            ItemKind.TASK,
            since=task.created_at,
            due_at=task.due_at,
            customer_waits=task.audience == "customer",
        ),
    )


def _case_rows(ids: Sequence[UUID]) -> Iterable[ExceptionCase]:
    return cases.list_cases().filter(pk__in=ids).annotate(customer=customer_of(ExceptionCase))


def _case_entry(case: Any) -> Entry:
    return Entry(
        kind=ItemKind.EXCEPTION,
        id=case.id,
        title=case.title,
        about=case.run.name if case.run else "",
        text=case.message,
        asked_by="",
        asks_as=case.owner_role,
        customer=case.customer,
        template=case.run.template_key if case.run else "",
        run_id=case.run_id,
        since=case.created_at,
        due_at=None,
        amount=_money(getattr(case, "stake", None)),
        urgent_at=urgent_at(
            ItemKind.EXCEPTION, since=case.created_at, customer_waits=case.audience == "customer"
        ),
    )


def _put_off(ids: Sequence[UUID], actor: Actor) -> dict[UUID, datetime | None]:
    if not ids:
        return {}
    marks = Mark.objects.filter(user_id=actor.user_id or NOBODY, item_id__in=ids)
    return dict(marks.values_list("item_id", "snoozed_until"))


def _marked(entry: Entry, row: Row, until: dict[UUID, datetime | None]) -> Entry:
    return replace(
        entry, group=row[4], is_unread=not row[7], is_snoozed=row[8], snoozed_until=until.get(entry.id)
    )


def _money(value: Any) -> Money | None:
    if not isinstance(value, dict) or not value.keys() >= {"amount", "currency"}:
        return None
    try:
        return Money.from_json(value)
    except Invalid:
        return None
