"""Who may read and decide what. That a decision counts is settled by the request's own policy, in ``voting``."""

from apps.accounts.choices import STAFF_ROLES, Role
from apps.core.actor import Actor

ADMINISTRATORS = frozenset({Role.TENANT_ADMIN})
LEADERS = frozenset({Role.TENANT_ADMIN, Role.DELIVERY_DIRECTOR})
"""Roles whose holders say for others who is away and who decides instead."""
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
    # One's own absences; those of others are in the hands of who leads.
    "delegations:read": STAFF_ROLES,
    "delegations:write": STAFF_ROLES - {Role.AUDITOR},
    "delegations:manage": LEADERS,
    # What happened besides decisions is for staff, and so is changing who is asked.
    "approvals:follow": DECIDERS | {Role.AUDITOR},
    "approvals:pass_on": DECIDERS,
    # To others what somebody is asked; everybody may pass on what he is asked himself, and recall what he asked for.
    "approvals:reassign": LEADERS,
    "coverage:read": LEADERS | {Role.DELIVERY_MANAGER, Role.TEMPLATE_AUTHOR, Role.AUDITOR},
    "coverage:check": LEADERS | {Role.DELIVERY_MANAGER, Role.TEMPLATE_AUTHOR},
}
GRANTED_TO_CONTACTS = ("approvals:read", "approvals:decide")
"""What a customer's contact may do with a request that asks him, and with no other."""


def is_contact(actor: Actor) -> bool:
    """Whether the actor is one of a customer's people, who sees nothing but the requests that ask him."""
    return not actor.is_system and not actor.roles & STAFF_ROLES
