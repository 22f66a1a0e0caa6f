"""The partner's tenants: what the console says of them, and what can be done."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.clock import now
from apps.core.ids import new_id
from apps.dispatch.models import WorkItem
from apps.workflows.models import ExceptionCase
from tenants.context import tenant_context
from tenants.models import AccessLease, Partner, Tenant
from tenants.types import TenantRef
from tests.interfaces.pages import browser, headline, signed_in_partner, words

LIST_QUERIES = 7
DETAIL_QUERIES = 8
ORDER = {
    "name": "Northwind Delivery",
    "slug": "northwind",
    "environment": "sandbox",
    "region": "EU",
    "timezone": "Europe/Berlin",
    "currency": "EUR",
}


class TestWhoSeesWhat:
    def test_nobody_is_sent_to_sign_in_and_back(self, host: str) -> None:
        for path in ("/", "/tenants/new/", "/brand/", "/operations/"):
            response = browser(host).get(path)
            assert (response.status_code, response["Location"]) == (302, f"/sign-in/?next={path}")

    def test_people_without_the_role_are_refused(self, person: Callable[..., User], host: str) -> None:
        client = signed_in_partner(person("northmsp"), host)
        for path in ("/", "/tenants/new/", "/brand/", "/operations/"):
            assert client.get(path).status_code == 403, path
        assert client.post("/tenants/new/", ORDER).status_code == 403
        assert client.post("/brand/", {}).status_code == 403

    def test_another_partners_people_cannot_come_in(self, person: Callable[..., User], host: str) -> None:
        client = signed_in_partner(person("solarerp", "partner_admin"), host)
        assert client.get("/").status_code == 302

    def test_another_partners_tenant_is_not_there(self, pat: Client) -> None:
        foreign = Tenant.objects.get(slug="beta")
        lease = AccessLease.objects.create(
            tenant=foreign,
            partner_user_id=new_id(),
            partner_user_email="x@solarerp.example",
            roles=["auditor"],
            reason="theirs",
            starts_at=now(),
            ends_at=now() + timedelta(hours=1),
            granted_by="x",
        )
        assert "Beta" not in words(pat.get("/"))
        for path in (f"/tenants/{foreign.pk}/", f"/tenants/{foreign.pk}/state/", f"/tenants/{new_id()}/"):
            assert pat.get(path).status_code == 404, path
        access = {"reason": "curious", "hours": "4", "roles": ["auditor"]}
        assert pat.post(f"/tenants/{foreign.pk}/access/", access).status_code == 404
        assert pat.post(f"/tenants/{foreign.pk}/retry/").status_code == 404
        for command in ("enter", "revoke"):
            assert pat.post(f"/leases/{lease.pk}/{command}/").status_code == 404, command
        lease.refresh_from_db()
        assert lease.revoked_at is None


class TestHealth:
    @pytest.fixture(autouse=True)
    def _nothing_late(self, on_platform: None) -> None:
        """What the tests before have left undone is nobody's delay."""
        WorkItem.objects.all().delete()

    def test_all_in_order(self, pat: Client) -> None:
        response = pat.get("/")
        assert headline(response) == "Your tenant is in order"
        assert "alpha.localhost:8000" in words(response)

    def test_says_which_tenant_needs_somebody_and_why(self, pat: Client, alpha: TenantRef) -> None:
        with tenant_context(alpha):
            for number in range(2):
                ExceptionCase.objects.create(
                    subject=f"run/{number}", title="PSA", code="timeout", message="No answer",
                    created_at=now() - timedelta(hours=5),
                )  # fmt: skip
        WorkItem.objects.create(
            tenant_id=alpha.id,
            lane="actions",
            kind="test.kind",
            ref=new_id(),
            run_at=now() - timedelta(minutes=20),
        )
        response = pat.get("/")
        assert headline(response) == "Alpha Delivery needs you: 2 exceptions open, the oldest for 5 h"
        assert "work late by 20 min" in words(response)
        detail = pat.get(f"/tenants/{alpha.id}/")
        assert headline(detail).startswith("Alpha Delivery needs attention: 2 exceptions open")

    def test_nothing_found_keeps_the_way_back(self, pat: Client) -> None:
        response = pat.get("/?q=zzz&environment=sandbox")
        assert "No tenant like this" in words(response)

    @pytest.mark.parametrize("query", ["?cursor=nonsense", "?limit=0", "?q=%00", "?environment=moon"])
    def test_no_address_breaks_it(self, pat: Client, query: str) -> None:
        assert pat.get(f"/{query}").status_code in (200, 422)

    def test_queries_do_not_grow_with_the_tenants(
        self, pat: Client, partner: Partner, alpha: TenantRef
    ) -> None:
        pat.get("/")
        with CaptureQueriesContext(connection) as few:
            pat.get("/")
        Tenant.objects.bulk_create(
            Tenant(partner=partner, slug=f"more-{n}", name=f"More {n}", schema_name=alpha.schema_name + f"_{n}",
                   status="failed") for n in range(40)
        )  # fmt: skip
        with CaptureQueriesContext(connection) as many:
            response = pat.get("/")
        assert len(many) == len(few) <= LIST_QUERIES, [query["sql"][:100] for query in few.captured_queries]
        assert "25 of 41 tenants need you" in words(response)
        assert 'rel="next"' in response.content.decode()

    def test_one_tenants_page_is_cheap(self, pat: Client, alpha: TenantRef) -> None:
        pat.get(f"/tenants/{alpha.id}/")
        with CaptureQueriesContext(connection) as queries:
            pat.get(f"/tenants/{alpha.id}/")
        assert len(queries) <= DETAIL_QUERIES, [query["sql"][:100] for query in queries.captured_queries]


