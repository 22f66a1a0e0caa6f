"""``python -m tests.durability.seed [SLUG ...]``: tenants with both systems connected and the template published.

Writes what is needed to use them to ``$VAR_DIR/tenants.json``, by slug.
"""

import json
import os
import sys
from pathlib import Path

import django

django.setup()

import yaml  # noqa: E402
from django.conf import settings  # noqa: E402

from apps.accounts.services import create_api_key, create_user  # noqa: E402
from apps.core.actor import Actor  # noqa: E402
from apps.integrations.services import install_connection  # noqa: E402
from apps.integrations.types import Secret  # noqa: E402
from apps.partners.services import TenantOrder, create_partner, create_tenant  # noqa: E402
from apps.partners.services.tenants import provision_tenant  # noqa: E402
from apps.workflows.services import publish_version, save_draft  # noqa: E402
from config.demo.systems.tokens import ensure_tokens  # noqa: E402
from tenants.context import platform_context, tenant_context  # noqa: E402
from tenants.models import Partner  # noqa: E402

ACTOR = Actor.system("durability")
CONNECTIONS = Path(settings.BASE_DIR) / "config" / "demo" / "connections"


def main(slugs: list[str]) -> None:
    with platform_context():
        brand = {"name": "Durable", "primary": "#1f3a5f", "support_email": "help@durable.example"}
        partner = create_partner(slug="durable", name="Durable", brand=brand, actor=ACTOR)
    tenants = {slug: make_tenant(partner, slug) for slug in slugs}
    (settings.VAR_DIR / "tenants.json").write_text(json.dumps(tenants))


def make_tenant(partner: Partner, slug: str) -> dict[str, str]:
    with platform_context():
        order = TenantOrder(slug=slug, name=slug.title(), currency="EUR")
        tenant = create_tenant(partner_id=partner.id, order=order, actor=ACTOR)
        provision_tenant(tenant.id)
    with tenant_context(tenant.id):
        user = create_user(email="a@durable.example", name="A", roles=["tenant_admin"], actor=ACTOR)
        key = create_api_key(user_id=user.pk, name="starter", scopes=["*"], actor=ACTOR)[1]
        tokens = ensure_tokens(settings.VAR_DIR / "systems")
        for slot in ("psa", "erp"):
            install_connection(
                name=slot.upper(),
                definition=yaml.safe_load((CONNECTIONS / f"{slot}.yaml").read_text(encoding="utf-8")),
                config={"base_url": os.environ["SYSTEMS_URL"]},
                secret=Secret("bearer", {"token": tokens[slot]}),
                slots=[slot],
                actor=ACTOR,
            )
        source = (Path(__file__).parent / "contract.yaml").read_text(encoding="utf-8")
        draft = save_draft(source=source, actor=ACTOR)
        publish_version(template_key=draft.template.key, number=draft.number, actor=ACTOR)
    return {
        "id": str(tenant.id),
        "slug": tenant.slug,
        "schema": tenant.schema_name,
        "key": key,
        "template": draft.template.key,
    }


if __name__ == "__main__":
    main(sys.argv[1:] or ["steady"])
