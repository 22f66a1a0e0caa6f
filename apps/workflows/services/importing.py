"""Bring a version of a template in from another workspace: slots first, then three-way with what was changed here.

What comes in is a draft; it is reviewed and published like any other. Policies and messages it holds and that are missing
here, or were not changed here since the last import, are brought in with it. Inbound mappings stay the workspace's own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid, Problem
from apps.ledger.services import record, unit_of_work
from apps.workflows import steps
from apps.workflows.bundles import Json, hash_of, open_bundle
from apps.workflows.choices import VersionStatus
from apps.workflows.engine.merge import MINE, THEIRS, Unreadable, merge_texts
from apps.workflows.models import TemplateVersion
from apps.workflows.parts import find_part
from apps.workflows.services.templates import save_draft

_OPEN = (VersionStatus.DRAFT, VersionStatus.IN_REVIEW)


@dataclass(frozen=True, slots=True)
class SlotState:
    """One connection slot of a bundle: whether it is bound here, and what a test of its connection gave."""

    slot: str
    connector: str
    ok: bool
    code: str
    message: str

    def to_json(self) -> Json:
        """The state for an API answer."""
        return {
            "slot": self.slot,
            "connector": self.connector,
            "ok": self.ok,
            "code": self.code,
            "message": self.message,
        }


@dataclass(slots=True)
class ImportPlan:
    """What an import would do. ``text`` is the draft's text, ``conflicts`` what somebody has to choose, ``install`` and
    ``keep`` the parts brought in and left as they are, as ``(part, key)``."""

    key: str
    name: str
    text: str
    tests: str
    content: Json
    slots: list[SlotState]
    conflicts: list[Json] = field(default_factory=list)
    install: list[tuple[str, str]] = field(default_factory=list)
    keep: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_ready(self) -> bool:
        """Whether it could be carried out."""
        return all(slot.ok for slot in self.slots) and not self.conflicts


class SlotsNotReady(Conflict):
    """Nothing is imported until each slot is bound and its connection has been tried."""

    def __init__(self, states: list[SlotState]) -> None:
        super().__init__(
            "slots_not_ready",
            "Bind each connection slot to a connection that answers, then import again.",
            [
                Problem(
                    f"/bundle/slots/{one.slot}", one.message, one.code, remedy=_REMEDIES.get(one.code, "")
                )
                for one in states
                if not one.ok
            ],
        )


class ImportConflict(Conflict):
    """Both sides changed the same; ``conflicts`` holds each with both values, to be chosen by id."""

    def __init__(self, conflicts: list[Json]) -> None:
        super().__init__(
            "import_conflict",
            "Some things were changed here and in the bundle. Choose mine or theirs for each and import again.",
            extra={"conflicts": conflicts},
        )


_REMEDIES = {
    "not_bound": "Bind the slot under Settings, Connections.",
    "test_failed": "Try the connection under Settings, Connections, and mend what it says.",
}


def plan_import(*, bundle: Any, actor: Actor, choices: Mapping[str, str] | None = None) -> ImportPlan:
    """Return what importing the bundle would do here; nothing is changed. Slots are tried now.

    Raises BundleRefused, Invalid (``unreadable_template``).
    """
    policies.require(actor, "templates:write")
    content = open_bundle(bundle)
    versions = TemplateVersion.objects.filter(template__key=content["key"])
    versions = versions.exclude(status=VersionStatus.DISCARDED)
    current = (
        versions.filter(status__in=_OPEN).first()
        or versions.filter(status=VersionStatus.PUBLISHED).first()
        or versions.order_by("-number").first()
    )
    before = versions.exclude(imported={}).order_by("-number").first()
    base = before.imported if before is not None else {}
    chosen = dict(choices or {})
    plan = ImportPlan(
        key=content["key"],
        name=str(content.get("name", content["key"])),
        text=content["source"],
        tests=content["tests"],
        content=content,
        slots=[_state(slot, declared, content["key"]) for slot, declared in content["slots"].items()],
    )
    if current is not None:
        _merge_text(plan, current.source, base.get("source"), chosen)
    _weigh_parts(plan, base.get("parts", {}), chosen)
    return plan


def import_bundle(*, bundle: Any, actor: Actor, choices: Mapping[str, str] | None = None) -> TemplateVersion:
    """Import a bundle as the template's draft and return it.

    Raises as ``plan_import``, SlotsNotReady, ImportConflict, InReview, and Forbidden where the actor may not change a
    policy or message that comes with it.
    """
    plan = plan_import(bundle=bundle, actor=actor, choices=choices)
    if any(not slot.ok for slot in plan.slots):
        raise SlotsNotReady(plan.slots)
    if plan.conflicts:
        raise ImportConflict(plan.conflicts)
    return _carry_out(plan, actor)


def _carry_out(plan: ImportPlan, actor: Actor) -> TemplateVersion:
    content = plan.content
    with unit_of_work(actor, reason=f"imported version {content.get('version')} of {plan.key}"):
        for name, key in plan.install:
            part = find_part(name)
            if part is not None and part.install is not None:
                part.install(key, content["parts"][name][key], actor)
        draft = save_draft(source=plan.text, tests=plan.tests, actor=actor)
        origin = content.get("from") if isinstance(content.get("from"), dict) else {}
        draft.imported = {
            "hash": hash_of(content),
            "source": content["source"],
            "parts": content["parts"],
            "version": content.get("version"),
            "from": origin,
        }
        draft.save(update_fields=["imported"])
        record(
            "template_version.import",
            draft,
            after={
                "template": plan.key,
                "number": draft.number,
                "hash": draft.imported["hash"],
                "from": origin,
            },
        )
        return draft


def _state(slot: str, declared: Any, template_key: str) -> SlotState:
    connector = str(declared.get("connector", "")) if isinstance(declared, dict) else ""
    tried: Json = steps.ask_catalogue("try_slot", slot, template_key) or {
        "ok": False,
        "code": "not_bound",
        "message": f"The slot '{slot}' is not bound to a connection.",
    }
    return SlotState(slot, connector, bool(tried["ok"]), str(tried["code"]), str(tried["message"]))


def _merge_text(plan: ImportPlan, mine: str, base: str | None, choices: Mapping[str, str]) -> None:
    """Bring the bundle's text together with what is here; without an earlier import all that differs is to be chosen."""
    theirs = plan.text
    if base is None or "text" in choices:
        if mine != theirs and "text" not in choices:
            plan.conflicts.append(_conflict("text", "The template was written here, too.", mine, theirs))
        plan.text = mine if choices.get("text") == MINE else theirs
        return
    try:
        merged = merge_texts(base, mine, theirs, choices)
    except Unreadable as error:
        raise Invalid("unreadable_template", str(error)) from error
    plan.text = merged.text
    for one in merged.conflicts:
        place = f"step {one.step}" if one.step else "the head"
        words = f"{one.path or 'the whole step'} of {place} was changed on both sides."
        plan.conflicts.append(_conflict(one.id, words[:1].upper() + words[1:], one.mine, one.theirs))


