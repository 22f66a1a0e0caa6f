"""Reads of exceptions and user tasks."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.fields.json import KeyTransform

from apps.accounts.choices import Role
from apps.core.actor import Actor
from apps.core.errors import NotFound
from apps.workflows.choices import CaseStatus, TaskStatus
from apps.workflows.models import ExceptionCase, UserTask
from apps.workflows.selectors.finding import narrow_cases

Cases = QuerySet[ExceptionCase]
Tasks = QuerySet[UserTask]


def list_cases(*, run_id: UUID | None = None, **wanted: Any) -> Cases:
    """Return exceptions with the run they stopped (without its state) and ``stake``, the money in the run's input.

    ``wanted`` is a filter as ``filtering`` reads it.
    """
    rows: Cases = (
        ExceptionCase.objects.select_related("run")
        .defer("run__state", "run__start")
        .annotate(stake=KeyTransform("amount", KeyTransform("input", "run__start")))
    )
    rows = narrow_cases(rows, wanted)
    return rows.filter(run_id=run_id) if run_id else rows


def get_case(case_id: UUID) -> ExceptionCase:
    """Return one exception as ``list_cases`` does; raise NotFound."""
    case = list_cases().filter(pk=case_id).first()
    if case is None:
        raise NotFound("not_found", "There is no such exception.")
    return case


def open_cases() -> Cases:
    """Return the open exceptions, the oldest first."""
    return list_cases(status=CaseStatus.OPEN).order_by("id")


def count_open_cases() -> int:
    return ExceptionCase.objects.filter(status=CaseStatus.OPEN).count()


def oldest_open_case() -> ExceptionCase | None:
    """Return the open exception that has waited longest."""
    return ExceptionCase.objects.filter(status=CaseStatus.OPEN).order_by("id").first()


def cases_owned_by(actor: Actor) -> Cases:
    """Return the open exceptions whose owner is the actor or one of his roles, the oldest first."""
    return open_cases().filter(_owned_by(actor.user_id, actor.roles))


def list_tasks(*, status: str = "", assignee_role: str = "", run_id: UUID | None = None) -> Tasks:
    """Return user tasks with their run, without its state."""
    rows = UserTask.objects.select_related("run").defer("run__state", "run__start")
    if status:
        rows = rows.filter(status=status)
    if assignee_role:
        rows = rows.filter(assignee_role=assignee_role)
    return rows.filter(run_id=run_id) if run_id else rows


def get_task(task_id: UUID) -> UserTask:
    """Return one task with its run; raise NotFound."""
    task = list_tasks().filter(pk=task_id).first()
    if task is None:
        raise NotFound("not_found", "There is no such task.")
    return task


def tasks_waiting_for(actor: Actor) -> Tasks:
    """Return the open tasks that wait for the actor, the most urgent first."""
    mine = Q(assignee_role__in=actor.roles, assignee_user="") | Q(assignee_role="", assignee_user="")
    if actor.user_id:
        mine |= Q(assignee_user=actor.user_id)
    return list_tasks(status=TaskStatus.OPEN).filter(mine).order_by(F("due_at").asc(nulls_last=True), "id")


def _owned_by(user_id: str | None, roles: Iterable[str]) -> Q:
    mine = Q(owner_user="", owner_role__in=list(roles))
    if user_id:
        mine |= Q(owner_user=user_id)
    if Role.TENANT_ADMIN in roles:
        mine |= Q(owner_user="", owner_role="")
    return mine
