"""A browser without scripts for the tests of pages: signed in on a host, reading what is said and sending forms."""

import re
from html import unescape
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from apps.accounts.hosts import SESSION_REALM
from apps.accounts.models import User
from tenants.context import platform_context, tenant_context
from tenants.db import connection
from tenants.types import TenantRef


class Browser(Client):
    """A browser beside the test: what a request does to the connection's schema is undone after it."""

    def request(self, **request: Any) -> Any:
        held = connection.schema_name
        try:
            return super().request(**request)
        finally:
            connection.set_schema(held)


def browser(host: str, **options: Any) -> Client:
    """A browser that nobody has signed in."""
    return Browser(headers={"host": host}, **options)


def signed_in(user: User, tenant: TenantRef) -> Client:
    """A browser of a person of the tenant."""
    with tenant_context(tenant):
        return _with_session(user, tenant.primary_host, f"tenant:{tenant.id}")


def signed_in_partner(user: User, host: str) -> Client:
    """A browser of a person of a partner, at its console."""
    with platform_context():
        return _with_session(user, host, f"partner:{user.partner_id}")


def words(response: Any) -> str:
    """What a page says, without its tags."""
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text))).strip()


def headline(response: Any) -> str:
    """The answer at the head of a page."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", response.content.decode(), flags=re.DOTALL)
    assert found is not None, "the page has no headline"
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", found.group(1)))).strip()


def _with_session(user: User, host: str, realm: str) -> Client:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "apps.accounts.backends.SignInBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[SESSION_REALM] = realm
    session.save()
    client = browser(host)
    client.cookies["session"] = session.session_key or ""
    return client
