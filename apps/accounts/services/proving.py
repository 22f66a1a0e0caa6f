"""Proving once more who one is: by a code of an authenticator app, a recovery code, a passkey or the password.

Wrong codes are counted in the database and lock, as failures to sign in do; a code is accepted once.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db import transaction

from apps.accounts.choices import FactorKind, SignInMethod
from apps.accounts.exceptions import NotConfirmed, TooManyAttempts, WrongCode
from apps.accounts.models import SignInAttempt, User
from apps.accounts.one_time_codes import matching_counter, plain
from apps.accounts.passkeys import BadAnswer, Party, ask_to_confirm, confirmed
from apps.accounts.presence import presence
from apps.accounts.selectors.factors import has_factor
from apps.accounts.services.challenges import put_challenge, sealed, take_challenge, unsealed
from apps.accounts.services.sign_in import WINDOW, check_sign_in_allowed, note_failed_sign_in
from apps.core.clock import now

MAX_WRONG = 8
"""So many wrong codes of one person within a quarter of an hour, from wherever they come: only who is signed in, or knows
the password, is asked for one."""
FRESH = timedelta(minutes=15)
TOTP, PASSKEY, RECOVERY_CODE, PASSWORD = "totp", "passkey", "recovery_code", "password"


def prove_by_code(*, user: User, code: str, recovery: bool = False) -> str:
    """Return by what the code proves the person: ``totp``, or ``recovery_code`` where that is allowed.

    Raises TooManyAttempts and WrongCode. Not within a transaction: what failed must stay counted.
    """
    kinds = [FactorKind.TOTP, FactorKind.RECOVERY] if recovery else [FactorKind.TOTP]
    with transaction.atomic(durable=True):
        # The person's row first: guesses at the same moment are counted one after the other.
        User.objects.select_for_update().filter(pk=user.pk).first()
        check_codes_allowed(user)
        factors = Authenticator.objects.filter(user_id=user.pk, type__in=kinds)
        method = _method_of(list(factors), plain(code))
        if method is None:
            note_wrong_code(user)
    if method is None:
        raise WrongCode
    return method


def prove_again(*, user: User, text: str) -> str:
    """As ``prove_by_code`` with recovery codes, or by the password."""
    address = presence().address or None
    if text and user.has_usable_password():
        check_sign_in_allowed(email=user.email, address=address)
        if user.check_password(text):
            return PASSWORD
        if len(plain(text)) not in (6, 10):
            note_failed_sign_in(email=user.email, address=address)
    try:
        return prove_by_code(user=user, code=text, recovery=True)
    except WrongCode as error:
        raise WrongCode("This is neither your password nor a code that works now.", "/again") from error


def require_identity(*, user: User, text: str) -> None:
    """Have the person prove himself before his second factors change.

    Who has neither a password nor a factor must have signed in just now: a session left open is no proof.
    Raises WrongCode, TooManyAttempts, NotConfirmed.
    """
    if user.has_usable_password() or has_factor(user.pk):
        prove_again(user=user, text=text)
        return
    signed_in = [datetime.fromisoformat(proof.at) for proof in presence().proofs if proof.at]
    if not signed_in or now() - max(signed_in) > FRESH:
        raise NotConfirmed("You signed in a while ago. Sign out, sign in again, and set it up then.")


def ask_for_passkey(*, user: User, party: Party, purpose: str) -> tuple[UUID, dict[str, Any]]:
    """Return the question's id and the options for the browser; raise WrongCode for somebody without a passkey here."""
    held = _passkeys(user, party)
    if not held:
        raise WrongCode("You have no passkey for this address.", "/passkey")
    options, state = ask_to_confirm(party, [row.data["credential"] for row in held])
    return put_challenge(user, purpose, state), options


def prove_by_passkey(*, user: User, party: Party, purpose: str, challenge_id: UUID, answer: Any) -> str:
    """Return ``passkey`` if the answer was signed by one of the person's; raise SetupOver, TooManyAttempts, WrongCode."""
    check_codes_allowed(user)
    state = take_challenge(user, purpose, challenge_id)
    held = _passkeys(user, party)
    try:
        used = confirmed(party, state, [row.data["credential"] for row in held], answer)
    except BadAnswer as error:
        note_wrong_code(user)
        raise WrongCode("Your passkey could not be checked. Try it again.", "/passkey") from error
    held[used].last_used_at = now()
    held[used].save(update_fields=["last_used_at"])
    return PASSKEY


def check_codes_allowed(user: User) -> None:
    """Raise TooManyAttempts after too many wrong codes."""
    recent = SignInAttempt.objects.filter(
        email=user.email, method=SignInMethod.FACTOR, at__gte=now() - WINDOW
    )
    if recent.count() >= MAX_WRONG:
        raise TooManyAttempts("wrong codes")


def note_wrong_code(user: User) -> None:
    """Count one more."""
    SignInAttempt.objects.create(
        email=user.email, address=presence().address or None, method=SignInMethod.FACTOR
    )


def _passkeys(user: User, party: Party) -> list[Authenticator]:
    rows = Authenticator.objects.filter(user_id=user.pk, type=FactorKind.PASSKEY).order_by("pk")
    return [row for row in rows if row.data.get("host") == party.host]


def _method_of(factors: list[Authenticator], code: str) -> str | None:
    for factor in factors:
        if factor.type == FactorKind.TOTP and _use_totp(factor, code):
            return TOTP
        if factor.type == FactorKind.RECOVERY and _use_recovery(factor, code):
            return RECOVERY_CODE
    return None


def _use_totp(factor: Authenticator, code: str) -> bool:
    secret = str(unsealed(factor.data["secret"]))
    counter = matching_counter(secret, code, now(), after=int(factor.data.get("used", 0)))
    if counter is None:
        return False
    factor.data["used"] = counter
    _save_used(factor)
    return True


def _use_recovery(factor: Authenticator, code: str) -> bool:
    codes = [str(held) for held in unsealed(factor.data["codes"])]
    left = [held for held in codes if plain(held) != code]
    if len(left) == len(codes):
        return False
    factor.data["codes"], factor.data["left"] = sealed(left), len(left)
    _save_used(factor)
    return True


def _save_used(factor: Authenticator) -> None:
    factor.last_used_at = now()
    factor.save(update_fields=["data", "last_used_at"])
