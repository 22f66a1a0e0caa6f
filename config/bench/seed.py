"""``python -m config.bench.seed N``: have N tenants ready for the measured work; writes ``$VAR_DIR/bench-tenants.json``.

Repeating it makes what is missing. The file holds for each tenant its slug, schema and keys, and how long it took.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import django

django.setup()

import yaml  # noqa: E402
from django.conf import settings  # noqa: E402

from apps.accounts.models import User  # noqa: E402
from apps.accounts.services import create_api_key, create_user  # noqa: E402
from apps.core.actor import Actor  # noqa: E402
from apps.integrations.services import install_connection  # noqa: E402
from apps.partners.services import TenantOrder, create_partner, create_tenant  # noqa: E402
from apps.partners.services.tenants import provision_tenant  # noqa: E402
from apps.workflows.services import publish_version, save_draft  # noqa: E402
from tenants.context import platform_context, tenant_context  # noqa: E402
from tenants.models import Partner, Tenant  # noqa: E402

ACTOR = Actor.system("bench")
HERE = Path(__file__).parent
PEOPLE = {"starter": ["tenant_admin"], "approver": ["approver"]}


def main(wanted: int) -> None:
    """Make the tenants that are missing."""
    path = settings.VAR_DIR / "bench-tenants.json"
    known: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
    partner = _partner()
    known += [_tenant(partner, f"bench-{number:04d}") for number in range(len(known), wanted)]
    path.write_text(json.dumps(known))


def _partner() -> Partner:
    with platform_context():
        found = Partner.objects.filter(slug="bench").first()
        brand = {"name": "Bench Services", "primary": "#1f3a5f", "support_email": "help@bench.example"}
        return found or create_partner(slug="bench", name="Bench Services", brand=brand, actor=ACTOR)


def _tenant(partner: Partner, slug: str) -> dict[str, Any]:
    started = time.perf_counter()
    with platform_context():
        tenant = Tenant.objects.filter(slug=slug).first()
        if tenant is None:
            order = TenantOrder(slug=slug, name=slug.title(), currency="EUR")
            tenant = create_tenant(partner_id=partner.id, order=order, actor=ACTOR)
        provision_tenant(tenant.id)
    seconds = time.perf_counter() - started
    with tenant_context(tenant.id):
        return {
            "slug": slug,
            "id": str(tenant.id),
            "schema": tenant.schema_name,
            "provisioned_in": seconds,
            **_keys(),
            **_template(),
        }


def _keys() -> dict[str, str]:
    keys = {}
    for name, roles in PEOPLE.items():
        email = f"{name}@bench.example"
        user = User.objects.filter(email=email).first() or create_user(
            email=email, name=name.title(), roles=roles, actor=ACTOR
        )
        keys[name] = create_api_key(user_id=user.pk, name=name, scopes=["*"], actor=ACTOR, days=365)[1]
    return keys


def _template() -> dict[str, str]:
    install_connection(
        name="Stub",
        definition=yaml.safe_load((HERE / "connection.yaml").read_text(encoding="utf-8")),
        config={"base_url": os.environ["SYSTEMS_URL"]},
        secret=None,
        slots=["stub"],
        actor=ACTOR,
    )
    for name in ("waiting.yaml", "template.yaml"):
        source = (HERE / name).read_text(encoding="utf-8")
        draft = save_draft(source=source, actor=ACTOR)
        publish_version(template_key=draft.template.key, number=draft.number, actor=ACTOR)
    return {"template": draft.template.key}


if __name__ == "__main__":
    main(int(sys.argv[1]))
