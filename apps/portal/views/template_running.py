"""Running work of a template: which version it follows, moving it to another one, and taking that back."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.core.errors import Conflict, Invalid, Problem
from apps.portal.paging import list_page
from apps.portal.template_tabs import template_tabs
from apps.portal.views.base import StaffPage
from apps.portal.wording import counted, label_of
from apps.workflows.choices import BulkItemState, BulkStatus
from apps.workflows.models import BulkItem, BulkOperation, TemplateVersion, WorkflowTemplate
from apps.workflows.selectors.bulk import list_bulk_items
from apps.workflows.selectors.migrations import (
    REVERT,
    count_at_once,
    count_reasons,
    count_verdicts,
    get_migration,
    list_migrations,
    running_by_version,
)
from apps.workflows.selectors.templates import get_template, published_of
from apps.workflows.services.bulk import cancel_bulk, resume_bulk, start_bulk, suspend_bulk
from apps.workflows.services.migrating import Move, read_move
from apps.workflows.services.migration_commands import prepare_migration, prepare_return
from apps.workflows.services.migration_proposal import Proposal, show_move

STATUS_TONES = {
    BulkStatus.PREPARING: "info",
    BulkStatus.PREVIEWED: "warning",
    BulkStatus.RUNNING: "info",
    BulkStatus.SUSPENDED: "warning",
    BulkStatus.FINISHED: "success",
    BulkStatus.CANCELLED: "neutral",
}
STATE_TONES = {
    BulkItemState.UNCHECKED: "neutral",
    BulkItemState.PENDING: "info",
    BulkItemState.DONE: "success",
    BulkItemState.REFUSED: "warning",
    BulkItemState.FAILED: "danger",
    BulkItemState.LEFT: "neutral",
}
STATE_WORDS = {
    BulkItemState.UNCHECKED: "Not looked at yet",
    BulkItemState.PENDING: "Can follow",
    BulkItemState.DONE: "Moved",
    BulkItemState.REFUSED: "Cannot follow",
    BulkItemState.FAILED: "Failed",
    BulkItemState.LEFT: "Left where it is",
}
_VALUES = ("input", "vars", "outputs")
_VALUES_HINT = '{"input": {}, "vars": {}, "outputs": {}}'


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the version left in the form: its choices, and what was chosen."""

    pair: Any
    choices: Sequence[tuple[str, str]]
    chosen: str
    go_on: str
    changed: str

    @property
    def matters(self) -> bool:
        """Whether a person should look at it: it differs, is gone, has runs, or was mapped by hand."""
        is_moved = self.chosen != (self.pair.counterpart or "") or bool(self.go_on)
        return bool(self.changed or self.pair.standing or not self.pair.counterpart or is_moved)


