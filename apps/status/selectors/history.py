"""What happened in a project, as far as customers may know; three sources, one list."""

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

from apps.delivery.choices import Audience
from apps.delivery.models import DocumentRequirement, Milestone, Project
from apps.ledger.models import OutboxMessage
from apps.status.types import HistoryLine
from apps.status.wording import lower_first
from apps.workflows.choices import StepStatus
from apps.workflows.models import StepRun

SHOWN = 30
# Steps of other kinds only do what the facts of the project tell better.
_KINDS = ("approval", "user_task", "check")
_PEOPLE = frozenset({"user", "partner_user", "key"})


def customer_history(
    project: Project, milestones: Sequence[Milestone], requirements: Sequence[DocumentRequirement]
) -> list[HistoryLine]:
    """Return the newest facts first (two queries): those of the project, of its milestones, of documents meant for the
    customer, and finished steps of the run that its template shows to customers."""
    lines = [*_facts(project, milestones, requirements), *_steps(project.deal.run_id)]
    lines.append(
        HistoryLine("The contract was signed", project.deal.signed_at, icon="file-text", tone="brand")
    )
    return sorted(lines, key=attrgetter("at"), reverse=True)[:SHOWN]


def _facts(
    project: Project, milestones: Sequence[Milestone], requirements: Sequence[DocumentRequirement]
) -> Iterator[HistoryLine]:
    titles = {str(item.id): item.title for item in requirements if item.audience == Audience.CUSTOMER}
    subjects = [f"project/{project.id}", *(f"milestone/{item.id}" for item in milestones)]
    for item in requirements:
        if str(item.id) in titles:
            subjects.append(f"document_requirement/{item.id}")
            subjects.extend(f"document/{document.id}" for document in item.documents.all())
    rows = OutboxMessage.objects.filter(subject__in=subjects, type__in=_WORDS).order_by("-id")
    for row in rows.only("type", "data", "time", "actor")[:SHOWN]:
        who = str(row.actor.get("label", "")) if row.actor.get("kind") in _PEOPLE else ""
        title = titles.get(str(row.data.get("requirement_id", "")), "")
        text, icon, tone = _WORDS[row.type](row.data, title)
        reason = str(row.data.get("reason", ""))
        yield HistoryLine(text, row.time, icon, tone, f"by {who}" if who else "", reason)


def _steps(run_id: UUID | None) -> Iterator[HistoryLine]:
    if run_id is None:
        return
    steps = StepRun.objects.filter(
        run_id=run_id, audience=Audience.CUSTOMER, kind__in=_KINDS, status=StepStatus.COMPLETED
    )
    for step in steps.only("run_id", "visit", "name", "kind", "ended_at").order_by("-ended_at")[:SHOWN]:
        if step.ended_at is not None:
            meta = "checked" if step.kind == "check" else "done"
            yield HistoryLine(step.name, step.ended_at, icon="list-check", meta=meta)


Wording = Callable[[dict[str, Any], str], tuple[str, str, str]]


def _about_milestone(words: str, icon: str, tone: str) -> Wording:
    return lambda data, _title: (words.format(title=data.get("title", "")), icon, tone)


def _about_project(words: str, icon: str, tone: str) -> Wording:
    return lambda _data, _title: (words, icon, tone)


def _requested(_data: dict[str, Any], title: str) -> tuple[str, str, str]:
    return f"We asked you for the {lower_first(title)}", "mail", "warning"


def _received(data: dict[str, Any], title: str) -> tuple[str, str, str]:
    return f"The {lower_first(title)} came in: {data.get('name', '')}", "paperclip", "success"


_WORDS: dict[str, Wording] = {
    "project.created": _about_project("The project was opened", "flag", "brand"),
    "project.started": _about_project("The project started", "player-play", "brand"),
    "project.completed": _about_project("The project was completed", "circle-check", "success"),
    "project.cancelled": _about_project("The project was called off", "circle-x", "neutral"),
    "milestone.started": _about_milestone("Work on “{title}” began", "player-play", "info"),
    "milestone.completed": _about_milestone(
        "“{title}” was completed; we asked you to accept it", "check", "info"
    ),
    "milestone.accepted": _about_milestone("“{title}” was accepted", "circle-check", "success"),
    "milestone.sent_back": _about_milestone("“{title}” was sent back", "arrow-back-up", "warning"),
    "document.requested": _requested,
    "document.received": _received,
}
