"""The history of a run in words: who, what, when, why, how long it waited and on whom. Pure.

Input are the run's facts in their order and the template they happened in; what nobody needs to read (a variable that
was set, a timer that moved) is left out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from apps.core.wording import span_in_words
from apps.portal.wording import capital, joined, label_of, role_words, system_words, worth_saying
from apps.workflows.engine.definition import (
    ActionStep,
    ApprovalStep,
    Definition,
    Step,
    UserTaskStep,
    WaitStep,
)
from apps.workflows.engine.history import HistoryEvent, step_of

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """One sentence of the story. ``meta`` says how long something waited and on whom, ``reason`` is a person's own."""

    at: datetime
    text: str
    tone: str = "neutral"
    icon: str = "check"
    meta: str = ""
    reason: str = ""
    visit: str = ""


@dataclass(slots=True)
class _Teller:
    """Goes through the facts once, remembering since when each visit has been waiting, and on whom."""

    definition: Definition
    started: dict[str, datetime] = field(default_factory=dict)
    stopped: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    def step(self, event: HistoryEvent) -> Step:
        return self.definition.step(step_of(event.visit or ""))

    def name(self, event: HistoryEvent) -> str:
        name = f"“{self.step(event).name}”"
        return f"the undoing of {name}" if (event.visit or "").endswith("~undo") else name

    def waited(self, event: HistoryEvent, on: str) -> str:
        since = self.started.get(event.visit or "")
        return _waited(event.at, since, on)


def tell(definition: Definition, events: Iterable[HistoryEvent]) -> list[Told]:
    """Return the story, the oldest sentence first."""
    teller = _Teller(definition)
    for event in events:
        sentence = _SENTENCES.get(event.kind)
        said = sentence(teller, event) if sentence else None
        if said is not None:
            teller.told.append(replace(said, visit=event.visit or ""))
    return teller.told


def waiting_on(step: Step, status: str) -> str:
    """Say on whom or what an open visit of a step waits."""
    if status == "exception":
        return "the owner of the exception"
    if status == "retrying":
        return "the next attempt"
    return _party(step)


def _run_started(teller: _Teller, event: HistoryEvent) -> Told:
    trigger = event.data.get("event")
    if isinstance(trigger, dict):
        return Told(event.at, f"The event {trigger.get('type', '')} started the run.", icon="bolt")
    by = (event.data.get("run") or {}).get("started_by") or {}
    return Told(event.at, f"{_who(by, 'Somebody')} started the run.", icon="player-play")


def _step_started(teller: _Teller, event: HistoryEvent) -> Told | None:
    visit = event.visit or ""
    teller.started[visit] = event.at
    step, name = teller.step(event), teller.name(event)
    match step:
        case ApprovalStep():
            return Told(event.at, f"A decision was asked for: {name}.", "info", "help")
        case UserTaskStep():
            return Told(event.at, f"{name} was given to {_assignee(step)}.", "info", "user")
        case WaitStep():
            return Told(event.at, f"The run waits: {_awaited(step)}.", "info", "hourglass")
    return None


def _step_completed(teller: _Teller, event: HistoryEvent) -> Told | None:
    how = event.data.get("how")
    if how == "skipped":
        who = _who(event.data.get("actor"), "Somebody")
        return Told(
            event.at,
            f"{who} skipped {teller.name(event)}.",
            "warning",
            "player-skip-forward",
            _exception_waited(teller, event),
            str(event.data.get("reason") or ""),
        )
    if how == "continued":
        return Told(
            event.at, f"{teller.name(event)} failed; the run went on without it.", "warning", "alert-triangle"
        )
    ending = _ENDINGS.get(teller.step(event).kind)
    return ending(teller, event) if ending else None


def _approval_ended(teller: _Teller, event: HistoryEvent) -> Told:
    output = event.data.get("output") or {}
    approved = output.get("outcome") == "approved"
    who = output.get("decided_by")
    deciders = joined(str(name) for name in who) if isinstance(who, list) else str(who or "")
    verb = "approved" if approved else "rejected"
    return Told(
        event.at,
        f"{deciders or 'The policy'} {verb} {teller.name(event)}.",
        "success" if approved else "danger",
        "circle-check" if approved else "circle-x",
        teller.waited(event, deciders or "the policy"),
        str(output.get("comment") or ""),
    )


def _task_ended(teller: _Teller, event: HistoryEvent) -> Told:
    step = teller.step(event)
    who = _who(event.data.get("actor"), "Somebody")
    on = _assignee(step) if isinstance(step, UserTaskStep) else ""
    return Told(
        event.at, f"{who} completed {teller.name(event)}.", "success", "list-check", teller.waited(event, on)
    )


