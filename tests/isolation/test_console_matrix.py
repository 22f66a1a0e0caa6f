"""Every route of a partner's host, asked by everybody: a partner sees its own tenants, brands, leases and people alone."""

from typing import Any

import pytest
from django.core.cache import cache

from apps.accounts.models import User
from apps.ledger.models import AuditEntry
from tenants.context import platform_context
from tests.interfaces.pages import browser
from tests.isolation.conftest import World
from tests.isolation.routes import Route, routes_of
from tests.isolation.test_matrix import PLATFORM, PUBLIC, REFUSED, ask, probes, said, with_key
from tests.isolation.world import Console

pytestmark = [pytest.mark.django_db, pytest.mark.isolation]
ROUTES = routes_of("config.urls.partner")
WITH_IDS = [route for route in ROUTES if route.names_things]


def as_of(visitor: Console, host: str) -> Any:
    client = browser(host)
    client.cookies["session"] = visitor.admin.cookies["session"].value
    return client


def assert_nothing_foreign(response: Any, world: World, what: str) -> None:
    text = said(response)
    for word in world.foreign_words:
        assert word not in text, f"{what} tells of {word}"
    assert PLATFORM not in text.lower(), f"{what} names the platform"
    assert response.status_code < 500, f"{what} answered {response.status_code}"


def test_every_route_can_be_probed(world: World) -> None:
    assert len(ROUTES) > 30
    for route in ROUTES:
        assert route.path(world.console_here.ids).startswith("/")


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_own_addresses_tell_of_no_other_partner(route: Route, world: World) -> None:
    here = world.console_here
    for method, path, body in probes(route, here.ids):
        what = f"{method} {path}"
        assert_nothing_foreign(ask(as_of(here, here.host), method, path, body), world, what)
        if route.is_api:
            response = ask(browser(here.host), method, path, body, **with_key(here.admin_key))
            assert_nothing_foreign(response, world, what)


@pytest.mark.parametrize("route", WITH_IDS, ids=str)
def test_ids_of_another_partner_lead_nowhere(route: Route, world: World) -> None:
    here = world.console_here
    for method, path, body in probes(route, world.console_there.ids):
        visitors: list[tuple[Any, dict[str, str]]] = [(as_of(here, here.host), {})]
        if route.is_api:
            visitors.append((browser(here.host), with_key(here.admin_key)))
        for client, headers in visitors:
            response = ask(client, method, path, body, **headers)
            what = f"{method} {path}"
            assert_nothing_foreign(response, world, what)
            if response.status_code == 303 and method == "GET":
                # A form's address, looked at: the page it belongs to is what says that there is nothing.
                response = client.get(response.headers["Location"])
            assert response.status_code in {404, 422}, f"{what} answered {response.status_code}"
            if response.status_code == 422:
                own = ask(client, method, route.path(here.ids), body, **headers)
                assert own.status_code == 422, f"{what} can be told from an own id"


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_people_of_another_partner_are_nobody(route: Route, world: World) -> None:
    here, there = world.console_here, world.console_there
    for method, path, body in probes(route, here.ids):
        response = ask(as_of(there, here.host), method, path, body)
        what = f"{method} {path} with a foreign session"
        assert_nothing_foreign(response, world, what)
        assert here.word not in said(response), what
        public = route.pattern.startswith(PUBLIC)
        if not public:
            assert response.status_code in REFUSED, f"{what} answered {response.status_code}"
        if route.is_api and not public and route.view.__name__ != "no_such_address":
            response = ask(browser(here.host), method, path, body, **with_key(there.admin_key))
            assert response.status_code == 401, f"{method} {path} with a foreign key: {response.status_code}"


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_strangers_are_shown_nothing(route: Route, world: World) -> None:
    here = world.console_here
    for method, path, body in probes(route, here.ids):
        response = ask(browser(here.host), method, path, body)
        what = f"{method} {path} by nobody"
        assert_nothing_foreign(response, world, what)
        assert here.word not in said(response), what
        if not route.pattern.startswith(PUBLIC):
            assert response.status_code in REFUSED, f"{what} answered {response.status_code}"


def test_a_tenants_people_are_nobody_at_the_console_and_the_other_way_round(world: World) -> None:
    """Sessions and keys live in one schema each; carried to the other host they are nothing."""
    console, place = world.console_here, world.here
    for path in ("/", "/api/v1/me", "/api/v1/users"):
        for source, host in ((place.staff, console.host), (console.admin, place.host)):
            client = browser(host)
            client.cookies["session"] = source.cookies["session"].value
            response = client.get(path)
            assert response.status_code in REFUSED, f"{path} on {host} answered {response.status_code}"
        for key, host in ((place.staff_key, console.host), (console.admin_key, place.host)):
            if path.startswith("/api"):
                assert ask(browser(host), "GET", path, **with_key(key)).status_code == 401


def test_asking_for_another_partners_tenant_is_audited(world: World) -> None:
    here = world.console_here
    path = f"/api/v1/tenants/{world.console_there.ids['tenant_id']}"
    with platform_context():
        for who in (here.ids["user_id"], here.ids["key_id"]):
            cache.delete_many([f"misses:{who}", f"missed:{who}:{path}"])
    assert ask(browser(here.host), "GET", path, **with_key(here.admin_key)).status_code == 404
    with platform_context():
        noted = AuditEntry.objects.filter(action="access.not_found").latest("id")
        assert noted.after["path"] == path
        assert noted.subject_id == str(User.objects.get(pk=here.ids["user_id"]).pk)
