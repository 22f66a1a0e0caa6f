"""Who may read and decide what. That a decision counts is settled by the request's own policy, in ``voting``."""

from apps.accounts.choices import STAFF_ROLES, Role
from apps.core.actor import Actor

ADMINISTRATORS = frozenset({Role.TENANT_ADMIN})
DECIDERS = frozenset(
    {
        Role.TENANT_ADMIN,
        Role.TEMPLATE_AUTHOR,
        Role.DELIVERY_MANAGER,
        Role.RESOURCE_MANAGER,
        Role.DELIVERY_DIRECTOR,
        Role.FINANCE,
        Role.APPROVER,
    }
)
"""Roles whose holders may be named as approvers by a policy."""

ACTIONS = {
    "approvals:read": DECIDERS | {Role.AUDITOR, Role.CUSTOMER},
    "approvals:decide": DECIDERS | {Role.CUSTOMER},
    "approval_policies:manage": ADMINISTRATORS,
    "evidence:share": ADMINISTRATORS,
}
GRANTED_TO_CONTACTS = ("approvals:read", "approvals:decide")
"""What a customer's contact may do with a request that asks him, and with no other."""


def is_contact(actor: Actor) -> bool:
    """Whether the actor is one of a customer's people, who sees nothing but the requests that ask him."""
    return not actor.is_system and not actor.roles & STAFF_ROLES
