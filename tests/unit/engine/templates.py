"""Random templates for Hypothesis: every step kind, nested, with every kind of reaction."""

from __future__ import annotations

from itertools import count
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
Draw = st.DrawFn

CONDITIONS = ("true", "false", "input.n > 2", "steps.size() > 2", "input.missing")
LEAVES = (
    "check",
    "decision",
    "approval",
    "user_task",
    "action",
    "notify",
    "wait",
    "set",
    "subflow",
    "assist",
    "end",
)
DEADLINES: tuple[Json, ...] = (
    {},
    {},
    *({"deadline": {"after": "P9D", "then": then}} for then in ("note", "exception", "cancel", "roll_back")),
)
LIMITED = ("approval", "user_task", "subflow", "assist", "parallel", "for_each", "action")
BLOCKS = ("parallel", "choice", "for_each")
OFFSET = {"working_days": 2, "from": "start", "at": "17:00"}
BACKWARD = {"working_hours": 3, "from": "end('2026-03-09')", "before": True}


class _Names:
    def __init__(self) -> None:
        self.numbers = count(1)

    def next(self) -> str:
        return f"s{next(self.numbers)}"


@st.composite
def templates(draw: Draw) -> Json:
    """A template that compiles."""
    steps = _steps(draw, _Names(), 0, [])
    return {
        "format": 1,
        "key": "random",
        "name": "Random",
        "connections": {"psa": {"connector": "generic-rest"}},
        **draw(st.sampled_from(DEADLINES)),
        "steps": steps or [{"id": "only", "kind": "set", "values": {"x": 1}}],
    }


def _steps(draw: Draw, names: _Names, depth: int, before: list[str]) -> list[Json]:
    earlier = list(before)
    steps = []
    for _ in range(draw(st.integers(0 if depth else 1, 4 if depth == 0 else 2))):
        step = _step(draw, names, depth, earlier)
        steps.append(step)
        earlier.append(step["id"])
    return steps


def _step(draw: Draw, names: _Names, depth: int, earlier: list[str]) -> Json:
    kinds = LEAVES + BLOCKS if depth < 3 else LEAVES
    kind = draw(st.sampled_from(kinds))
    step: Json = {"id": names.next(), "kind": kind, **_own(draw, kind, names, depth, earlier)}
    if draw(st.integers(0, 5)) == 0:
        step["when"] = draw(st.sampled_from(CONDITIONS))
    if draw(st.integers(0, 3)) == 0:
        step["due"] = draw(st.sampled_from(["PT1H", "= 'P1D'", "= input.missing", OFFSET, BACKWARD]))
    if draw(st.integers(0, 3)) == 0:
        step["on_error"] = draw(st.sampled_from(["exception", "retry", "continue"]))
    elif depth < 3 and draw(st.integers(0, 5)) == 0:
        step["on_error"] = _steps(draw, names, depth + 1, earlier)
    elif draw(st.integers(0, 5)) == 0:
        step["on_error"] = _rules(draw, names, depth, earlier)
    if kind in LIMITED and draw(st.integers(0, 3)) == 0:
        after = draw(st.sampled_from(["PT1H", "= 'P1D'", "= input.missing"]))
        then = _reaction(draw, names, depth, earlier, "exception", "continue")
        step["timeout"] = {"after": after, "then": then}
    return step


def _rules(draw: Draw, names: _Names, depth: int, earlier: list[str]) -> list[Json]:
    boom: Json = {"errors": [draw(st.sampled_from(["boom", "b*", "transient"]))]}
    if draw(st.booleans()):
        boom["retry"] = {"max": 2}
    if depth < 3:
        boom["then"] = draw(st.sampled_from(["exception", "continue"])) if draw(st.booleans()) else []
    if boom.get("then") == []:
        boom["then"] = _steps(draw, names, depth + 1, earlier)
    return [boom, {"then": "exception"}]


def _reaction(draw: Draw, names: _Names, depth: int, earlier: list[str], *words: str) -> Any:
    forms = [*words, *(["list"] if depth < 3 else []), *(["return"] if earlier else [])]
    form = draw(st.sampled_from(forms))
    if form == "list":
        return _steps(draw, names, depth + 1, earlier)
    if form == "return":
        return {"return_to": draw(st.sampled_from(earlier)), "max": draw(st.integers(1, 3))}
    return form


