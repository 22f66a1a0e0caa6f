"""Who sends the request: a program with a key, or a signed-in person's page."""

from copy import copy
from typing import Any, cast

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from apps.accounts.hosts import belongs_here
from apps.accounts.models import ApiKey, User
from apps.accounts.presence import note_key
from apps.accounts.selectors.keys import actor_of_key, find_live_key
from apps.accounts.services import note_key_used
from apps.core.errors import Unauthorized


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer <api key>``; keys live in their tenant's schema, so on another host they are unknown."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """Return the key's owner and the key; None without the header; raise Unauthorized for a worthless one."""
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _, text = header.partition(" ")
        key = find_live_key(text.strip()) if scheme.lower() == "bearer" else None
        if key is None or not belongs_here(request._request, key.user):  # noqa: SLF001 - the request as Django sees it
            raise Unauthorized(
                "invalid_key",
                "The API key is mistyped, expired, revoked, or of another host.",
            )
        note_key_used(key)
        note_key(key)
        cast(Any, request._request).actor = actor_of_key(key)  # noqa: SLF001
        # The key is remembered for other requests; what the framework hangs on a user is this request's.
        return copy(key.user), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class PageSession(SessionAuthentication):
    """The session of a signed-in person, for the pages' own calls; with CSRF protection on unsafe methods."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """Return the person whom the middleware recognised, if any."""
        page: HttpRequest = request._request  # noqa: SLF001 - the request as the middleware left it
        if getattr(page, "actor", None) is None:
            return None
        self.enforce_csrf(page)  # type: ignore[arg-type]
        return cast(User, cast(Any, page).user), None
