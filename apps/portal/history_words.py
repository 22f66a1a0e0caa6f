"""The history of a run in words: who, what, when, why, how long it waited and on whom. Pure.

Input are the run's facts in their order and the template they happened in; what nobody needs to read
(`history_course.UNTOLD`) is left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from apps.core.wording import span_in_words
from apps.portal.history_course import COURSE, rollback_meta
from apps.portal.history_endings import step_completed
from apps.portal.history_teller import (
    Sentence,
    Teller,
    Told,
    assignee_words,
    exception_waited,
    named,
)
from apps.portal.wording import WHOSE_TIME, capital, joined, label_of, role_words
from apps.workflows.engine.definition import ApprovalStep, Definition, SubflowStep, UserTaskStep, WaitStep
from apps.workflows.engine.history import (
    EXCEPTION_RAISED,
    RUN_MIGRATED,
    STEP_CLOSED,
    STEP_COMPLETED,
    STEP_SKIPPED,
    HistoryEvent,
)


def tell(
    definition: Definition,
    events: Iterable[HistoryEvent],
    versions: Mapping[int, Definition] | None = None,
) -> list[Told]:
    """Return the story, the oldest sentence first.

    ``definition`` is the version the run follows at the end of the events, ``versions`` those it followed before, by number.
    """
    events = list(events)
    known = versions or {}
    moves = [event for event in events if event.kind == RUN_MIGRATED]
    teller = Teller(known.get(moves[0].data["from"], definition) if moves else definition, known)
    told: list[Told] = []
    skipped: list[HistoryEvent] = []
    for event in events:
        if event.kind in _LEAVES:
            teller.children.pop(event.visit or "", None)
        if event.kind == STEP_SKIPPED:
            skipped.append(event)
            continue
        told.extend(_not_needed(teller, skipped))
        skipped = []
        sentence = _SENTENCES.get(event.kind)
        said = sentence(teller, event) if sentence else None
        if said is not None:
            told.append(replace(said, visit=event.visit or ""))
    return [*told, *_not_needed(teller, skipped)]


def _not_needed(teller: Teller, skipped: list[HistoryEvent]) -> list[Told]:
    """One sentence for all that was left out in a row."""
    if not skipped:
        return []
    names = joined(teller.name(event) for event in skipped)
    verb = "was" if len(skipped) == 1 else "were"
    return [Told(skipped[-1].at, f"{names} {verb} not needed.", icon="player-skip-forward")]


def _run_started(teller: Teller, event: HistoryEvent) -> Told:
    by = (event.data.get("run") or {}).get("started_by") or {}
    if event.data.get("seed") is not None and event.data.get("at") in teller.definition.places:
        name = teller.definition.step(str(event.data["at"])).name
        return Told(
            event.at, f"{named(by, 'Somebody')} had an earlier run repeated from “{name}”.", icon="refresh"
        )
    trigger = event.data.get("event")
    if isinstance(trigger, dict):
        return Told(event.at, f"The event {trigger.get('type', '')} started the run.", icon="bolt")
    return Told(event.at, f"{named(by, 'Somebody')} started the run.", icon="player-play")


def _step_started(teller: Teller, event: HistoryEvent) -> Told | None:
    visit = event.visit or ""
    teller.started[visit] = event.at
    step, name = teller.step(event), teller.name(event)
    if isinstance(step, SubflowStep):
        teller.children[visit] = name
        if visit.endswith("~undo"):
            text = f"The run behind {teller.named(visit)} is rolled back in its turn."
            return Told(event.at, text, "info", "arrow-back-up", "this run waits for it")
        return None
    match step:
        case ApprovalStep():
            return Told(event.at, f"A decision was asked for: {name}.", "info", "help")
        case UserTaskStep():
            return Told(event.at, f"{name} was given to {assignee_words(step)}.", "info", "user")
        case WaitStep():
            return Told(event.at, f"The run waits: “{step.name}”.", "info", "hourglass")
    return None


def _step_failed(teller: Teller, event: HistoryEvent) -> Told:
    error = event.data.get("error") or {}
    attempt = event.data.get("attempt") or 1
    text = f"{capital(teller.name(event))} did not work at attempt {attempt}: {error.get('message', '')}"
    again = event.data.get("retry_at")
    if not again:
        return Told(event.at, text, "danger", "alert-triangle")
    pause = datetime.fromisoformat(again) - event.at
    return Told(event.at, text, "warning", "refresh", f"tried again by itself after {span_in_words(pause)}")


def _step_retried(teller: Teller, event: HistoryEvent) -> Told:
    if event.data.get("how") == "migrated":
        name = capital(teller.name(event))
        return Told(
            event.at, f"{name} is done anew: the new version words it differently.", "info", "refresh"
        )
    who = named(event.data.get("actor"), "Somebody")
    changed = "changed the input of" if event.data.get("input") is not None else "tried"
    tail = " and tried it again" if event.data.get("input") is not None else " again"
    return Told(
        event.at,
        f"{who} {changed} {teller.name(event)}{tail}.",
        "info",
        "refresh",
        exception_waited(teller, event),
        str(event.data.get("reason") or ""),
    )


def _step_overdue(teller: Teller, event: HistoryEvent) -> Told:
    return Told(event.at, f"{teller.name(event)} passed its due date.", "warning", "clock")


def _step_handling(teller: Teller, event: HistoryEvent) -> Told:
    return Told(
        event.at,
        f"Instead of {teller.name(event)} the run does what the template says for this case.",
        "warning",
        "git-branch",
    )


def _step_closed(teller: Teller, event: HistoryEvent) -> Told | None:
    reason = str(event.data.get("reason", ""))
    words = {
        "join": "is no longer needed: enough of the other branches have ended",
        "rework": "was withdrawn, because the run went back",
        "timed_out": "was withdrawn, because its time was up",
        "item_failed": "was withdrawn, because its item failed",
        "jumped": "was withdrawn, because the run was sent back",
        "skipped": "was withdrawn with the step around it",
        "cancelled": "was withdrawn with the run",
        "migrated": "was withdrawn, because the new version goes on elsewhere",
        "rolled_back": "was withdrawn for the roll-back",
    }.get(reason)
    return Told(event.at, f"{teller.name(event)} {words}.", icon="x") if words else None


def _exception_raised(teller: Teller, event: HistoryEvent) -> Told:
    owner = event.data.get("owner") or {}
    whom = role_words(str(owner.get("role") or "")) or "its owner"
    teller.stopped[event.visit or ""] = (event.at, whom)
    return Told(
        event.at,
        f"{capital(teller.name(event))} needs a person: {event.data.get('message', '')}",
        "danger",
        "alert-triangle",
        f"waits on the {whom}" if owner.get("role") else "",
    )


def _exception_cleared(teller: Teller, event: HistoryEvent) -> Told | None:
    if event.data.get("how") == "rechecked":
        meta = exception_waited(teller, event)
        return Told(
            event.at,
            f"What kept {teller.name(event)} waiting has been mended.",
            "success",
            "circle-check",
            meta,
        )
    return None


def _returned(teller: Teller, event: HistoryEvent) -> Told:
    target = str(event.data.get("to", ""))
    name = teller.definition.step(target).name if target in teller.definition.places else target
    return Told(event.at, f"The run went back to “{name}”.", "warning", "arrow-back-up")


def _jumped(teller: Teller, event: HistoryEvent) -> Told:
    target = str(event.data.get("to", ""))
    name = teller.definition.step(target).name if target in teller.definition.places else target
    return _by_hand(event, f"sent the run back to “{name}”", "warning", "arrow-back-up")


def _wait_answered(teller: Teller, event: HistoryEvent) -> Told:
    how = "with what came" if event.data.get("event") is not None else "as if the time had passed"
    return _by_hand(event, f"answered {teller.name(event)} by hand, {how}", "warning", "pencil")


def _reassigned(teller: Teller, event: HistoryEvent) -> Told:
    role = str((event.data.get("assignee") or {}).get("role") or "")
    whom = f"the role “{role_words(role)}”" if role else "another person"
    return _by_hand(event, f"gave {teller.name(event)} to {whom}", "info", "user")


def _paused(teller: Teller, event: HistoryEvent) -> Told:
    whose = WHOSE_TIME.get(str(event.data.get("party") or "us"), "")
    tail = f", on {whose}" if whose and whose != WHOSE_TIME["us"] else ""
    return _by_hand(event, f"paused {_what_is_held(event)}{tail}", "warning", "player-pause")


def _resumed(teller: Teller, event: HistoryEvent) -> Told:
    return _by_hand(event, f"let {_what_is_held(event)} go on", "success", "player-play")


def _what_is_held(event: HistoryEvent) -> str:
    return {"template": "all runs of the template", "tenant": "the whole workspace"}.get(
        str(event.data.get("source")), "the run"
    )


def _by_hand(event: HistoryEvent, what: str, tone: str, icon: str) -> Told:
    """What a person did, with his reason."""
    who = named(event.data.get("actor"), "Somebody")
    return Told(event.at, f"{who} {what}.", tone, icon, "", str(event.data.get("reason") or ""))


def _run_migrated(teller: Teller, event: HistoryEvent) -> Told:
    teller.migrate(event)
    who = named(event.data.get("actor"), "The platform")
    text = (
        f"{who} had the run go on under version {event.data.get('to')} instead of {event.data.get('from')}."
    )
    return Told(event.at, text, "info", "git-branch", "", str(event.data.get("reason") or ""))


def _rollback_started(teller: Teller, event: HistoryEvent) -> Told:
    who = named(event.data.get("actor"), "Somebody")
    reason = str(event.data.get("reason") or "")
    text = f"{who} had the run rolled back: what it did is undone, last first."
    if event.data.get("by_parent"):
        text, reason = "The run that started this one is rolled back, and this one with it.", ""
    return Told(event.at, text, "danger", "arrow-back-up", rollback_meta(teller), reason)


def _run_finished(teller: Teller, event: HistoryEvent) -> Told:
    outcome = str(event.data.get("outcome", "completed"))
    reason = str(event.data.get("reason") or "")
    if outcome == "completed":
        return Told(event.at, "The run is completed.", "success", "flag", "", reason)
    if outcome == "cancelled":
        who = named(event.data.get("actor"), "The platform")
        return Told(event.at, f"{who} cancelled the run.", "neutral", "circle-x", "", reason)
    if outcome == "rolled_back":
        return Told(event.at, "The run is rolled back.", "neutral", "arrow-back-up", "", reason)
    return Told(event.at, f"The run ended: {label_of(outcome).lower()}.", "neutral", "flag", "", reason)


_SENTENCES: dict[str, Sentence] = {
    "run_started": _run_started,
    "step_started": _step_started,
    "step_completed": step_completed,
    "step_failed": _step_failed,
    "step_retried": _step_retried,
    "step_overdue": _step_overdue,
    "step_handling": _step_handling,
    "step_closed": _step_closed,
    "exception_raised": _exception_raised,
    "exception_cleared": _exception_cleared,
    "returned": _returned,
    "jumped": _jumped,
    "wait_answered": _wait_answered,
    "reassigned": _reassigned,
    "run_paused": _paused,
    "run_resumed": _resumed,
    "run_migrated": _run_migrated,
    "rollback_started": _rollback_started,
    "run_finished": _run_finished,
    **COURSE,
}
_LEAVES = (STEP_COMPLETED, STEP_CLOSED, EXCEPTION_RAISED)
"""What ends the waiting of a step for its own run."""
