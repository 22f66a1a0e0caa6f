"""Reactions to events; each bears running twice."""

from apps.accounts.selectors import get_user, users_with_role
from apps.ledger.types import StoredEvent
from apps.messaging.recipients import recipient_of
from apps.messaging.services.queueing import queue_message
from apps.messaging.services.sending import EXCEPTION_KEY

SUPPORT_ROLE = "tenant_admin"
"""Who is told when the owner's role has no holder: no exception may wait for nobody."""


def mail_exception_owner(event: StoredEvent) -> None:
    """Mail those who own an exception that was raised."""
    data = event.data
    owner_user = data.get("owner_user")
    owners = (
        [get_user(owner_user)] if owner_user else users_with_role(str(data.get("owner_role") or SUPPORT_ROLE))
    )
    exception = {
        "id": data["exception_id"],
        "title": data.get("title") or data["code"],
        "message": data["message"],
    }
    for owner in owners or users_with_role(SUPPORT_ROLE):
        queue_message(
            key=EXCEPTION_KEY,
            to=recipient_of(owner),
            data={"exception": exception},
            dedupe=f"exception:{data['exception_id']}:{event.id}:{owner.id}",
        )
