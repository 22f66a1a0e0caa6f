"""Mails to the customer's people about milestones."""

from uuid import UUID

from apps.delivery.models import Contact, Milestone
from apps.ledger.types import StoredEvent
from apps.messaging.services import queue_message
from apps.messaging.types import Recipient


def ask_acceptance(event: StoredEvent) -> None:
    """Ask the customer's contacts to accept a completed milestone."""
    for contact in Contact.objects.filter(customer__projects=UUID(event.data["project_id"])).order_by("id"):
        _tell("milestone-acceptance", contact, event)


def thank_for_acceptance(event: StoredEvent) -> None:
    """Thank the contact who accepted a milestone."""
    milestone = Milestone.objects.filter(pk=UUID(event.data["milestone_id"])).first()
    accepted_by = milestone.accepted_by_id if milestone else None
    if accepted_by is None:
        return
    rows = Contact.objects.filter(customer__projects=UUID(event.data["project_id"]), user_id=accepted_by)
    for contact in rows[:1]:
        _tell("acceptance-thanks", contact, event)


def _tell(key: str, contact: Contact, event: StoredEvent) -> None:
    milestone = Milestone.objects.select_related("project").get(pk=UUID(event.data["milestone_id"]))
    project = {"id": str(milestone.project_id), "name": milestone.project.name}
    queue_message(
        key=key,
        to=Recipient(email=contact.email, name=contact.name, user_id=contact.user_id),
        data={"milestone": {"id": str(milestone.id), "title": milestone.title}, "project": project},
        # The same event may be told twice.
        dedupe=f"{key}:{event.id}:{contact.id}",
    )
