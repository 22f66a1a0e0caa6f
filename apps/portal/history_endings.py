"""How the end of a step is told, by its kind. Pure."""

from apps.portal.history_teller import (
    Sentence,
    Teller,
    Told,
    assignee_words,
    exception_waited,
    named,
    party_of,
)
from apps.portal.wording import capital, joined, label_of, system_words
from apps.workflows.engine.definition import ActionStep, UserTaskStep
from apps.workflows.engine.history import HistoryEvent


def step_completed(teller: Teller, event: HistoryEvent) -> Told | None:
    how = event.data.get("how")
    if how == "skipped":
        who = named(event.data.get("actor"), "Somebody")
        return Told(
            event.at,
            f"{who} skipped {teller.name(event)}.",
            "warning",
            "player-skip-forward",
            exception_waited(teller, event),
            str(event.data.get("reason") or ""),
        )
    if how == "continued":
        return Told(
            event.at, f"{teller.name(event)} failed; the run went on without it.", "warning", "alert-triangle"
        )
    ending = _ENDINGS.get(teller.step(event).kind)
    return ending(teller, event) if ending else None


_VERBS = {"approved": "approved", "changes_requested": "asked for changes to"}


def _approval_ended(teller: Teller, event: HistoryEvent) -> Told:
    output = event.data.get("output") or {}
    approved = output.get("outcome") == "approved"
    who = output.get("decided_by")
    deciders = joined(str(name) for name in who) if isinstance(who, list) else str(who or "")
    verb = _VERBS.get(str(output.get("outcome")), "rejected")
    return Told(
        event.at,
        f"{deciders or 'The policy'} {verb} {teller.name(event)}.",
        "success" if approved else "danger",
        "circle-check" if approved else "circle-x",
        teller.waited(event, deciders or "the policy"),
        str(output.get("comment") or ""),
    )


def _task_ended(teller: Teller, event: HistoryEvent) -> Told:
    step = teller.step(event)
    who = named(event.data.get("actor"), "Somebody")
    on = assignee_words(step) if isinstance(step, UserTaskStep) else ""
    return Told(
        event.at, f"{who} completed {teller.name(event)}.", "success", "list-check", teller.waited(event, on)
    )


def _action_ended(teller: Teller, event: HistoryEvent) -> Told:
    step = teller.step(event)
    name = teller.name(event)
    if (event.visit or "").endswith("~undo"):
        return Told(event.at, f"{capital(name)} is done.", "warning", "arrow-back-up")
    if isinstance(step, ActionStep) and step.connection != "internal":
        on = system_words(step.connection)
        return Told(event.at, f"{capital(on)} did {name}.", "success", "plug", teller.waited(event, on))
    return Told(event.at, f"Done: {name}.", "success", "check")


def _check_ended(teller: Teller, event: HistoryEvent) -> Told:
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
        event.at, text, "success" if passed else "warning", "shield-check", exception_waited(teller, event)
    )


def _decision_ended(teller: Teller, event: HistoryEvent) -> Told:
    output = event.data.get("output") or {}
    plain = [
        f"{label_of(name).lower()} is {value}"
        for name, value in output.items()
        if isinstance(value, str | int | float)
    ]
    found = f": {joined(plain)}" if plain else ""
    return Told(event.at, f"Decided by the table {teller.name(event)}{found}.", icon="git-branch")


def _notify_ended(teller: Teller, event: HistoryEvent) -> Told:
    return Told(event.at, f"Sent: {teller.name(event)}.", "success", "mail")


def _wait_ended(teller: Teller, event: HistoryEvent) -> Told:
    arrived = (event.data.get("output") or {}).get("event")
    on = party_of(teller.step(event))
    if isinstance(arrived, dict):
        text = f"It happened: {teller.name(event)} ({arrived.get('type', '')})."
        return Told(event.at, text, "success", "circle-check", teller.waited(event, on))
    return Told(
        event.at, f"The time has come: {teller.name(event)}.", "success", "clock", teller.waited(event, on)
    )


def _subflow_ended(teller: Teller, event: HistoryEvent) -> Told:
    if (event.visit or "").endswith("~undo"):
        return Told(
            event.at,
            f"The run behind {teller.named(event.visit or '')} is rolled back.",
            "warning",
            "arrow-back-up",
            teller.waited(event, "its own run"),
        )
    outcome = (event.data.get("output") or {}).get("outcome", "completed")
    words = "is completed" if outcome == "completed" else f"ended: {label_of(str(outcome)).lower()}"
    return Told(
        event.at,
        f"The run behind {teller.name(event)} {words}.",
        "success",
        "circle-check",
        teller.waited(event, "its own run"),
    )


_ENDINGS: dict[str, Sentence] = {
    "approval": _approval_ended,
    "user_task": _task_ended,
    "action": _action_ended,
    "check": _check_ended,
    "decision": _decision_ended,
    "notify": _notify_ended,
    "wait": _wait_ended,
    "subflow": _subflow_ended,
}
