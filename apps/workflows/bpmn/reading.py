"""BPMN elements as steps: what each becomes, and what could not be read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from apps.core.expressions import ExpressionError, compile_expression
from apps.workflows.bpmn.words import EXTENSION
from apps.workflows.bpmn.xml import Element

Json = dict[str, Any]

ERROR, WARNING = "error", "warning"
CHOOSE = "to_be_chosen"
"""Stands where a name has to be chosen; the checker of templates reports it."""
TASKS = frozenset(
    {"task", "userTask", "manualTask", "serviceTask", "businessRuleTask", "sendTask", "receiveTask"}
)
_NOT_A_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was not, or not wholly, read: which element, where, why, and what to do.

    An `error` left something out; a `warning` wants something chosen.
    """

    element: str
    name: str
    line: int
    code: str
    message: str
    remedy: str
    severity: str = WARNING

    def to_json(self) -> Json:
        """The note for an API answer or a page."""
        return {
            "element": self.element,
            "name": self.name,
            "line": self.line,
            "code": self.code,
            "message": self.message,
            "remedy": self.remedy,
            "severity": self.severity,
        }


@dataclass(slots=True)
class Notes:
    """Collects what could not be read."""

    found: list[Note] = field(default_factory=list)

    def add(self, at: Element, code: str, message: str, remedy: str, severity: str = WARNING) -> None:
        """Note something about an element."""
        key, name = at.attributes.get("id", ""), at.attributes.get("name", "")
        self.found.append(Note(key, name, at.line, code, message, remedy, severity))


def held(element: Element, tag: str = "step") -> Json | None:
    """What our own extension of an element holds, if it has one that can be read."""
    around = element.first("extensionElements")
    for inner in around.children if around else ():
        if inner.space == EXTENSION and inner.name == tag:
            try:
                value = json.loads(inner.text)
            except (ValueError, RecursionError):
                return None
            return value if isinstance(value, dict) else None
    return None


def slug(text: str, joint: str = "_") -> str:
    """A text as an id: small letters, digits and the joint."""
    plain = _NOT_A_NAME.sub(joint, text.casefold()).strip(joint)
    return plain if plain[:1].isalpha() else f"step{joint}{plain}".strip(joint)


