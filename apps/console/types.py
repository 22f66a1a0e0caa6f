"""What the console's pages show."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.partners.types import TenantHealth
from tenants.models import Tenant
from tenants.palette import Verdict


@dataclass(frozen=True, slots=True)
class TenantLine:
    """A tenant with how it fares in words; ``reasons`` say why it needs somebody (none: it does not)."""

    tenant: Tenant
    health: TenantHealth
    host: str
    url: str
    word: str
    tone: str
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class BrandPreview:
    """A brand as it would look: ``css_url`` gives its colours to the preview alone, ``problem`` says what was left out."""

    name: str
    primary: str
    accent: str
    css_url: str
    logo_url: str
    sender: str
    support_email: str
    verdicts: Sequence[Verdict]
    repaired: int
    problem: str