def _action_ended(teller: _Teller, event: HistoryEvent) -> Told:
    step = teller.step(event)
    name = teller.name(event)
    if (event.visit or "").endswith("~undo"):
        return Told(event.at, f"{capital(name)} is done.", "warning", "arrow-back-up")
    if isinstance(step, ActionStep) and step.connection != "internal":
        on = system_words(step.connection)
        return Told(event.at, f"{capital(on)} did {name}.", "success", "plug", teller.waited(event, on))
    return Told(event.at, f"Done: {name}.", "success", "check")


def _check_ended(teller: _Teller, event: HistoryEvent) -> Told:
    output = event.data.get("output") or {}
    rules = output.get("rules") or []
    passed = bool(output.get("passed", True))
    text = (
        f"Checked: {teller.name(event)}, all {len(rules)} answers are yes."
        if len(rules) > 1
        else f"Checked: {teller.name(event)}, yes."
    )
    if not passed:
        failed = joined(str(rule.get("message", "")) for rule in rules if not rule.get("passed"))
        text = f"Checked: {teller.name(event)}. {failed}"
    return Told(
        event.at, text, "success" if passed else "warning", "shield-check", _exception_waited(teller, event)
    )


def _decision_ended(teller: _Teller, event: HistoryEvent) -> Told:
    output = event.data.get("output") or {}
    plain = [
        f"{label_of(name).lower()} is {value}"
        for name, value in output.items()
        if isinstance(value, str | int | float)
    ]
    found = f": {joined(plain)}" if plain else ""
    return Told(event.at, f"Decided by the table {teller.name(event)}{found}.", icon="git-branch")


def _notify_ended(teller: _Teller, event: HistoryEvent) -> Told:
    return Told(event.at, f"Sent: {teller.name(event)}.", "success", "mail")


def _wait_ended(teller: _Teller, event: HistoryEvent) -> Told:
    arrived = (event.data.get("output") or {}).get("event")
    on = _party(teller.step(event))
    if isinstance(arrived, dict):
        text = f"It happened: {teller.name(event)} ({arrived.get('type', '')})."
        return Told(event.at, text, "success", "circle-check", teller.waited(event, on))
    return Told(
        event.at, f"The time has come: {teller.name(event)}.", "success", "clock", teller.waited(event, on)
    )


def _subflow_ended(teller: _Teller, event: HistoryEvent) -> Told:
    outcome = (event.data.get("output") or {}).get("outcome", "completed")
    words = "is completed" if outcome == "completed" else f"ended: {label_of(str(outcome)).lower()}"
    return Told(
        event.at,
        f"The run behind {teller.name(event)} {words}.",
        "success",
        "circle-check",
        teller.waited(event, "its own run"),
    )


def _step_skipped(teller: _Teller, event: HistoryEvent) -> Told:
    return Told(event.at, f"{teller.name(event)} was not needed.", icon="player-skip-forward")


def _step_failed(teller: _Teller, event: HistoryEvent) -> Told:
    error = event.data.get("error") or {}
    attempt = event.data.get("attempt") or 1
    text = f"{capital(teller.name(event))} did not work at attempt {attempt}: {error.get('message', '')}"
    again = event.data.get("retry_at")
    if not again:
        return Told(event.at, text, "danger", "alert-triangle")
    pause = datetime.fromisoformat(again) - event.at
    return Told(event.at, text, "warning", "refresh", f"tried again by itself after {span_in_words(pause)}")


def _step_retried(teller: _Teller, event: HistoryEvent) -> Told:
    who = _who(event.data.get("actor"), "Somebody")
    changed = "changed the input of" if event.data.get("input") is not None else "tried"
    tail = " and tried it again" if event.data.get("input") is not None else " again"
    return Told(
        event.at,
        f"{who} {changed} {teller.name(event)}{tail}.",
        "info",
        "refresh",
        _exception_waited(teller, event),
        str(event.data.get("reason") or ""),
    )


def _step_overdue(teller: _Teller, event: HistoryEvent) -> Told:
    return Told(event.at, f"{teller.name(event)} passed its due date.", "warning", "clock")


def _step_handling(teller: _Teller, event: HistoryEvent) -> Told:
    return Told(
        event.at,
        f"Instead of {teller.name(event)} the run does what the template says for this case.",
        "warning",
        "git-branch",
    )


