"""A person at the portal: signed in on the tenant's host, reading pages and sending forms."""

import re
from html import unescape

from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.hosts import SESSION_REALM
from apps.accounts.models import User
from tenants.types import TenantRef

BACKEND = "apps.accounts.backends.SignInBackend"
_TAGS = re.compile(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", re.DOTALL)


class Page:
    """What came back: status, where to, and the words a reader sees."""

    def __init__(self, response, queries: int):
        self.response = response
        self.status = response.status_code
        self.html = response.content.decode("utf-8", "replace") if not response.streaming else ""
        self.to = response.headers.get("Location", "")
        self.queries = queries

    @property
    def words(self) -> str:
        return " ".join(unescape(_TAGS.sub(" ", self.html)).split())

    def has(self, *texts: str) -> bool:
        missing = [text for text in texts if text not in self.words]
        assert not missing, f"{missing} not in: {self.words[:4000]}"
        return True


class Visitor:
    """A browser of one person (or of nobody) on the tenant's host; each visit counts its queries."""

    def __init__(self, tenant: TenantRef, user: User | None = None):
        self.tenant = tenant
        self.user = user
        self.client = Client(HTTP_HOST=tenant.primary_host)
        if user is not None:
            self.client.force_login(user, backend=BACKEND)
            session = self.client.session
            assert session[SESSION_KEY] == str(user.pk)
            session[SESSION_REALM] = f"tenant:{tenant.id}"
            session.save()

    def get(self, path: str, *, follow: bool = False, **query):
        return self._visit(lambda: self.client.get(path, query, follow=follow))

    def cost(self, path: str, **query) -> int:
        """How many queries the page asks once the host and its brand are known to the process."""
        self.get(path, **query)
        return self.get(path, **query).queries

    def part(self, path: str):
        """What the page itself asks for, to renew a part of it."""
        return self._visit(lambda: self.client.get(path, headers={"HX-Request": "true"}))

    def post(self, path: str, form: dict | None = None, *, follow: bool = False):
        return self._visit(lambda: self.client.post(path, form or {}, follow=follow))

    def _visit(self, ask):
        with CaptureQueriesContext(connection) as captured:
            response = ask()
        # A request leaves its tenant; the test goes on in it.
        connection.set_schema(self.tenant.schema_name)  # type: ignore[attr-defined]
        self.asked = [query["sql"] for query in captured.captured_queries]
        return Page(response, len(self.asked))
