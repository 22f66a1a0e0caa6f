"""Let runs under way go on under another version of their template, and take them back."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid, Problem
from apps.ledger.services import emit, record, unit_of_work
from apps.ledger.types import DomainEvent
from apps.workflows import events
from apps.workflows.choices import VersionStatus
from apps.workflows.definitions import HEAVY, definition_of
from apps.workflows.engine.commands import Migrate
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.fitting import way_back
from apps.workflows.engine.moved_levels import Clocks
from apps.workflows.engine.plan import Plan, complete
from apps.workflows.engine.state import RunState
from apps.workflows.engine.trial import plan_problems, verdict
from apps.workflows.engine.verdict import Verdict
from apps.workflows.models import HistoryEntry, Run, StepRun, TemplateVersion
from apps.workflows.selectors.templates import get_version
from apps.workflows.services.cases import close_overdue
from apps.workflows.services.clocks import calendars_of, clocks_of
from apps.workflows.services.runs import require_reason
from apps.workflows.services.transition import lock_run, perform, run_data

Json = dict[str, Any]


class MigrationRefused(Conflict):
    """The run cannot follow; every reason is listed with what would help."""

    def __init__(self, found: Verdict) -> None:
        problems = [
            Problem(f"/steps/{one.step}", one.message, one.code, one.remedy) for one in found.findings
        ]
        super().__init__(f"migration_{found.kind}", words_of(found), problems)


@dataclass(frozen=True, slots=True)
class Move:
    """From which version of a template to which, and how."""

    former: TemplateVersion
    version: TemplateVersion
    plan: Plan

    @property
    def old(self) -> Definition:
        return definition_of(self.former)

    @property
    def new(self) -> Definition:
        return definition_of(self.version)


def read_move(template_key: str, parameters: Mapping[str, Any]) -> Move:
    """Return what ``{"from", "to", "steps", "go_on", "input", "vars", "outputs"}`` asks for, its mapping made whole.

    Raises NotFound for an unknown version, and Invalid with a pointer for everything wrong with the plan.
    """
    former = _version(template_key, parameters.get("from"), "from")
    version = _version(template_key, parameters.get("to"), "to")
    if former.pk == version.pk:
        message = f"The runs follow version {former.number} already."
        raise Invalid(
            "same_version", message, [Problem("/to", message, "same_version", "Choose another one.")]
        )
    old, new = definition_of(former), definition_of(version)
    given = Plan.from_json(_mappings(parameters))
    plan = Plan(complete(old, new, given.steps), given.go_on, given.input, given.vars, given.outputs)
    asked = Plan({**plan.steps, **given.steps}, given.go_on)
    problems = [
        Problem(f"/{one.path.replace('.', '/')}", one.message, one.code, one.remedy)
        for one in plan_problems(old, new, asked)
    ]
    if problems:
        raise Invalid("invalid_plan", "The mapping of steps cannot be used.", problems)
    return Move(former, version, plan)


def load_move(parameters: Mapping[str, Any]) -> Move:
    """Return the move that ``to_parameters`` told of (one query)."""
    numbers = {"former": parameters["from"], "version": parameters["to"]}
    rows = TemplateVersion.objects.select_related("template").defer(*HEAVY)
    found = {
        row.number: row
        for row in rows.filter(template__key=parameters["template"], number__in=list(numbers.values()))
    }
    return Move(found[numbers["former"]], found[numbers["version"]], Plan.from_json(parameters["plan"]))


def to_parameters(move: Move) -> Json:
    """Return a move as JSON, its mapping whole."""
    return {
        "template": move.version.template.key,
        "from": move.former.number,
        "to": move.version.number,
        "plan": move.plan.to_json(),
    }


def judge_runs(runs: Iterable[Run], move: Move) -> dict[UUID, Verdict]:
    """Return the verdict on each run of the version that would be left. Nothing is changed."""
    rows = list(runs)
    times, clocks = _times(rows, move.new), _clocks(rows, move)
    return {run.id: _judge(run, move, times[run.id], clocks.get(run.id)) for run in rows}


def migrate_run(*, run_id: UUID, move: Move, actor: Actor, reason: str, told: Collection[str] = ()) -> Run:
    """Let one run go on under another version. Raises UnknownRun, Forbidden, Invalid without a reason, MigrationRefused.

    ``told`` are the timers of which the dry run has said that they take effect at once: Conflict (``times_passed``) when
    others would. A run that follows that version already is left as it is: asking twice is asking once.
    """
    require_reason(reason)
    with unit_of_work(actor, reason=reason):
        run = lock_run(run_id)
        policies.require(actor, "runs:migrate", run)
        if run.template_version_id == move.version.pk:
            return run
        if run.template_version_id != move.former.pk:
            message = f"The run follows version {run.template_version.number}, not {move.former.number}."
            raise Conflict("other_version", message)
        _perform(run, move, actor, reason, told)
        return run


def revert_run(*, run_id: UUID, move: Move, actor: Actor, reason: str, told: Collection[str] = ()) -> Run:
    """Take a run that ``move`` migrated back to its former version.

    Raises as ``migrate_run`` does: a run that has moved on since is taken back only if the way back is compatible.
    """
    require_reason(reason)
    with unit_of_work(actor, reason=reason):
        run = lock_run(run_id)
        policies.require(actor, "runs:migrate", run)
        if run.template_version_id == move.former.pk:
            return run
        if run.template_version_id != move.version.pk:
            raise Conflict("other_version", f"The run follows version {run.template_version.number} by now.")
        home = back(move, lost_outputs([run.id], move).get(run.id, {}))
        _perform(run, home, actor, reason, told)
        return run


def back(move: Move, lost: Json) -> Move:
    """Return the way back of a migration, for a run that lost these outputs on the way."""
    return Move(move.version, move.former, way_back(move.old, move.new, move.plan, lost))


def lost_outputs(run_ids: Iterable[UUID], move: Move) -> dict[UUID, Json]:
    """Return the outputs for which the version had no place, by run; from the latest such migration of each."""
    rows = HistoryEntry.objects.filter(run_id__in=list(run_ids), kind="run_migrated").order_by("seq")
    found = rows.values_list("run_id", "data")
    return {run_id: data["lost"] for run_id, data in found if data["to"] == move.version.number}


def words_of(found: Verdict) -> str:
    """Say in one line why a run cannot follow."""
    return " ".join(dict.fromkeys(finding.message for finding in found.findings))


def _perform(run: Run, move: Move, actor: Actor, reason: str, told: Collection[str]) -> None:
    times = _times([run], move.new)[run.id]
    numbers = move.former.number, move.version.number
    command = Migrate(move.new, move.plan, *numbers, reason, actor.to_json(), times, frozenset(told))
    before = {"version": move.former.number}
    clocks = _clocks([run], move).get(run.id)
    if clocks is not None:
        _require_told(_judge(run, move, times, clocks), told)
    moved = perform(run, [command], version=move.version)
    if moved.refused == "times_passed":
        raise _times_passed(_judge(run, move, times), told)
    if moved.refused:
        raise MigrationRefused(_judge(run, move, times))
    if move.old.deadline and not move.new.deadline:
        close_overdue(moved.context())
    data = {**run_data(run), "former_version": move.former.number, "reason": reason}
    after = {"version": move.version.number, "plan": move.plan.to_json()}
    record("run.migrate", run, before=before, after=after, reason=reason)
    emit(DomainEvent(events.RUN_MIGRATED, f"run/{run.id}", data))


def _judge(run: Run, move: Move, times: Json, clocks: Clocks | None = None) -> Verdict:
    state = RunState.from_json(run.state, run.start) if run.history_length else RunState()
    calendars = calendars_of(run, move.new)
    return verdict(move.old, move.new, state, move.plan, now(), calendars, times, clocks)


def _clocks(runs: Iterable[Run], move: Move) -> Mapping[UUID, Clocks]:
    """The clocks of the runs where the two versions have other service levels; else none."""
    old, new = move.old, move.new
    other_calendar = old.sla.get("calendar") != new.sla.get("calendar")
    is_moved = {**old.slas, **new.slas} and (old.slas != new.slas or other_calendar)
    return clocks_of([run.id for run in runs]) if is_moved else {}


def _require_told(found: Verdict, told: Collection[str]) -> None:
    """A service level that is missed at once is moved only where the dry run has said so."""
    if any(one.code == "sla" and one.past and one.timer not in told for one in found.changes):
        raise _times_passed(found, told)


def _times_passed(found: Verdict, told: Collection[str]) -> Conflict:
    passed = [change for change in found.changes if change.past and change.timer not in told]
    remedy = "Look at the runs again; what takes effect at once is told then."
    problems = [Problem(f"/steps/{one.step}", one.message, "times_passed", remedy) for one in passed]
    words = " ".join(
        ["A time has passed since the run was looked at.", *(one.message for one in passed), remedy]
    )
    return Conflict("times_passed", words, problems)


def _times(runs: Iterable[Run], new: Definition) -> dict[UUID, Json]:
    """When the runs started and their steps ended, for offsets that count from there."""
    found: dict[UUID, Json] = {run.id: {"start": run.created_at.isoformat()} for run in runs}
    if not new.anchors:
        return found
    rows = StepRun.objects.filter(run_id__in=list(found)).exclude(ended_at=None).order_by("ended_at")
    for run_id, step, at in rows.values_list("run_id", "step", "ended_at"):
        if at is not None:
            found[run_id][f"step.{step}"] = at.isoformat()
    return found


def _version(template_key: str, number: Any, name: str) -> TemplateVersion:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 2**31:
        message = "Say which version."
        raise Invalid("invalid_version", message, [Problem(f"/{name}", message, "required")])
    version = get_version(template_key, number)
    if version.status == VersionStatus.DRAFT or not version.digest:
        message = f"Version {number} has never been published."
        raise Invalid(
            "not_published", message, [Problem(f"/{name}", message, "not_published", "Publish it first.")]
        )
    return version


def _mappings(parameters: Mapping[str, Any]) -> Json:
    problems = []
    kept: Json = {}
    for name in ("steps", "go_on", "input", "vars", "outputs"):
        value = parameters.get(name) or {}
        texts = name in ("steps", "go_on")
        if not isinstance(value, dict) or (
            texts and not all(one is None or isinstance(one, str) for one in value.values())
        ):
            problems.append(Problem(f"/{name}", "An object is expected here.", "type"))
            continue
        kept[name] = {key: one or None for key, one in value.items()} if name == "steps" else value
        if name == "go_on":
            kept[name] = {key: one for key, one in value.items() if one}
    if problems:
        raise Invalid("invalid_plan", "The mapping of steps cannot be used.", problems)
    return kept
