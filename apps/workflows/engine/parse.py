"""Template format 1: from text or JSON to a `Definition`, with every problem found on the way."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from apps.workflows.engine.calendars import CalendarError, zone_of
from apps.workflows.engine.cron import CATCH_UPS, CronError, parse_cron
from apps.workflows.engine.definition import (
    CONTINUE,
    EXCEPTION,
    RETRY,
    Deadline,
    Definition,
    Json,
    Place,
    Reaction,
    Step,
    Timeout,
    Trigger,
)
from apps.workflows.engine.error_rules import read_rules
from apps.workflows.engine.kinds.registry import KINDS
from apps.workflows.engine.problems import ERROR, InvalidTemplate
from apps.workflows.engine.reader import Reader, Report, read_timeout, suggestion
from apps.workflows.engine.schemas import schema_problem
from apps.workflows.engine.sla import PARTIES, Sla
from apps.workflows.engine.sla_reader import read_sla, sla_json
from apps.workflows.engine.source import Source, read_text

FORMAT = 1
MAX_STEPS = 500
MAX_NESTING = 12
DEADLINE_ENDS = ("note", "exception", "cancel", "roll_back")
AUDIENCES = ("internal", "customer")
ROLES_OF_OWNERS = ("business", "technical", "control")

_STEP_ID = re.compile(r"[a-z][a-z0-9_]{0,59}")
_KEY = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A definition as far as it could be read, and what was found. Runnable only when `is_valid`."""

    definition: Definition
    report: Report
    dropped: frozenset[str]
    """Ids of steps that could not be read; references to them are no problem of their own."""

    @property
    def is_valid(self) -> bool:
        """Whether no error was found."""
        return not any(problem.severity == ERROR for problem in self.report.problems)


def parse_template(template: str | Mapping[str, Any]) -> Parsed:
    """Read a template from YAML or JSON text, or from a mapping. Never raises."""
    source = read_text(template) if isinstance(template, str) else Source(data=dict(template))
    return _Parser(Report(source, list(source.problems))).parse()


def compile_definition(template: Mapping[str, Any], *, cache_key: Hashable = None) -> Definition:
    """The definition of a stored template. Raise InvalidTemplate when it has errors.

    With a `cache_key` (the id of the immutable version) the work is done once per process.
    """
    if cache_key is None:
        return _compiled(template)
    return _cached(cache_key, _Hidden(template))


