"""What this app registers with the apps below it."""

from apps.accounts.choices import STAFF_ROLES, Role
from apps.accounts.models import ApiKey, Group, GroupMembership, RoleAssignment, User
from apps.accounts.policies import register_actions, require_at_door
from apps.core.api.gates import set_policy
from tenants.configuration import register_configuration

_ACTIONS: dict[str, set[str]] = {
    "users:read": set(STAFF_ROLES) | {Role.PARTNER_ADMIN},
    "users:manage": {Role.TENANT_ADMIN, Role.PARTNER_ADMIN},
    "groups:manage": {Role.TENANT_ADMIN},
    "keys:manage": {Role.TENANT_ADMIN, Role.PARTNER_ADMIN},
    # The ledger stands in the same row and knows no roles.
    "audit:read": {Role.TENANT_ADMIN, Role.AUDITOR, Role.PARTNER_ADMIN},
    "events:read": {Role.TENANT_ADMIN, Role.AUDITOR, Role.TEMPLATE_AUTHOR, Role.DELIVERY_MANAGER},
    # On a partner's host.
    "tenants:read": {Role.PARTNER_ADMIN},
    "tenants:manage": {Role.PARTNER_ADMIN},
    "brands:read": {Role.PARTNER_ADMIN},
    "brands:manage": {Role.PARTNER_ADMIN},
    "leases:read": {Role.PARTNER_ADMIN},
    "leases:manage": {Role.PARTNER_ADMIN},
}


def register() -> None:
    """Called once, when the apps are loaded."""
    set_policy(require_at_door)
    register_actions(_ACTIONS)
    for model in (ApiKey, Group, GroupMembership, RoleAssignment, User):
        register_configuration(model)
