"""Work on the chain over audit entries: seal what is new, sign the head once a day."""

from collections.abc import Sequence

from apps.core.actor import Actor
from apps.dispatch.types import ClaimedItem, Retry
from apps.ledger.services import finish, unit_of_work
from apps.ledger.services.sealing import seal_entries, sign_head

_ACTOR = Actor.system("audit seals")


def seal(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Seal what is there; several items are one seal."""
    with unit_of_work(_ACTOR):
        seal_entries()
        finish(items)
    return {}


def sign(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Sign the head."""
    with unit_of_work(_ACTOR):
        sign_head()
        finish(items)
    return {}
