"""Signing in and out, under allauth's names; nothing else of allauth is reachable."""

from allauth.account import views as allauth
from django.urls import path, re_path
from django.views.generic import RedirectView

from apps.accounts.views import AccessView, second_factor, second_factor_passkey

urlpatterns = [
    path("sign-in/", allauth.login, name="account_login"),
    path("sign-in/code/", allauth.request_login_code, name="account_request_login_code"),
    path("sign-in/code/confirm/", allauth.confirm_login_code, name="account_confirm_login_code"),
    # allauth's stage leads here by this name.
    path("sign-in/second-factor/", second_factor, name="mfa_authenticate"),
    path("sign-in/second-factor/passkey/", second_factor_passkey, name="second_factor_passkey"),
    path("sign-in/inactive/", allauth.account_inactive, name="account_inactive"),
    path("sign-out/", allauth.logout, name="account_logout"),
    # allauth's pages link to it by name; accounts are made by administrators.
    path("sign-up/", RedirectView.as_view(pattern_name="account_login"), name="account_signup"),
    path("password/reset/", allauth.password_reset, name="account_reset_password"),
    path("password/reset/sent/", allauth.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("access/<str:token>/", AccessView.as_view(), name="access"),
]
