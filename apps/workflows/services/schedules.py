"""Schedules: make, change, pause and resume them; start runs when their time has come."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, DomainError, Invalid, NotFound, Problem
from apps.core.expressions import ExpressionError, resolve
from apps.dispatch.services.settle import cancel_work_of
from apps.dispatch.types import WorkItemSpec
from apps.ledger.services import attempt, enqueue, record, transition, unit_of_work
from apps.ledger.services.unit import subject_of
from apps.ledger.types import DomainEvent
from apps.workflows import events
from apps.workflows.choices import CaseStatus, FireOutcome, ScheduleStatus
from apps.workflows.definitions import definition_of
from apps.workflows.engine.calendars import CalendarError, zone_of
from apps.workflows.engine.cron import CATCH_UPS, CronError, next_fire, parse_cron
from apps.workflows.engine.schedules import MAX_EACH, due
from apps.workflows.models import ExceptionCase, Run, Schedule, ScheduleFire, TemplateVersion
from apps.workflows.selectors.schedules import zone_of_schedule
from apps.workflows.selectors.templates import published_version
from apps.workflows.services.cases import close_exception, raise_exception
from apps.workflows.services.kinds import SCHEDULE_KIND
from apps.workflows.services.runs import require_reason, start_run
from tenants.context import current_tenant

_WRITTEN = ("name", "template_key", "cron", "zone", "input", "catch_up", "catch_up_limit")


def save_schedule(
    *,
    key: str,
    name: str,
    template: str,
    cron: str,
    actor: Actor,
    zone: str = "",
    input: dict[str, Any] | None = None,
    catch_up: str = "once",
    catch_up_limit: int = 10,
    expected_version: int | None = None,
) -> Schedule:
    """Make a schedule or change it; it goes on from its next time after now.

    Raises Invalid with a pointer, and Conflict where the template itself declares it or somebody was quicker.
    """
    with unit_of_work(actor):
        policies.require(actor, "schedules:write")
        _check(template, cron, zone, catch_up, catch_up_limit)
        held = Schedule.objects.select_for_update().filter(key=key).first()
        if held is not None and held.declared:
            raise Conflict("schedule_declared", "The template declares this schedule. Change it there.")
        if held is not None and expected_version not in (None, held.version):
            raise Conflict("stale_version", "Somebody has changed this schedule meanwhile. Look at it again.")
        row = held or Schedule(key=key)
        before = {field: getattr(row, field) for field in _WRITTEN} if held else {}
        row.name, row.template_key, row.cron = name, template, parse_cron(cron).text
        row.zone, row.input = zone, input or {}
        row.catch_up, row.catch_up_limit = catch_up, catch_up_limit
        row.version += 1 if held else 0
        row.next_fire_at = _following(row) if row.status == ScheduleStatus.ACTIVE else None
        row.save()
        after = {field: getattr(row, field) for field in _WRITTEN}
        record("schedule.change" if held else "schedule.create", row, before=before, after=after)
        _plan(row)
        return row


def create_schedule(*, key: str, actor: Actor, **values: Any) -> Schedule:
    """Make a schedule as ``save_schedule`` does; Conflict (``schedule_exists``) when there is one of the key."""
    with unit_of_work(actor):
        policies.require(actor, "schedules:write")
        if Schedule.objects.filter(key=key).exists():
            raise Conflict("schedule_exists", f"There is a schedule '{key}' already.")
        return save_schedule(key=key, actor=actor, **values)


def delete_schedule(*, key: str, actor: Actor) -> None:
    """Remove a schedule with the list of its times; runs it started stay. Raises NotFound and Conflict."""
    with unit_of_work(actor):
        policies.require(actor, "schedules:write")
        row = _locked(key)
        if row.declared:
            raise Conflict(
                "schedule_declared", "The template declares this schedule. Pause it, or change the template."
            )
        record("schedule.delete", row, before={"key": row.key, "name": row.name, "cron": row.cron})
        cancel_work_of(tenant_id=current_tenant().id, refs=[row.id])
        row.delete()


def pause_schedule(*, key: str, actor: Actor, reason: str) -> Schedule:
    """Hold a schedule; its times pass without runs until it is resumed. Raises NotFound, Invalid, IllegalTransition."""
    require_reason(reason)
    with unit_of_work(actor, reason=reason):
        policies.require(actor, "schedules:write")
        row = _locked(key)
        fields = {"next_fire_at": None, "paused_by": actor.label, "paused_at": now(), "pause_reason": reason}
        transition(row, "pause", fields=fields, reason=reason)
        _plan(row)
        return row


def resume_schedule(*, key: str, actor: Actor, reason: str = "") -> Schedule:
    """Let a schedule go on with its next time from now. Raises NotFound and IllegalTransition."""
    with unit_of_work(actor, reason=reason):
        policies.require(actor, "schedules:write")
        row = _locked(key)
        fields = {"next_fire_at": _following(row), "paused_by": "", "paused_at": None, "pause_reason": ""}
        transition(row, "resume", fields=fields, reason=reason)
        _plan(row)
        return row


def follow_declaration(template_key: str, actor: Actor) -> None:
    """Make the schedule a template's published version declares, change it, or retire it; bears repeating."""
    with unit_of_work(actor):
        version = published_version(template_key)
        trigger = definition_of(version).trigger if version else None
        row = Schedule.objects.select_for_update().filter(key=template_key).first()
        if row is not None and not row.declared:
            return
        if version is None or trigger is None or not trigger.schedule:
            if row is not None and row.status != ScheduleStatus.RETIRED:
                transition(row, "retire", fields={"next_fire_at": None})
                _plan(row)
            return
        values = {"cron": trigger.schedule, "zone": trigger.zone, "catch_up": trigger.catch_up}
        if row is None:
            row = Schedule(key=template_key, template_key=template_key, declared=True, **values)
            row.name = version.template.name
            row.next_fire_at = _following(row)
            row.save()
            record("schedule.create", row, after=values)
        elif row.status == ScheduleStatus.RETIRED or any(
            getattr(row, name) != value for name, value in values.items()
        ):
            _change_declared(row, values)
        else:
            return
        _plan(row)