class _Hidden:
    """Carries the template past the cache: all are equal, so only the cache key counts."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        self.template = template

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hidden)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=512)
def _cached(_cache_key: Hashable, hidden: _Hidden) -> Definition:
    definition = _compiled(hidden.template)
    hidden.template = {}
    return definition


def _compiled(template: Mapping[str, Any]) -> Definition:
    parsed = parse_template(template)
    if not parsed.is_valid:
        raise InvalidTemplate([item for item in parsed.report.problems if item.severity == ERROR])
    return parsed.definition


class _Parser:
    def __init__(self, report: Report) -> None:
        self.report = report
        self.paths: dict[str, str] = {}
        self.dropped: set[str] = set()
        self.depth = 0

    def parse(self) -> Parsed:
        data = self.report.source.data
        if not isinstance(data, Mapping):
            if not self.report.problems:
                self.report.add("empty", "A template is a mapping with format, key, name and steps.", "")
            return Parsed(Definition("", "", (), {}, {}), self.report, frozenset())
        reader = Reader(self.report, data, "", self.steps)
        definition = self._definition(reader)
        reader.close()
        return Parsed(definition, self.report, frozenset(self.dropped))

    def _definition(self, reader: Reader) -> Definition:
        if reader.value("format", required=True) not in (FORMAT, None):
            reader.problem("format", "Only format 1 is known.", "format", "Write 'format: 1'.")
        trigger = _trigger(reader.inner("trigger"))
        steps = reader.steps("steps")
        if not steps and not self.dropped:
            reader.problem("empty", "A template needs at least one step.", "steps", "Add a step.")
        sla, given = self._sla(reader)
        places = self._places(steps)
        slas = {step_id: place.step.sla for step_id, place in places.items() if place.step.sla}
        return Definition(
            key=_key(reader),
            name=reader.text("name", required=True),
            steps=steps,
            places=places,
            source=dict(reader.data),
            family=reader.text("family"),
            description=reader.text("description"),
            owners=_texts(reader.inner("owners"), ROLES_OF_OWNERS),
            classification=_texts(reader.inner("classification"), None),
            trigger=trigger,
            input_schema=_input_schema(reader),
            deadline=_deadline(reader.inner("deadline")),
            sla=sla_json(sla, given),
            connections=_connections(reader.inner("connections")),
            expressions=tuple(self.report.uses),
            offsets=tuple(self.report.offsets),
            anchors=frozenset(use.offset.anchor for use in self.report.offsets if use.offset.is_kept),
            slas={**({"": sla} if sla else {}), **slas},
        )

    def _sla(self, reader: Reader) -> tuple[Sla | None, Json]:
        inner = reader.inner("sla")
        return (None, {}) if inner is None else (read_sla(inner), dict(inner.data))

    def steps(self, report: Report, data: Any, path: str) -> tuple[Step, ...]:
        if not isinstance(data, list):
            report.add("type", "A list of steps is expected here.", path)
            return ()
        if self.depth >= MAX_NESTING:
            report.add(
                "too_deep", f"Steps are nested more than {MAX_NESTING} levels.", path, "Use a subflow."
            )
            return ()
        self.depth += 1
        try:
            found = [self._step(item, f"{path}[{index}]") for index, item in enumerate(data)]
        finally:
            self.depth -= 1
        return tuple(step for step in found if step is not None)

    def _step(self, data: Any, path: str) -> Step | None:
        reader = Reader(self.report, data, path, self.steps)
        if not reader.data:
            if isinstance(data, Mapping):
                self.report.add("missing", "A step needs 'id' and 'kind'.", path)
            return None
        step_id = self._id(reader)
        self.report.step = step_id
        name = reader.text("kind", required=True)
        kind = KINDS.get(name)
        if kind is None or step_id is None:
            if name and kind is None:
                message = f"'{name}' is not a kind of step."
                reader.problem("unknown_kind", message, "kind", suggestion(name, KINDS))
            self.dropped.add(step_id or "")
            return None
        base = _base(reader, name, step_id)
        step: Step = kind.parse(reader, base)
        self.report.step = step_id
        reader.close()
        return step

    def _id(self, reader: Reader) -> str | None:
        step_id = reader.text("id", required=True)
        if not step_id:
            return None
        if not _STEP_ID.fullmatch(step_id):
            remedy = "Use small letters, digits and '_', beginning with a letter, at most 60."
            reader.problem("id", f"'{step_id}' cannot be the id of a step.", "id", remedy)
            return None
        if step_id in self.paths:
            message = f"The id '{step_id}' is already used at {self.paths[step_id]}."
            reader.problem("duplicate_id", message, "id", "Give every step its own id.")
            return None
        self.paths[step_id] = reader.path
        if len(self.paths) == MAX_STEPS + 1:
            reader.problem("too_many_steps", f"More than {MAX_STEPS} steps.", "id", "Use subflows.")
        return step_id

    def _places(self, steps: tuple[Step, ...]) -> dict[str, Place]:
        return {place.step.id: place for place in _placed(steps, None, "steps", self.paths)}


def _placed(steps: tuple[Step, ...], owner: str | None, slot: str, paths: dict[str, str]) -> Iterator[Place]:
    for index, step in enumerate(steps):
        follower = steps[index + 1].id if index + 1 < len(steps) else None
        yield Place(step, owner, slot, index, follower, paths[step.id])
        for inner, block in step.blocks():
            yield from _placed(block, step.id, inner, paths)


def _base(reader: Reader, kind: str, step_id: str) -> Json:
    owner, level = reader.template("owner"), reader.inner("sla")
    if not isinstance(owner, str | dict | None):
        reader.problem("type", "'owner' must be like {role: delivery_manager} or an expression.", "owner")
        owner = None
    rules = read_rules(reader)
    return {
        "kind": kind,
        "id": step_id,
        "name": reader.text("name") or step_id.replace("_", " ").capitalize(),
        "description": reader.text("description"),
        "when": reader.expression("when"),
        "due": reader.when_text("due"),
        "on_error": EXCEPTION if rules else _on_error(reader),
        "error_rules": rules,
        "limit": _limit(reader, kind),
        "audience": reader.word("audience", AUDIENCES, "internal"),
        "owner": owner,
        "waiting_on": reader.word("waiting_on", PARTIES, "") if reader.value("waiting_on") else "",
        "sla": read_sla(level) if level else None,
    }


def _on_error(reader: Reader) -> Reaction:
    return reader.reaction("on_error", (EXCEPTION, RETRY, CONTINUE), EXCEPTION, rework=False)


def _limit(reader: Reader, kind: str) -> Timeout | None:
    if not KINDS[kind].has_limit or not isinstance(reader.data.get("timeout"), dict):
        return None
    return read_timeout(reader.inner("timeout"))


def _deadline(reader: Reader | None) -> Deadline | None:
    if reader is None:
        return None
    after = reader.duration("after")
    if after is None and reader.data.get("after") is None:
        reader.problem("missing", "'after' is missing.", "after", "Add 'after', for example P30D.")
    deadline = Deadline(after or timedelta(days=1), reader.word("then", DEADLINE_ENDS, "note"))
    reader.close()
    return deadline


def _key(reader: Reader) -> str:
    key = reader.text("key", required=True)
    if key and not (_KEY.fullmatch(key) and len(key) <= 60):
        remedy = "Use small letters, digits and single '-', beginning with a letter."
        reader.problem("key", f"'{key}' cannot be the key of a template.", "key", remedy)
    return key


def _trigger(reader: Reader | None) -> Trigger | None:
    if reader is None:
        return None
    schedule = _cron(reader)
    trigger = Trigger(
        event=reader.text("event", required=reader.value("schedule") is None),
        when=reader.expression("when"),
        input=reader.mapping("input") if reader.value("input") is not None else None,
        subject=reader.template("subject"),
        key=reader.template("key"),
        schedule=schedule,
        zone=_zone(reader),
        catch_up=reader.word("catch_up", CATCH_UPS, "once"),
    )
    reader.close()
    return trigger


def _cron(reader: Reader) -> str:
    text = reader.text("schedule")
    if not text:
        return ""
    try:
        return parse_cron(text).text
    except CronError as error:
        reader.problem(
            "schedule", f"The schedule cannot be read: {error}.", "schedule", "Write '0 6 * * 1-5'."
        )
        return ""


def _zone(reader: Reader) -> str:
    name = reader.text("zone")
    try:
        return zone_of(name).key if name else ""
    except CalendarError as error:
        reader.problem("zone", f"{error}.", "zone", "Leave it out for the workspace's own zone.")
        return ""


def _input_schema(reader: Reader) -> Json:
    schema = reader.value("input")
    problem = None if schema is None else schema_problem(schema)
    if problem:
        reader.problem("schema", f"'input' is not a JSON Schema of an object: {problem}.", "input")
    return schema if isinstance(schema, dict) and not problem else {}


def _connections(reader: Reader | None) -> Json:
    if reader is None:
        return {}
    slots: Json = {}
    for slot in reader.data:
        inner = reader.inner(slot)
        if inner is None or slot == "internal":
            reader.problem(
                "slot", f"'{slot}' cannot be a connection slot.", slot, "Write {connector: <kind>}."
            )
            continue
        slots[slot] = {
            "connector": inner.text("connector", required=True),
            "description": inner.text("description"),
        }
        inner.close()
    return slots


def _texts(reader: Reader | None, words: tuple[str, ...] | None) -> Json:
    if reader is None:
        return {}
    texts = {name: reader.text(name) for name in words or tuple(reader.data)}
    reader.close()
    return {name: text for name, text in texts.items() if text}
