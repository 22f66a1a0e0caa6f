"""What happens while nobody decides: a ladder of steps, and what is done when the time is up. Pure.

    escalation:
      - {after: PT4H, do: remind}
      - {after: P1D, add: {role: delivery_director}}     # they are asked too
      - {after: P2D, do: up}                             # the managers of those asked are asked too
      - {after: P3D, replace: {group: deputies}}         # they are asked instead
    timeout: {after: P5D, then: reject}                  # approve, reject, escalate or exception

Times count from when the stage was opened, while the office of those who are asked is open: a day of them is an average
working day. With several people the time is up when it is up for the first of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from apps.approvals.approver_reader import ApproverReader
from apps.approvals.approvers import PEOPLE, USER, ApproverRule
from apps.workflows.engine.calendars import CalendarError, WorkingCalendar, add_time
from apps.workflows.engine.durations import format_duration, parse_duration

REMIND, ADD, REPLACE, UP = "remind", "add", "replace", "up"
PLAIN = (REMIND, UP)
ASKING = (ADD, REPLACE)
APPROVE, REJECT, ESCALATE, EXCEPTION = "approve", "reject", "escalate", "exception"
OUTCOMES = (APPROVE, REJECT, ESCALATE, EXCEPTION)
MAX_RUNGS = 10
_EXAMPLE = "Write it like PT4H or P2D."


@dataclass(frozen=True, slots=True)
class Rung:
    """One step: after how much working time, what is done, and (to add or replace) who is asked."""

    after: timedelta
    do: str
    approvers: tuple[ApproverRule, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the step as a policy spells it."""
        spelled: dict[str, Any] = {"after": format_duration(self.after)}
        if self.do in PLAIN:
            return spelled | {"do": self.do}
        return spelled | {self.do: [rule.to_json() for rule in self.approvers]}

    def words(self) -> str:
        """Say in words what is done."""
        who = " or ".join(rule.words() for rule in self.approvers)
        return {
            REMIND: "they are reminded",
            UP: "their managers are asked too",
            ADD: f"{who} asked too",
            REPLACE: f"{who} asked instead",
        }[self.do]


@dataclass(frozen=True, slots=True)
class Timeout:
    """What becomes of a stage that nobody has decided: ``then`` is one of OUTCOMES."""

    after: timedelta
    then: str

    def to_json(self) -> dict[str, str]:
        """Return it as a policy spells it."""
        return {"after": format_duration(self.after), "then": self.then}


@dataclass(frozen=True, slots=True)
class Ladder:
    """The steps in their order, and what is done in the end (None: nothing; people go on being reminded)."""

    rungs: tuple[Rung, ...] = ()
    timeout: Timeout | None = None

    def __bool__(self) -> bool:
        return bool(self.rungs) or self.timeout is not None

    def applied(self, variables: Mapping[str, Any]) -> "Ladder":
        """Return the ladder with people in place of expressions. Raise ExpressionError where there are none."""
        rungs = (replace(rung, approvers=_applied(rung.approvers, variables)) for rung in self.rungs)
        return Ladder(tuple(rungs), self.timeout)

    def after(self, done: int) -> timedelta | None:
        """Return after how much working time the next step comes, ``done`` of them being done; None: none does."""
        if done < len(self.rungs):
            return self.rungs[done].after
        return self.timeout.after if self.timeout is not None and done == len(self.rungs) else None

    def to_json(self) -> dict[str, Any]:
        """Return the ladder as a policy spells it; empty where there is none."""
        found: dict[str, Any] = {}
        if self.rungs:
            found["escalation"] = [rung.to_json() for rung in self.rungs]
        if self.timeout is not None:
            found["timeout"] = self.timeout.to_json()
        return found

    @classmethod
    def stored(cls, value: Mapping[str, Any]) -> "Ladder":
        """Read what ``to_json`` gave; what cannot be read any more is left out."""
        return read_ladder(ApproverReader(()), value, "")


NO_LADDER = Ladder()
"""Nothing happens while nobody decides, but for the reminders that every request has."""


def moment_after(
    calendars: Iterable[WorkingCalendar], opened_at: datetime, after: timedelta
) -> datetime | None:
    """Return when that much working time has passed for the first of the calendars; None where it never does."""
    found = []
    for calendar in calendars:
        try:
            found.append(add_time(calendar, opened_at, working_length(calendar, after)))
        except (CalendarError, OverflowError):
            continue
    return min(found, default=None)