def fire_schedule(schedule_id: UUID, at: datetime | None = None) -> list[ScheduleFire]:
    """Start what is due by now (the queue's time), record what became of each time, and plan the next; bears repeating."""
    row = Schedule.objects.select_for_update().filter(pk=schedule_id).first()
    moment = at or database_now()
    if row is None or row.status != ScheduleStatus.ACTIVE or row.next_fire_at is None:
        return []
    made: list[ScheduleFire] = []
    if row.next_fire_at <= moment:
        zone = zone_of_schedule(row)
        found = due(parse_cron(row.cron), zone, row.next_fire_at, moment, row.catch_up, row.catch_up_limit)
        if found.passed_last is not None:
            made.append(_note_passed(row, found.passed_last, found.passed))
        made += [_start(row, fire_at) for fire_at in found.start]
        row.next_fire_at = found.next_at
        Schedule.objects.filter(pk=row.pk).update(next_fire_at=row.next_fire_at)
    _plan(row)
    return made


def database_now() -> datetime:
    """The time the queue goes by; a worker's own clock may be wrong."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


def _start(row: Schedule, fire_at: datetime) -> ScheduleFire:
    """Start the run of one time; what stands in its way is kept with the time and told, never lost."""
    fire = ScheduleFire(schedule=row, fire_at=fire_at, outcome=FireOutcome.FAILED)
    try:
        with attempt():
            fire.run = _run_of(row, fire_at)
            fire.outcome = FireOutcome.STARTED
    except DomainError as error:
        reasons = "; ".join(problem.message for problem in error.errors)
        fire.note = f"{error.detail} {reasons}".strip()[:400]
    except ExpressionError as error:
        fire.note = f"The input cannot be made: {error.message}"[:400]
    fire.save(force_insert=True)
    data = _told(row, fire)
    name = events.SCHEDULE_FIRED if fire.run else events.SCHEDULE_FAILED
    _hold_up(row, fire)
    record("schedule.fire", row, after=data, event=DomainEvent(name, f"schedule/{row.id}", data))
    return fire


def _hold_up(row: Schedule, fire: ScheduleFire) -> None:
    """One exception while a schedule cannot start its runs, closed by the first that starts."""
    actor = Actor.system("scheduler")
    if fire.run is not None:
        close_exception(subject=row, how="rechecked", actor=actor)
        return
    is_open = ExceptionCase.objects.filter(subject=subject_of(row), status=CaseStatus.OPEN).exists()
    if not is_open:
        raise_exception(
            subject=row,
            title=f"Schedule “{row.name}” cannot start its runs",
            code="schedule_failed",
            message=fire.note,
            owner_role="template_author",
            details={"schedule": row.key, "template": row.template_key},
            actor=actor,
        )


def _run_of(row: Schedule, fire_at: datetime) -> Run:
    actor = Actor.system(f"schedule {row.name}")
    return start_run(
        template_key=row.template_key,
        input=_input(row, fire_at),
        actor=actor,
        trigger_key=f"schedule:{row.id}:{fire_at.isoformat()}",
        name=f"{row.name} {fire_at.astimezone(zone_of_schedule(row)):%Y-%m-%d %H:%M}",
    )


def _input(row: Schedule, fire_at: datetime) -> dict[str, Any]:
    """The input of a run: what the schedule says; for a declared one what the template's trigger says."""
    event = {"type": "schedule", "subject": f"schedule/{row.id}", "time": fire_at.isoformat(), "data": {}}
    scope = {"event": event, "now": fire_at}
    given: Any = row.input
    if row.declared:
        version = published_version(row.template_key)
        trigger = definition_of(version).trigger if version else None
        given = (trigger.input if trigger else None) or {}
    resolved = resolve(given, scope)
    return resolved if isinstance(resolved, dict) else {}


