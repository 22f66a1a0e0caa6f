"""Simulations of a template: begun with an input, answered by clicks, kept as a test case."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.core.errors import Conflict, Invalid, Problem
from apps.portal.json_text import read_object
from apps.portal.schema_forms import SchemaForm, form_for
from apps.portal.selectors.simulation_view import view_of
from apps.portal.template_tabs import template_tabs
from apps.portal.views.base import StaffPage
from apps.portal.views.template_chosen import chosen_version
from apps.workflows.engine.simulation.starting import example_of
from apps.workflows.engine.triggers import input_problems
from apps.workflows.exceptions import TemplateUnreadable
from apps.workflows.models import Run, Scenario, TemplateVersion
from apps.workflows.selectors.proof import get_scenario, list_scenarios
from apps.workflows.services.scenarios import (
    begin_scenario,
    has_other_calendars,
    keep_as_case,
    move_scenario,
    name_scenario,
    play_kept,
    take_back,
)
from apps.workflows.services.template_tests import readable_definition

RECENT = 5
FORM, JSON = "form", "json"
PREFIX = "input"
STEPS = (("PT1H", "1 hour"), ("PT8H", "8 hours"), ("P1D", "1 day"), ("P7D", "1 week"))


class SimulationsPage(StaffPage):
    """Begin a simulation: with an example, the input of a past run, or anything that fits; or open one that is kept.

    The input is asked for by the form its schema makes, or as JSON.
    """

    section = "templates"
    action = "templates:read"

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        return self._show(chosen_version(key, self.asked("version")), self.asked("as"))

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        version = chosen_version(key, self.sent("version"))
        way = FORM if self.sent("as") == FORM else JSON
        form: SchemaForm | None = None
        try:
            form = self._sent_form(version) if way == FORM else None
            if form is not None and not form.is_valid():
                return self._show(version, way, form=form, status=422)
            given = read_object(request.POST.get("input", "")) if form is None else form.answer()
            row = begin_scenario(
                template_key=key, number=version.number, begin={"input": given}, actor=self.actor
            )
        except TemplateUnreadable:
            return self._show(version, way, status=422)
        except Invalid as error:
            text = request.POST.get("input", "")
            return self._show(version, way, text=text, form=form, problem=error.detail)
        return self.done(reverse("portal:simulation", args=[key, row.id]), "The simulation has begun.")

    def _sent_form(self, version: TemplateVersion) -> SchemaForm:
        """The filled form, with what the schema itself complains about beside its fields."""
        definition = readable_definition(version)
        form = form_for(definition.input_schema, prefill={}, data=self.request.POST, prefix=PREFIX)
        if form.is_valid():
            form.show_problems(
                Problem(f"/{one.path.replace('.', '/')}", one.message, one.code)
                for one in input_problems(definition, form.answer())
            )
        return form

    def _show(
        self,
        version: TemplateVersion,
        way: str = "",
        *,
        text: str | None = None,
        form: SchemaForm | None = None,
        problem: str = "",
        status: int = 200,
    ) -> HttpResponse:
        key = version.template.key
        values: dict[str, Any] = {
            "version": version,
            "template": version.template,
            "tabs": template_tabs(key, "simulate"),
            "title": "Try it without doing anything",
            "problem": problem,
            "kept": list_scenarios(key),
            "recent": Run.objects.filter(template_key=key)
            .only("id", "name", "created_at")
            .order_by("-id")[:RECENT],
            "may_simulate": self.may("templates:write"),
        }
        status = 422 if problem else status
        try:
            schema = readable_definition(version).input_schema or {}
        except TemplateUnreadable as error:
            return self.page(
                "portal/templates/simulations.html", {**values, "refused": error.detail}, status=status
            )
        example = self._example(key, schema)
        values |= {
            "text": json.dumps(example, indent=2, ensure_ascii=False) if text is None else text,
            "form": form or form_for(schema, prefill=example, prefix=PREFIX),
            "ways": self._ways(version, _way(way, schema, example)),
            "way": _way(way, schema, example),
            "asks_nothing": not schema.get("properties"),
        }
        return self.page("portal/templates/simulations.html", values, status=status)

    def _ways(self, version: TemplateVersion, current: str) -> list[dict[str, object]]:
        """The two tabs: the same version and past run, asked for by the form or as JSON."""
        kept = {"version": str(version.number), "run": self.asked("run")}
        return [
            {
                "label": label,
                "href": "?"
                + urlencode({name: value for name, value in {**kept, "as": way}.items() if value}),
                "is_current": way == current,
            }
            for way, label in ((FORM, "Form"), (JSON, "JSON"))
        ]

    def _example(self, key: str, schema: dict[str, Any]) -> dict[str, Any]:
        try:
            run = Run.objects.filter(pk=UUID(self.asked("run")), template_key=key).only("start").first()
        except ValueError:
            run = None
        found = (run.start.get("input") if run else None) or example_of({"type": "object", **schema})
        return found if isinstance(found, dict) else {}


def _way(wanted: str, schema: dict[str, Any], example: dict[str, Any]) -> str:
    """Form or JSON, as asked for; by itself the form, unless the input holds what the form has no field for."""
    if wanted in (FORM, JSON):
        return wanted
    return FORM if set(example) <= set(schema.get("properties") or {}) else JSON


class SimulationPage(StaffPage):
    """One simulation: what the run asks now, and how it came there."""

    section = "templates"
    action = "templates:read"

    def get(self, request: HttpRequest, key: str, scenario_id: UUID) -> HttpResponse:
        return self._show(get_scenario(key, scenario_id))

    def post(self, request: HttpRequest, key: str, scenario_id: UUID) -> HttpResponse:
        scenario = get_scenario(key, scenario_id)
        here = reverse("portal:simulation", args=[key, scenario.id])
        try:
            done = self._obey(scenario)
        except Conflict as error:
            return self.came_late(here, error)
        except Invalid as error:
            return self._show(scenario, error.detail, status=422)
        if isinstance(done, dict):
            return self._show(scenario, "", done, 422)
        return self.done(here, done) if done else self._go(here)

    def _go(self, here: str) -> HttpResponse:
        response = HttpResponse(status=303)
        response["Location"] = here
        return response

    def _obey(self, scenario: Scenario) -> str | dict[str, SchemaForm]:
        """Do what was sent; return words to say, '' for nothing, or forms that do not fit."""
        command = self.sent("command")
        if command == "undo":
            take_back(scenario_id=scenario.id, actor=self.actor)
            return "The latest move is taken back."
        if command == "name":
            name_scenario(scenario_id=scenario.id, name=self.sent("name"), actor=self.actor)
            return "The simulation is kept under its name."
        if command == "keep":
            version = keep_as_case(scenario_id=scenario.id, name=self.sent("name"), actor=self.actor)
            return f"It is a test case of version {version.number} now."
        move = self._move(scenario, command)
        if "do" not in move:
            return move
        after = self.sent("after")
        move_scenario(
            scenario_id=scenario.id,
            move=move,
            after=int(after) if after.isascii() and after.isdecimal() and len(after) < 5 else -1,
            actor=self.actor,
        )
        return ""

    def _move(self, scenario: Scenario, command: str) -> dict[str, Any]:
        visit = self.sent("visit")
        match command:
            case "approved" | "rejected" | "changes_requested":
                output: dict[str, Any] = {"outcome": command}
                if self.sent("comment"):
                    output["comment"] = self.sent("comment")
                return {"do": "answer", "visit": visit, "output": output}
            case "fill":
                return self._filled(scenario, visit)
            case "answer":
                return {
                    "do": "answer",
                    "visit": visit,
                    "output": read_object(self.request.POST.get("output", "")),
                }
            case "fail":
                error = {"code": self.sent("code") or "failed", "retryable": "retryable" in self.request.POST}
                return {"do": "answer", "visit": visit, "error": error}
            case "event":
                return {"do": "event", "type": self.sent("type"), "data": read_object(self.sent("data"))}
            case "skip":
                return {"do": "skip", "visit": visit, "output": read_object(self.sent("output") or "{}")}
            case "clock":
                return {"do": "clock", "by": self.sent("by")}
        return {"do": command, "visit": visit, "reason": self.sent("reason")}

    def _filled(self, scenario: Scenario, visit: str) -> dict[str, Any]:
        """The move that a filled form makes; the form itself, by visit, when it does not fit."""
        for run, question in play_kept(scenario).questions():
            if run.prefix + question.visit == visit:
                asked = question.asked
                form = form_for(
                    asked.get("form") or {}, prefill=asked.get("prefill") or {}, data=self.request.POST
                )
                if not form.is_valid():
                    return {visit: form}
                return {"do": "answer", "visit": visit, "output": form.answer()}
        return {"do": "answer", "visit": visit}

    def _show(
        self,
        scenario: Scenario,
        problem: str = "",
        bound: Mapping[str, SchemaForm] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        values: dict[str, Any] = {
            "scenario": scenario,
            "template": scenario.template,
            "tabs": template_tabs(scenario.template.key, "simulate"),
            "moves": len(scenario.moves),
            "problem": problem,
            "steps": STEPS,
            "may_move": self.may("templates:write"),
        }
        try:
            played = play_kept(scenario)
            values["has_other_calendars"] = has_other_calendars(scenario, played)
            view = view_of(played, bound or {})
        except Invalid as error:
            # The draft has changed since: its moves lead nowhere now.
            return self.page(
                "portal/templates/simulation.html",
                {**values, "title": "The simulation does not fit any more", "broken": error.detail},
                status=status,
            )
        return self.page(
            "portal/templates/simulation.html", {**values, "view": view, "title": view.title}, status=status
        )
