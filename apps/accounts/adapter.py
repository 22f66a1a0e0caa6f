"""What allauth asks us: no open sign-up, mails in the brand's voice, limits in the database, sign-ins audited."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.accounts.choices import SignInMethod
from apps.accounts.exceptions import TooManyAttempts
from apps.accounts.hosts import belongs_here, network_address
from apps.accounts.mail import send_account_mail
from apps.accounts.models import User
from apps.accounts.selectors import find_user
from apps.accounts.services.sign_in import (
    check_sign_in_allowed,
    may_send_mail,
    note_password_set,
    note_signed_in,
)
from apps.accounts.types import AccountMail

_MAILS = {
    "account/email/login_code": ("sign_in_code", SignInMethod.CODE),
    "account/email/password_reset_key": ("password_reset", SignInMethod.RESET),
    "account/email/password_reset": ("password_changed", None),
    "account/email/password_changed": ("password_changed", None),
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """See the module's docstring."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Say that there were too many attempts; the backend would only refuse."""
        try:
            check_sign_in_allowed(email=str(credentials.get("email", "")), address=network_address(request))
        except TooManyAttempts as error:
            raise self.validation_error("too_many_login_attempts") from error

    def pre_login(self, request: HttpRequest, user: User, **hooks: Any) -> HttpResponse | None:
        if not belongs_here(request, user) or user.lease_id is not None:
            return HttpResponseRedirect(reverse("account_login"))
        response: HttpResponse | None = super().pre_login(request, user, **hooks)
        return response

    def post_login(self, request: HttpRequest, user: User, **hooks: Any) -> HttpResponse:
        records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY) or [{}]
        method = str(records[-1].get("type") or records[-1].get("method", SignInMethod.PASSWORD))
        note_signed_in(user=user, method=method, address=network_address(request))
        response: HttpResponse = super().post_login(request, user, **hooks)
        return response

    def set_password(self, user: User, password: str) -> None:
        with transaction.atomic():
            super().set_password(user, password)
            note_password_set(user=user, address=network_address(self.request))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Hand the mail to whoever sends messages here; drop it if the person does not belong to this host."""
        kind, limited_as = _MAILS[template_prefix]
        address = network_address(self.request)
        user = find_user(email)
        if user is None or user.lease_id is not None or not belongs_here(self.request, user):
            return
        if limited_as is not None and not may_send_mail(email=email, address=address, method=limited_as):
            return
        values = {"code": str(context.get("code", "")), "url": str(context.get("password_reset_url", ""))}
        send_account_mail(
            AccountMail(kind, user.email, {name: value for name, value in values.items() if value})
        )

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: that one has signed in, or that a code is on its way, the pages say themselves."""

    def get_client_ip(self, request: HttpRequest) -> str:
        return network_address(request) or ""