class RunningWorkPage(StaffPage):
    """How many runs follow which version; with ``from`` and ``to`` the mapping between two of them."""

    section = "templates"
    action = "templates:read"

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        return self._show(get_template(key), self.asked("from"), self.asked("to"))

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        template = get_template(key)
        former, version = self.sent("from"), self.sent("to")
        try:
            made = prepare_migration(
                template_key=key,
                parameters={**self._plan(), "from": _number(former), "to": _number(version)},
                actor=self.actor,
                reason=self.sent("reason"),
            )
        except Invalid as error:
            return self._show(template, former, version, refused=error)
        return self.done(_page_of(key, made.id), "Every run was looked at. Nothing has moved yet.")

    def _plan(self) -> dict[str, Any]:
        fields = self.request.POST
        steps = {name[5:]: fields[name] or None for name in fields if name.startswith("step-")}
        go_on = {name[6:]: fields[name] for name in fields if name.startswith("go_on-") and fields[name]}
        return {"steps": steps, "go_on": go_on, **_values(self.sent("values"))}

    def _show(
        self, template: WorkflowTemplate, former: str, version: str, *, refused: Invalid | None = None
    ) -> HttpResponse:
        running = running_by_version(template.key)
        current = published_of(template)
        versions = [row for row in template.versions.all() if row.digest]
        values: dict[str, Any] = {
            "template": template,
            "tabs": template_tabs(template.key, "running"),
            "title": _title(running, current.number if current else None),
            "versions": [(row, running.get(row.number, 0)) for row in versions],
            "current": current.number if current else None,
            "begin": _first_to_move(versions, running, current.number if current else None),
            "migrations": [(row, STATUS_TONES[BulkStatus(row.status)]) for row in _latest(template.key)],
            "may_migrate": self.may("runs:migrate") and len(versions) > 1,
            "refused": refused,
            "reason": self.sent("reason"),
            "values": self.sent("values"),
            "values_hint": _VALUES_HINT,
        }
        follow = running.get(_number(former) or 0, 0)
        if former and version and self.may("runs:migrate"):
            values |= self._mapping(template.key, former, version) if follow or refused else {"idle": former}
        return self.page("portal/templates/running.html", values, status=422 if refused else 200)

    def _mapping(self, key: str, former: str, version: str) -> dict[str, Any]:
        numbers = {"from": _number(former), "to": _number(version)}
        move = read_move(key, numbers)
        shown = show_move(key, move)
        lines = _lines(move, shown, self.request.POST)
        return {
            "shown": shown,
            "attention": [line for line in lines if line.matters],
            "same": [line for line in lines if not line.matters],
            "fresh": [move.new.step(step).name for step in shown.fresh],
            "goals": [(step, place.step.name) for step, place in move.new.places.items()],
        }


class MigrationPage(StaffPage):
    """One migration: its verdicts, its progress, and what can be done with it."""

    section = "templates"
    action = "bulk:read"

    def get(self, request: HttpRequest, key: str, migration_id: UUID) -> HttpResponse:
        return self._show(key, get_migration(key, migration_id))

    def post(self, request: HttpRequest, key: str, migration_id: UUID) -> HttpResponse:
        migration = get_migration(key, migration_id)
        command = self.sent("command")
        here = _page_of(key, migration.id)
        try:
            if command == "revert":
                made = prepare_return(migration=migration, actor=self.actor, reason=self.sent("reason"))
                return self.done(_page_of(key, made.id), "Every run was looked at. Nothing has moved yet.")
            if command in _COMMANDS:
                perform, words = _COMMANDS[command]
                perform(operation_id=migration.id, actor=self.actor)
                return self.done(here, words)
        except Conflict as error:
            return self.came_late(here, error)
        except Invalid as error:
            return self._show(key, migration, refused=error)
        return self._show(key, migration, status=422)

    def _show(
        self, key: str, migration: BulkOperation, *, refused: Invalid | None = None, status: int = 200
    ) -> HttpResponse:
        template = get_template(key)
        state = self.asked("state")
        items = list_bulk_items(migration.id, state=state if state in BulkItemState.values else "")
        rows = list_page(items, self.request, oldest_first=True)
        counts = migration.counts
        can = int(counts.get("pending", 0)) + int(counts.get("done", 0))
        values = {
            "template": template,
            "tabs": template_tabs(key, "running"),
            "migration": migration,
            "title": migration_title(migration),
            "tone": STATUS_TONES[BulkStatus(migration.status)],
            "is_back": migration.command == REVERT,
            "is_moving": migration.status in (BulkStatus.PREPARING, BulkStatus.RUNNING),
            "can": can,
            "stop_words": "Discard this plan"
            if migration.status == BulkStatus.PREVIEWED
            else "Leave the rest",
            "verdicts": count_verdicts(migration.id),
            "at_once": count_at_once(migration.id),
            "reasons": count_reasons(migration.id),
            "page": rows,
            "lines": [(item, STATE_TONES[BulkItemState(item.state)], _words_of(item)) for item in rows.rows],
            "states": [
                (value, word, counts[value]) for value, word in STATE_WORDS.items() if counts.get(value)
            ],
            "state": state,
            "may_migrate": self.may("runs:migrate"),
            "refused": refused,
        }
        name = "migration_live" if getattr(self.request, "htmx", False) else "migration"
        if name == "migration_live":
            return render(self.request, "portal/templates/_migration_live.html", values)
        return self.page(f"portal/templates/{name}.html", values, status=422 if refused else status)


