"""Hosts lead where they should, at once, at no cost once warm."""

import psycopg
import pytest
from django.db import OperationalError
from django.db import connection as raw_connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.actor import Actor
from apps.partners.services import edit_brand
from tenants import directory
from tenants.context import platform_context
from tenants.db import connection
from tenants.models import Domain, Tenant
from tenants.types import TenantRef

SYSTEM = Actor.system("test")


def test_a_warm_host_costs_no_query_but_the_activation(alpha: TenantRef) -> None:
    directory.resolve_host("alpha.localhost")
    with CaptureQueriesContext(raw_connection) as captured:
        found = directory.resolve_host("alpha.localhost")
    assert found is not None
    assert found.tenant == alpha
    assert captured.captured_queries == []


def test_a_moved_domain_leads_elsewhere_at_once(alpha: TenantRef, beta: TenantRef) -> None:
    assert directory.resolve_host("alpha.localhost").tenant == alpha
    Domain.objects.filter(domain="alpha.localhost").update(tenant_id=beta.id)
    assert directory.resolve_host("alpha.localhost").tenant.id == beta.id
    Domain.objects.filter(domain="alpha.localhost").delete()
    assert directory.resolve_host("alpha.localhost") is None


def test_a_suspended_tenant_is_gone_at_once(alpha: TenantRef) -> None:
    assert directory.resolve_host("alpha.localhost").tenant == alpha
    Tenant.objects.filter(pk=alpha.id).update(status="suspended")
    assert directory.resolve_host("alpha.localhost") is None


def test_a_changed_brand_is_seen_at_once(alpha: TenantRef) -> None:
    before = directory.resolve_host("alpha.localhost").brand
    with platform_context():
        brand_id = Tenant.objects.get(pk=alpha.id).partner.brand_id
        edit_brand(brand_id=brand_id, changes={"primary": "#135724"}, actor=SYSTEM)
    after = directory.resolve_host("alpha.localhost").brand
    assert after.primary == "#135724"
    assert after.css_url != before.css_url


@pytest.mark.parametrize(
    "host", ["nobody.localhost", "", "alpha.localhost.evil.example", "[::1]", "a" * 300, "ALPHA"]
)
def test_unknown_hosts_get_a_neutral_404(db: None, host: str) -> None:
    answer = Client().get("/", headers={"host": host})
    assert answer.status_code == 404
    assert b"North" not in answer.content


@pytest.mark.parametrize("host", ["alpha.localhost", "ALPHA.localhost:8000", "alpha.localhost."])
def test_hosts_are_read_as_people_write_them(alpha: TenantRef, host: str) -> None:
    answer = Client().get("/brand.css", headers={"host": host})
    assert answer.status_code == 200


def test_connections_that_died_while_idle_cost_no_request(transactional_db: None, alpha: TenantRef) -> None:
    directory.resolve_host("alpha.localhost")
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as own:
        own.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()"
        )
    try:
        with pytest.raises(OperationalError):
            Tenant.objects.exists()
        assert directory.resolve_host("alpha.localhost").tenant == alpha
        assert Tenant.objects.exists()
    finally:
        connection.renew()


@pytest.mark.parametrize(("path", "sort"), [("/api/v1/runs", "application/problem+json"), ("/", "text/html")])
def test_a_database_that_is_away_is_told_with_when_to_come_back(
    transactional_db: None, alpha: TenantRef, monkeypatch: pytest.MonkeyPatch, path: str, sort: str
) -> None:
    directory.resolve_host("alpha.localhost")

    def away(_schema: str) -> int:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(directory, "_activate", away)
    answer = Client(raise_request_exception=False).get(path, headers={"host": "alpha.localhost"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer["Content-Type"].startswith(sort)
