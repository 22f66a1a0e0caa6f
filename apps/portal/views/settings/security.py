"""How one signs in: one's own authenticator app, passkeys and recovery codes."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from apps.accounts.devices import party_of, qr_path, read_answer
from apps.accounts.exceptions import SetupOver
from apps.accounts.models import User
from apps.accounts.one_time_codes import grouped, otpauth_url
from apps.accounts.selectors import get_user
from apps.accounts.selectors.factors import PROVING, factors_of
from apps.accounts.services import factors as commands
from apps.accounts.services.proving import require_identity
from apps.core.errors import DomainError, Forbidden
from apps.portal.views.inbox_marks import back_to
from apps.portal.views.settings.base import SettingsPage


class SecurityPage(SettingsPage):
    """What protects one's own account. Whatever is changed asks for the password or a code again."""

    tab = "security"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show()

    def post(self, request: HttpRequest) -> HttpResponse:
        command = self.sent("command")
        try:
            return self._perform(command)
        except DomainError as error:
            said = error.errors[0].message if error.errors else error.detail
            setup = self._setup() if command == "finish_app" and not isinstance(error, SetupOver) else {}
            return self._show(status=error.status, problem=said, failed=command, **setup)

    def _perform(self, command: str) -> HttpResponse:
        user = own_account(self)
        if command == "finish_app":
            codes = commands.finish_authenticator(
                user=user, setup_id=_uuid(self.sent("setup")), code=self.sent("code")
            )
            return self._finished("Your authenticator app is set up.", codes)
        if command == "finish_passkey":
            answer = read_answer(self.sent("answer"))
            codes = commands.finish_passkey(
                user=user,
                party=party_of(self.request),
                setup_id=_uuid(self.sent("setup")),
                answer=answer,
                name=self.sent("name"),
            )
            return self._finished("Your passkey is set up.", codes)
        require_identity(user=user, text=self.sent("again"))
        if command == "begin_app":
            setup, secret = commands.begin_authenticator(user=user)
            return self._show(**self._picture(user, setup, secret))
        if command == "renew_codes":
            return self._finished("", commands.renew_recovery_codes(user=user))
        chosen = self.sent("factor")
        commands.remove_factor(
            user=user, factor_id=int(chosen) if chosen.isdecimal() and len(chosen) < 16 else 0
        )
        return self.done(reverse("portal:security"), "It is removed.")

    def _finished(self, words: str, codes: list[str]) -> HttpResponse:
        """Recovery codes are shown this once, on the page that answers their making."""
        if codes:
            return self._show(done=words, codes=codes)
        wanted = self.sent("next")
        return self.done(back_to(self.request, wanted) if wanted else reverse("portal:security"), words)

    def _setup(self) -> dict[str, Any]:
        """The set-up that was under way, to be tried with another code."""
        user, setup = own_account(self), _uuid(self.sent("setup"))
        try:
            secret = commands.secret_of_setup(user=user, setup_id=setup)
        except SetupOver:
            return {}
        return self._picture(user, setup, secret)

    def _picture(self, user: User, setup: UUID, secret: str) -> dict[str, Any]:
        url = otpauth_url(secret, issuer=party_of(self.request).name, account=user.email)
        path, size = qr_path(url)
        return {"setup": setup, "secret": grouped(secret), "qr": path, "qr_size": size}

    def _show(self, *, status: int = 200, **more: Any) -> HttpResponse:
        held = factors_of(self.actor.id)
        wanted = self.sent("next") or self.asked_exactly("next")
        values = {
            "factors": [factor for factor in held if factor.kind in PROVING],
            "has_app": any(factor.kind == "totp" for factor in held),
            "codes_left": next((factor.left for factor in held if factor.kind == "recovery_codes"), None),
            "asks_again": bool(held) or own_account(self, refuse=False).has_usable_password(),
            "is_lease": self.actor.lease_id is not None,
            "next": back_to(self.request, wanted) if wanted else "",
        }
        return self.page("portal/settings/security.html", {**values, **more}, status=status)


class PasskeySetupPage(SettingsPage):
    """The question to the browser with which a passkey is made; asked for by the script of the page."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            user = own_account(self)
            require_identity(user=user, text=self.sent("again"))
            setup, options = commands.begin_passkey(user=user, party=party_of(request))
        except DomainError as error:
            said = error.errors[0].message if error.errors else error.detail
            return JsonResponse({"detail": said}, status=error.status)
        return JsonResponse({"challenge": str(setup), "options": options})


def own_account(page: SettingsPage, *, refuse: bool = True) -> User:
    """Return the account of who looks; partner staff under a lease have none of their own here."""
    user = get_user(page.actor.id)
    if refuse and user.lease_id is not None:
        raise Forbidden(
            "no_own_account", "You are here under an access lease: your own sign-in is elsewhere."
        )
    return user


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise SetupOver from error
