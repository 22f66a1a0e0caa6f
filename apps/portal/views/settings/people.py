"""API keys, users and their roles."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.accounts.choices import STAFF_ROLES, Role
from apps.accounts.policies import ALL_SCOPES, list_actions
from apps.accounts.selectors.keys import visible_keys
from apps.accounts.selectors.users import role_pairs, visible_users
from apps.accounts.services.factors import reset_factors
from apps.accounts.services.keys import DEFAULT_DAYS, create_api_key, revoke_api_key
from apps.accounts.services.users import assign_role, create_user, deactivate_user, revoke_role
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid
from apps.portal.paging import list_page
from apps.portal.views.base import SeeOther
from apps.portal.views.settings.base import SettingsPage


class KeysPage(SettingsPage):
    """API keys; a new one is shown once, on the page that answers its making."""

    tab = "keys"
    action = "keys:manage"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show()

    def post(self, request: HttpRequest) -> HttpResponse:
        if self.sent("command") == "revoke":
            return self._revoke()
        days = self.sent("days")
        try:
            key, text = create_api_key(
                user_id=UUID(self.actor.user_id or ""),
                name=_named(self.sent("name")),
                scopes=request.POST.getlist("scopes"),
                actor=self.actor,
                days=int(days) if days.isascii() and days.isdecimal() else 0,
            )
        except Invalid as error:
            problem = error.errors[0].message if error.errors else error.detail
            return self._show(problem=problem, status=422)
        return self._show(made=(key.name, text))

    def _revoke(self) -> HttpResponse:
        here = reverse("portal:keys")
        revoke_api_key(key_id=_uuid(self.sent("key")), actor=self.actor, reason=self.sent("reason"))
        return self.done(here, "The key is revoked; it opens nothing any more.")

    def _show(
        self, *, made: tuple[str, str] | None = None, problem: str = "", status: int = 200
    ) -> HttpResponse:
        values = {
            "page": list_page(visible_keys(self.actor).select_related("user"), self.request),
            "made": made,
            "problem": problem,
            "scopes": [ALL_SCOPES, *list_actions()],
            "chosen": self.request.POST.getlist("scopes"),
            "name": self.sent("name"),
            "days": self.sent("days") or DEFAULT_DAYS,
            "now": now(),
        }
        return self.page("portal/settings/keys.html", values, status=status)


class UsersPage(SettingsPage):
    """The people of the workspace and what they are."""

    tab = "users"
    action = "users:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show()

    def post(self, request: HttpRequest) -> HttpResponse:
        here = reverse("portal:users")
        try:
            words = self._perform(self.sent("command"))
        except (Conflict, Invalid) as error:
            problem = error.errors[0].message if error.errors else error.detail
            if self.sent("command") == "create":
                return self._show(problem=problem, status=error.status)
            messages.error(request, problem)
            return SeeOther(here)
        return self.done(here, words)

    def _perform(self, command: str) -> str:
        role, region = self.sent("role"), _short(self.sent("region"), 16, "region")
        if command == "create":
            email, name = _short(self.sent("email"), 254, "address"), _short(self.sent("name"), 120, "name")
            create_user(
                email=email, name=name, roles=[role], regions=[region] if region else (), actor=self.actor
            )
            return f"{name or email} may sign in now, with a code sent by mail."
        if command not in ("assign", "take", "deactivate", "reset_factors"):
            raise Invalid("unknown_command", "Choose what to do.")
        user_id = _uuid(self.sent("user"))
        if command == "assign":
            assign_role(user_id=user_id, role=role, region=region, actor=self.actor)
            return "The role is given."
        if command == "take":
            revoke_role(user_id=user_id, role=role, region=region, actor=self.actor)
            return "The role is taken away."
        if command == "reset_factors":
            reset_factors(user_id=user_id, actor=self.actor, reason=self.sent("reason"))
            return "The second factors are removed; this person was told by mail."
        deactivate_user(user_id=user_id, actor=self.actor, reason=self.sent("reason"))
        return "This person cannot sign in any more."

    def _show(self, *, problem: str = "", status: int = 200) -> HttpResponse:
        page = list_page(visible_users(self.actor), self.request)
        values = {
            "lines": [
                (user, [_pair(role, region) for role, region in role_pairs(user)]) for user in page.rows
            ],
            "page": page,
            "problem": problem,
            "roles": [(role.value, role.label) for role in Role if role.value in STAFF_ROLES],
            "sent": {name: self.sent(name) for name in ("email", "name", "role", "region")},
            "may_manage": self.may("users:manage"),
        }
        return self.page("portal/settings/users.html", values, status=status)


def _pair(role: str, region: str) -> dict[str, str]:
    words = Role(role).label if role in Role.values else role
    return {"role": role, "region": region, "words": f"{words} ({region})" if region else words}


def _named(name: str) -> str:
    if not name or len(name) > 80:
        raise Invalid("invalid_name", "Give the key a name of at most 80 letters, such as the program's.")
    return name


def _short(text: str, limit: int, what: str) -> str:
    if len(text) > limit:
        raise Invalid("too_long", f"The {what} has more than {limit} letters.")
    return text


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("invalid_id", "This is not an id.") from error
