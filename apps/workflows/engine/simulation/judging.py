"""What a case expected and what it got: every difference, with the line where the expectation stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from apps.core.expressions import ExpressionError, compile_expression
from apps.workflows.engine import sla_clock
from apps.workflows.engine.calendars import WorkingCalendar
from apps.workflows.engine.clocks import stretches
from apps.workflows.engine.durations import format_duration, parse_duration
from apps.workflows.engine.history import (
    EXCEPTION_RAISED,
    STEP_COMPLETED,
    STEP_OVERDUE,
    STEP_STARTED,
    HistoryEvent,
    step_of,
)
from apps.workflows.engine.simulation.cases import Expectation
from apps.workflows.engine.simulation.world import Simulation
from apps.workflows.engine.sla import CONTINUOUS_KEY, Sla
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]
_MISSING = "nothing"


@dataclass(frozen=True, slots=True)
class Difference:
    """One expectation that was not met. `expected` and `got` are JSON; `path` is where the expectation stands."""

    what: str
    message: str
    path: str
    expected: Any = None
    got: Any = None


def judge(run: Simulation, expectation: Expectation) -> list[Difference]:
    """Compare a run that was played to its end with one expectation."""
    return _JUDGES[expectation.what](run, expectation)


def path_of(history: list[HistoryEvent]) -> list[str]:
    """The steps a run came to, in order, each visit once; skipped steps and compensations are left out."""
    seen: dict[str, None] = {}
    for event in history:
        if event.kind in (STEP_STARTED, STEP_COMPLETED) and event.visit and not event.visit.endswith("~undo"):
            seen.setdefault(event.visit)
    return [step_of(visit) for visit in seen]


def elapsed_of(run: Simulation) -> timedelta:
    """How long the run took, or has taken so far."""
    if not run.history:
        return timedelta()
    return (run.history[-1].at if run.finished else run.now) - run.history[0].at


def sla_of(run: Simulation) -> tuple[Sla, WorkingCalendar]:
    """The service level of the run, with its calendar; one that counts every hour where the template has none."""
    level = run.definition.slas.get("") or Sla(None, None, None, CONTINUOUS_KEY, frozenset())
    return level, run.calendars.get(level.calendar) or run.calendars["business"]


def sla_time(run: Simulation) -> timedelta:
    """What the clock of the run's service level has used up: open time in which nobody had it whose time does not count."""
    level, calendar = sla_of(run)
    end = run.history[-1].at if run.finished else run.now
    segments = stretches(run.definition, run.history, end)
    facts = sla_clock.log(level, calendar, segments, ended=True, now=end)
    return facts[-1].elapsed if facts else timedelta()


def _different(expectation: Expectation, message: str, got: Any) -> list[Difference]:
    return [Difference(expectation.what, message, expectation.path, expectation.value, got)]


def _outcome(run: Simulation, expectation: Expectation) -> list[Difference]:
    got = run.finished.outcome if run.finished else "running"
    if got == expectation.value:
        return []
    where = "" if run.finished else f" It stands at {_standing(run)}."
    return _different(
        expectation,
        f"The run ended {got}, not {expectation.value}.{where}".replace("ended running", "is still running"),
        got,
    )


def _path(run: Simulation, expectation: Expectation) -> list[Difference]:
    got = path_of(run.history)
    rest = iter(got)
    for step in expectation.value:
        if step not in rest:
            where = "never came to it" if step not in got else "did not come to it in this order"
            end = "" if run.finished else f"; it stands at {_standing(run)}"
            return _different(
                expectation, f"'{step}' was expected on the path, but the run {where}{end}.", got
            )
    return []


def _exact_path(run: Simulation, expectation: Expectation) -> list[Difference]:
    got = path_of(run.history)
    if got == expectation.value:
        return []
    same = next(
        (number for number, (a, b) in enumerate(zip(expectation.value, got, strict=False)) if a != b),
        min(len(got), len(expectation.value)),
    )
    expected = expectation.value[same] if same < len(expectation.value) else "the end"
    found = got[same] if same < len(got) else "the end"
    return _different(expectation, f"At place {same + 1} comes '{found}', not '{expected}'.", got)


def _not_reached(run: Simulation, expectation: Expectation) -> list[Difference]:
    got = [step for step in dict.fromkeys(path_of(run.history)) if step in expectation.value]
    return _different(expectation, f"The run came to {_joined(got)}.", got) if got else []


def _waiting(run: Simulation, expectation: Expectation) -> list[Difference]:
    got = standing_at(run)
    if sorted(got) == sorted(expectation.value):
        return []
    return _different(expectation, f"The run stands at {_standing(run)}.", got)


def _visits(run: Simulation, expectation: Expectation) -> list[Difference]:
    path = path_of(run.history)
    found = []
    for step, number in expectation.value.items():
        if path.count(step) != number:
            message = f"'{step}' was visited {path.count(step)} times, not {number}."
            found.append(
                Difference("visits", message, f"{expectation.path}.{step}", number, path.count(step))
            )
    return found


def _outputs(run: Simulation, expectation: Expectation) -> list[Difference]:
    return _compare(expectation, expectation.value, run.state.outputs, "")


def _output(run: Simulation, expectation: Expectation) -> list[Difference]:
    return _compare(expectation, expectation.value, run.finished.output if run.finished else {}, "")


def _vars(run: Simulation, expectation: Expectation) -> list[Difference]:
    return _compare(expectation, expectation.value, run.state.vars, "")


