"""Pages of signing in that are not allauth's."""

from typing import Any
from uuid import UUID

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.stages import AuthenticateStage
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views import View

from apps.accounts.devices import party_of, read_answer
from apps.accounts.exceptions import SetupOver
from apps.accounts.selectors.factors import factors_of
from apps.accounts.services.leases import enter_under_lease
from apps.accounts.services.proving import PASSKEY, TOTP, ask_for_passkey, prove_by_code, prove_by_passkey
from apps.core.clock import now
from apps.core.errors import DomainError
from tenants.context import current_tenant, tenant_or_none
from tenants.exceptions import HandoverInvalid
from tenants.services.leases import peek_handover


class AccessView(View):
    """Partner staff enter a tenant: a page that says what is about to happen, and a button that does it."""

    http_method_names = ["get", "post"]

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if tenant_or_none() is None:
            raise Http404("a console is not entered by a lease")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        lease = peek_handover(token=token, tenant_id=current_tenant().id)
        status = 200 if lease is not None else HandoverInvalid.status
        return render(
            request, "account/access.html", {"granted": lease, "problem": HandoverInvalid()}, status=status
        )

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            user, lease = enter_under_lease(token=token, tenant_id=current_tenant().id)
        except HandoverInvalid as error:
            return render(
                request, "account/access.html", {"granted": None, "problem": error}, status=error.status
            )
        request.session.flush()
        login(request, user, backend="apps.accounts.backends.SignInBackend")
        request.session.set_expiry(max(1, int((lease.ends_at - now()).total_seconds())))
        return HttpResponseRedirect("/")


_SIGN_IN = "sign-in"
_TYPES = {TOTP: "totp", PASSKEY: "webauthn"}
_at_second_factor = login_stage_required(stage=AuthenticateStage.key, redirect_urlname="account_login")


class SecondFactorView(View):
    """The second step of signing in: a code of the authenticator app, a recovery code, or a passkey."""

    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show()

    def post(self, request: HttpRequest) -> HttpResponse:
        stage: Any = request._login_stage  # type: ignore[attr-defined] # noqa: SLF001 - where allauth keeps it
        user = stage.login.user
        try:
            if request.POST.get("answer"):
                method = prove_by_passkey(
                    user=user,
                    party=party_of(request),
                    purpose=_SIGN_IN,
                    challenge_id=_uuid(request.POST.get("challenge", "")),
                    answer=read_answer(request.POST["answer"]),
                )
            else:
                method = prove_by_code(user=user, code=request.POST.get("code", "")[:64], recovery=True)
        except DomainError as error:
            return self._show(error.errors[0].message if error.errors else error.detail, error.status)
        record_authentication(request, user, "mfa", type=_TYPES.get(method, "recovery_codes"))
        response: HttpResponse = stage.exit()
        return response

    def _show(self, problem: str = "", status: int = 200) -> HttpResponse:
        user = self.request._login_stage.login.user  # type: ignore[attr-defined] # noqa: SLF001
        kinds = {factor.kind for factor in factors_of(user.pk)}
        values = {"problem": problem, "has_app": "totp" in kinds, "has_passkey": "webauthn" in kinds}
        return render(self.request, "account/second_factor.html", values, status=status)


class SecondFactorPasskeyView(View):
    """The question to the browser that a passkey answers; asked for by the script of the page."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        user = request._login_stage.login.user  # type: ignore[attr-defined] # noqa: SLF001
        try:
            challenge, options = ask_for_passkey(user=user, party=party_of(request), purpose=_SIGN_IN)
        except DomainError as error:
            said = error.errors[0].message if error.errors else error.detail
            return JsonResponse({"detail": said}, status=error.status)
        return JsonResponse({"challenge": str(challenge), "options": options})


second_factor = _at_second_factor(SecondFactorView.as_view())
second_factor_passkey = _at_second_factor(SecondFactorPasskeyView.as_view())


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise SetupOver from error
