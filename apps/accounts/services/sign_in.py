"""Signing in: how often it may fail, and what is noted about it."""

from datetime import timedelta

from apps.accounts.choices import SignInMethod
from apps.accounts.exceptions import TooManyAttempts
from apps.accounts.models import SignInAttempt, User
from apps.accounts.selectors import actor_of_user
from apps.core.clock import now
from apps.core.journal import record, unit_of_work

WINDOW = timedelta(minutes=15)
PER_EMAIL_AND_ADDRESS = 6
PER_EMAIL = 30
PER_ADDRESS = 120
MAILS_PER_EMAIL = 5


def check_sign_in_allowed(*, email: str, address: str | None) -> None:
    """Raise TooManyAttempts after too many failures with this e-mail address or from this network address.

    The narrow limit is on the pair, so that somebody else's failures lock nobody out of his own account.
    """
    email = User.objects.normalize_email(email)[:254]
    recent = SignInAttempt.objects.filter(at__gte=now() - WINDOW, method=SignInMethod.PASSWORD)
    by_email = list(recent.filter(email=email).values_list("address", flat=True)[:PER_EMAIL])
    here = sum(1 for held in by_email if held == address)
    too_many = here >= PER_EMAIL_AND_ADDRESS or len(by_email) >= PER_EMAIL
    if too_many or (address and recent.filter(address=address).count() >= PER_ADDRESS):
        raise TooManyAttempts


def note_failed_sign_in(*, email: str, address: str | None) -> None:
    """Count a failed password, and forget what is older than the window."""
    email = User.objects.normalize_email(email)[:254]
    SignInAttempt.objects.filter(at__lt=now() - WINDOW).delete()
    SignInAttempt.objects.create(email=email, address=address, method=SignInMethod.PASSWORD)


def may_send_mail(*, email: str, address: str | None, method: SignInMethod) -> bool:
    """Count one more code or reset mail to the address; False once it has had enough of them."""
    email = User.objects.normalize_email(email)[:254]
    recent = SignInAttempt.objects.filter(email=email, method=method, at__gte=now() - WINDOW)
    if recent.count() >= MAILS_PER_EMAIL:
        return False
    SignInAttempt.objects.create(email=email, address=address, method=method)
    return True


def note_signed_in(*, user: User, method: str, address: str | None) -> None:
    """Audit that the person came in."""
    with unit_of_work(actor_of_user(user)):
        record("user.sign_in", user, after={"method": method, "address": address or ""})


def note_password_set(*, user: User, address: str | None) -> None:
    """Audit that the person chose a new password."""
    with unit_of_work(actor_of_user(user)):
        record("user.set_password", user, after={"address": address or ""})
