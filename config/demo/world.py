"""Who and what the demo starts with: partners, tenants, people."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Member:
    """A person with a login; ``regions`` narrows the roles."""

    email: str
    name: str
    roles: tuple[str, ...]
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Workspace:
    """A tenant to be provisioned."""

    slug: str
    name: str
    region: str
    environment: str
    timezone: str
    currency: str
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Reseller:
    """A partner with its brand and tenants."""

    slug: str
    name: str
    brand: dict[str, str] = field(hash=False)
    admin: Member = Member("", "", ())
    tenants: tuple[Workspace, ...] = ()


def _staff(domain: str, region: str) -> tuple[Member, ...]:
    return (
        Member(f"admin@{domain}", "Ada Brandt", ("tenant_admin", "template_author", "auditor")),
        Member(f"delivery@{domain}", "Daniel Okafor", ("delivery_manager",)),
        Member(f"resources@{domain}", "Renate Vogel", ("resource_manager",), (region,)),
        Member(f"director@{domain}", "Dolores Ibarra", ("delivery_director",)),
        Member(f"finance@{domain}", "Farid Haddad", ("finance",)),
        Member(f"audit@{domain}", "Astrid Lund", ("auditor",)),
    )


EU = Workspace(
    "nordic-eu",
    "Nordic Delivery EU",
    "EU",
    "production",
    "Europe/Berlin",
    "EUR",
    _staff("eu.nordic.example", "EU"),
)
US = Workspace(
    "nordic-us",
    "Nordic Delivery US",
    "US",
    "production",
    "America/New_York",
    "USD",
    _staff("us.nordic.example", "US"),
)
SANDBOX = Workspace(
    "nordic-sandbox",
    "Nordic Sandbox",
    "EU",
    "sandbox",
    "Europe/Berlin",
    "EUR",
    _staff("sandbox.nordic.example", "EU"),
)
SOLAR = Workspace(
    "solar",
    "Solar Projects",
    "EU",
    "production",
    "Europe/Vienna",
    "EUR",
    _staff("projects.solar.example", "EU"),
)

PARTNERS = (
    Reseller(
        slug="nordic",
        name="Nordic Managed Services",
        brand={
            "name": "Nordic Managed Services",
            "primary": "#1f3a5f",
            "accent": "#0b7a75",
            "support_email": "help@nordic.example",
            "mail_sender_name": "Nordic Managed Services",
            "mail_sender_address": "projects@nordic.example",
        },
        admin=Member("partner@nordic.example", "Nora Lind", ("partner_admin",)),
        tenants=(EU, US, SANDBOX),
    ),
    Reseller(
        slug="solar-erp",
        name="Solar ERP Partners",
        brand={
            "name": "Solar ERP Partners",
            "primary": "#ffb400",
            "accent": "#7a3e00",
            "support_email": "hallo@solar.example",
            "mail_sender_name": "Solar ERP Partners",
            "mail_sender_address": "projekte@solar.example",
        },
        admin=Member("partner@solar.example", "Sepp Huber", ("partner_admin",)),
        tenants=(SOLAR,),
    ),
)
OPERATOR = Member("operator@platform.example", "Olga Petrova", ())
KEY_NAME = "demo"
HOOK_NAME = "E-signature"
SUBSCRIBER = "data-warehouse"
