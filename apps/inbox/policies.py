"""Who has an inbox: the tenant's own people, each his own."""

from apps.accounts.choices import STAFF_ROLES, Role

TEAM_ROLES = frozenset({Role.TENANT_ADMIN.value, Role.DELIVERY_DIRECTOR.value, Role.RESOURCE_MANAGER.value})
"""Who sees what others hold: directors and administrators all of it, resource managers that of their regions."""
EVERYTHING = frozenset({Role.TENANT_ADMIN.value, Role.DELIVERY_DIRECTOR.value})

ACTIONS = {
    "inbox:read": STAFF_ROLES,
    "inbox:write": STAFF_ROLES,
    "inbox:team": TEAM_ROLES,
}
