"""Statuses as customers read them: what is internal (billing, staffing, amounts) has no words here. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core.templatetags.ui import day
from apps.delivery.choices import MilestoneStatus, ProjectStatus
from apps.delivery.models import DocumentRequirement, Milestone, Project
from apps.delivery.summary import is_late
from apps.delivery.types import Expectation
from apps.status.types import DocumentLine, MilestoneLine, Need

_ACCEPTED = (MilestoneStatus.ACCEPTED, MilestoneStatus.READY_TO_BILL, MilestoneStatus.INVOICED)
_NOTHING = SafeString("")
_WAITS = "waiting on you for"


def home_title(projects: int, needs: int, *, preview: bool) -> str:
    """Return the head of the page that lists several projects."""
    if not projects and needs:
        return decisions_title(needs, preview=preview)
    if not projects:
        return "There is no project to show yet"
    if preview:
        return "Projects, as their customers see them"
    things = "nothing waits" if not needs else "1 thing waits" if needs == 1 else f"{needs} things wait"
    return f"{projects} project{'' if projects == 1 else 's'}, {things} for you"


def with_decisions(headline: str, waiting: int) -> str:
    """Return the head of a page that also says how many decisions it waits for."""
    if not waiting:
        return headline
    decisions = "a decision" if waiting == 1 else f"{waiting} decisions"
    return f"{headline} and {decisions}" if _WAITS in headline else f"{headline}, {_WAITS} {decisions}"


def decisions_title(waiting: int, *, preview: bool) -> str:
    """Return the head of the page that lists decisions."""
    if preview:
        return "Decisions, as the customers see them"
    if not waiting:
        return "No decision waits for you"
    return "1 decision waits for you" if waiting == 1 else f"{waiting} decisions wait for you"


def project_badge(project: Project, milestones: Sequence[Milestone], today: date) -> tuple[str, str]:
    """Return the word for how the project stands, and its tone."""
    if project.status == ProjectStatus.CANCELLED:
        return "Called off", "neutral"
    if project.status == ProjectStatus.COMPLETED:
        return "Completed", "success"
    if any(is_late(milestone, today) for milestone in milestones):
        return "Behind plan", "warning"
    return (
        ("Being prepared", "info") if project.status == ProjectStatus.PREPARING else ("On track", "success")
    )


def milestone_line(milestone: Milestone, today: date) -> MilestoneLine:
    """Return how a milestone is drawn."""
    late = is_late(milestone, today)
    if milestone.status in _ACCEPTED:
        return MilestoneLine(milestone.title, "done", "Accepted", _accepted(milestone))
    if milestone.status == MilestoneStatus.COMPLETED:
        return MilestoneLine(
            milestone.title, "now", "Waits for your acceptance", _promised(milestone, "promised for")
        )
    if milestone.status == MilestoneStatus.CANCELLED:
        return MilestoneLine(milestone.title, "next", "Called off", _NOTHING)
    word = "In progress" if milestone.status == MilestoneStatus.ACTIVE else "Planned"
    if late:
        return MilestoneLine(
            milestone.title, "late", f"{word}, late", _promised(milestone, "was promised for")
        )
    state = "now" if milestone.status == MilestoneStatus.ACTIVE else "next"
    return MilestoneLine(milestone.title, state, word, _promised(milestone, "promised for"))


def document_line(requirement: DocumentRequirement, today: date) -> DocumentLine:
    """Return how a document that is needed stands; its documents are read along, the newest first."""
    newest = next(iter(requirement.documents.all()), None)
    word, tone = "Missing", "warning"
    if requirement.is_met(today):
        word, tone = "Received", "success"
    elif requirement.has_run_out(today):
        word, tone = "No longer valid", "warning"
    elif not requirement.required:
        word, tone = "Not needed", "neutral"
    return DocumentLine(
        requirement=requirement,
        word=word,
        tone=tone,
        newest=newest,
        is_kept_here=newest is not None and bool(newest.sha256),
        valid_until=requirement.valid_until,
    )


def needs_of(
    expected: Sequence[Expectation],
    requirements: Sequence[DocumentRequirement],
    milestones: Sequence[Milestone],
    today: date,
) -> Iterator[Need]:
    """Yield what the customer is asked for, the most urgent first, each with the reason."""
    by_requirement = {str(item.id): item for item in requirements}
    by_milestone = {str(item.id): item for item in milestones}
    for one in expected:
        if one.kind == "document" and one.target_id in by_requirement:
            yield document_need(by_requirement[one.target_id], one.text, today)
        elif one.kind == "acceptance" and one.target_id in by_milestone:
            milestone = by_milestone[one.target_id]
            who = milestone.completed_by_label or "The team"
            text = (
                f"{who} says that it is done. Please have a look and accept it, or tell us what is missing."
            )
            yield Need(one.text, text, milestone=milestone)


def document_need(requirement: DocumentRequirement, title: str, today: date) -> Need:
    """Return why a document is asked for."""
    text = "The contract asks for it, and it has not come in yet. We can only go on when it is here."
    if requirement.has_run_out(today):
        until = requirement.valid_until
        since = f" It was valid until {until.day} {until:%B %Y}." if until else ""
        text = f"The one we have is no longer valid.{since} We can only go on with a valid one."
    return Need(title, text, requirement=requirement)


def lower_first(text: str) -> str:
    """Lower the first letter, unless the word is an abbreviation."""
    return text if len(text) > 1 and text[1].isupper() else text[:1].lower() + text[1:]


def _accepted(milestone: Milestone) -> SafeString:
    if milestone.accepted_at is None:
        return _NOTHING
    by = f" by {milestone.accepted_by_label}" if milestone.accepted_by_label else ""
    return format_html("on {}{}", day(milestone.accepted_at), by)


def _promised(milestone: Milestone, words: str) -> SafeString:
    return format_html("{} {}", words, day(milestone.due_on)) if milestone.due_on else _NOTHING
