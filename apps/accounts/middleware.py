"""From the session to the actor of the request."""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from apps.accounts.hosts import SESSION_REALM, belongs_here, realm_of
from apps.accounts.models import User
from apps.accounts.presence import arriving, note_session
from apps.accounts.selectors import actor_of_user
from apps.accounts.selectors.leases import actor_of_lease, find_active_lease


class ActorMiddleware:
    """Set ``request.actor`` (None for nobody) and ``request.lease``; bind each session to the host it began on.

    A session brought to another host, of a person who does not belong there, or whose access lease is over, is ended.
    What a signed-in person sees is kept by no cache.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        held = cast(Any, request)
        held.actor = held.lease = None
        if not hasattr(request, "host"):
            return self.get_response(request)
        with arriving(request):
            return self._respond(request, held)

    def _respond(self, request: HttpRequest, held: Any) -> HttpResponse:
        # A request with a key of its own is judged by the key alone.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and "Authorization" not in request.headers:
            self._recognise(held)
        response = self.get_response(request)
        session = held.session
        if session.modified and SESSION_KEY in session and SESSION_REALM not in session:
            session[SESSION_REALM] = realm_of(request)
        if held.actor is not None:
            if not response.has_header("Cache-Control"):
                response["Cache-Control"] = "no-store, private"
            patch_vary_headers(response, ["Cookie"])
        return response

    def _recognise(self, request: Any) -> None:
        user = request.user
        if not isinstance(user, User) and not getattr(user, "is_authenticated", False):
            return
        if request.session.get(SESSION_REALM) != realm_of(request) or not belongs_here(request, user):
            self._end(request)
        elif user.lease_id is None:
            request.actor = actor_of_user(user)
            note_session(request, user)
        else:
            request.lease = find_active_lease(user.lease_id, tenant_id=request.tenant.id)
            if request.lease is None:
                self._end(request)
            else:
                request.actor = actor_of_lease(user, request.lease)
                note_session(request, user)

    def _end(self, request: Any) -> None:
        request.session.flush()
        request.user = AnonymousUser()
