"""``python -m config.demo.seed``: what the demo starts with, made through the product's own services; safe to repeat.

Reads its surroundings from the environment (as the product does) and writes ``$VAR_DIR/credentials.json``.
"""

import os
from pathlib import Path
from typing import Any

import django

django.setup()

import yaml  # noqa: E402
from django.conf import settings  # noqa: E402

from apps.accounts.models import User  # noqa: E402
from apps.accounts.services import create_api_key, create_user  # noqa: E402
from apps.core.actor import Actor  # noqa: E402
from apps.integrations.models import InboundHook  # noqa: E402
from apps.integrations.services import create_hook, install_connection  # noqa: E402
from apps.integrations.types import Secret  # noqa: E402
from apps.partners.services import TenantOrder, create_partner, create_tenant  # noqa: E402
from apps.partners.services.tenants import provision_tenant  # noqa: E402
from apps.workflows.choices import VersionStatus  # noqa: E402
from apps.workflows.models import TemplateVersion  # noqa: E402
from apps.workflows.services import publish_version  # noqa: E402
from config.demo import credentials, world  # noqa: E402
from config.demo.esign import MAPPING_FILE  # noqa: E402
from config.demo.systems.tokens import ensure_tokens  # noqa: E402
from tenants.context import platform_context, tenant_context  # noqa: E402
from tenants.models import Partner, Tenant  # noqa: E402

Json = dict[str, Any]
ACTOR = Actor.system("demo setup")
HERE = Path(__file__).parent


def main() -> None:
    """Make what is missing and write the credentials."""
    path = settings.VAR_DIR / "credentials.json"
    earlier = credentials.read(path)
    content: Json = {
        "base_domain": settings.BASE_DOMAIN,
        "mail_dir": str(settings.VAR_DIR / "mail"),
        "systems_url": os.environ["SYSTEMS_URL"],
        "operator": _operator(),
        "partners": [_partner(reseller) for reseller in world.PARTNERS],
        "tenants": [
            _tenant(reseller, workspace, earlier)
            for reseller in world.PARTNERS
            for workspace in reseller.tenants
        ],
    }
    credentials.write(path, content)


def _operator() -> Json:
    with platform_context():
        if not User.objects.filter(email=world.OPERATOR.email).exists():
            user = User(
                email=world.OPERATOR.email, name=world.OPERATOR.name, is_staff=True, is_superuser=True
            )
            user.set_password(_password(world.OPERATOR))
            user.save()
    url = f"{settings.URL_SCHEME}://{settings.BASE_DOMAIN}/operator/"
    return {"url": url, "email": world.OPERATOR.email, "password": _password(world.OPERATOR)}


def _partner(reseller: world.Reseller) -> Json:
    with platform_context():
        partner = Partner.objects.filter(slug=reseller.slug).first()
        if partner is None:
            partner = create_partner(
                slug=reseller.slug, name=reseller.name, brand=reseller.brand, actor=ACTOR
            )
        _member(reseller.admin, partner_id=partner.id)
    return {
        "slug": reseller.slug,
        "host": _host(reseller.slug),
        "url": _url(reseller.slug),
        "users": [_login(reseller.admin)],
    }


def _tenant(reseller: world.Reseller, workspace: world.Workspace, earlier: Json) -> Json:
    tenant = _provisioned(reseller, workspace)
    held: Json = next((part for part in earlier.get("tenants", []) if part["slug"] == workspace.slug), {})
    with tenant_context(tenant.id):
        for member in workspace.members:
            _member(member)
        _connections()
        _publish()
        return {
            "slug": workspace.slug,
            "partner": reseller.slug,
            "host": _host(workspace.slug),
            "url": _url(workspace.slug),
            "environment": workspace.environment,
            "users": [_login(member) for member in workspace.members],
            "api_keys": held.get("api_keys") or [_key(workspace)],
            "hooks": [_hook(workspace, held)],
            "contacts": held.get("contacts", []),
        }


def _provisioned(reseller: world.Reseller, workspace: world.Workspace) -> Tenant:
    with platform_context():
        tenant = Tenant.objects.filter(slug=workspace.slug).first()
        if tenant is None:
            order = TenantOrder(
                slug=workspace.slug,
                name=workspace.name,
                environment=workspace.environment,
                region=workspace.region,
                timezone=workspace.timezone,
                currency=workspace.currency,
            )
            partner = Partner.objects.get(slug=reseller.slug)
            tenant = create_tenant(partner_id=partner.id, order=order, actor=ACTOR)
        # Here and now, for no dispatcher is running yet; its work item will find nothing left to do.
        provision_tenant(tenant.id)
    return tenant


def _member(member: world.Member, partner_id: Any = None) -> None:
    if not User.objects.filter(email=member.email).exists():
        create_user(
            email=member.email,
            name=member.name,
            roles=member.roles,
            regions=member.regions,
            password=_password(member),
            partner_id=partner_id,
            actor=ACTOR,
        )


def _connections() -> None:
    tokens = ensure_tokens(settings.VAR_DIR / "systems")
    for slot, name in (("psa", "PSA"), ("erp", "ERP")):
        definition = yaml.safe_load((HERE / "connections" / f"{slot}.yaml").read_text(encoding="utf-8"))
        install_connection(
            name=name,
            definition=definition,
            config={"base_url": os.environ["SYSTEMS_URL"]},
            secret=Secret("bearer", {"token": tokens[slot]}),
            slots=[slot],
            actor=ACTOR,
        )


def _publish() -> None:
    """Publish the drafts a new tenant is born with, the called template before the one that calls it."""
    # Those of the platform: what people have begun in an earlier start of the demo is theirs to publish.
    drafts = TemplateVersion.objects.filter(status=VersionStatus.DRAFT, authors=[]).select_related("template")
    for draft in drafts.order_by("-template__key"):
        publish_version(template_key=draft.template.key, number=draft.number, actor=ACTOR)


def _key(workspace: world.Workspace) -> Json:
    owner = User.objects.get(email=workspace.members[0].email)
    _row, text = create_api_key(user_id=owner.id, name=world.KEY_NAME, scopes=["*"], actor=ACTOR, days=365)
    return {"name": world.KEY_NAME, "key": text, "scopes": ["*"]}


def _hook(workspace: world.Workspace, held: Json) -> Json:
    known = next(iter(held.get("hooks", [])), None)
    hook = InboundHook.objects.filter(name=world.HOOK_NAME).first()
    if hook is None or known is None:
        mapping = yaml.safe_load(MAPPING_FILE.read_text(encoding="utf-8"))
        made = create_hook(
            name=world.HOOK_NAME,
            scheme="docusign-connect",
            mapping=mapping,
            owner_role="delivery_manager",
            actor=ACTOR,
        )
        hook, secret = made.hook, made.secret
    else:
        secret = known["secret"]
    return {
        "name": hook.name,
        "url": f"{_url(workspace.slug)}hooks/{hook.id}",
        "scheme": hook.scheme,
        "secret": secret,
    }


def _login(member: world.Member) -> Json:
    return {"email": member.email, "password": _password(member), "roles": list(member.roles)}


def _password(member: world.Member) -> str:
    return credentials.password_of(member.email, settings.SECRET_KEY)


def _host(slug: str) -> str:
    return f"{slug}.{settings.BASE_DOMAIN.split(':')[0]}"


def _url(slug: str) -> str:
    return f"{settings.URL_SCHEME}://{slug}.{settings.BASE_DOMAIN}/"


if __name__ == "__main__":
    main()