def migration_title(migration: BulkOperation) -> str:
    """Say in one sentence how far a migration is."""
    counts, goal = migration.counts, migration.parameters["to"]
    if migration.command == REVERT:
        goal = migration.parameters["from"]
    pending, done = int(counts.get("pending", 0)), int(counts.get("done", 0))
    match BulkStatus(migration.status):
        case BulkStatus.PREPARING:
            verb = "is" if migration.total == 1 else "are"
            return f"{counted(migration.total, 'run')} {verb} being looked at"
        case BulkStatus.PREVIEWED:
            return f"{pending} of {counted(migration.total, 'run')} can go on under version {goal}"
        case BulkStatus.RUNNING | BulkStatus.SUSPENDED:
            return f"{done} of {counted(done + pending, 'run')} moved to version {goal}"
    return f"{counted(done, 'run')} moved to version {goal}"


Steering = Callable[..., BulkOperation]
_COMMANDS: Mapping[str, tuple[Steering, str]] = {
    "start": (start_bulk, "The runs are being moved."),
    "suspend": (suspend_bulk, "No further run is moved until you resume it."),
    "resume": (resume_bulk, "It goes on."),
    "cancel": (cancel_bulk, "The runs that were left stay where they are."),
}


def _title(running: Mapping[int, int], current: int | None) -> str:
    total = sum(running.values())
    if not total:
        return "No run is under way"
    older = sum(count for number, count in running.items() if number != current)
    if not older:
        return f"{counted(total, 'run')} under way, all on the version in use"
    return f"{counted(total, 'run')} under way, {older} on another version than the one in use"


def _first_to_move(
    versions: Sequence[TemplateVersion], running: Mapping[int, int], current: int | None
) -> int | None:
    return next((row.number for row in versions if running.get(row.number) and row.number != current), None)


def _latest(key: str) -> Sequence[BulkOperation]:
    return list(list_migrations(key).order_by("-id")[:10])


def _page_of(key: str, migration_id: UUID) -> str:
    return reverse("portal:template_migration", args=[key, migration_id])


def _number(text: str) -> int | None:
    return int(text[:9]) if text.isascii() and text.isdecimal() else None


def _values(text: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError as error:
        problem = Problem("/values", f"This is not JSON: {error}.", "invalid", f"Write {_VALUES_HINT}.")
        raise Invalid("invalid_plan", "The values cannot be read.", [problem]) from error
    if not isinstance(found, dict) or set(found) - set(_VALUES):
        message = "Only input, vars and outputs can be given."
        raise Invalid(
            "invalid_plan", message, [Problem("/values", message, "type", f"Write {_VALUES_HINT}.")]
        )
    return found


def _lines(move: Move, shown: Proposal, sent: Mapping[str, str]) -> list[Line]:
    by_kind: dict[str, list[tuple[str, str]]] = {}
    for step, place in move.new.places.items():
        by_kind.setdefault(place.step.kind, []).append((step, place.step.name))
    return [
        Line(
            pair,
            by_kind.get(pair.kind, []),
            sent.get(f"step-{pair.step}", pair.counterpart or ""),
            sent.get(f"go_on-{pair.step}", ""),
            ", ".join(label_of(name).lower() for name in pair.changed),
        )
        for pair in shown.steps
    ]


def _words_of(item: BulkItem) -> dict[str, Any]:
    findings = item.details.get("findings") or []
    return {
        "state": STATE_WORDS[BulkItemState(item.state)],
        "text": item.why or item.note,
        "remedies": list(dict.fromkeys(one["remedy"] for one in findings if one.get("remedy"))),
    }
