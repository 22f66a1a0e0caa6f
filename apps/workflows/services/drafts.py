"""Editing a draft together: everybody's changes come together, and nobody overwrites what he has not seen."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils.text import slugify

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid, NotFound, PreconditionFailed, Problem
from apps.ledger.services import unit_of_work
from apps.workflows.engine.merge import Merged, Unreadable, merge_texts
from apps.workflows.engine.source import read_text
from apps.workflows.exceptions import EditConflict
from apps.workflows.models import DraftPresence, WorkflowTemplate
from apps.workflows.selectors.drafts import Draft, draft_to_edit
from apps.workflows.services.templates import save_draft

_FORGOTTEN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Edited:
    """The draft after a save. ``is_merged``: others' changes are in it; ``keeps_comments`` as in `engine.merge`."""

    draft: Draft
    is_merged: bool = False
    keeps_comments: bool = True


def edit_draft(
    *,
    template_key: str,
    source: str,
    actor: Actor,
    base: str | None = None,
    expected: int | None = None,
    choices: Mapping[str, str] | None = None,
) -> Edited:
    """Save a text as the template's draft.

    ``base`` is the text it was made from: what others have saved since is merged into it. Without one, ``expected`` is
    the version of the draft it replaces (0: there was none). Raises NotFound, Invalid, TemplateRefused,
    PreconditionFailed, and EditConflict with every field both sides changed that ``choices`` (id to mine or theirs)
    leaves open.
    """
    with unit_of_work(actor):
        policies.require(actor, "templates:write")
        template = WorkflowTemplate.objects.select_for_update().filter(key=template_key).first()
        if template is None:
            raise NotFound("not_found", "There is no such workflow template.")
        current = draft_to_edit(template)
        if base is None and expected is not None and expected != current.version:
            raise PreconditionFailed(
                "version_mismatch",
                "The draft was changed since you read it. Send the text you began with as `base`.",
                extra={"current_etag": f'"{current.version}"'},
            )
        merged = _merged(base, source, current, choices or {})
        _require_key(merged.text, template_key)
        if merged.text != current.source:
            save_draft(source=merged.text, actor=actor, autosaved=True)
            current = draft_to_edit(template)
        return Edited(current, merged.text != source, merged.keeps_comments)


def combine_texts(*, base: str, source: str, theirs: str) -> Merged:
    """Merge without saving anything, theirs where both changed; raise Invalid."""
    try:
        return merge_texts(base, source, theirs)
    except Unreadable as error:
        raise _unreadable(error) from error


def create_template(*, name: str, family: str, actor: Actor) -> str:
    """Begin a template with a first, empty draft; return its key, made from the name. Raise Conflict, Invalid."""
    key = slugify(name)[:60].strip("-_").replace("_", "-")
    if not key or not key[0].isalpha():
        raise Invalid("invalid_name", "The name must begin with a letter from a to z.", [_NAME])
    with unit_of_work(actor):
        policies.require(actor, "templates:write")
        if WorkflowTemplate.objects.filter(key=key).exists():
            raise Conflict("template_exists", f"There is a template with the key {key} already.")
        save_draft(source=_beginning(key, name, family), actor=actor)
        return key


def note_presence(*, template_key: str, window: str, step: str, actor: Actor) -> None:
    """Remember that somebody has the draft open in a window, at a step; raise NotFound."""
    template = WorkflowTemplate.objects.filter(key=template_key).only("id").first()
    if template is None:
        raise NotFound("not_found", "There is no such workflow template.")
    DraftPresence.objects.filter(seen_at__lt=now() - _FORGOTTEN).delete()
    DraftPresence.objects.update_or_create(
        template=template,
        actor_id=actor.id,
        window=window,
        defaults={"name": actor.label, "step": step, "seen_at": now()},
    )


def end_presence(*, template_key: str, window: str, actor: Actor) -> None:
    """Forget a window that was closed."""
    DraftPresence.objects.filter(template__key=template_key, actor_id=actor.id, window=window).delete()


_NAME = Problem("/name", "Begin with a letter from a to z.", "name", "Give it a name in words.")


def _merged(base: str | None, source: str, current: Draft, choices: Mapping[str, str]) -> Merged:
    if base is None or base == current.source:
        return Merged(source)
    try:
        merged = merge_texts(base, source, current.source, choices)
    except Unreadable as error:
        raise _unreadable(error) from error
    if merged.conflicts:
        raise EditConflict(
            [conflict.to_json() for conflict in merged.conflicts],
            source=current.source,
            merged=merged.text,
            etag=f'"{current.version}"',
        )
    return merged


def _require_key(source: str, template_key: str) -> None:
    document = read_text(source).data
    key = document.get("key") if isinstance(document, dict) else None
    if key is not None and key != template_key:
        words = f"The key must stay “{template_key}”; another key is another template."
        raise Invalid("key_changed", words, [Problem("/source", words, "key", f"Write key: {template_key}.")])


def _unreadable(error: Unreadable) -> Invalid:
    words = str(error)
    return Invalid(
        "not_mergeable", words, [Problem("/source", words, "not_mergeable", "Mend the text first.")]
    )


def _beginning(key: str, name: str, family: str) -> str:
    # A JSON string is a quoted one in YAML, too.
    belongs = f"family: {json.dumps(family, ensure_ascii=False)}\n" if family else ""
    named = json.dumps(name, ensure_ascii=False)
    return f"format: 1\nkey: {key}\nname: {named}\n{belongs}input:\n  type: object\n  properties: {{}}\nsteps: []\n"
