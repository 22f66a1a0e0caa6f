"""BPMN 2.0 XML as a template: the block-structured subset, with a precise list of what could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apps.workflows.bpmn.lines import shown
from apps.workflows.bpmn.reading import CHOOSE, ERROR, TASKS, WARNING, Note, Notes, StepReader, held, slug
from apps.workflows.bpmn.words import MODEL
from apps.workflows.bpmn.xml import Element, UnreadableXml, read_xml

Json = dict[str, Any]
_ACTIVITIES = TASKS | {"scriptTask", "callActivity", "subProcess"}
_SPLITS = frozenset({"exclusiveGateway", "parallelGateway"})
_JOINS = _SPLITS | {"complexGateway"}
_SILENT = frozenset(
    {
        "documentation",
        "extensionElements",
        "sequenceFlow",
        "incoming",
        "outgoing",
        "startEvent",
        "boundaryEvent",
    }
    | {
        "laneSet",
        "textAnnotation",
        "association",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "group",
    }
    | {"ioSpecification", "multiInstanceLoopCharacteristics", "property"}
)


@dataclass(frozen=True, slots=True)
class Imported:
    """A template's document (None where the structure cannot be read), and what could not be read."""

    source: Json | None
    notes: list[Note]


class _Unstructured(Exception):
    """A gateway does not belong to a block: the process has no template of the same shape."""

    def __init__(self, at: Element, message: str) -> None:
        super().__init__(message)
        self.at = at
        self.message = message


def import_bpmn(text: str) -> Imported:
    """Read a process. Never raises: what stands in the way is a note with the element, its line and a remedy."""
    notes = Notes()
    try:
        root = read_xml(text)
        return Imported(_process(root, notes), notes.found)
    except UnreadableXml as error:
        remedy = "Save the diagram again as BPMN 2.0 XML."
        return Imported(None, [Note("", "", error.line, "unreadable", f"{error.message}.", remedy, ERROR)])
    except _Unstructured as error:
        remedy = "Give every splitting gateway one joining gateway of the same kind, around whole branches."
        notes.add(error.at, "unstructured", error.message, remedy, ERROR)
        return Imported(None, notes.found)


def _process(root: Element, notes: Notes) -> Json | None:
    processes = [one for one in root.all("process") if one.space == MODEL]
    if root.name != "definitions" or not processes:
        notes.add(
            root,
            "no_process",
            "There is no BPMN 2.0 process in this file.",
            "Export a process diagram.",
            ERROR,
        )
        return None
    process = processes[0]
    for other in processes[1:]:
        message = "Only the first process of a file is read; this one was left out."
        notes.add(other, "second_process", message, "Import it from a file of its own.", ERROR)
    steps = _Scope(process, StepReader(root, notes), notes).read()
    head = held(process, "template")
    if head is None:
        name = process.attributes.get("name") or process.attributes.get("id") or "Imported process"
        head = {"format": 1, "key": slug(name, "-")[:60].strip("-"), "name": " ".join(name.split())[:160]}
        _note_start(process, head, notes)
    if not steps:
        notes.add(
            process, "empty", "The process has no step that can be read.", "Draw at least one task.", ERROR
        )
        return None
    return {**head, "steps": steps}


def _note_start(process: Element, head: Json, notes: Notes) -> None:
    start = process.first("startEvent")
    if start is not None and start.first("messageEventDefinition", "signalEventDefinition") is not None:
        head["trigger"] = {"event": CHOOSE}
        notes.add(
            start, "trigger", "It starts with a message.", "Choose the type of the event that starts it."
        )
    elif start is not None and start.first("timerEventDefinition") is not None:
        notes.add(start, "trigger", "It starts by the clock.", "Add a trigger with a schedule.")


@dataclass(slots=True)
class _Walk:
    """A list as far as it was read, and the joining gateway it came to (None: the end)."""

    steps: list[Json] = field(default_factory=list)
    stopped: Element | None = None


