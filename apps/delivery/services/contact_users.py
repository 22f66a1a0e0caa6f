"""Accounts of contacts: made with the first contract, without a password, for the status pages only."""

from apps.accounts.choices import Role
from apps.accounts.models import User
from apps.accounts.services import assign_role, create_user
from apps.core.actor import Actor
from apps.delivery import policies
from apps.delivery.models import Contact, Project
from apps.ledger.services import record


def ensure_contact_user(*, contact: Contact, actor: Actor) -> User:
    """Give the contact an account, that of its address if there is one; it signs in by a code sent by mail.

    Needs a unit of work.
    """
    user = User.objects.filter(email=User.objects.normalize_email(contact.email)).first()
    if user is None:
        user = create_user(
            email=contact.email,
            name=contact.name[:120],
            roles=[Role.CUSTOMER],
            contact_id=contact.id,
            actor=actor,
        )
    else:
        assign_role(user_id=user.id, role=Role.CUSTOMER, actor=actor)
    contact.user = user
    contact.version += 1
    contact.save(update_fields=["user", "version"])
    record("contact.link_user", contact, after={"user_id": str(user.id)})
    return user


def grant_project(*, contact: Contact, project: Project, actor: Actor) -> None:
    """Let the contact see the project on the status pages and do there what customers do. Needs a unit of work."""
    user = contact.user or ensure_contact_user(contact=contact, actor=actor)
    policies.grant_to_contact(user, project)
    record(
        "project.grant",
        project,
        after={"contact": contact.email, "actions": list(policies.GRANTED_TO_CONTACTS)},
    )