def _weigh_parts(plan: ImportPlan, base: Json, choices: Mapping[str, str]) -> None:
    for name, key, copy in _copies(plan.content["parts"]):
        part = find_part(name)
        if part is None or part.install is None or part.is_live:
            plan.keep.append((name, key))
            continue
        held = dict(part.snapshot([key])).get(key)
        conflict, since = f"{name}/{key}", base.get(name, {}).get(key)
        unchanged_here = held is None or (since is not None and _means(held) == _means(since))
        unchanged_there = since is not None and _means(copy) == _means(since)
        if _means(held) == _means(copy) or choices.get(conflict) == MINE:
            plan.keep.append((name, key))
        elif unchanged_here or choices.get(conflict) == THEIRS:
            plan.install.append((name, key))
        elif unchanged_there:
            plan.keep.append((name, key))
        else:
            words = f"{key} ({part.label}) says something else here."
            plan.conflicts.append(_conflict(conflict, words, held, copy))


def _means(copy: Any) -> Any:
    """Return a part without what only numbers it."""
    numbers = ("number", "version", "digest")
    return {k: v for k, v in copy.items() if k not in numbers} if isinstance(copy, dict) else copy


def _copies(parts: Json) -> Iterator[tuple[str, str, Json]]:
    for name, copies in parts.items():
        for key, copy in copies.items() if isinstance(copies, dict) else ():
            yield str(name), str(key), copy


def _conflict(id: str, words: str, mine: Any, theirs: Any) -> Json:
    return {"id": id, "words": words, "mine": mine, "theirs": theirs}