class StepReader:
    """Makes steps of single elements; each id is given once."""

    def __init__(self, root: Element, notes: Notes) -> None:
        self.notes = notes
        self.names = {
            one.attributes.get("id", ""): one.attributes.get("name", "")
            for one in root.all("message", "error")
        }
        self.used: set[str] = set()

    def id_of(self, element: Element) -> str:
        """The id of the step: the element's own where that is one of ours, else one made of it."""
        own = held(element)
        wanted = str(own.get("id")) if own and own.get("id") else slug(element.attributes.get("id", ""))[:60]
        found, number = wanted, 2
        while found in self.used:
            found, number = f"{wanted[:56]}_{number}", number + 1
        self.used.add(found)
        return found

    def base(self, element: Element, kind: str) -> Json:
        """What every step made of a foreign element has."""
        step: Json = {"id": self.id_of(element), "kind": kind}
        if element.attributes.get("name", "").strip():
            step["name"] = " ".join(element.attributes["name"].split())[:160]
        described = element.first("documentation")
        if described is not None and described.text.strip():
            step["description"] = described.text.strip()
        return step

    def task(self, element: Element) -> Json:
        """A task of any kind."""
        own = held(element)
        if own is not None and isinstance(own.get("kind"), str):
            return self._ours(element, own)
        make = {
            "serviceTask": self._service,
            "businessRuleTask": self._rules,
            "sendTask": self._send,
            "receiveTask": self._receive,
            "callActivity": self._call,
        }.get(element.name, self._people)
        return make(element)

    def event(self, element: Element) -> Json | None:
        """An intermediate event; None where it is of a kind that is not read."""
        own = held(element)
        if own is not None and isinstance(own.get("kind"), str):
            return self._ours(element, own)
        timer = element.first("timerEventDefinition")
        if element.name == "intermediateCatchEvent" and timer is not None:
            return self._timer(element, timer)
        if element.name == "intermediateCatchEvent" and element.first("messageEventDefinition") is not None:
            return self._receive(element)
        if element.name == "intermediateThrowEvent" and not _definitions(element):
            return None
        words = ", ".join(_definitions(element)) or "none"
        self.notes.add(
            element,
            "unsupported_event",
            f"Events of this kind ({words}) are not read; it was left out.",
            "Use a timer, a message or a task in its place.",
            ERROR,
        )
        return None

    def condition(self, flow: Element) -> str:
        """The condition of a way out of a gateway."""
        element = flow.first("conditionExpression")
        text = element.text.strip() if element is not None else ""
        plain = re.sub(r"^[$#]\{(.*)\}$", r"\1", text, flags=re.DOTALL).strip().removeprefix("=").strip()
        try:
            compile_expression(plain)
        except ExpressionError:
            self.notes.add(
                flow,
                "condition",
                f"The condition '{text}' is not an expression we know."
                if text
                else "This way has no condition.",
                "Write the condition of the case in the template; it is false until then.",
            )
            return "false"
        if text != plain:
            message = f"The condition '{text}' was taken over as '{plain}'."
            self.notes.add(
                flow, "condition_check", message, "Check that its names are those of the template."
            )
        return plain

    def moment(self, element: Element, timer: Element) -> tuple[str, str] | None:
        """A timer as key and value: for a duration, or until a time."""
        for tag, key in (("timeDuration", "for"), ("timeDate", "until")):
            found = timer.first(tag)
            if found is not None and found.text.strip():
                text = found.text.strip()
                if key == "until":
                    is_ours = text.startswith("=")
                    return key, text[1:].strip() if is_ours else f"timestamp('{text}')"
                return key, text
        what = "repeats" if timer.first("timeCycle") is not None else "says no time"
        self.notes.add(
            element,
            "timer",
            f"The timer {what}.",
            "Give it a duration or a time; one day stands there until then.",
        )
        return "for", "P1D"

    def _ours(self, element: Element, own: Json) -> Json:
        return self.known(element, own, self.id_of(element))

    def known(self, element: Element, own: Json, step_id: str) -> Json:
        """A step of ours under its id, with the name it has in the drawing."""
        step = {**own, "id": step_id}
        name = " ".join(element.attributes.get("name", "").split())
        if name and name != " ".join(
            str(own.get("name") or own.get("id", "").replace("_", " ").capitalize()).split()
        ):
            step["name"] = name[:160]
        return step

    def _people(self, element: Element) -> Json:
        step = self.base(element, "user_task")
        user, group = element.attributes.get("assignee"), element.attributes.get("candidateGroups")
        step["assignee"] = {"user": user} if user else {"role": (group or CHOOSE).split(",")[0].strip()}
        if not user and not group:
            self.notes.add(element, "assignee", "Nobody is named who does this task.", "Choose a role.")
        if element.name == "task":
            message = "A task without a kind was read as a task for a person."
            self.notes.add(
                element, "plain_task", message, "Change its kind in the template if that is wrong."
            )
        return step

    def _service(self, element: Element) -> Json:
        step = self.base(element, "action")
        step["operation"] = slug(element.attributes.get("name") or step["id"])
        message = f"It was read as an action that performs '{step['operation']}' of the platform itself."
        self.notes.add(element, "operation", message, "Choose the connection and its operation.")
        return step

    def _rules(self, element: Element) -> Json:
        step = {**self.base(element, "decision"), "rules": [{"then": {"result": ""}}]}
        message = "The rules themselves are not part of the file."
        self.notes.add(element, "rules", message, "Write the rows of the decision table.")
        return step

    def _send(self, element: Element) -> Json:
        step = self.base(element, "notify")
        step["message"] = slug(self.names.get(element.attributes.get("messageRef", "")) or step["id"], "-")
        step["to"] = {"role": CHOOSE}
        self.notes.add(
            element, "message", "It does not say to whom the message goes.", "Choose message and recipient."
        )
        return step

    def _receive(self, element: Element) -> Json:
        step = self.base(element, "wait")
        inner = element.first("messageEventDefinition") or element
        named = self.names.get(inner.attributes.get("messageRef", ""))
        step["event"] = {"type": (named or CHOOSE).strip()}
        message = f"It waits for any event of the type '{step['event']['type']}'."
        self.notes.add(element, "event", message, "Choose the type, and add 'match' to say which one.")
        return step

    def _call(self, element: Element) -> Json:
        step = self.base(element, "subflow")
        called = element.attributes.get("calledElement", "")
        step["template"] = slug(called, "-") if called else CHOOSE
        if not called:
            self.notes.add(
                element, "called", "It does not say which process it calls.", "Choose the template."
            )
        return step

    def _timer(self, element: Element, timer: Element) -> Json:
        step = self.base(element, "wait")
        moment = self.moment(element, timer)
        if moment is not None:
            step[moment[0]] = moment[1]
        return step


def _definitions(element: Element) -> list[str]:
    return [child.name for child in element.children if child.name.endswith("EventDefinition")]
