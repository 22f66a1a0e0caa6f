"""Reads service levels of a template."""

from __future__ import annotations

from datetime import timedelta

from apps.workflows.engine.definition import Json
from apps.workflows.engine.durations import parse_duration
from apps.workflows.engine.problems import WARNING
from apps.workflows.engine.reader import Reader, suggestion
from apps.workflows.engine.sla import PARTIES, Sla

_AUDIENCES = {"internal": "us", "customer": "customer"}


def read_sla(reader: Reader) -> Sla | None:
    """Read a service level; None (and a report) where it has no target that can be read."""
    target = reader.data.get("target")
    reader.value("target")
    calendar = reader.text("calendar", "continuous" if isinstance(target, str) else "business")
    paused = frozenset(_party(reader, item) for item in reader.list("pause_while_waiting_on"))
    reader.close()
    if target is None:
        return None
    duration, days, hours = _target(reader, target)
    if duration is None and days is None and hours is None:
        return None
    return Sla(duration, days, hours, calendar, paused - {""})


def _target(reader: Reader, target: object) -> tuple[timedelta | None, int | None, float | None]:
    if isinstance(target, str):
        try:
            duration = parse_duration(target)
        except ValueError as error:
            reader.problem("duration", f"{error}.", "target", "Write P5D, PT16H or {working_days: 5}.")
            return None, None, None
        return duration or None, None, None
    if isinstance(target, dict) and len(target) == 1:
        (key, number), *_ = target.items()
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        if key == "working_days" and isinstance(number, int) and is_number and 0 < number <= 2_000:
            return None, number, None
        if key == "working_hours" and is_number and 0 < number <= 20_000:
            return None, None, float(number)
    remedy = "Write P5D, PT16H, {working_days: 5} or {working_hours: 16}."
    reader.problem("sla_target", "The target cannot be read.", "target", remedy)
    return None, None, None


def _party(reader: Reader, item: object) -> str:
    name = _AUDIENCES.get(str(item), str(item))
    if name not in PARTIES:
        known = (*_AUDIENCES, *PARTIES)
        remedy = suggestion(str(item), known) or f"Use one of: {', '.join(sorted(known))}."
        where = reader.at("pause_while_waiting_on")
        reader.report.add("unknown_party", f"'{item}' is nobody a run can wait for.", where, remedy, WARNING)
        return ""
    return name


def sla_json(sla: Sla | None, given: Json) -> Json:
    """What `Definition.sla` has always held: target, calendar and audiences as they were written."""
    if sla is None:
        return {}
    return {
        "target": given.get("target"),
        "calendar": sla.calendar,
        "pause_while_waiting_on": [str(item) for item in given.get("pause_while_waiting_on") or []],
    }
