"""Migrating many runs, and taking them back: the two bulk commands behind the pages and the API."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.core.actor import Actor
from apps.core.errors import Invalid, Problem
from apps.ledger.services import unit_of_work
from apps.workflows.bulk import FOUND, Json, Verdict, register_bulk_command
from apps.workflows.choices import BulkAbout, BulkStatus, RunStatus
from apps.workflows.engine.verdict import COMPATIBLE
from apps.workflows.engine.verdict import Verdict as Judged
from apps.workflows.models import BulkOperation, Run
from apps.workflows.selectors.migrations import MIGRATE, REVERT
from apps.workflows.services.bulk import START_AT_ONCE, prepare_bulk, start_bulk
from apps.workflows.services.migrating import (
    Move,
    back,
    judge_runs,
    load_move,
    lost_outputs,
    migrate_run,
    read_move,
    revert_run,
    to_parameters,
    words_of,
)


def register() -> None:
    """Offer the commands."""
    for key, label, preview, perform, check in (
        (MIGRATE, "Migrate to another version", _preview, _migrate, _check),
        (REVERT, "Take back a migration", _preview_back, _revert, _check_back),
    ):
        register_bulk_command(
            key,
            preview,
            perform,
            about=BulkAbout.RUN,
            action="runs:migrate",
            label=label,
            check=check,
            remembers=True,
        )


def prepare_migration(
    *,
    template_key: str,
    parameters: Json,
    actor: Actor,
    reason: str,
    narrow: Json | None = None,
    at_once: bool = False,
) -> BulkOperation:
    """Look at every run under way of the version left (or those of them that ``narrow`` finds); the preview.

    ``parameters`` are those of ``read_move``. With ``at_once`` it is started as soon as all have been looked at. Raises as
    ``prepare_bulk`` does.
    """
    wanted = {
        **(narrow or {}),
        "template": template_key,
        "version": parameters.get("from"),
        "status": RunStatus.RUNNING.value,
    }
    given = {**parameters, "template": template_key, START_AT_ONCE: at_once}
    with unit_of_work(actor, reason=reason):
        checked = _check(given)
        operation = prepare_bulk(
            command=MIGRATE, filter=wanted, parameters=checked, actor=actor, reason=reason
        )
        return _begun(operation, actor, at_once=at_once)


def prepare_return(
    *, migration: BulkOperation, actor: Actor, reason: str, at_once: bool = False
) -> BulkOperation:
    """Look at every run a migration has moved, to take it back; the preview. Raises as ``prepare_bulk`` does."""
    given = {"migration": str(migration.id), START_AT_ONCE: at_once}
    with unit_of_work(actor, reason=reason):
        wanted = {"done_by": str(migration.id)}
        operation = prepare_bulk(command=REVERT, filter=wanted, parameters=given, actor=actor, reason=reason)
        return _begun(operation, actor, at_once=at_once)


def _begun(operation: BulkOperation, actor: Actor, *, at_once: bool) -> BulkOperation:
    is_ready = at_once and operation.status == BulkStatus.PREVIEWED
    return start_bulk(operation_id=operation.id, actor=actor) if is_ready else operation


def _check(parameters: Json) -> Json:
    key = parameters.get("template")
    if not isinstance(key, str):
        raise Invalid(
            "invalid_parameters", "Say which template.", [Problem("/template", "Missing.", "required")]
        )
    given = parameters["plan"] if isinstance(parameters.get("plan"), dict) else parameters
    move = read_move(key, {**given, "from": parameters.get("from"), "to": parameters.get("to")})
    return to_parameters(move) | {START_AT_ONCE: parameters.get(START_AT_ONCE) is True}


def _check_back(parameters: Json) -> Json:
    migration = parameters.get("migration")
    try:
        found = BulkOperation.objects.filter(pk=UUID(str(migration)), command=MIGRATE).first()
    except ValueError:
        found = None
    if found is None:
        problem = Problem("/migration", "There is no such migration.", "unknown")
        raise Invalid("unknown_migration", "Say which migration to take back.", [problem])
    kept = {name: found.parameters[name] for name in ("template", "from", "to", "plan")}
    return {**kept, "migration": str(found.id), START_AT_ONCE: parameters.get(START_AT_ONCE) is True}


def _preview(targets: Sequence[UUID], parameters: Json, actor: Actor) -> Mapping[UUID, Verdict]:
    move = load_move(parameters)
    runs = list(Run.objects.filter(pk__in=targets))
    fitting = [run for run in runs if run.template_version_id == move.former.pk]
    judged = judge_runs(fitting, move)
    elsewhere = {run.id: _elsewhere(run, move) for run in runs if run.id not in judged}
    return {run_id: _told(found) for run_id, found in judged.items()} | elsewhere


def _preview_back(targets: Sequence[UUID], parameters: Json, actor: Actor) -> Mapping[UUID, Verdict]:
    move = load_move(parameters)
    runs = list(Run.objects.filter(pk__in=targets))
    lost = lost_outputs([run.id for run in runs], move)
    found = {}
    for run in runs:
        home = back(move, lost.get(run.id, {}))
        is_there = run.template_version_id == move.version.pk
        found[run.id] = _told(judge_runs([run], home)[run.id]) if is_there else _elsewhere(run, home)
    return found


def _told(found: Judged) -> Verdict:
    details: dict[str, Any] = {
        "verdict": found.kind,
        "findings": [one.to_json() for one in found.findings],
        "changes": [one.to_json() for one in found.changes],
    }
    note = " ".join(change.message for change in found.changes) or "Goes on where it is."
    return Verdict(words_of(found), "" if found.kind != COMPATIBLE else note, details)


def _elsewhere(run: Run, move: Move) -> Verdict:
    is_there = run.template_version_id == move.version.pk
    message = "It follows that version already." if is_there else "It follows another version by now."
    details = {"verdict": "blocked", "findings": [], "changes": []}
    return Verdict(message, "", details)


def _migrate(target: UUID, parameters: Json, actor: Actor, reason: str) -> str | None:
    move, told = load_move(parameters), _told_past(parameters)
    migrate_run(run_id=target, move=move, actor=actor, reason=reason, told=told)
    return None


def _revert(target: UUID, parameters: Json, actor: Actor, reason: str) -> str | None:
    move, told = load_move(parameters), _told_past(parameters)
    revert_run(run_id=target, move=move, actor=actor, reason=reason, told=told)
    return None


def _told_past(parameters: Json) -> list[str]:
    """The timers of which the look at the run has said that they take effect at once."""
    changes = parameters.get(FOUND, {}).get("changes", [])
    return [change["timer"] for change in changes if change.get("past")]
