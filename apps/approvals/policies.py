"""Who may read and decide what. That a decision counts is settled by the request's own policy, in ``voting``."""

from apps.accounts.choices import Role

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
    "approvals:read": DECIDERS | {Role.AUDITOR},
    "approvals:decide": DECIDERS,
    "approval_policies:manage": ADMINISTRATORS,
    "evidence:share": ADMINISTRATORS,
}
