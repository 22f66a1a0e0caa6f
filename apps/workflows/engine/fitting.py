"""Whether the open steps of a run fit into another version: what can be said without trying it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apps.workflows.engine.definition import Definition, ParallelStep, Place, Step
from apps.workflows.engine.history import step_of
from apps.workflows.engine.lacking import lacking
from apps.workflows.engine.plan import Plan, changed_fields
from apps.workflows.engine.state import DRAINING, FINISHED, NEW, ROLLING_BACK, RunState, Visit
from apps.workflows.engine.verdict import BLOCKED, NEEDS_INPUT, Finding

Json = dict[str, Any]
SURFACE = frozenset(
    {"name", "when", "due", "on_error", "audience", "owner", "timeout", "limit", "on_item_error"}
)
"""Fields of a loop that may differ while it is open."""
MAX_CHOICES = 60


@dataclass(frozen=True, slots=True)
class Fit:
    """One run held against one plan."""

    old: Definition
    new: Definition
    state: RunState
    plan: Plan

    def target(self, step: str) -> str | None:
        """The counterpart of a step of the old version."""
        return self.plan.steps.get(step)

    def closing(self) -> list[str]:
        """Visits that end because the run goes on elsewhere, in the order they were opened."""
        roots = {(self.root(visit.step), self.item(visit)) for visit in self.moving()}
        return [
            visit.id
            for visit in self.state.visits.values()
            if any(
                (visit.step == root or self.old.inside(visit.step, root)) and self._is_in(visit.scope, item)
                for root, item in roots
            )
        ]

    def item(self, visit: Visit) -> str:
        """The item of a loop in which a visit that is told to goes on; '' outside of loops."""
        loops, item = self.old.loops_of(self.root(visit.step)), visit.scope
        while item and self.state.step_of_loop(item) not in loops:
            item = self.state.scopes[item].parent
        return item

    def entries(self) -> list[tuple[str, str]]:
        """The steps at which the run goes on instead, each with its item."""
        return list(dict.fromkeys((self.plan.go_on[visit.step], self.item(visit)) for visit in self.moving()))

    def _is_in(self, scope: str, item: str) -> bool:
        while scope and scope != item:
            scope = self.state.scopes[scope].parent
        return scope == item

    def moving(self) -> list[Visit]:
        """Open visits the plan tells to go on at another step."""
        return [visit for visit in self.state.visits.values() if self._goes_elsewhere(visit)]

    def root(self, step: str) -> str:
        """The outermost step to leave so that the run can go on where the plan says: the step, or one around it."""
        aim = self.new.places[self.plan.go_on[step]]
        place = self.old.places[step]
        while not self.same_list(place, aim) and place.owner is not None:
            place = self.old.places[place.owner]
        return place.step.id

    def same_list(self, here: Place, there: Place) -> bool:
        """Whether a list of the old version is the same one as a list of the new version."""
        if here.owner is None or there.owner is None:
            return here.owner == there.owner
        if self.target(here.owner) != there.owner:
            return False
        return self._same_slot(self.old.step(here.owner), self.new.step(there.owner), here.slot, there.slot)

    def branches(self, old: ParallelStep, new: ParallelStep) -> dict[int, int]:
        """The branch of the new version for each branch of the old one that still has one."""
        found: dict[int, int] = {}
        for index, branch in enumerate(old.branches):
            homes = {self._home(step, new) for step in branch} - {None}
            if len(homes) == 1:
                found[index] = int(str(homes.pop()).partition(".")[2])
        for index in range(min(len(old.branches), len(new.branches))):
            if index not in found and index not in found.values() and not old.branches[index]:
                found[index] = index
        return found

    def _home(self, step: Step, new: ParallelStep) -> str | None:
        place = self.new.places.get(self.target(step.id) or "")
        return place.slot if place and place.owner == new.id and place.slot.startswith("branches.") else None

    def _same_slot(self, old: Step, new: Step, here: str, there: str) -> bool:
        if isinstance(old, ParallelStep) and isinstance(new, ParallelStep) and here.startswith("branches."):
            mapped = self.branches(old, new).get(int(here.partition(".")[2]))
            return there == f"branches.{mapped}"
        return _family(here) == _family(there)

    def _goes_elsewhere(self, visit: Visit) -> bool:
        aim = self.plan.go_on.get(visit.step)
        return aim is not None and aim in self.new.places and visit.step in self.old.places


def way_back(old: Definition, new: Definition, plan: Plan, lost: Json) -> Plan:
    """The plan that takes a run migrated by `plan` back. `lost` are its outputs that the new version had no place for.

    Where the run went on elsewhere, it goes back to the beginning of what was left.
    """
    fit = Fit(old, new, RunState(), plan)
    roots = {
        aim: fit.root(step) for step, aim in plan.go_on.items() if aim in new.places and step in old.places
    }
    return Plan({target: step for step, target in plan.steps.items() if target}, go_on=roots, outputs=lost)


def findings(fit: Fit) -> list[Finding]:
    """Everything in the way of a run, as far as it can be seen from its open steps."""
    hindrance = _whole_run(fit.state)
    if hindrance:
        return [hindrance]
    ending = set(fit.closing())
    found = [*_moves(fit), *_lost_compensations(fit), *_put_aside(fit, ending)]
    for visit in fit.state.visits.values():
        if visit.id in ending:
            found += _ended_work(visit, fit.old.step(visit.step))
        else:
            found += _kept(fit, visit)
    return found or lacking(fit.old, fit.new, fit.state, fit.plan, _positions(fit, ending))


def _whole_run(state: RunState) -> Finding | None:
    words = {
        NEW: ("not_begun", "It has not begun yet; it will follow in a moment."),
        FINISHED: ("finished", "It is finished."),
        ROLLING_BACK: ("rolling_back", "It is being rolled back."),
    }
    if state.status in words:
        code, message = words[state.status]
        return Finding(code, BLOCKED, message)
    for visit in state.visits.values():
        if visit.status == DRAINING:
            return Finding(
                "finishing", BLOCKED, "A call that was taken back is still being answered.", step=visit.step
            )
    return None


def _moves(fit: Fit) -> Iterator[Finding]:
    entered: dict[tuple[str | None, str, str], str] = {}
    for visit in fit.moving():
        aim = fit.new.places[fit.plan.go_on[visit.step]]
        step = fit.old.step(visit.step)
        if not fit.same_list(fit.old.places[fit.root(visit.step)], aim):
            yield Finding(
                "not_reachable",
                BLOCKED,
                f"It cannot go on at '{aim.step.name}': that stands inside '{aim.owner}', which is not open.",
                "Choose a step of the same list or of one around it.",
                visit.step,
            )
        elif entered.setdefault((aim.owner, aim.slot, fit.item(visit)), aim.step.id) != aim.step.id:
            message = f"'{step.name}' and another open step would go on at different places of the same list."
            yield Finding("two_places", BLOCKED, message, "Finish one of them first.", visit.step)


def _ended_work(visit: Visit, step: Step) -> Iterator[Finding]:
    if visit.work.get("pending") == "action":
        message = (
            f"A call of '{step.name}' is under way and would be left without anybody to take its answer."
        )
        yield Finding("action_under_way", BLOCKED, message, "Wait until it is answered.", visit.step)


def _kept(fit: Fit, visit: Visit) -> list[Finding]:
    step, target = fit.old.step(visit.step), fit.target(visit.step)
    if target is None:
        return [*_ended_work(visit, step)] or [_gone(fit, visit, step)]
    here, there = fit.old.places[step.id], fit.new.places[target]
    if not fit.same_list(here, there):
        return [_moved(fit, step, here)]
    return [*_work(fit, visit, step, there.step), *_shape(fit, visit, step, there.step)]


def _gone(fit: Fit, visit: Visit, step: Step) -> Finding:
    needs = {"kind": "go_on", "step": step.id, "choices": list(fit.new.places)[:MAX_CHOICES]}
    remedy = "Choose the step to go on at."
    other = fit.new.places.get(step.id)
    if other is not None and other.step.kind != step.kind and "pending" in visit.work:
        kind = other.step.kind.replace("_", " ")
        message = f"'{step.name}' is open as {_kind(step)}, and the new version makes it {_a(kind)}."
        return Finding("other_kind", BLOCKED, message, remedy, step.id, needs)
    message = f"'{step.name}' is open, and the new version has no counterpart of it."
    return Finding("step_gone", NEEDS_INPUT, message, remedy, step.id, needs)


def _moved(fit: Fit, step: Step, here: Place) -> Finding:
    needs = {"kind": "go_on", "step": step.id, "choices": list(fit.new.places)[:MAX_CHOICES]}
    remedy = "Choose the step to go on at."
    if here.owner and fit.target(here.owner) is None:
        message = (
            f"'{step.name}' is open inside '{fit.old.step(here.owner).name}', which the new version removed."
        )
        return Finding("removed_block", BLOCKED, message, remedy, step.id, needs)
    message = f"'{step.name}' is open, and the new version has moved it into another branch or list."
    return Finding("moved", BLOCKED, message, remedy, step.id, needs)


def _work(fit: Fit, visit: Visit, old: Step, new: Step) -> Iterator[Finding]:
    pending, changed = visit.work.get("pending"), set(changed_fields(old, new, fit.plan))
    if pending == "action" and changed & {"connection", "operation"}:
        message = f"A call of '{old.name}' is under way, and the new version calls something else."
        yield Finding("action_under_way", BLOCKED, message, "Wait until it is answered.", old.id)
    if pending == "subflow" and "template" in changed:
        message = f"'{old.name}' waits for a run of a workflow the new version does not start."
        yield Finding("other_subflow", BLOCKED, message, "Finish or cancel that run first.", old.id)


def _shape(fit: Fit, visit: Visit, old: Step, new: Step) -> Iterator[Finding]:
    if old.kind == "for_each" and set(changed_fields(old, new, fit.plan)) - SURFACE:
        message = (
            f"'{old.name}' is in the middle of its items, and the new version goes through them differently."
        )
        yield Finding("loop_shape", BLOCKED, message, "Wait until its items are done.", old.id)
    if isinstance(old, ParallelStep) and isinstance(new, ParallelStep) and "handling" not in visit.work:
        mapped = fit.branches(old, new)
        ended = [branch for branch in visit.work.get("ended", []) if branch in mapped]
        remedy = "Wait until its branches have joined."
        if len(set(mapped.values())) < len(mapped) or any(b not in mapped for b in _split(fit, old, new)):
            message = f"The steps of one branch of '{old.name}' stand in several branches of the new version."
            yield Finding("parallel_shape", BLOCKED, message, remedy, old.id)
        elif len(ended) >= new.join:
            message = f"As many branches of '{old.name}' have ended as the new version waits for."
            yield Finding("parallel_shape", BLOCKED, message, remedy, old.id)


def _split(fit: Fit, old: ParallelStep, new: ParallelStep) -> Iterator[int]:
    for index, branch in enumerate(old.branches):
        homes = {
            place.slot
            for step in branch
            if (place := fit.new.places.get(fit.target(step.id) or "")) and place.owner == new.id
        }
        if len(homes) > 1:
            yield index


def _put_aside(fit: Fit, ending: set[str]) -> Iterator[Finding]:
    """What a paused run goes on with must have its place in the new version too."""
    for entry in fit.state.held:
        if "finish" in entry:
            message = "It is paused after its last step."
            yield Finding("held_end", BLOCKED, message, "Resume it; it ends then.")
        if "enter" not in entry or entry["owner"] in ending:
            continue
        step, target = fit.old.step(entry["enter"]), fit.target(entry["enter"])
        if target is None or not fit.same_list(fit.old.places[step.id], fit.new.places[target]):
            message = (
                f"It is paused just before '{step.name}', which the new version does not have in that place."
            )
            yield Finding("held_step", BLOCKED, message, "Map the step, or resume the run first.", step.id)


def _lost_compensations(fit: Fit) -> Iterator[Finding]:
    state = fit.state
    undoing = [
        (undo.get("connection"), str(undo.get("step") or step_of(undo["visit"]))) for undo in state.undo
    ]
    undoing += [(late.undo["connection"], late.step) for late in state.late.values()]
    for slot, step in undoing:
        if slot and slot != "internal" and slot not in fit.new.connections:
            message = (
                f"What '{step}' did is undone through '{slot}', a connection the new version does not have."
            )
            yield Finding("undo_lost", BLOCKED, message, f"Keep '{slot}' among its connections.", step)


def _positions(fit: Fit, ending: set[str]) -> list[str]:
    kept = [fit.target(visit.step) for visit in fit.state.visits.values() if visit.id not in ending]
    held = [fit.target(entry["enter"]) for entry in fit.state.held if "enter" in entry]
    return [step for step in (*kept, *held) if step] + [fit.plan.go_on[visit.step] for visit in fit.moving()]


def _family(slot: str) -> str:
    return "cases" if slot == "otherwise" else slot.partition(".")[0]


def _kind(step: Step) -> str:
    return _a(step.kind.replace("_", " "))


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
