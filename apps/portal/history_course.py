"""How the course of a run is told beside its steps: items of loops, holds, deadlines, late outcomes, child runs. Pure."""

from datetime import datetime

from apps.core.wording import span_in_words
from apps.portal.history_teller import Sentence, Teller, Told
from apps.portal.wording import capital, joined
from apps.workflows.engine.history import HistoryEvent

UNTOLD = {
    "step_progressed": "a timer that moved, a check that asked: what comes of it is told",
    "variables_set": "values the steps use; the step that set them shows them",
}
"""Kinds that nobody needs to read in the story, each with the reason."""


def _item_started(teller: Teller, event: HistoryEvent) -> Told:
    return Told(event.at, f"Item {_number(event)} of {teller.name(event)} began.", icon="list-check")


def _item_ended(teller: Teller, event: HistoryEvent) -> Told:
    item = f"Item {_number(event)} of {teller.name(event)}"
    error = event.data.get("error")
    if error is None:
        return Told(event.at, f"{item} is done.", "success", "list-check")
    text = f"{item} failed, and the others go on without it: {error.get('message', '')}"
    return Told(event.at, text, "warning", "alert-triangle")


def _number(event: HistoryEvent) -> int:
    return int(event.data.get("index", 0)) + 1


def _run_held(teller: Teller, event: HistoryEvent) -> Told | None:
    """What has joined that which waits for the end of a pause."""
    held = list(event.data.get("held") or [])
    new = [entry for entry in held if entry not in teller.held]
    teller.held = held
    waiting = [words for entry in new if (words := _waiting(teller, entry))]
    if not waiting:
        return None
    text = f"{capital(joined(dict.fromkeys(waiting)))}: that waits until the run goes on."
    return Told(event.at, text, icon="player-pause")


def _waiting(teller: Teller, entry: dict[str, object]) -> str:
    if "enter" in entry:
        return f"{teller.named(str(entry['enter']))} is next"
    if "timer" in entry:
        visit = str(entry["timer"]).rpartition("/")[0]
        return f"the time of {teller.named(visit)} has come" if visit else "the deadline has come"
    if "finish" in entry:
        return "the run has come to its end"
    visit = str(entry.get("perform") or entry.get("open") or "")
    return f"{teller.named(visit)} is to be tried again"


def _run_overdue(teller: Teller, event: HistoryEvent) -> Told:
    then = {
        "exception": "a person was told",
        "cancel": "it is cancelled, as the template says",
        "roll_back": "it is rolled back, as the template says",
    }.get(str(event.data.get("then")), "it goes on")
    late = ""
    if event.data.get("due_at"):
        span = event.at - datetime.fromisoformat(str(event.data["due_at"]))
        late = f"noticed {span_in_words(span)} later" if span.total_seconds() >= 60 else ""
    return Told(event.at, f"The run passed its deadline; {then}.", "warning", "clock", late)


def _outcome_awaited(teller: Teller, event: HistoryEvent) -> Told:
    text = f"{capital(teller.name(event))} may have been under way when it was withdrawn."
    return Told(
        event.at, text, "info", "hourglass", "its outcome is awaited, so that a roll-back can undo it"
    )


def _late_outcome(teller: Teller, event: HistoryEvent) -> Told:
    undo = event.data.get("undo")
    if "unknown" in event.data:
        text = f"Nobody knows whether {teller.name(event)} was done; a roll-back asks a person."
        return Told(event.at, text, "warning", "alert-triangle")
    if undo is None:
        return Told(event.at, f"{capital(teller.name(event))}, which was withdrawn, was not done.", icon="x")
    if undo.get("subflow"):
        text = f"The run behind {teller.name(event)} was let go; a roll-back also undoes what it has done."
        return Told(event.at, text, icon="git-branch")
    text = (
        f"{capital(teller.name(event))}, which was withdrawn, was done all the same; a roll-back undoes it."
    )
    return Told(event.at, text, "warning", "alert-triangle")


def rollback_meta(teller: Teller) -> str:
    """On which of its own runs a run that is rolled back waits first."""
    names = [f"the run behind {name}" for name in teller.children.values()]
    return f"waits on {joined(names)}, rolled back first" if names else ""


COURSE: dict[str, Sentence] = {
    "item_started": _item_started,
    "item_ended": _item_ended,
    "run_held": _run_held,
    "run_overdue": _run_overdue,
    "outcome_awaited": _outcome_awaited,
    "late_outcome": _late_outcome,
}
