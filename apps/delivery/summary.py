"""Where a project stands, in words: now, next, and what the reader is expected to do. Pure over rows already read."""

from collections.abc import Iterator, Sequence
from datetime import date

from apps.delivery.choices import Audience, MilestoneStatus, ProjectStatus, ReadinessStatus, StaffingStatus
from apps.delivery.models import DocumentRequirement, Milestone, Project
from apps.delivery.types import Expectation, Reader, StatusSummary

_UNFINISHED = (MilestoneStatus.PLANNED, MilestoneStatus.ACTIVE, MilestoneStatus.COMPLETED)
_ACCEPTED = (MilestoneStatus.ACCEPTED, MilestoneStatus.READY_TO_BILL, MilestoneStatus.INVOICED)


def summarise(
    project: Project,
    *,
    milestones: Sequence[Milestone],
    requirements: Sequence[DocumentRequirement],
    staffing: StaffingStatus | None,
    reader: Reader,
    today: date,
) -> StatusSummary:
    """Return the summary for one reader; ``milestones`` in their order, ``staffing`` that of the newest request."""
    expected = tuple(_expected(project, milestones, requirements, reader, today))
    return StatusSummary(
        headline=_headline(project, milestones, expected, today),
        now=_now(project, milestones, staffing, reader),
        next=_next(project, milestones),
        expected=expected,
    )


def is_late(milestone: Milestone, today: date) -> bool:
    """Whether the milestone should have been done before ``today``."""
    begun = milestone.status in (MilestoneStatus.PLANNED, MilestoneStatus.ACTIVE)
    return begun and milestone.due_on is not None and milestone.due_on < today


def missing_words(requirement: DocumentRequirement, today: date) -> str:
    """Say what is wrong with a document that is not here: "Security annex (missing)"."""
    if not requirement.has_run_out(today):
        return f"{requirement.title} (missing)"
    until = requirement.valid_until
    return (
        f"{requirement.title} (ran out on {_day(until)})"
        if until
        else f"{requirement.title} (no longer valid)"
    )


def _headline(
    project: Project, milestones: Sequence[Milestone], expected: Sequence[Expectation], today: date
) -> str:
    if project.status == ProjectStatus.CANCELLED:
        return f"{project.name}: called off"
    if project.status == ProjectStatus.COMPLETED:
        return f"{project.name}: completed"
    late = any(is_late(milestone, today) for milestone in milestones)
    parts = [
        "being prepared"
        if project.status == ProjectStatus.PREPARING
        else "behind plan"
        if late
        else "on track"
    ]
    accepted = [milestone for milestone in milestones if milestone.status in _ACCEPTED]
    if accepted:
        parts.append(f"{_lower(accepted[-1].title)} accepted")
    if expected:
        parts.append(f"waiting on you for {_lower(expected[0].what)}")
    return f"{project.name}: {', '.join(parts)}"


def _now(
    project: Project, milestones: Sequence[Milestone], staffing: StaffingStatus | None, reader: Reader
) -> str:
    if project.status == ProjectStatus.CANCELLED:
        return "The project was called off."
    if project.status == ProjectStatus.COMPLETED:
        return "All milestones are accepted; the project is completed."
    if project.status == ProjectStatus.PREPARING:
        return _preparing(staffing, reader)
    waiting = [milestone for milestone in milestones if milestone.status == MilestoneStatus.COMPLETED]
    active = [milestone for milestone in milestones if milestone.status == MilestoneStatus.ACTIVE]
    sentences = []
    if waiting:
        whose = "your" if reader.is_customer else "the customer's"
        verb = "is done and waits" if len(waiting) == 1 else "are done and wait"
        sentences.append(f"{_names(waiting)} {verb} for {whose} acceptance.")
    if active:
        due = f", due on {_day(active[0].due_on)}" if active[0].due_on else ""
        who = "We are" if reader.is_customer else "The team is"
        sentences.append(f"{who} working on {_names(active)}{due}.")
    return " ".join(sentences) or "The project is under way."


def _preparing(staffing: StaffingStatus | None, reader: Reader) -> str:
    team = "your team" if reader.is_customer else "the team"
    if staffing == StaffingStatus.APPROVED:
        return f"{team.capitalize()} is confirmed; the project is being set up."
    if staffing == StaffingStatus.REJECTED:
        return f"The proposal for {team} is being revised."
    who = "We are putting" if reader.is_customer else "Staffing has been requested: putting"
    return f"{who} {team} together."


def _next(project: Project, milestones: Sequence[Milestone]) -> str:
    if project.status in (ProjectStatus.CANCELLED, ProjectStatus.COMPLETED):
        return "Nothing more is planned."
    begun = (MilestoneStatus.PLANNED,)
    planned = [milestone for milestone in milestones if milestone.status in begun]
    if planned:
        due = f", planned for {_day(planned[0].due_on)}" if planned[0].due_on else ""
        return f"“{planned[0].title}”{due}."
    open_ones = [milestone for milestone in milestones if milestone.status in _UNFINISHED]
    return f"“{open_ones[-1].title}” is the last milestone." if open_ones else "Nothing more is planned."


def _expected(
    project: Project,
    milestones: Sequence[Milestone],
    requirements: Sequence[DocumentRequirement],
    reader: Reader,
    today: date,
) -> Iterator[Expectation]:
    if project.status not in (ProjectStatus.PREPARING, ProjectStatus.ACTIVE):
        return
    if reader.is_customer:
        yield from _expected_of_customer(milestones, requirements, today)
        return
    for milestone in milestones:
        if reader.may_complete and milestone.status == MilestoneStatus.ACTIVE:
            what = f"the completion of “{milestone.title}”"
            text = f"Complete “{milestone.title}” when the work is done"
            yield Expectation("completion", what, text, str(milestone.id), milestone.due_on)
        readiness = getattr(milestone, "readiness", None)
        if reader.may_bill and readiness is not None and readiness.status == ReadinessStatus.BLOCKED:
            text = f"Clear what keeps “{milestone.title}” from being billed"
            yield Expectation("billing", f"the billing of “{milestone.title}”", text, str(milestone.id), None)


def _expected_of_customer(
    milestones: Sequence[Milestone], requirements: Sequence[DocumentRequirement], today: date
) -> Iterator[Expectation]:
    for requirement in requirements:
        wanted = requirement.required and requirement.audience == Audience.CUSTOMER
        if wanted and not requirement.is_met(today):
            verb = "Renew" if requirement.has_run_out(today) else "Send"
            what = f"the {_lower(requirement.title)}"
            text = f"{verb} {what}"
            yield Expectation("document", what, text, str(requirement.id), None)
    for milestone in milestones:
        if milestone.status == MilestoneStatus.COMPLETED:
            what = f"the acceptance of “{milestone.title}”"
            yield Expectation("acceptance", what, f"Accept “{milestone.title}”", str(milestone.id), None)


def _names(milestones: Sequence[Milestone]) -> str:
    names = [f"“{milestone.title}”" for milestone in milestones]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _lower(text: str) -> str:
    """Lower the first letter, unless the word is an abbreviation."""
    return text if len(text) > 1 and text[1].isupper() else text[:1].lower() + text[1:]


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else ""