class _Scope:
    """The elements of one process or sub-process."""

    def __init__(self, around: Element, reader: StepReader, notes: Notes) -> None:
        self.around = around
        self.reader = reader
        self.notes = notes
        self.nodes = {one.attributes["id"]: one for one in around.children if "id" in one.attributes}
        self.flows = list(around.all("sequenceFlow"))
        self.entered: set[str] = set()

    def read(self) -> list[Json]:
        starts = list(self.around.all("startEvent"))
        first: Element | None = starts[0] if starts else None
        if first is None:
            targets = {flow.attributes.get("targetRef") for flow in self.flows}
            heads = [one for one in self.nodes.values() if one.name in _ACTIVITIES | _SPLITS]
            first = next((one for one in heads if one.attributes["id"] not in targets), None)
        for other in starts[1:]:
            message = "A process has one start; what begins here was left out."
            self.notes.add(other, "second_start", message, "Make it a template of its own.", ERROR)
        walk = self._walk(first)
        if walk.stopped is not None:
            raise _Unstructured(walk.stopped, "This gateway joins ways that were never split.")
        self._note_unread()
        return walk.steps

    def _walk(self, node: Element | None) -> _Walk:
        walk = _Walk()
        while node is not None:
            key = node.attributes.get("id", "")
            if self._is_join(node):
                if len(self._outgoing(key)) > 1:
                    raise _Unstructured(node, "This gateway joins and splits at once.")
                walk.stopped = node
                return walk
            if key in self.entered:
                raise _Unstructured(node, "A way leads back to an earlier element.")
            self.entered.add(key)
            node = self._one(node, walk)
        return walk

    def _one(self, node: Element, walk: _Walk) -> Element | None:
        """Read one element; return what follows."""
        if node.name in _SPLITS and len(self._outgoing(node.attributes["id"])) > 1:
            step, join = self._fork(node)
            walk.steps.append(step)
            return self._after(join) if join is not None else None
        if node.name in _ACTIVITIES:
            return self._activity(node, walk)
        if node.name == "endEvent":
            self._end(node, walk)
            return None
        if node.name in ("intermediateCatchEvent", "intermediateThrowEvent"):
            event = self.reader.event(node)
            if event is not None:
                walk.steps.append(event)
        elif node.name != "startEvent" and node.name not in _SPLITS:
            self._unsupported(node)
        return self._after(node)

    def _after(self, node: Element) -> Element | None:
        flows = self._outgoing(node.attributes["id"])
        if len(flows) > 1:
            message = "Several ways leave an element that is no gateway."
            raise _Unstructured(node, message)
        return self._target(flows[0]) if flows else None

    def _fork(self, node: Element) -> tuple[Json, Element | None]:
        own, flows = held(node), self._outgoing(node.attributes["id"])
        is_parallel = node.name == "parallelGateway"
        step_id = self.reader.id_of(node)
        walks = [self._walk(self._target(flow)) for flow in flows]
        joins = {id(walk.stopped): walk.stopped for walk in walks if walk.stopped is not None}
        if len(joins) > 1:
            raise _Unstructured(node, "The ways that leave this gateway come together in different places.")
        join = next(iter(joins.values()), None)
        if (
            join is not None
            and join.name != node.name
            and not (is_parallel and join.name == "complexGateway")
        ):
            raise _Unstructured(join, "This gateway joins what a gateway of another kind has split.")
        if join is not None:
            reached = sum(walk.stopped is not None for walk in walks)
            if len(self._incoming(join.attributes["id"])) != reached:
                raise _Unstructured(join, "Ways from outside the block lead into this gateway.")
        if own is not None:
            step: Json = self.reader.known(node, own, step_id)
        else:
            step = {"id": step_id, "kind": "parallel" if is_parallel else "choice", **_named(node)}
        if is_parallel:
            self._branches(step, own, flows, walks)
        else:
            self._cases(step, own, node, flows, walks)
        return step, join

    def _branches(self, step: Json, own: Json | None, flows: list[Element], walks: list[_Walk]) -> None:
        step["branches"] = [walk.steps for walk in walks]
        labels = [_line(flow.attributes.get("name", "")) for flow in flows]
        held_labels = [_line(str(one)) for one in (own or {}).get("labels") or []]
        known = [*held_labels, *[""] * (len(flows) - len(held_labels))]
        if any(labels) and labels != known:
            step["labels"] = labels

    def _cases(
        self, step: Json, own: Json | None, node: Element, flows: list[Element], walks: list[_Walk]
    ) -> None:
        default, former = node.attributes.get("default"), list((own or {}).get("cases") or [])
        cases: list[Json] = []
        otherwise: list[Json] | None = None
        for flow, walk in zip(flows, walks, strict=True):
            if flow.attributes.get("id") == default:
                otherwise = walk.steps
                continue
            text = flow.first("conditionExpression")
            same = [one for one in former if text is not None and one.get("when") == text.text]
            placed = former[len(cases)] if len(cases) < len(former) else None
            kept = placed if placed is not None and placed in same else next(iter(same), {})
            case: Json = dict(kept)
            if not same:
                case["when"] = self.reader.condition(flow)
            name = _line(flow.attributes.get("name", ""))
            # A way without a label shows its condition; that is not a label, also where the condition was changed.
            if name and name not in {_line(shown(str(one.get("when")))) for one in former}:
                case["label"] = name if name != _line(str(case.get("label") or "")) else case["label"]
            cases.append({**case, "steps": walk.steps})
        step["cases"] = cases
        if otherwise or (own is None and default) or (own is not None and "otherwise" in own):
            step["otherwise"] = otherwise or []

    def _activity(self, node: Element, walk: _Walk) -> Element | None:
        follower = self._after(node)
        step = self._inner(node)
        sides = [
            one
            for one in self.around.all("boundaryEvent")
            if one.attributes.get("attachedToRef") == node.attributes["id"]
        ]
        joins: list[Element] = []
        for event in sides:
            self.entered.add(event.attributes.get("id", ""))
            target = self._after(event)
            side = self._walk(target)
            if side.stopped is not None:
                joins.append(side.stopped)
            if step is not None:
                self._attach(step, event, side.steps)
        if step is None:
            return follower
        walk.steps.extend(step if isinstance(step, list) else [step])
        if not joins:
            return follower
        if follower is None or any(join is not follower for join in joins):
            raise _Unstructured(joins[0], "A deviation comes back later than directly after its task.")
        if len(self._incoming(follower.attributes["id"])) != len(joins) + 1:
            raise _Unstructured(follower, "Ways from outside the block lead into this gateway.")
        self.entered.add(follower.attributes["id"])
        return self._after(follower)

    def _inner(self, node: Element) -> Json | list[Json] | None:
        many = node.first("multiInstanceLoopCharacteristics")
        if node.name == "subProcess":
            return self._sub_process(node, many)
        if node.name == "scriptTask" and held(node) is None:
            message = "Scripts are not read; the task was left out."
            self.notes.add(node, "script", message, "Use a set step or an action in its place.", ERROR)
            return None
        step = self.reader.task(node)
        if many is None:
            return step
        loop = self._loop(node, many, f"{step['id']}_each")
        return {**loop, "steps": [step]}

    def _sub_process(self, node: Element, many: Element | None) -> Json | list[Json]:
        own = held(node)
        step_id = self.reader.id_of(node) if many is not None else ""
        inner = _Scope(node, self.reader, self.notes).read()
        if many is None:
            return inner[0] if len(inner) == 1 else inner
        if own is not None:
            return {**self.reader.known(node, own, step_id), "steps": inner}
        return {**self._loop(node, many, step_id), "steps": inner}

    def _loop(self, node: Element, many: Element, step_id: str) -> Json:
        items = many.attributes.get("collection") or ""
        inner = many.first("loopDataInputRef")
        items = items or (inner.text.strip() if inner is not None else "")
        step: Json = {
            "id": step_id,
            "kind": "for_each",
            **_named(node),
            "items": f"input.{slug(items)}" if items else "[]",
        }
        step["as"] = slug(many.attributes.get("elementVariable") or "item")
        if many.attributes.get("isSequential") != "true":
            step["mode"] = "parallel"
        message = f"It is repeated for every item of '{step['items']}'."
        self.notes.add(node, "items", message, "Say which list it goes through.")
        return step

    def _attach(self, step: Json | list[Json], event: Element, steps: list[Json]) -> None:
        own = held(event) or {}
        slot, timer = own.get("slot"), event.first("timerEventDefinition")
        if isinstance(step, list):
            message = "A deviation of a group of several steps is not read."
            self.notes.add(event, "group_deviation", message, "Attach it to the steps themselves.", ERROR)
        elif event.attributes.get("cancelActivity") == "false":
            message = "A boundary event that does not interrupt is not read."
            self.notes.add(
                event, "non_interrupting", message, "Use 'due', or a parallel branch that waits.", ERROR
            )
        elif timer is not None:
            after = self.reader.moment(event, timer) if not own else None
            known = step.get("timeout") if isinstance(step.get("timeout"), dict) else {}
            key = dict(known or {}) if own else {"after": after[1] if after else "P1D"}
            step["timeout"] = {**key, "then": steps or "continue"}
        elif event.first("errorEventDefinition") is not None:
            step[slot if slot in ("on_error", "on_fail", "on_reject", "on_changes") else "on_error"] = (
                steps or "continue"
            )
        else:
            self._unsupported(event)

    def _end(self, node: Element, walk: _Walk) -> None:
        own = held(node)
        if own is not None and own.get("kind") == "end":
            walk.steps.append({**own, "id": self.reader.id_of(node)})
        elif node.first("terminateEventDefinition") is not None:
            walk.steps.append({**self.reader.base(node, "end")})
        elif any(one.name.endswith("EventDefinition") for one in node.children):
            step = {**self.reader.base(node, "end"), "outcome": slug(node.attributes.get("name") or "ended")}
            walk.steps.append(step)
            message = f"It was read as an end with the outcome '{step['outcome']}'."
            self.notes.add(node, "end", message, "Check the outcome.")

    def _unsupported(self, node: Element) -> None:
        message = f"Elements of the kind '{node.name}' are not read; it was left out."
        remedy = "Use tasks, exclusive and parallel gateways, timers, messages and called processes."
        self.notes.add(node, "unsupported", message, remedy, ERROR)

    def _note_unread(self) -> None:
        for key, node in self.nodes.items():
            if key in self.entered or self._is_join(node) or node.name in _SILENT:
                continue
            message = "No way from the start leads to this element; it was left out."
            self.notes.add(node, "unreached", message, "Connect it, or remove it.", ERROR)
        if self.around.first("laneSet") is not None:
            lanes = self.around.first("laneSet") or self.around
            self.notes.add(lanes, "lanes", "Lanes are not read.", "Name who does each task.", WARNING)

    def _is_join(self, node: Element) -> bool:
        if node.name not in _JOINS:
            return False
        return len(self._incoming(node.attributes.get("id", ""))) > 1 or "joins" in (held(node) or {})

    def _incoming(self, key: str) -> list[Element]:
        return [flow for flow in self.flows if flow.attributes.get("targetRef") == key]

    def _outgoing(self, key: str) -> list[Element]:
        found = [flow for flow in self.flows if flow.attributes.get("sourceRef") == key]
        named = [one.text.strip() for one in self.nodes[key].all("outgoing")] if key in self.nodes else []
        places = {flow: place for place, flow in enumerate(named)}
        return sorted(found, key=lambda flow: places.get(flow.attributes.get("id", ""), len(places)))

    def _target(self, flow: Element) -> Element | None:
        found = self.nodes.get(flow.attributes.get("targetRef", ""))
        if found is None:
            raise _Unstructured(flow, "This line leads to an element that is not in the same process.")
        return found


def _line(text: str) -> str:
    return " ".join(text.split())


def _named(node: Element) -> Json:
    name = " ".join(node.attributes.get("name", "").split())
    return {"name": name[:160]} if name else {}