class TestNewTenant:
    def test_is_ordered_and_its_page_waits(self, pat: Client, partner: Partner) -> None:
        response = pat.post("/tenants/new/", ORDER, follow=True)
        assert headline(response) == "Northwind Delivery is being set up"
        tenant = Tenant.objects.get(slug="northwind")
        assert (tenant.partner, tenant.timezone, tenant.environment) == (partner, "Europe/Berlin", "sandbox")
        state = pat.get(f"/tenants/{tenant.pk}/state/")
        assert 'hx-trigger="every 1s"' in state.content.decode()
        Tenant.objects.filter(pk=tenant.pk).update(status="ready")
        assert pat.get(f"/tenants/{tenant.pk}/state/")["HX-Refresh"] == "true"

    def test_two_clicks_make_one(self, pat: Client) -> None:
        first = pat.post("/tenants/new/", ORDER)
        second = pat.post("/tenants/new/", ORDER)
        assert (second.status_code, second["Location"]) == (303, first["Location"])
        assert Tenant.objects.filter(slug="northwind").count() == 1

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"name": " "}, "Give the tenant a name."),
            ({"slug": ""}, "Choose the first part of its address."),
            ({"slug": "Größe!"}, "Use 3 to 40 lower-case letters, digits and hyphens."),
            ({"slug": "beta"}, "The name “beta” is in use. Choose another."),
            ({"timezone": "Mars/Olympus"}, "Select a valid choice."),
            ({"region": "moon"}, "Select a valid choice."),
            ({"name": "x" * 121}, "at most 120 characters"),
        ],
    )
    def test_what_is_wrong_is_said_beside_the_field(
        self, pat: Client, changed: dict[str, str], said: str
    ) -> None:
        response = pat.post("/tenants/new/", ORDER | changed)
        assert response.status_code == 422
        assert said in words(response)
        if "name" not in changed:
            assert 'value="Northwind Delivery"' in response.content.decode()
        assert not Tenant.objects.filter(slug="northwind").exists()

    def test_a_failed_one_is_tried_again(self, pat: Client, partner: Partner) -> None:
        tenant = Tenant.objects.create(
            partner=partner, slug="broken", name="Broken", schema_name="t_broken", status="failed"
        )
        assert headline(pat.get(f"/tenants/{tenant.pk}/")) == "Broken could not be set up"
        for _click in range(2):
            assert pat.post(f"/tenants/{tenant.pk}/retry/").status_code == 303
        tenant.refresh_from_db()
        assert tenant.status == "provisioning"
        assert WorkItem.objects.filter(ref=tenant.pk, kind="partners.provision").count() == 1


class TestAccess:
    @pytest.fixture
    def taken(self, pat: Client, alpha: TenantRef) -> AccessLease:
        asked = {"reason": "Ticket 42", "hours": "4", "roles": ["auditor"]}
        for _click in range(2):
            assert pat.post(f"/tenants/{alpha.id}/access/", asked).status_code == 303
        return AccessLease.objects.get(tenant_id=alpha.id)

    def test_is_taken_for_a_while_and_leads_in(
        self, pat: Client, alpha: TenantRef, taken: AccessLease
    ) -> None:
        assert taken.roles == ["auditor"]
        assert "You may enter Alpha Delivery until" in words(pat.get(f"/tenants/{alpha.id}/"))
        scripted = pat.post(f"/leases/{taken.pk}/enter/", headers={"HX-Request": "true"})
        assert scripted["HX-Redirect"].startswith("http://alpha.localhost:8000/access/")
        plain = pat.post(f"/leases/{taken.pk}/enter/")
        assert "The door is open for one minute" in words(plain)
        address = _link_to(plain, "/access/")
        visitor = browser(alpha.primary_host)
        assert "Ticket 42" in words(visitor.get(address))
        assert visitor.post(address)["Location"] == "/"
        assert visitor.post(address).status_code == 404

    def test_somebody_elses_lease_opens_nothing(
        self, taken: AccessLease, person: Callable[..., User], host: str
    ) -> None:
        other = signed_in_partner(person("northmsp", "partner_admin", email="otto@northmsp.example"), host)
        assert other.post(f"/leases/{taken.pk}/enter/").status_code == 404

    def test_is_ended(self, pat: Client, alpha: TenantRef, taken: AccessLease) -> None:
        for _click in range(2):
            response = pat.post(f"/leases/{taken.pk}/revoke/", follow=True)
            assert "can no longer enter Alpha Delivery" in words(response)
        assert "ended early" in words(response)
        assert pat.post(f"/leases/{taken.pk}/enter/").status_code == 404

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"reason": ""}, "Say why; the tenant’s people read it in their audit."),
            ({"roles": []}, "Choose at least one role."),
            ({"roles": ["customer"]}, "Select a valid choice."),
            ({"hours": "100"}, "Select a valid choice."),
        ],
    )
    def test_what_is_wrong_is_said(
        self, pat: Client, alpha: TenantRef, changed: dict[str, Any], said: str
    ) -> None:
        asked = {"reason": "Ticket 42", "hours": "4", "roles": ["auditor"]} | changed
        response = pat.post(f"/tenants/{alpha.id}/access/", asked)
        assert response.status_code == 422
        assert said in words(response)
        assert not AccessLease.objects.filter(tenant_id=alpha.id).exists()


def _link_to(response: Any, path: str) -> str:
    page = response.content.decode()
    start = page.index('href="http', page.index("<main")) + len('href="')
    url = page[start : page.index('"', start)]
    assert path in url
    return "/" + url.split("/", 3)[3]
