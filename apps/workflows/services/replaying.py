"""Replay: a new run that repeats an earlier one from a step, taking over what had been done before it."""

from typing import Any
from uuid import UUID, uuid5

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.errors import Invalid, Problem
from apps.ledger.services import record, unit_of_work
from apps.workflows.definitions import definition_of
from apps.workflows.engine.commands import Seed
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.evolve import replay
from apps.workflows.engine.history import HistoryEvent, step_of
from apps.workflows.exceptions import UnknownRun, UnknownTemplate
from apps.workflows.models import HistoryEntry, Run, TemplateVersion
from apps.workflows.selectors.templates import published_version
from apps.workflows.services.pause_rows import pauses_at_birth
from apps.workflows.services.runs import begin, check_input, require_reason

Json = dict[str, Any]


def replay_run(
    *,
    run_id: UUID,
    actor: Actor,
    reason: str,
    step: str = "",
    newest: bool = False,
    input: Json | None = None,
    once: str = "",
) -> Run:
    """Start a run that repeats another from a step ("" for its beginning), on its own version or the newest.

    What the steps before had put out is taken over; what they did in other systems is not repeated and not undone.
    ``input`` replaces the run's input (only from the beginning).
    ``once`` is a word of the caller's choice: with the same one it is the same run.
    Raises UnknownRun, UnknownTemplate, Forbidden, Invalid, CommandRefused.
    """
    require_reason(reason)
    with unit_of_work(actor, reason=reason):
        policies.require(actor, "runs:write")
        source = Run.objects.select_related("template_version__template").filter(pk=run_id).first()
        if source is None:
            raise UnknownRun
        made = _made_before(source, once)
        if made is not None:
            return made
        version = _version(source, newest=newest)
        if step and input is not None:
            raise Invalid("input_with_step", _ONLY_WHOLE.message, [_ONLY_WHOLE])
        given = source.start.get("input", {}) if input is None else input
        check_input(version, given)
        run = _new_run(source, version, actor, step, once)
        begin(
            run,
            input=given,
            event=source.start.get("event"),
            pauses=pauses_at_birth(source.template_key),
            seed=seed_of(source, definition_of(version), step) if step else None,
            at=step or None,
        )
        record("run.replay", source, after={"run": str(run.id), "from": step, "version": version.number})
        return run


_ONLY_WHOLE = Problem(
    "/input",
    "The input can be changed only where the run is repeated from its beginning: what was decided was decided for the "
    "old one.",
    "input_with_step",
    "Leave out the step, or the input.",
)


def seed_of(source: Run, definition: Definition, step: str) -> Seed:
    """Return what the run had when it last came to the step (at its end, if it never did)."""
    entries = list(HistoryEntry.objects.filter(run_id=source.id).order_by("seq"))
    facts = [HistoryEvent(entry.kind, entry.visit, entry.at, entry.data) for entry in entries]
    until = len(facts)
    seen: set[str] = set()
    for place, fact in enumerate(facts):
        if fact.visit and fact.visit not in seen and "~" not in fact.visit:
            seen.add(fact.visit)
            until = place if step_of(fact.visit) == step else until
    state = replay(facts[:until])
    known = definition.places
    return Seed(
        outputs={name: output for name, output in state.outputs.items() if name in known},
        vars=dict(state.vars),
        counts={name: count for name, count in state.counts.items() if name in known},
    )


def _made_before(source: Run, once: str) -> Run | None:
    return Run.objects.filter(pk=uuid5(source.id, once)).first() if once else None


def _version(source: Run, *, newest: bool) -> TemplateVersion:
    if not newest:
        return source.template_version
    version = published_version(source.template_key)
    if version is None:
        raise UnknownTemplate(source.template_key)
    return version


def _new_run(source: Run, version: TemplateVersion, actor: Actor, step: str, once: str) -> Run:
    if not source.history_length:
        problem = Problem("/step", "The run has not begun.", "not_begun", "Wait until it has.")
        raise Invalid("not_begun", "There is nothing to repeat yet.", [problem])
    identity = {"id": uuid5(source.id, once)} if once else {}
    return Run(
        **identity,
        template_version=version,
        template_key=source.template_key,
        name=source.name,
        subject=source.subject,
        started_by=actor.to_json(),
        replay_of=source,
        replay_from=step,
    )
