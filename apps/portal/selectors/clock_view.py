"""Who had a run when, as its page draws and says it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.core.wording import span_in_words
from apps.workflows.definitions import definition_of
from apps.workflows.engine.clocks import PRECEDENCE, Holding, Segment
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.history import step_of
from apps.workflows.engine.sla import CLOSED
from apps.workflows.engine.sla_clock import PAUSED, STOPPED
from apps.workflows.models import ClockEvent, Run
from apps.workflows.selectors.clocks import LevelNow, clocks_of_run

PARTY_WORDS = {
    "us": "Us",
    "customer": "Customer",
    "vendor_system": "Connected systems",
    "third_party": "Third parties",
    "platform": "Platform",
    CLOSED: "Office closed",
}
_EVENT_WORDS = {
    "start": "Started",
    "pause": "Paused",
    "resume": "Went on",
    "warn": "Warned",
    "breach": "Used up",
    "recount": "Counted again",
    "retarget": "Goes by another service level",
    "stop": "Stopped",
}
_BAR = 1_000
_ROWS = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch of the drawn band, in thousandths of its width."""

    x: str
    width: str
    party: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One stretch in the table."""

    begin: datetime
    length: timedelta
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class LevelLine:
    """A service level in words, with what happened to its clock."""

    title: str
    word: str
    tone: str
    percent: int
    amount: str
    level: LevelNow
    events: list[tuple[str, ClockEvent]]

    @property
    def is_paused(self) -> bool:
        return self.level.state == PAUSED


@dataclass(frozen=True, slots=True)
class ClockView:
    """All that the card "Who had it when" shows; ``hidden`` counts earlier stretches the table leaves to the API."""

    begin: datetime
    end: datetime
    bars: list[Bar]
    legend: list[tuple[str, str, timedelta, int]]
    rows: list[Row]
    hidden: int
    levels: list[LevelLine]


def clock_view(run: Run) -> ClockView | None:
    """Return the clocks of a run read by ``get_run``; None before it has any time behind it."""
    clocks = clocks_of_run(run)
    if clocks.begin is None:
        return None
    definition = definition_of(run.template_version)
    whole = clocks.end - clocks.begin
    rows = [
        Row(part.begin, part.length, PARTY_WORDS[part.holding.party], cause_words(part.holding, definition))
        for part in reversed(clocks.segments[-_ROWS:])
    ]
    legend = [
        (party, PARTY_WORDS[party], clocks.totals[party], round(clocks.totals[party] / whole * 100))
        for party in (*PRECEDENCE, CLOSED)
        if party in clocks.totals
    ]
    return ClockView(
        begin=clocks.begin,
        end=clocks.end,
        bars=_bars(clocks.segments, clocks.begin, whole),
        legend=legend,
        rows=rows,
        hidden=max(0, len(clocks.segments) - _ROWS),
        levels=[_level(level) for level in clocks.levels],
    )


def cause_words(holding: Holding, definition: Definition) -> str:
    """Say why somebody had it: "Approval “Staffing”", "Exception in “Create project”"."""
    place = definition.places.get(step_of(holding.visit)) if holding.visit else None
    name = f" “{place.step.name}”" if place else ""
    if holding.cause == "paused":
        return f"Paused: {holding.note}" if holding.note else "Paused"
    if holding.cause == "closed":
        return f"Outside the hours, with{name}" if name else "Outside the hours"
    words = {
        "exception": "Exception in",
        "retrying": "Next attempt of",
        "rolling_back": "Undoing",
        "idle": "Between steps",
        "wait": "Waiting:",
        "user_task": "Task",
    }.get(holding.cause, holding.cause.replace("_", " ").capitalize())
    return f"{words}{name}"


def _bars(segments: list[Segment], begin: datetime, whole: timedelta) -> list[Bar]:
    bars = []
    for part in segments:
        x = (part.begin - begin) / whole * _BAR
        width = part.length / whole * _BAR
        bars.append(Bar(f"{x:.3f}", f"{width:.3f}", part.holding.party, PARTY_WORDS[part.holding.party]))
    return bars


def _level(level: LevelNow) -> LevelLine:
    word, tone = _standing(level)
    return LevelLine(
        title=level.name or "The whole run",
        word=word,
        tone=tone,
        percent=min(100, int(level.share)),
        amount=amount_words(level.used, level.target, is_continuous=level.is_continuous),
        level=level,
        events=[(_EVENT_WORDS.get(event.kind, event.kind), event) for event in reversed(level.events)],
    )


def amount_words(used: timedelta, target: timedelta, *, is_continuous: bool) -> str:
    """Say how much is used of how much: hours of a working calendar are hours, never days of 24."""
    if is_continuous:
        return f"{span_in_words(used)} of {span_in_words(target)} used"
    return f"{_hours(used)} of {_hours(target)} working hours used"


def _hours(length: timedelta) -> str:
    hours = length.total_seconds() / 3600
    return f"{hours:.1f}".removesuffix(".0") if hours >= 0.05 or not hours else "less than 0.1"


def _standing(level: LevelNow) -> tuple[str, str]:
    if level.breached_at is not None or level.share >= 100:
        return "Missed", "danger"
    if level.state == STOPPED:
        return "Kept", "success"
    if level.state == PAUSED:
        return "Paused", "neutral"
    return ("At risk", "warning") if level.share >= 80 else ("On time", "success")
