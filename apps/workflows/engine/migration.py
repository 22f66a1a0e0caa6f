"""Migration: a run under way goes on under another version of its template.

`verdict` says whether it can and what people would notice; the command `Migrate` does it. Open steps whose definition is
the same keep their work; those that changed in a way people see are opened anew; timers are worked out again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from apps.core.expressions import ExpressionError, resolve
from apps.workflows.engine.commands import Migrate
from apps.workflows.engine.control import current_visit, open_again, start_block
from apps.workflows.engine.definition import Definition, ParallelStep, Step
from apps.workflows.engine.effects import Effect, RaiseException
from apps.workflows.engine.fitting import Fit, findings
from apps.workflows.engine.history import RUN_MIGRATED, STEP_RETRIED, step_of
from apps.workflows.engine.plan import changed_fields
from apps.workflows.engine.retiming import deadline_moved, is_untold, retime, retime_run
from apps.workflows.engine.settling import clear_exception, close_visit, settle, withdraw
from apps.workflows.engine.state import EXCEPTION, OPEN, Visit
from apps.workflows.engine.turn import Entry, Turn
from apps.workflows.engine.verdict import BLOCKED, NEEDS_INPUT, Finding

Json = dict[str, Any]

SEEN = {
    "approval": frozenset(
        {"policy", "show", "subject", "requested_by", "prepared_by", "editable", "decides", "audience"}
    ),
    "user_task": frozenset({"form", "assignee", "show", "prefill", "audience"}),
    "assist": frozenset({"purpose", "input", "output", "approve_by", "accept", "min_confidence"}),
    "wait": frozenset({"event", "duration", "until"}),
}
"""Fields whose change has an open step opened anew."""
JUDGED = {
    "check": frozenset({"rules", "facts", "on_fail", "recheck_on"}),
    "decision": frozenset({"hit", "rules"}),
    "set": frozenset({"values"}),
    "choice": frozenset(),
}
"""Kinds that ask nobody: in exception they are tried again when one of these fields (or `when`) has changed."""


def hindrances(fit: Fit, now: datetime) -> list[Finding]:
    """Everything in the way of a run, also what shows only when its values are worked out."""
    found = findings(fit)
    if found:
        return found
    try:
        _given(fit, now)
    except ExpressionError as error:
        message = f"A value for the run cannot be worked out: {error.message.rstrip('.')}."
        return [Finding("given", NEEDS_INPUT, message, "Correct the expression.")]
    return []


def unopened(effects: Iterable[Effect]) -> list[Finding]:
    """Steps that migrating would open, and cannot because their expressions fail."""
    return [
        Finding(
            "cannot_open",
            BLOCKED,
            f"'{effect.name}' could not be opened: {effect.message.rstrip('.')}.",
            "Correct the expression, or give the run what it reads.",
            effect.step,
        )
        for effect in effects
        if isinstance(effect, RaiseException) and effect.code == "expression_error"
    ]


def migrate(turn: Turn, command: Migrate) -> str:
    """Migrate a run within its turn. Return why it cannot, else ''."""
    fit = Fit(turn.definition, command.definition, turn.state, command.plan)
    found = hindrances(fit, turn.now)
    if found:
        return "needs_input" if all(one.weight == NEEDS_INPUT for one in found) else "blocked"
    steps = {visit.id: fit.old.step(visit.step) for visit in turn.state.visits.values()}
    before = turn.state.copy()
    ending = fit.closing()
    entries = fit.entries()
    fresh = _fresh_branches(fit, set(ending))
    turn.record(RUN_MIGRATED, None, _facts(fit, command, turn.now))
    turn.definition = command.definition
    retime_run(turn, before.deadline)
    for visit in reversed(ending):
        close_visit(turn, turn.state.visits[visit], "migrated")
    for key in list(turn.state.visits):
        visit_now = turn.state.visits.get(key)
        if visit_now is not None:
            _follow(turn.of(visit_now), fit.old, command, steps[key], visit_now)
    for owner, slot in fresh:
        if owner not in turn.state.visits:
            continue
        step = turn.definition.step(turn.state.visits[owner].step)
        start_block(turn.of(turn.state.visits[owner]), step, slot, turn.definition.block(step.id, slot))
    for target, item in entries:
        place = turn.definition.places[target]
        around = turn.definition.step(place.owner) if place.owner else None
        turn.todo.append(Entry(place.step, current_visit(turn.at(item), around), item))
    return "times_passed" if is_untold(before, turn, command.told) else ""


def _facts(fit: Fit, command: Migrate, now: datetime) -> Json:
    """What history keeps of the migration: all that the state needs, and the plan it came from."""
    names = {old: new for old, new in fit.plan.steps.items() if new and new != old}
    targets = {target for target in fit.plan.steps.values() if target}
    gone = {step for step, target in fit.plan.steps.items() if target is None}
    lost = {
        step: output
        for step, output in fit.state.outputs.items()
        if step not in names and step in fit.new.places and (step in gone or step not in fit.plan.steps)
    }
    lost |= {step: out for step, out in fit.state.outputs.items() if step in gone and step in targets}
    undone = {str(undo.get("step") or step_of(undo["visit"])) for undo in fit.state.undo}
    return {
        "from": command.former,
        "to": command.version,
        "steps": names,
        "lost": lost,
        "gone": {step: fit.old.step(step).name for step in undone if step in gone},
        "anchors": _anchors(fit, command.times),
        "held": [_renamed_entry(fit, entry) for entry in fit.state.held],
        "work": _work(fit),
        **_given(fit, now),
        **deadline_moved(fit.old, fit.new, fit.state, command.times.get("start"), now),
        "plan": command.plan.to_json(),
        "reason": command.reason,
        "actor": command.actor,
    }


def _anchors(fit: Fit, times: Json) -> Json:
    """The times that offsets of the new version count from, as far as the run knows them."""
    known = {fit.plan.anchor(name): at for name, at in {**times, **fit.state.anchors}.items()}
    return {name: at for name, at in known.items() if name in fit.new.anchors}


def _renamed_entry(fit: Fit, entry: Json) -> Json:
    """What a pause has put aside, in the names of the new version."""
    return {**entry, "enter": fit.target(entry["enter"]) or entry["enter"]} if "enter" in entry else entry


def _given(fit: Fit, now: datetime) -> Json:
    """The values the plan gives to this run, as far as it lacks them. Raise ExpressionError."""
    outputs = {fit.plan.steps.get(step) or step: output for step, output in fit.state.outputs.items()}
    start, plan = fit.state.start, fit.plan
    scope = {
        **{name: start.get(name) for name in ("input", "event", "run", "subject")},
        "steps": outputs,
        "vars": fit.state.vars,
        "now": now,
    }
    had = {"input": start.get("input") or {}, "vars": fit.state.vars, "outputs": outputs}
    given = {"input": plan.input, "vars": plan.vars, "outputs": plan.outputs}
    return {
        part: {name: resolve(value, scope) for name, value in values.items() if name not in had[part]}
        for part, values in given.items()
    }


def _work(fit: Fit) -> Json:
    """Changes to what open blocks remember: the numbers of their branches."""
    changes: Json = {}
    for visit in fit.state.visits.values():
        old, new = fit.old.step(visit.step), fit.new.places.get(fit.target(visit.step) or "")
        if (
            new
            and isinstance(old, ParallelStep)
            and isinstance(new.step, ParallelStep)
            and "ended" in visit.work
        ):
            mapped = fit.branches(old, new.step)
            ended = [mapped[branch] for branch in visit.work["ended"] if branch in mapped]
            if ended != visit.work["ended"]:
                changes[visit.id] = {"ended": ended}
        slot = _slot_inside(fit, visit) if "case" in visit.work else None
        if slot and slot != visit.work["case"]:
            changes[visit.id] = {"case": slot}
    return changes


def _slot_inside(fit: Fit, owner: Visit) -> str | None:
    """The list of the new version in which the open step directly inside a block stands."""
    for visit in fit.state.visits.values():
        if fit.old.places[visit.step].owner == owner.step:
            place = fit.new.places.get(fit.target(visit.step) or "")
            return place.slot if place else None
    return None


def _fresh_branches(fit: Fit, ending: set[str]) -> list[tuple[str, str]]:
    """Branches that open parallels get, by visit and slot; they begin at once."""
    found = []
    for visit in fit.state.visits.values():
        if visit.id in ending or "handling" in visit.work:
            continue
        old, new = fit.old.step(visit.step), fit.new.places[fit.target(visit.step) or ""].step
        if isinstance(old, ParallelStep) and isinstance(new, ParallelStep) and visit.status == OPEN:
            known = set(fit.branches(old, new).values())
            found += [(visit.id, f"branches.{n}") for n in range(len(new.branches)) if n not in known]
    return found


def _follow(turn: Turn, former: Definition, command: Migrate, old: Step, visit: Visit) -> None:
    new = turn.definition.step(visit.step)
    changed = set(changed_fields(old, new, command.plan))
    again = _is_opened_anew(new, visit, changed)
    if again:
        settle(turn, visit, keep_due=True)
        withdraw(turn, visit, "migrated")
        if visit.status == EXCEPTION:
            clear_exception(turn, visit, "migrated")
        data = {"epoch": visit.epoch + 1, "actor": command.actor, "reason": command.reason, "how": "migrated"}
        turn.record(STEP_RETRIED, visit.id, data)
        if turn.state.pauses:
            entry = {"open": visit.id, "epoch": visit.epoch, "input": None, "migrated": True}
            turn.holding.append(entry)
        else:
            open_again(turn, new, visit)
    if visit.id in turn.state.visits:
        retime(turn, former, command.plan, old, visit, again=again)


def _is_opened_anew(step: Step, visit: Visit, changed: set[str]) -> bool:
    if visit.status == EXCEPTION:
        return step.kind in JUDGED and bool(changed & (JUDGED[step.kind] | {"when"}))
    return visit.status == OPEN and bool(changed & SEEN.get(step.kind, frozenset()))
