"""Who tells the story of a run: what is known while going through its facts, and on whom something waits. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from apps.core.wording import span_in_words
from apps.portal.wording import capital, label_of, role_words, system_words, worth_saying
from apps.workflows.engine.definition import (
    ActionStep,
    ApprovalStep,
    Definition,
    Step,
    UserTaskStep,
    WaitStep,
)
from apps.workflows.engine.history import HistoryEvent, step_of


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
class Teller:
    """Goes through the facts once, remembering since when each visit has been waiting, and on whom.

    ``children`` are the names of open subflows by visit, ``held`` what waits for the end of a pause.

    ``definition`` is the version that held at the fact being told; ``versions`` are all the run has followed, by number.
    """

    definition: Definition
    versions: Mapping[int, Definition] = field(default_factory=dict)
    started: dict[str, datetime] = field(default_factory=dict)
    stopped: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    children: dict[str, str] = field(default_factory=dict)
    held: list[dict[str, object]] = field(default_factory=list)

    def step(self, event: HistoryEvent) -> Step:
        return self.step_of(event.visit or "")

    def step_of(self, visit: str) -> Step:
        wanted = self.renamed.get(visit) or step_of(visit)
        for definition in (self.definition, *self.versions.values()):
            place = definition.places.get(wanted)
            if place is not None:
                return place.step
        return Step(kind="", id=wanted, name=label_of(wanted))

    def migrate(self, event: HistoryEvent) -> None:
        """Tell what follows by the version the run was migrated to."""
        names = event.data.get("steps") or {}
        for visit in {*self.started, *self.renamed}:
            step = self.renamed.get(visit) or step_of(visit)
            self.renamed[visit] = names.get(step, step)
        self.definition = self.versions.get(event.data["to"], self.definition)

    def name(self, event: HistoryEvent) -> str:
        name = self.named(event.visit or "")
        return f"the undoing of {name}" if (event.visit or "").endswith("~undo") else name

    def named(self, visit: str) -> str:
        """The name of the step of a visit (or with this id), in quotes."""
        return f"“{self.step_of(visit).name}”"

    def waited(self, event: HistoryEvent, on: str) -> str:
        since = self.started.get(event.visit or "")
        return waited_words(event.at, since, on)


Sentence = Callable[[Teller, HistoryEvent], Told | None]


def waiting_on(step: Step, status: str) -> str:
    """Say on whom or what an open visit of a step waits."""
    if status == "exception":
        return "the owner of the exception"
    if status == "retrying":
        return "the next attempt"
    return party_of(step)


def named(actor: object, unknown: str) -> str:
    if not isinstance(actor, dict):
        return unknown
    label = str(actor.get("label") or unknown)
    behind = actor.get("behind")
    return f"{label} ({behind})" if behind else capital(label)


def assignee_words(step: UserTaskStep) -> str:
    role = step.assignee.get("role")
    if isinstance(role, str) and not role.startswith("="):
        return f"the {role_words(role)}"
    return "the assignee"


def party_of(step: Step) -> str:
    match step:
        case ApprovalStep():
            return "the approvers"
        case UserTaskStep():
            return assignee_words(step)
        case ActionStep(connection="internal"):
            return ""
        case ActionStep():
            return system_words(step.connection)
        case WaitStep(event=None):
            return "time to pass"
        case WaitStep():
            return "the customer" if step.audience == "customer" else "what has to happen"
    return ""


def exception_waited(teller: Teller, event: HistoryEvent) -> str:
    held = teller.stopped.pop(event.visit or "", None)
    return (
        waited_words(event.at, held[0], f"the {held[1]}" if held[1] != "its owner" else held[1])
        if held
        else ""
    )


def waited_words(at: datetime, since: datetime | None, on: str) -> str:
    if since is None or not worth_saying(at - since):
        return ""
    return f"waited {span_in_words(at - since)}" + (f" on {on}" if on else "")