def working_length(calendar: WorkingCalendar, after: timedelta) -> timedelta:
    """Return how long a duration is in a calendar: a day of it is an average working day."""
    if calendar.is_continuous:
        return after
    return calendar.day_length() * after.days + timedelta(seconds=after.seconds)


def read_ladder(reader: ApproverReader, body: Mapping[str, Any], pointer: str) -> Ladder:
    """Read ``escalation`` and ``timeout`` of a policy or a stage; what is wrong is noted at the reader."""
    given = body.get("escalation", [])
    if not isinstance(given, list) or len(given) > MAX_RUNGS:
        reader.complain(
            f"{pointer}/escalation",
            f"At most {MAX_RUNGS} steps are expected here.",
            "not_steps",
            "Write a list such as [{after: PT4H, do: remind}].",
        )
        given = []
    read = (_rung(reader, value, f"{pointer}/escalation/{at}") for at, value in enumerate(given))
    rungs = [rung for rung in read if rung is not None]
    timeout = _timeout(reader, body["timeout"], f"{pointer}/timeout") if "timeout" in body else None
    _check_order(reader, rungs, timeout, pointer)
    return Ladder(tuple(rungs), timeout)


def _applied(approvers: Iterable[ApproverRule], variables: Mapping[str, Any]) -> tuple[ApproverRule, ...]:
    found: list[ApproverRule] = []
    for rule in approvers:
        one = rule.applied(variables)
        # Whom an expression gives is kept person by person, as the facts it was given are not there later.
        found += [ApproverRule(USER, name) for name in one.names] if one.kind == PEOPLE else [one]
    return tuple(found)


def _rung(reader: ApproverReader, value: Any, pointer: str) -> Rung | None:
    body = reader.mapping(value, pointer, ("after", "do", ADD, REPLACE))
    if isinstance(body.get("do"), Mapping):
        # The longer way of writing it: do: {add: {role: finance}}.
        body = {**{key: item for key, item in body.items() if key != "do"}, **body["do"]}
    after = _after(reader, body.get("after"), f"{pointer}/after")
    asking = [name for name in ASKING if name in body]
    named = ["do"] if "do" in body else []
    if len(asking) + len(named) != 1 or (named and body["do"] not in PLAIN):
        if isinstance(value, Mapping):
            remedy = "Give one of do: remind, do: up, add: {role: ...} and replace: {role: ...}."
            reader.complain(pointer, "This does not say what is done.", "escalation_step", remedy)
        return None
    if named:
        return Rung(after, str(body["do"])) if after else None
    approvers = reader.approvers(body[asking[0]], f"{pointer}/{asking[0]}")
    return Rung(after, asking[0], approvers) if after and approvers else None


def _timeout(reader: ApproverReader, value: Any, pointer: str) -> Timeout | None:
    body = reader.mapping(value, pointer, ("after", "then"))
    after = _after(reader, body.get("after"), f"{pointer}/after")
    then = body.get("then")
    if then not in OUTCOMES:
        remedy = f"Use one of: {', '.join(OUTCOMES)}."
        reader.complain(f"{pointer}/then", "This does not say what is done in the end.", "timeout", remedy)
        return None
    return Timeout(after, str(then)) if after else None


def _after(reader: ApproverReader, value: Any, pointer: str) -> timedelta | None:
    try:
        found = parse_duration(value if isinstance(value, str) else "")
    except ValueError:
        found = timedelta()
    if found <= timedelta():
        reader.complain(pointer, "This is no time to wait.", "duration", _EXAMPLE)
        return None
    return found


def _check_order(
    reader: ApproverReader, rungs: Sequence[Rung], timeout: Timeout | None, pointer: str
) -> None:
    for at, (earlier, later) in enumerate(pairwise(rungs), 1):
        if later.after < earlier.after:
            remedy = "Write the steps in the order of their times."
            where = f"{pointer}/escalation/{at}/after"
            reader.complain(where, "This comes before the step above it.", "order", remedy)
    if timeout is not None and rungs and timeout.after < rungs[-1].after:
        remedy = "Let the timeout come after the last step."
        reader.complain(f"{pointer}/timeout/after", "This comes before the last step.", "order", remedy)
