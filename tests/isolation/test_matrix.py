"""Every route of a tenant's host, asked by everybody: nobody sees anything of another tenant, wherever he comes from."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from rest_framework import serializers

from apps.core.ids import new_id
from apps.ledger.models import AuditEntry
from tenants.context import tenant_context
from tests.interfaces.pages import browser
from tests.isolation.conftest import World
from tests.isolation.routes import UNSAFE, Route, routes_of
from tests.isolation.world import Place

pytestmark = [pytest.mark.django_db, pytest.mark.isolation]
ROUTES = routes_of("config.urls.tenant")
WITH_IDS = [route for route in ROUTES if route.names_things]

# Whoever knows the host may ask for these.
PUBLIC = (
    ".well-known/",
    "brand.css",
    "brand/",
    "sign-in/",
    "sign-out/",
    "sign-up/",
    "password/reset/",
    "access/",
    "calendar/",
    "hooks/",
    "api/v1/openapi.json",
    "api/v1/docs/",
    "api/v1/workflow-templates/schema",
)
# The platform's name, which nobody who uses it ever sees.
PLATFORM = "throughline"
HOMES = ("/", "/status/")
# A new version under a key that does not exist yet begins a text of the tenant's own.
MAKES_KEYS = ("api/v1/message-templates/<slug:key>/versions",)
REFUSED = {301, 302, 401, 403, 404, 405}


def as_of(visitor: Client, place: Place) -> Client:
    """A browser of its own with the visitor's session: what an address does to cookies ends with it."""
    client = browser(place.host)
    client.cookies["session"] = visitor.cookies["session"].value
    return client


def ask(client: Client, method: str, path: str, body: Any = None, **headers: str) -> Any:
    return client.generic(
        method,
        path,
        b"" if body is None else json.dumps(body).encode(),
        content_type="application/json",
        headers=headers,
    )


