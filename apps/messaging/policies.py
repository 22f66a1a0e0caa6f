"""Who may read messages and change what they say."""

from apps.accounts.choices import STAFF_ROLES, Role

ACTIONS = {
    "messages:read": {Role.TENANT_ADMIN, Role.DELIVERY_MANAGER, Role.AUDITOR},
    "messages:resend": {Role.TENANT_ADMIN, Role.DELIVERY_MANAGER},
    "message_templates:read": {Role.TENANT_ADMIN, Role.TEMPLATE_AUTHOR, Role.DELIVERY_MANAGER, Role.AUDITOR},
    "message_templates:manage": {Role.TENANT_ADMIN, Role.TEMPLATE_AUTHOR},
    "notifications:use": STAFF_ROLES,
}
