"""Who may do what with integrations."""

from apps.accounts.choices import Role
from apps.accounts.policies import register_actions

CONNECTIONS_READ = "connections:read"
CONNECTIONS_MANAGE = "connections:manage"
HOOKS_READ = "hooks:read"
HOOKS_MANAGE = "hooks:manage"
WEBHOOKS_READ = "webhooks:read"
WEBHOOKS_MANAGE = "webhooks:manage"

_READERS = {Role.TENANT_ADMIN, Role.TEMPLATE_AUTHOR, Role.DELIVERY_MANAGER, Role.AUDITOR}


def register() -> None:
    """Tell accounts which roles may do this app's actions."""
    register_actions(
        {
            CONNECTIONS_READ: _READERS,
            CONNECTIONS_MANAGE: {Role.TENANT_ADMIN},
            HOOKS_READ: _READERS,
            HOOKS_MANAGE: {Role.TENANT_ADMIN},
            WEBHOOKS_READ: _READERS,
            WEBHOOKS_MANAGE: {Role.TENANT_ADMIN},
        }
    )