def _note_passed(row: Schedule, last: datetime, count: int) -> ScheduleFire:
    times = "1 time was" if count == 1 else f"{count} times were"
    note = f"{times} missed while nothing could be started; the last is shown."
    if row.catch_up == "once":
        note = f"{times} missed; one run stands for all."
    fire, _ = ScheduleFire.objects.get_or_create(
        schedule=row,
        fire_at=last,
        defaults={"outcome": FireOutcome.SKIPPED, "passed": count, "note": note},
    )
    return fire


def _change_declared(row: Schedule, values: dict[str, str]) -> None:
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    following = _following(row) if row.status != ScheduleStatus.PAUSED else None
    if row.status == ScheduleStatus.RETIRED:
        transition(row, "renew", fields={**values, "next_fire_at": following})
        return
    row.version += 1
    row.next_fire_at = following
    row.save(update_fields=[*values, "next_fire_at", "version"])
    record("schedule.change", row, before=before, after=values)


def _plan(row: Schedule) -> None:
    """Leave exactly one work item for the next time, none where there is no next time."""
    cancel_work_of(tenant_id=current_tenant().id, refs=[row.id])
    if row.next_fire_at is not None:
        dedupe = f"schedule:{row.id}:{row.next_fire_at.isoformat()}"
        enqueue(WorkItemSpec(SCHEDULE_KIND, row.id, run_at=row.next_fire_at, dedupe=dedupe))


def _following(row: Schedule) -> datetime:
    return next_fire(parse_cron(row.cron), zone_of_schedule(row), now())


def _locked(key: str) -> Schedule:
    row = Schedule.objects.select_for_update().filter(key=key).first()
    if row is None:
        raise NotFound("not_found", "There is no such schedule.")
    return row


def _check(template: str, cron: str, zone: str, catch_up: str, limit: int) -> None:
    problems = []
    if not TemplateVersion.objects.filter(template__key=template, status="published").exists():
        problems.append(Problem("/template", f"No version of '{template}' is published.", "unknown_template"))
    try:
        parse_cron(cron)
    except CronError as error:
        problems.append(Problem("/cron", f"It cannot be read: {error}.", "invalid_cron"))
    try:
        zone_of(zone or "UTC")
    except CalendarError as error:
        problems.append(Problem("/zone", f"{error}.", "unknown_zone"))
    if catch_up not in CATCH_UPS:
        problems.append(Problem("/catch_up", f"Use {', '.join(CATCH_UPS)}.", "invalid"))
    if not 1 <= limit <= MAX_EACH:
        problems.append(Problem("/catch_up_limit", f"From 1 to {MAX_EACH}.", "invalid"))
    if problems:
        raise Invalid("invalid_schedule", "The schedule cannot be like this.", problems)


def _told(row: Schedule, fire: ScheduleFire) -> dict[str, Any]:
    return {
        "schedule": row.key,
        "template": row.template_key,
        "fire_at": fire.fire_at.isoformat(),
        "run_id": str(fire.run_id) if fire.run_id else None,
        "note": fire.note,
    }