def _step_closed(teller: _Teller, event: HistoryEvent) -> Told | None:
    reason = str(event.data.get("reason", ""))
    words = {
        "join": "is no longer needed: enough of the other branches have ended",
        "rework": "was withdrawn, because the run went back",
        "cancelled": "was withdrawn with the run",
        "rolled_back": "was withdrawn for the roll-back",
    }.get(reason)
    return Told(event.at, f"{teller.name(event)} {words}.", icon="x") if words else None


def _exception_raised(teller: _Teller, event: HistoryEvent) -> Told:
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


def _exception_cleared(teller: _Teller, event: HistoryEvent) -> Told | None:
    if event.data.get("how") == "rechecked":
        meta = _exception_waited(teller, event)
        return Told(
            event.at,
            f"What kept {teller.name(event)} waiting has been mended.",
            "success",
            "circle-check",
            meta,
        )
    return None


def _returned(teller: _Teller, event: HistoryEvent) -> Told:
    target = str(event.data.get("to", ""))
    name = teller.definition.step(target).name if target in teller.definition.places else target
    return Told(event.at, f"The run went back to “{name}”.", "warning", "arrow-back-up")


def _rollback_started(teller: _Teller, event: HistoryEvent) -> Told:
    who = _who(event.data.get("actor"), "Somebody")
    reason = str(event.data.get("reason") or "")
    return Told(
        event.at,
        f"{who} had the run rolled back: what it did is undone, last first.",
        "danger",
        "arrow-back-up",
        "",
        reason,
    )


def _run_finished(teller: _Teller, event: HistoryEvent) -> Told:
    outcome = str(event.data.get("outcome", "completed"))
    reason = str(event.data.get("reason") or "")
    if outcome == "completed":
        return Told(event.at, "The run is completed.", "success", "flag", "", reason)
    if outcome == "cancelled":
        who = _who(event.data.get("actor"), "The platform")
        return Told(event.at, f"{who} cancelled the run.", "neutral", "circle-x", "", reason)
    if outcome == "rolled_back":
        return Told(event.at, "The run is rolled back.", "neutral", "arrow-back-up", "", reason)
    return Told(event.at, f"The run ended: {label_of(outcome).lower()}.", "neutral", "flag", "", reason)


def _who(actor: object, unknown: str) -> str:
    if not isinstance(actor, dict):
        return unknown
    label = str(actor.get("label") or unknown)
    behind = actor.get("behind")
    return f"{label} ({behind})" if behind else capital(label)


def _assignee(step: UserTaskStep) -> str:
    role = step.assignee.get("role")
    if isinstance(role, str) and not role.startswith("="):
        return f"the {role_words(role)}"
    return "the assignee"


def _awaited(step: WaitStep) -> str:
    return f"“{step.name}”"


def _party(step: Step) -> str:
    match step:
        case ApprovalStep():
            return "the approvers"
        case UserTaskStep():
            return _assignee(step)
        case ActionStep(connection="internal"):
            return ""
        case ActionStep():
            return system_words(step.connection)
        case WaitStep(event=None):
            return "time to pass"
        case WaitStep():
            return "the customer" if step.audience == "customer" else "what has to happen"
    return ""


def _exception_waited(teller: _Teller, event: HistoryEvent) -> str:
    held = teller.stopped.pop(event.visit or "", None)
    return _waited(event.at, held[0], f"the {held[1]}" if held[1] != "its owner" else held[1]) if held else ""


def _waited(at: datetime, since: datetime | None, on: str) -> str:
    if since is None or not worth_saying(at - since):
        return ""
    return f"waited {span_in_words(at - since)}" + (f" on {on}" if on else "")


_Sentence = Callable[[_Teller, HistoryEvent], Told | None]

_ENDINGS: dict[str, _Sentence] = {
    "approval": _approval_ended,
    "user_task": _task_ended,
    "action": _action_ended,
    "check": _check_ended,
    "decision": _decision_ended,
    "notify": _notify_ended,
    "wait": _wait_ended,
    "subflow": _subflow_ended,
}

_SENTENCES: dict[str, _Sentence] = {
    "run_started": _run_started,
    "step_started": _step_started,
    "step_completed": _step_completed,
    "step_skipped": _step_skipped,
    "step_failed": _step_failed,
    "step_retried": _step_retried,
    "step_overdue": _step_overdue,
    "step_handling": _step_handling,
    "step_closed": _step_closed,
    "exception_raised": _exception_raised,
    "exception_cleared": _exception_cleared,
    "returned": _returned,
    "rollback_started": _rollback_started,
    "run_finished": _run_finished,
}
