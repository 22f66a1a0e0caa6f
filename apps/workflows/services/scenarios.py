"""Simulations that are kept: begun, moved on, taken back, turned into test cases. No run is stored, nothing is sent."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import yaml

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid, NotFound, Problem
from apps.ledger.services import record, unit_of_work
from apps.workflows.choices import VersionStatus
from apps.workflows.engine.simulation.cases import read_suite
from apps.workflows.engine.simulation.judging import path_of, standing_at
from apps.workflows.engine.simulation.scenario import (
    MAX_MOVES,
    MOVES,
    MoveRefused,
    Played,
    case_of,
    play_scenario,
)
from apps.workflows.models import Scenario, TemplateVersion
from apps.workflows.selectors.kept_calendars import KeptCalendars, calendars_of_simulation, calendars_today
from apps.workflows.selectors.templates import get_version
from apps.workflows.services.template_tests import readable_definition, save_tests, subflow_definitions

Json = dict[str, Any]
FORGOTTEN_AFTER = timedelta(days=30)
"""A simulation without a name is dropped when it was not touched for so long."""


def play_version(
    version: TemplateVersion, begin: Mapping[str, Any], moves: list[Json], calendars: Json | None = None
) -> Played:
    """Play a simulation of a version, in today's calendars or in those that were kept with it.

    Raises TemplateUnreadable, and Invalid (``move_refused``) for what does not apply.
    """
    _check_moves(moves)
    definition = readable_definition(version)
    counted = calendars_of_simulation(calendars or {})
    try:
        return play_scenario(definition, subflow_definitions(definition), begin, moves, counted)
    except MoveRefused as error:
        raise _refused(error.message) from error


def play_kept(scenario: Scenario) -> Played:
    """Play a kept simulation as far as it was moved; raise as ``play_version`` does."""
    version = get_version(scenario.template.key, scenario.number)
    return play_version(version, scenario.begin, scenario.moves, scenario.calendars)


def begin_scenario(*, template_key: str, number: int, begin: Json, actor: Actor) -> Scenario:
    """Begin a simulation; raise NotFound, TemplateUnreadable, Invalid and Forbidden."""
    with unit_of_work(actor):
        policies.require(actor, "templates:write")
        version = get_version(template_key, number)
        played = play_version(version, begin, [])
        stale = Scenario.objects.filter(template=version.template, name="")
        stale.filter(changed_at__lt=now() - FORGOTTEN_AFTER).delete()
        scenario = Scenario(
            template=version.template,
            number=number,
            begin=begin,
            calendars=calendars_today(subject_of(played)),
            made_by=actor.label,
            changed_at=now(),
        )
        scenario.save(force_insert=True)
        record("scenario.begin", scenario, after={"template": template_key, "number": number})
        return scenario


def move_scenario(*, scenario_id: UUID, move: Json, after: int, actor: Actor) -> Scenario:
    """Make one move, after so many others; raise Conflict when there are more by now, Invalid when it does not apply."""
    with unit_of_work(actor):
        scenario = _locked(scenario_id, actor)
        if len(scenario.moves) != after:
            raise Conflict("moved_on", "The simulation has moved on since you looked at it.")
        moves = [*scenario.moves, move]
        version = get_version(scenario.template.key, scenario.number)
        play_version(version, scenario.begin, moves, scenario.calendars)
        return _keep(scenario, moves)


def take_back(*, scenario_id: UUID, actor: Actor) -> Scenario:
    """Take back the latest move."""
    with unit_of_work(actor):
        scenario = _locked(scenario_id, actor)
        return _keep(scenario, scenario.moves[:-1])


def name_scenario(*, scenario_id: UUID, name: str, actor: Actor) -> Scenario:
    """Give it a name: it is listed, and kept."""
    with unit_of_work(actor):
        scenario = _locked(scenario_id, actor)
        if not name.strip():
            raise Invalid("required", "Give it a name.", [Problem("/name", "Give it a name.", "required")])
        scenario.name, scenario.changed_at = name.strip()[:160], now()
        scenario.save(update_fields=["name", "changed_at"])
        record("scenario.name", scenario, after={"name": scenario.name})
        return scenario


def keep_as_case(*, scenario_id: UUID, name: str, actor: Actor) -> TemplateVersion:
    """Add the simulation to the tests of its version, which must be a draft; raise Conflict and Invalid."""
    with unit_of_work(actor):
        scenario = _locked(scenario_id, actor)
        version = get_version(scenario.template.key, scenario.number)
        if version.status != VersionStatus.DRAFT:
            raise Conflict(
                "no_draft", "Tests are written into a draft. Simulate the draft to keep a case of it."
            )
        played = play_kept(scenario)
        definition = readable_definition(version)
        # What counted in calendars that are no longer those of the workspace says in which.
        changed = has_other_calendars(scenario, played)
        stated = KeptCalendars(scenario.calendars).stated(definition) if changed else None
        case = case_text(played, name.strip() or "Simulated", scenario.begin, stated)
        text = added_case(version.tests, case)
        suite = read_suite(text, definition)
        if not suite.is_valid:
            first = suite.problems[0]
            raise Invalid(
                "case_refused", f"The tests could not be added to: line {first.line}: {first.message}"
            )
        return save_tests(template_key=scenario.template.key, number=version.number, tests=text, actor=actor)


def has_other_calendars(scenario: Scenario, played: Played) -> bool:
    """Whether a calendar has changed since the simulation was begun: a run of today would count otherwise."""
    return bool(scenario.calendars) and scenario.calendars != calendars_today(subject_of(played))


def subject_of(played: Played) -> str:
    """Return what a simulated run is about; '' where it is about nothing."""
    subject = played.run.state.start.get("subject")
    return subject if isinstance(subject, str) and "\x00" not in subject else ""


def case_text(
    played: Played, name: str, begin: Mapping[str, Any], calendars: Mapping[str, Any] | None = None
) -> str:
    """The YAML of one case: what was answered, what came of it as its expectation, and the calendars it states."""
    run = played.run
    expect: Json = {"outcome": run.finished.outcome if run.finished else "running"}
    expect["exact_path"] = path_of(run.history)
    if run.finished is None:
        expect["waiting"] = standing_at(run)
    expect["messages"] = [sent.message for one in run.everyone() for sent in one.messages]
    stated = {"calendars": calendars} if calendars else {}
    case = {**case_of(played, name, begin), **stated, "expect": expect}
    return yaml.safe_dump([case], sort_keys=False, allow_unicode=True, width=110)


def added_case(tests: str, case: str) -> str:
    """The text of the tests with one case more at its end."""
    lines = tests.rstrip().splitlines()
    if not any(line.startswith("cases:") and line.split("#")[0].strip() == "cases:" for line in lines):
        lines = [*(line for line in lines if line.split("#")[0].strip() != "cases: []"), "cases:"]
    first = next((line for line in lines if line.lstrip().startswith("- ")), "  - ")
    margin = first[: len(first) - len(first.lstrip())]
    return (
        "\n".join([*lines, *(margin + line if line else line for line in case.rstrip().splitlines())]) + "\n"
    )


def _locked(scenario_id: UUID, actor: Actor) -> Scenario:
    policies.require(actor, "templates:write")
    rows = Scenario.objects.select_for_update(of=("self",)).select_related("template")
    scenario = rows.filter(pk=scenario_id).first()
    if scenario is None:
        raise NotFound("not_found", "There is no such simulation.")
    return scenario


def _keep(scenario: Scenario, moves: list[Json]) -> Scenario:
    scenario.moves, scenario.changed_at = moves, now()
    scenario.save(update_fields=["moves", "changed_at"])
    return scenario


def _check_moves(moves: list[Json]) -> None:
    if len(moves) > MAX_MOVES:
        raise _refused(f"A simulation has at most {MAX_MOVES} moves.")
    for move in moves:
        if move.get("do") not in MOVES:
            raise _refused(f"A move is one of {', '.join(MOVES)}.")
        for key in ("output", "data", "error"):
            if not isinstance(move.get(key, {}), dict):
                raise _refused(f"'{key}' must be an object.")


def _refused(message: str) -> Invalid:
    return Invalid("move_refused", message, [Problem("/moves", message, "move_refused")])
