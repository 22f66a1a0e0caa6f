"""The audit of editing: the first save of a sitting and, when it is over, what became of it; not each save between.

A sitting is one person's saves of one draft with less than half an hour between two of them. It is also over when the
draft is handed in, published or discarded. Entries that are written are never changed.
"""

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from apps.core.actor import Actor
from apps.core.clock import now
from apps.dispatch.services.settle import finish
from apps.dispatch.types import ClaimedItem, Retry, WorkItemSpec
from apps.ledger.services import enqueue, record, unit_of_work
from apps.workflows.models import EditingSession, TemplateVersion
from apps.workflows.services.kinds import EDITING_KIND

QUIET = timedelta(minutes=30)
_ACTOR = Actor.system("template editing")


def note_save(draft: TemplateVersion, actor: Actor) -> None:
    """Note that somebody has saved the draft, which is locked; part of the caller's unit of work."""
    held = EditingSession.objects.filter(template_version=draft, actor_id=actor.id).first()
    if held is not None and held.last_at + QUIET <= now():
        _end(held)
        held = None
    digest = hashlib.sha256(draft.source.encode()).hexdigest()
    if held is not None:
        held.saves, held.last_at, held.source_hash = held.saves + 1, now(), digest
        held.save(update_fields=["saves", "last_at", "source_hash"])
        return
    at = now()
    held = EditingSession(
        template_version=draft,
        actor_id=actor.id,
        actor=actor.to_json(),
        began_at=at,
        last_at=at,
        source_hash=digest,
    )
    held.save(force_insert=True)
    after = {"template": draft.template.key, "number": draft.number, "source_hash": digest}
    record("template_version.save_draft", draft, after=after)
    enqueue(WorkItemSpec(EDITING_KIND, held.id, run_at=at + QUIET))


def end_editing(version: TemplateVersion) -> None:
    """The draft, which is locked, is edited no more: every sitting at it is over; part of the caller's unit of work."""
    for held in EditingSession.objects.filter(template_version=version).order_by("id"):
        _end(held)


def end_quiet(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """End the sittings the items refer to, where nothing was saved for half an hour; bears running twice."""
    for item in items:
        with unit_of_work(_ACTOR):
            version = TemplateVersion.objects.select_for_update(of=("self",)).filter(editing=item.ref).first()
            held = EditingSession.objects.filter(pk=item.ref).first() if version is not None else None
            finish([item])
            if held is not None and held.last_at + QUIET > now():
                enqueue(WorkItemSpec(EDITING_KIND, held.id, run_at=held.last_at + QUIET))
            elif held is not None:
                _end(held)
    return {}


def _end(held: EditingSession) -> None:
    """Record what the sitting came to, in the name of who edited; a single save is on record already."""
    version = held.template_version
    if held.saves > 1:
        after = {
            "template": version.template.key,
            "number": version.number,
            "saves": held.saves,
            "since": held.began_at.isoformat(),
            "until": held.last_at.isoformat(),
            "source_hash": held.source_hash,
        }
        with unit_of_work(Actor.recorded(held.actor)):
            record("template_version.edit", version, after=after)
    held.delete()
