"""What programs of a partner read and do beside the console: health, setting up again, the logo."""

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from apps.accounts.models import User
from apps.accounts.services import create_api_key
from apps.core.actor import Actor
from tenants.models import Partner, Tenant
from tenants.types import TenantRef
from tests.interfaces.pages import browser

SYSTEM = Actor.system("test")


@pytest.fixture
def send(person: Callable[..., User], host: str) -> Callable[..., Any]:
    owner = person("northmsp", "partner_admin")
    key = create_api_key(user_id=owner.id, name="machine", scopes=["*"], actor=SYSTEM)[1]
    client = browser(host)

    def ask(method: str, path: str, body: object = None) -> Any:
        given = {"Authorization": f"Bearer {key}"}
        return client.generic(
            method,
            f"/api/v1/{path}",
            json.dumps({} if body is None else body),
            "application/json",
            headers=given,
        )

    return ask


def test_health(send: Callable[..., Any], alpha: TenantRef, beta: TenantRef) -> None:
    answer = send("GET", f"tenants/{alpha.id}/health")
    assert answer.status_code == 200
    assert answer.json()["open_exceptions"] == 0
    assert send("GET", f"tenants/{beta.id}/health").status_code == 404


def test_set_up_again(send: Callable[..., Any], partner: Partner, beta: TenantRef) -> None:
    tenant = Tenant.objects.create(
        partner=partner, slug="broken", name="B", schema_name="t_broken", status="failed"
    )
    assert send("POST", f"tenants/{tenant.pk}/retry").status_code == 202
    tenant.refresh_from_db()
    assert tenant.status == "provisioning"
    assert send("POST", f"tenants/{beta.id}/retry").status_code == 404


def test_logo(send: Callable[..., Any], partner: Partner) -> None:
    out = io.BytesIO()
    Image.new("RGB", (900, 300), "#225588").save(out, "PNG")
    path = f"brands/{partner.brand_id}/logo"
    answer = send("PUT", path, {"content": base64.b64encode(out.getvalue()).decode()})
    assert answer.status_code == 200
    partner.brand.refresh_from_db()
    assert Image.open(io.BytesIO(bytes(partner.brand.logo or b""))).size == (640, 213)
    for content, pointer in (("***", "/content"), (base64.b64encode(b"no").decode(), "/logo")):
        refused = send("PUT", path, {"content": content})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == pointer
    assert send("DELETE", path).status_code == 204
    partner.brand.refresh_from_db()
    assert not partner.brand.logo
    other = Partner.objects.get(slug="solarerp")
    assert send("DELETE", f"brands/{other.brand_id}/logo").status_code == 404
