"""Keep and forget filters."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.accounts import policies
from apps.core.actor import Actor
from apps.inbox.exceptions import BadFilter, NothingWaits
from apps.inbox.models import SavedFilter
from apps.inbox.selectors.filters import get_filter, list_filters
from apps.inbox.types import Wanted
from apps.ledger.services import record, unit_of_work

MAX_FILTERS = 30


def save_filter(*, name: str, query: Mapping[str, Any], actor: Actor) -> SavedFilter:
    """Keep the filter under the name, instead of the one that had it. Raises BadFilter."""
    called = " ".join(name.split())
    if not 0 < len(called) <= 60:
        raise BadFilter("/name", "Give it a name of 1 to 60 characters.")
    wanted = Wanted.read(query).to_json()
    if not wanted:
        raise BadFilter(
            "/query", "It leaves nothing out and groups nothing: set a filter first, then save it."
        )
    if actor.user_id is None:
        raise NothingWaits
    with unit_of_work(actor):
        policies.require(actor, "inbox:write")
        held = list_filters(actor).select_for_update()
        same = held.filter(name=called).first()
        if same is None and held.count() >= MAX_FILTERS:
            raise BadFilter("/name", f"You keep {MAX_FILTERS} filters already; delete one first.")
        saved = same or SavedFilter(user_id=UUID(actor.user_id), name=called)
        saved.query = wanted
        saved.save()
        record("inbox.save_filter", saved, after={"name": called, "query": wanted})
        return saved


def delete_filter(*, filter_id: UUID, actor: Actor) -> None:
    """Forget one of the actor's own filters; raise UnknownFilter."""
    with unit_of_work(actor):
        policies.require(actor, "inbox:write")
        saved = get_filter(actor, filter_id)
        record("inbox.delete_filter", saved, before={"name": saved.name, "query": saved.query})
        saved.delete()
