"""A partner's own brand."""

from uuid import UUID

from tenants.models import Brand, Partner


def get_brand(partner_id: UUID) -> Brand:
    """Return the brand that the partner's hosts carry, and its tenants' unless they have their own."""
    return Partner.objects.select_related("brand").get(pk=partner_id).brand
