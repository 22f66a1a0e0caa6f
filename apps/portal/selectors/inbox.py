"""What waits for one person: decisions, tasks and exceptions, the most urgent first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Prefetch, QuerySet
from django.urls import reverse

from apps.accounts import policies
from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.approvals.selectors import requests as approvals
from apps.core.actor import Actor
from apps.core.money import Money
from apps.portal.wording import capital, joined, read_money, role_words, titled
from apps.workflows.models import ExceptionCase, UserTask
from apps.workflows.selectors import cases

SHOWN = 100
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One thing that waits: what, why it is here, since and until when, and how much is at stake."""

    kind: str
    word: str
    tone: str
    url: str
    title: str
    about: str
    why: str
    since: datetime
    due_at: datetime | None
    amount: Money | None

    @property
    def urgency(self) -> tuple[datetime, Decimal, datetime]:
        """What sorts before others is due sooner, worth more, older."""
        return (self.due_at or _NEVER, -(self.amount.amount if self.amount else Decimal(0)), self.since)


@dataclass(frozen=True, slots=True)
class Inbox:
    """What waits (at most SHOWN of each kind) and how much of it there is."""

    items: list[InboxItem]
    decisions: int
    tasks: int
    exceptions: int

    @property
    def total(self) -> int:
        return self.decisions + self.tasks + self.exceptions


def read_inbox(actor: Actor) -> Inbox:
    """Return what waits for the actor now; the number of queries does not depend on how much it is."""
    decisions = list(_approvals(actor))
    tasks = list(_tasks(actor))
    stopped = list(_exceptions(actor))
    counts = _counts(actor, {"decision": len(decisions), "task": len(tasks), "exception": len(stopped)})
    items = sorted([*decisions, *tasks, *stopped], key=lambda item: item.urgency)
    return Inbox(items, counts["decision"], counts["task"], counts["exception"])


def nav_counts(actor: Actor) -> dict[str, int]:
    """Return the figures beside the navigation, in two queries: what waits for the actor, all open exceptions."""
    own = [rows.order_by().values("pk") for rows in _sources(actor).values()]
    may_see = policies.may(actor, "exceptions:read")
    return {
        "inbox": own[0].union(*own[1:], all=True).count() if own else 0,
        "exceptions": cases.count_open_cases() if may_see else 0,
    }


def _sources(actor: Actor) -> dict[str, QuerySet[Any]]:
    sources: dict[str, QuerySet[Any]] = {"decision": approvals.waiting_for(actor)}
    if policies.may(actor, "user_tasks:complete"):
        sources["task"] = cases.tasks_waiting_for(actor)
    if policies.may(actor, "exceptions:resolve"):
        sources["exception"] = cases.cases_owned_by(actor)
    return sources


def _counts(actor: Actor, found: dict[str, int]) -> dict[str, int]:
    sources = _sources(actor)
    return {kind: sources[kind].count() if number >= SHOWN else number for kind, number in found.items()}


def _approvals(actor: Actor) -> Iterator[InboxItem]:
    stages = Prefetch("stages", ApprovalStage.objects.order_by("index"))
    for request in approvals.inbox(actor).prefetch_related(stages)[:SHOWN]:
        yield InboxItem(
            kind="decision",
            word="Decision",
            tone="brand",
            url=reverse("portal:approval", args=[request.id]),
            title=titled(request.title, request.about),
            about=_asked_by(request),
            why=_why_asked(request),
            since=request.created_at,
            due_at=request.due_at,
            amount=Money(request.amount, request.currency) if request.amount is not None else None,
        )


def _tasks(actor: Actor) -> Iterator[InboxItem]:
    rows = _sources(actor).get("task")
    for task in rows[:SHOWN] if rows is not None else ():
        yield _task_item(task)


def _task_item(task: UserTask) -> InboxItem:
    whose = (
        f"Waits for any {role_words(task.assignee_role)}" if task.assignee_role else "Waits for you by name"
    )
    return InboxItem(
        kind="task",
        word="Task",
        tone="info",
        url=reverse("portal:task", args=[task.id]),
        title=titled(task.title, task.run.name),
        about="",
        why=whose,
        since=task.created_at,
        due_at=task.due_at,
        amount=None,
    )


def _exceptions(actor: Actor) -> Iterator[InboxItem]:
    rows = _sources(actor).get("exception")
    for case in rows.order_by(F("id").asc())[:SHOWN] if rows is not None else ():
        yield _case_item(case)


def _case_item(case: ExceptionCase) -> InboxItem:
    stopped = titled(case.title, case.run.name if case.run else "")
    owner = f"Owned by the {role_words(case.owner_role)}" if case.owner_role else "Owned by you"
    return InboxItem(
        kind="exception",
        word="Exception",
        tone="danger",
        url=reverse("portal:exception", args=[case.id]),
        title=stopped,
        about=case.message,
        why=owner,
        since=case.created_at,
        due_at=None,
        amount=read_money(getattr(case, "stake", None)),
    )


def _asked_by(request: ApprovalRequest) -> str:
    customer = request.show.get("customer")
    named = customer.get("name") if isinstance(customer, dict) else customer
    parts = [
        f"asked by {request.requested_by_label}" if request.requested_by_label else "",
        f"for {named}" if named else "",
    ]
    return capital(" ".join(part for part in parts if part))


def _why_asked(request: ApprovalRequest) -> str:
    stages = [stage for stage in request.stages.all() if stage.index == request.stage]
    return f"You decide as: {joined(stage.name for stage in stages)}" if stages else ""