def _own(draw: Draw, kind: str, names: _Names, depth: int, earlier: list[str]) -> Json:
    nested = {
        "check": _check,
        "approval": _approval,
        "wait": _wait,
        "parallel": _parallel,
        "choice": _choice,
        "for_each": _for_each,
    }
    if kind in nested:
        return nested[kind](draw, names, depth, earlier)
    missing = draw(st.sampled_from(["= input.n", "= input.missing"]))
    undo = {"compensate": {"operation": "undo", "input": {"id": "= input.n"}}}
    more: Json = draw(st.sampled_from([{}, undo, {"retry": {"max": 2}}]))
    rules = [{"when": draw(st.sampled_from(CONDITIONS)), "then": {"x": "= input.n"}}, {"then": {"x": 0}}]
    plain: dict[str, Json] = {
        "decision": {"hit": draw(st.sampled_from(["first", "unique", "collect"])), "rules": rules},
        "user_task": {"assignee": {"role": "r"}},
        "action": {"connection": "psa", "operation": "do", "input": {"n": "= input.n"}, **more},
        "notify": {"message": "m", "to": "= input.n"},
        "set": {"values": {"x": missing}},
        "subflow": {"template": "other", "input": {"n": 1}},
        "assist": {"purpose": "p", "input": {"n": "= input.n"}, "output": {"type": "object"}},
        "end": {"outcome": "stopped"},
    }
    return plain[kind]


def _approval(draw: Draw, names: _Names, depth: int, earlier: list[str]) -> Json:
    return {
        "policy": "p",
        "on_reject": _reaction(draw, names, depth, earlier, "exception", "end", "continue"),
    }


def _parallel(draw: Draw, names: _Names, depth: int, earlier: list[str]) -> Json:
    branches = [_steps(draw, names, depth + 1, earlier) for _ in range(draw(st.integers(2, 3)))]
    return {"branches": branches, "join": draw(st.sampled_from(["all", "any", 2]))}


def _choice(draw: Draw, names: _Names, depth: int, earlier: list[str]) -> Json:
    cases = [{"when": draw(st.sampled_from(CONDITIONS)), "steps": _steps(draw, names, depth + 1, earlier)}]
    return {"cases": cases, "otherwise": _steps(draw, names, depth + 1, earlier)}


def _for_each(draw: Draw, names: _Names, depth: int, earlier: list[str]) -> Json:
    ask: Json = {"kind": "user_task", "assignee": {"role": "r"}, "show": {"it": "= it"}}
    put: Json = {"kind": "set", "values": {"x": "= it"}}
    first: Json = {"id": names.next(), **draw(st.sampled_from([ask, put]))}
    step: Json = {
        "items": draw(st.sampled_from(["[]", "[1, 2, 3]", "[input.n]", "input.missing"])),
        "as": "it",
        "index_as": "at",
        "steps": [first, *_steps(draw, names, depth + 1, [first["id"]])],
        "on_item_error": draw(st.sampled_from(["exception", "continue", "stop"])),
    }
    if draw(st.booleans()):
        step |= {"mode": "parallel", "limit": draw(st.integers(1, 3))}
    if draw(st.booleans()):
        step["output"] = draw(st.sampled_from(["= it", {"n": "= at"}, "= input.missing"]))
    return step


def _check(draw: Draw, names: _Names, depth: int, earlier: list[str]) -> Json:
    step: Json = {
        "rules": [{"expr": draw(st.sampled_from([*CONDITIONS, "facts.ok", "facts.ok"]))}],
        "on_fail": _reaction(draw, names, depth, earlier, "exception", "exception", "continue"),
    }
    if draw(st.booleans()):
        step["facts"] = {"query": "q", "input": {"n": "= input.n"}}
    if draw(st.booleans()):
        step["recheck_on"] = {"type": "a.b", "match": "event.data.n == input.n"}
    return step


def _wait(draw: Draw, names: _Names, depth: int, earlier: list[str]) -> Json:
    form = draw(st.sampled_from(["event", "for", "until"]))
    if form == "for":
        return {"for": "PT1H"}
    if form == "until":
        return {"until": draw(st.sampled_from(["now", "input.missing", "now + duration('1h')"]))}
    step: Json = {"event": {"type": "a.b", "match": "event.data.n == input.n"}}
    if draw(st.booleans()):
        step["timeout"] = {
            "after": "PT1H",
            "then": _reaction(draw, names, depth, earlier, "exception", "continue"),
        }
    return step
