"""Events this app emits, in the platform's schema."""

from apps.ledger.events import EventType, register_event_type

TENANT_CREATED = "tenant.created"
TENANT_READY = "tenant.ready"
TENANT_FAILED = "tenant.failed"
BRAND_CHANGED = "brand.changed"

_TENANT = {
    "type": "object",
    "required": ["tenant_id", "slug"],
    "properties": {"tenant_id": {"type": "string"}, "slug": {"type": "string"}, "reason": {"type": "string"}},
}
_BRAND = {
    "type": "object",
    "required": ["brand_id"],
    "properties": {"brand_id": {"type": "string"}, "fields": {"type": "array", "items": {"type": "string"}}},
}


def register() -> None:
    """Add this app's events to the catalogue."""
    for name, description, schema in (
        (TENANT_CREATED, "A tenant was ordered; it is being provisioned.", _TENANT),
        (TENANT_READY, "A tenant is provisioned and its hosts answer.", _TENANT),
        (TENANT_FAILED, "A tenant could not be provisioned.", _TENANT),
        (BRAND_CHANGED, "A brand's looks or voice were changed.", _BRAND),
    ):
        register_event_type(EventType(name, description, schema))
