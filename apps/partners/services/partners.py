"""Partners: the resellers themselves, made by operators."""

from django.conf import settings

from apps.core.actor import Actor
from apps.ledger.services import record, unit_of_work
from tenants.models import Brand, Domain, Partner


def create_partner(*, slug: str, name: str, brand: dict[str, str], actor: Actor) -> Partner:
    """Make a partner with its brand and its console's host ``<slug>.<base domain>``."""
    with unit_of_work(actor):
        look = Brand(**{"name": name, **brand})
        look.full_clean()
        look.save()
        partner = Partner(slug=slug, name=name, brand=look)
        partner.full_clean()
        partner.save()
        Domain.objects.create(domain=host_of(slug), partner=partner, is_primary=True)
        record("partner.create", partner, after={"slug": slug, "name": name})
        return partner


def host_of(slug: str) -> str:
    """Return the host name under the base domain."""
    return f"{slug}.{settings.BASE_DOMAIN.split(':')[0]}"
