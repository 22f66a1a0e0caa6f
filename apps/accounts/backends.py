"""Sign-in by password, limited and confined to the host's own people."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from apps.accounts.exceptions import TooManyAttempts
from apps.accounts.hosts import belongs_here, network_address
from apps.accounts.models import User
from apps.accounts.services.sign_in import check_sign_in_allowed, note_failed_sign_in


class SignInBackend(AuthenticationBackend):  # type: ignore[misc]
    """Checks a password for every door there is: the sign-in page and the operators' admin."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        """Return the user, or None. Refuses without looking after too many failures (kept in the database)."""
        email = str(credentials.get("email") or credentials.get("username") or "")
        address = network_address(request) if request is not None else None
        try:
            check_sign_in_allowed(email=email, address=address)
        except TooManyAttempts as error:
            raise PermissionDenied from error
        user: User | None = super().authenticate(request, **credentials)
        if user is not None and request is not None and not belongs_here(request, user):
            user = None
        if user is None:
            note_failed_sign_in(email=email, address=address)
        return user

    def get_user(self, user_id: Any) -> User | None:
        """Return the user of a session with its roles, in one query."""
        user = User.objects.with_roles().filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
