"""`wait`: for an event, for a duration, or until a time."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.definition import EventMatch, WaitStep
from apps.workflows.engine.effects import AwaitEvent
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.matching import correlation, frozen_scope, matches
from apps.workflows.engine.reader import Reader, read_timeout
from apps.workflows.engine.results import Done, Ignored, Opening, Reacts, Result, Waits
from apps.workflows.engine.state import Visit
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]


class Wait(Kind[WaitStep]):
    """Waits; the output is the event, or the time the waiting ended."""

    name = "wait"

    def parse(self, reader: Reader, base: Json) -> WaitStep:
        """Read exactly one of event, for and until; timeout only with an event."""
        event = reader.event_match("event")
        duration, until = reader.when_text("for"), reader.expression("until")
        given = [key for key in ("event", "for", "until") if reader.data.get(key) is not None]
        if len(given) != 1:
            reader.report.add(
                "one_of",
                "A wait needs exactly one of 'event', 'for' and 'until'.",
                reader.path,
                "Keep one of them.",
            )
        timeout = read_timeout(reader.inner("timeout"))
        if timeout and event is None:
            reader.problem(
                "timeout", "Only waiting for an event can time out.", "timeout", "Remove 'timeout'."
            )
        return WaitStep(**base, event=event, duration=duration, until=until, timeout=timeout)

    def lint(self, step: WaitStep, path: str, lint: Lint) -> None:
        """The event type must exist; waiting for ever is worth a word."""
        if step.event is None:
            return
        lint.known("event_type", step.event.type, lint.catalogue.event_types(), f"{path}.event.type")
        if step.event.match is None:
            message = "Any event of this type ends the waiting, of whichever project or customer."
            lint.warn("no_match", message, f"{path}.event", "Add 'match'.")

    def open(self, turn: Turn, step: WaitStep, opening: Opening) -> Result:
        """Subscribe to the event or start the timer."""
        if step.event:
            return self._await(turn, step, step.event, opening.visit)
        if step.duration:
            return Waits({}, timers={"for": turn.moment(step.duration)})
        return Waits({}, timers={"until": turn.moment(f"={step.until}")})

    def _await(self, turn: Turn, step: WaitStep, event: EventMatch, visit: str) -> Result:
        scope = frozen_scope(event.match, turn.scope())
        found = correlation(event.match, scope)
        awaits = {"type": event.type, "match": event.match, "scope": scope}
        timers = {"timeout": turn.moment(step.timeout.after)} if step.timeout else {}
        return Waits(
            {"awaits": awaits}, [AwaitEvent(visit, step.id, event.type, event.match, scope, found)], timers
        )

    def event_received(self, turn: Turn, step: WaitStep, visit: Visit, event: Json) -> Result:
        """Done if it is the event waited for."""
        awaits = visit.work["awaits"]
        if event.get("type") != awaits["type"] or not matches(awaits.get("match"), awaits["scope"], event):
            return Ignored("no_match")
        return Done({"event": event})

    def answered_by_hand(self, turn: Turn, step: WaitStep, visit: Visit, event: Json) -> Result:
        """Done, whatever `match` says."""
        return Done({"event": event})

    def timer_fired(self, turn: Turn, step: WaitStep, visit: Visit, purpose: str) -> Result:
        """The time has come, or the event has not."""
        if purpose == "timeout" and step.timeout and step.event:
            message = f"No '{step.event.type}' came in time."
            return Reacts(step.timeout.then, "timeout", {"timed_out": True}, "timed_out", message)
        return Done({"at": turn.now.isoformat()})