def _messages(run: Simulation, expectation: Expectation) -> list[Difference]:
    got = [
        {"message": sent.message, "to": sent.to, "data": sent.data}
        for one in run.everyone()
        for sent in one.messages
    ]
    if not expectation.value and got:
        return _different(expectation, f"{_joined([one['message'] for one in got])} was sent.", got)
    rest = iter(got)
    for item in expectation.value:
        wanted = item if isinstance(item, dict) else {"message": item}
        if not any(_fits(wanted, one) for one in rest):
            names = _joined([str(one["message"]) for one in got]) or _MISSING
            message = f"The message '{wanted.get('message', item)}' was not sent as expected; sent: {names}."
            return _different(expectation, message, got)
    return []


def _exceptions(run: Simulation, expectation: Expectation) -> list[Difference]:
    got = [
        {"step": step_of(event.visit or ""), "code": event.data["code"]}
        for event in run.history
        if event.kind == EXCEPTION_RAISED
    ]
    wanted = [item if isinstance(item, dict) else {"step": item} for item in expectation.value]
    if len(got) == len(wanted) and all(_fits(a, b) for a, b in zip(wanted, got, strict=True)):
        return []
    names = _joined([f"{one['step']} ({one['code']})" for one in got]) or "none"
    return _different(expectation, f"Exceptions raised: {names}.", got)


def _overdue(run: Simulation, expectation: Expectation) -> list[Difference]:
    got = [step_of(event.visit or "") for event in run.history if event.kind == STEP_OVERDUE]
    if sorted(got) == sorted(expectation.value):
        return []
    return _different(expectation, f"Overdue: {_joined(got) or 'none'}.", got)


def _elapsed(run: Simulation, expectation: Expectation) -> list[Difference]:
    total, wanted = elapsed_of(run), expectation.value
    if isinstance(wanted, str):
        wanted = {"at_least": wanted, "at_most": wanted}
    found = []
    for key, text in wanted.items():
        measured, bound, words = total, parse_duration(text), f"The run took {format_duration(total)}"
        if key.startswith("sla_"):
            measured, (level, calendar) = sla_time(run), sla_of(run)
            bound = replace(level, duration=bound, working_days=None, working_hours=None).target(calendar)
            words = f"The SLA clock ran {_open_time(measured, calendar)}"
        if measured < bound if key.endswith("at_least") else measured > bound:
            limit = f"{key.removeprefix('sla_').replace('_', ' ')} {text}"
            message = f"{words}, {limit} was expected."
            found.append(Difference("elapsed", message, expectation.path, text, format_duration(measured)))
    return found


def _open_time(length: timedelta, calendar: WorkingCalendar) -> str:
    """Used time in words; days of a calendar that closes are told in hours, because its day is shorter than 24."""
    if calendar.is_continuous:
        return format_duration(length)
    hours, rest = divmod(length, timedelta(hours=1))
    minutes = f"{rest // timedelta(minutes=1)}M" if rest else ""
    return f"PT{hours}H{minutes} of open time"


def _that(run: Simulation, expectation: Expectation) -> list[Difference]:
    scope = Turn(run.definition, run.state, run.now).scope()
    found = []
    for index, text in enumerate(expectation.value):
        source = str(text).removeprefix("=").strip()
        try:
            held: Any = compile_expression(source).evaluate(scope)
        except ExpressionError as error:
            held = error.message
        if held is not True:
            message = f"“{source}” does not hold."
            found.append(Difference("that", message, f"{expectation.path}[{index}]", True, held))
    return found


def standing_at(run: Simulation) -> list[str]:
    """The steps a run waits at, those inside subflows by their way."""
    found = []
    for one in run.everyone():
        inner = set(one.children)
        for visit, held in one.state.visits.items():
            waits = (
                visit in one.questions or visit in one.awaiting or held.timers or held.status == "exception"
            )
            if waits and visit not in inner:
                found.append(one.prefix + step_of(visit))
    return found


def _standing(run: Simulation) -> str:
    raised = {
        one.prefix + step_of(event.visit or ""): str(event.data["message"])
        for one in run.everyone()
        for event in one.history
        if event.kind == EXCEPTION_RAISED
    }
    names = [f"'{name}'" + (f" ({raised[name]})" if name in raised else "") for name in standing_at(run)]
    return ", ".join(names) or "no step"


def _joined(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in dict.fromkeys(names))


def _fits(wanted: Any, got: Any) -> bool:
    """Whether what was got holds all that was wanted: mappings may hold more, lists may not."""
    if isinstance(wanted, dict):
        return isinstance(got, dict) and all(
            key in got and _fits(item, got[key]) for key, item in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(got, list) and len(got) == len(wanted) and all(map(_fits, wanted, got))
    if isinstance(wanted, bool) or isinstance(got, bool):
        return wanted is got
    return bool(wanted == got)


def _compare(expectation: Expectation, wanted: Any, got: Any, inner: str) -> list[Difference]:
    """The smallest places where a wanted mapping and the one got differ."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        found = []
        for key, item in wanted.items():
            place = f"{inner}.{key}".lstrip(".")
            if key not in got:
                message = f"{expectation.what}: '{place}' is not there."
                found.append(Difference(expectation.what, message, f"{expectation.path}.{place}", item, None))
            else:
                found.extend(_compare(expectation, item, got[key], place))
        return found
    if _fits(wanted, got):
        return []
    message = f"{expectation.what}: '{inner}' is another value."
    return [Difference(expectation.what, message, f"{expectation.path}.{inner}", wanted, got)]


_JUDGES = {
    "outcome": _outcome,
    "path": _path,
    "exact_path": _exact_path,
    "not_reached": _not_reached,
    "waiting": _waiting,
    "visits": _visits,
    "outputs": _outputs,
    "output": _output,
    "vars": _vars,
    "messages": _messages,
    "exceptions": _exceptions,
    "overdue": _overdue,
    "elapsed": _elapsed,
    "that": _that,
}