def said(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return f"{content.decode('utf-8', 'replace')} {dict(response.headers)}"


def assert_nothing_foreign(response: Any, world: World, what: str) -> None:
    text = said(response)
    for word in world.foreign_words:
        assert word not in text, f"{what} tells of {word}"
    assert PLATFORM not in text.lower(), f"{what} names the platform"
    assert response.status_code < 500, f"{what} answered {response.status_code}"


def probes(route: Route, ids: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for method in route.methods:
        body = route.body(method, ids) if method in UNSAFE else None
        yield method, route.path(ids), body


def with_key(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def forget_misses(place: Place, path: str) -> None:
    """What is noted about somebody's wrong addresses is bounded by the minute; each test begins a new one."""
    with tenant_context(place.ref):
        for who in (place.staff_id, place.customer_id, place.staff_key_id):
            cache.delete_many([f"misses:{who}", f"missed:{who}:{path}"[:200]])


def test_every_route_can_be_probed(world: World) -> None:
    """A new kind of id in an address fails here until somebody says which row it names (routes.py, world.py)."""
    assert len(ROUTES) > 120
    for route in ROUTES:
        assert route.path(world.here.ids).startswith("/")
        for method in route.methods:
            assert isinstance(route.body(method, world.here.ids), dict)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_own_addresses_tell_of_nobody_else(route: Route, world: World) -> None:
    here = world.here
    for method, path, body in probes(route, here.ids):
        what = f"{method} {path}"
        assert_nothing_foreign(ask(as_of(here.staff, here), method, path, body), world, what)
        assert_nothing_foreign(ask(as_of(here.customer, here), method, path, body), world, what)
        if route.is_api:
            key = with_key(here.staff_key)
            assert_nothing_foreign(ask(browser(here.host), method, path, body, **key), world, what)


@pytest.mark.parametrize("route", WITH_IDS, ids=str)
def test_ids_of_another_tenant_lead_nowhere(route: Route, world: World) -> None:
    here, foreign = world.here, world.there.ids
    for method, path, body in probes(route, foreign):
        for name, client, headers in (
            ("staff", as_of(here.staff, here), {}),
            ("key", browser(here.host), with_key(here.staff_key)),
            ("customer", as_of(here.customer, here), {}),
        ):
            if name == "key" and not route.is_api:
                continue
            response = ask(client, method, path, body, **headers)
            what = f"{method} {path} by {name}"
            assert_nothing_foreign(response, world, what)
            if response.headers.get("Location") in HOMES or route.pattern in MAKES_KEYS:
                continue  # a page for others: the visitor is sent home before anything is looked up
            if response.status_code in {403, 405, 422}:
                own = ask(client, method, route.path(here.ids), body, **headers)
                assert own.status_code == response.status_code, f"{what} can be told from an own id"
                continue
            assert response.status_code == 404, (
                f"{what} answered {response.status_code}: {said(response)[:300]}"
            )


@pytest.mark.parametrize(
    "route", [route for route in WITH_IDS if route.is_api and "uuid" in route.pattern], ids=str
)
def test_asking_for_ids_of_another_tenant_is_audited(route: Route, world: World) -> None:
    here, path, method = world.here, route.path(world.there.ids), route.methods[0]
    body = route.body(method, world.there.ids)
    forget_misses(here, path)
    response = ask(browser(here.host), method, path, body, **with_key(here.staff_key))
    if response.status_code == 403:  # what only customers may do
        response = ask(as_of(here.customer, here), method, path, body)
    assert response.status_code == 404
    with tenant_context(here.ref):
        noted = AuditEntry.objects.filter(action="access.not_found").latest("id")
        assert (noted.after["path"], noted.after["method"]) == (path[:300], method)
        assert noted.subject_id in {str(here.staff_id), str(here.customer_id)}


@pytest.mark.parametrize(
    "route",
    [
        route
        for route in ROUTES
        if route.is_api and not route.pattern.startswith(PUBLIC) and route.view.__name__ != "no_such_address"
    ],
    ids=str,
)
def test_a_key_of_another_tenant_is_worthless(route: Route, world: World) -> None:
    for ids in (world.here.ids, world.there.ids):
        for method, path, body in probes(route, ids):
            response = ask(browser(world.here.host), method, path, body, **with_key(world.there.staff_key))
            assert response.status_code == 401, f"{method} {path} answered {response.status_code}"
            assert_nothing_foreign(response, world, f"{method} {path}")
            assert world.here.word not in said(response)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_session_of_another_tenant_is_nobody(route: Route, world: World) -> None:
    """Cookies of both people of the other tenant, sent to this host."""
    for visitor in (world.there.staff, world.there.customer):
        for ids in (world.here.ids, world.there.ids):
            for method, path, body in probes(route, ids):
                response = ask(as_of(visitor, world.here), method, path, body)
                what = f"{method} {path} with a foreign session"
                assert_nothing_foreign(response, world, what)
                assert world.here.word not in said(response), what
                if not route.pattern.startswith(PUBLIC):
                    assert response.status_code in REFUSED, f"{what} answered {response.status_code}"


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_strangers_are_shown_nothing(route: Route, world: World) -> None:
    for method, path, body in probes(route, world.here.ids):
        response = ask(browser(world.here.host), method, path, body)
        what = f"{method} {path} by nobody"
        assert_nothing_foreign(response, world, what)
        assert world.here.word not in said(response), what
        if not route.pattern.startswith(PUBLIC):
            assert response.status_code in REFUSED, f"{what} answered {response.status_code}"


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_customer_sees_nothing_of_another_customer(route: Route, world: World) -> None:
    here = world.here
    for method, path, body in probes(route, here.other_ids):
        response = ask(as_of(here.customer, here), method, path, body)
        assert here.other_word not in said(response), f"{method} {path} tells a customer of another one"
        assert response.status_code < 500


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if getattr(route.view, "view_class", None) and route.is_api], ids=str
)
def test_queries_for_ids_of_another_tenant_find_nothing(route: Route, world: World) -> None:
    filters = getattr(route.view.view_class, "filters", None)
    named = {} if filters is None else filters().fields
    for name, held in named.items():
        if not isinstance(held, serializers.UUIDField):
            continue
        wanted = world.there.ids.get(name, new_id())
        path = f"{route.path(world.here.ids)}?{name}={wanted}"
        response = ask(browser(world.here.host), "GET", path, **with_key(world.here.staff_key))
        assert_nothing_foreign(response, world, path)
        assert response.status_code == 404 or response.json()["results"] == [], path


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("api-keys", {"name": "x", "scopes": ["*"], "user_id": "user_id"}),
        ("slot-bindings", {"slot": "psa", "connection_id": "connection_id"}),
        ("delegations", {"user_id": "user_id", "begins_at": "2030-01-01"}),
        ("delegations", {"deputy_id": "deputy_id", "begins_at": "2030-01-01"}),
        ("hand-overs", {"from_user_id": "from_user_id", "to_user_id": "to_user_id", "reason": "x"}),
    ],
)
def test_bodies_with_ids_of_another_tenant_find_nothing(
    path: str, body: dict[str, Any], world: World
) -> None:
    filled = {
        name: str(world.there.ids.get(value, value)) if isinstance(value, str) else value
        for name, value in body.items()
    }
    response = ask(
        browser(world.here.host), "POST", f"/api/v1/{path}", filled, **with_key(world.here.staff_key)
    )
    assert response.status_code in {404, 422}, said(response)
    assert_nothing_foreign(response, world, path)
