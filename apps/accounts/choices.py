"""Roles: what people are in a tenant, and what a partner's staff are in the platform's schema."""

from django.db.models import TextChoices


class Role(TextChoices):
    TENANT_ADMIN = "tenant_admin", "Administrator"
    TEMPLATE_AUTHOR = "template_author", "Template author"
    DELIVERY_MANAGER = "delivery_manager", "Delivery manager"
    RESOURCE_MANAGER = "resource_manager", "Resource manager"
    DELIVERY_DIRECTOR = "delivery_director", "Delivery director"
    FINANCE = "finance", "Finance"
    APPROVER = "approver", "Approver"
    AUDITOR = "auditor", "Auditor"
    CUSTOMER = "customer", "Customer"
    PARTNER_ADMIN = "partner_admin", "Partner administrator"


STAFF_ROLES = frozenset(role.value for role in Role) - {Role.CUSTOMER.value, Role.PARTNER_ADMIN.value}
"""Roles of the tenant's own people. A customer's rights are given object by object instead."""


class SignInMethod(TextChoices):
    PASSWORD = "password", "Password"
    CODE = "code", "Code by mail"
    RESET = "reset", "Password reset"
    FACTOR = "factor", "Second factor"


class FactorKind(TextChoices):
    """What else than the password proves who somebody is; the values are those of allauth's rows."""

    TOTP = "totp", "Authenticator app"
    PASSKEY = "webauthn", "Passkey"
    RECOVERY = "recovery_codes", "Recovery codes"
