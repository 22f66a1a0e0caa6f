"""Set up and remove second factors; each change is audited, and told to the owner by mail."""

from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator

from apps.accounts.choices import FactorKind
from apps.accounts.exceptions import FactorExists, NoSuchFactor, NoSuchUser, WrongCode
from apps.accounts.mail import send_account_mail
from apps.accounts.models import User
from apps.accounts.one_time_codes import matching_counter, new_recovery_codes, new_secret, plain
from apps.accounts.passkeys import BadAnswer, Party, ask_to_register, registered
from apps.accounts.policies import require
from apps.accounts.selectors import actor_of_user, visible_users
from apps.accounts.selectors.factors import PROVING
from apps.accounts.services.challenges import peek_challenge, put_challenge, sealed, take_challenge
from apps.accounts.services.users import MANAGE
from apps.accounts.types import AccountMail
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Invalid, Problem
from apps.core.journal import record, unit_of_work

MAX_PASSKEYS = 10
_APP, _KEY = "factor.totp", "factor.passkey"


def begin_authenticator(*, user: User) -> tuple[UUID, str]:
    """Return the id of the set-up and the secret for the app; nothing counts before a code of it was given."""
    _refuse_second_app(user)
    secret = new_secret()
    return put_challenge(user, _APP, secret), secret


def secret_of_setup(*, user: User, setup_id: UUID) -> str:
    """Return the secret of a set-up that is under way; raise SetupOver."""
    return str(peek_challenge(user, _APP, setup_id))


def finish_authenticator(*, user: User, setup_id: UUID, code: str) -> list[str]:
    """Keep the authenticator app if the code is one of it. Returns new recovery codes, if there were none.

    Raises SetupOver, WrongCode, FactorExists.
    """
    counter = matching_counter(secret_of_setup(user=user, setup_id=setup_id), plain(code), now())
    if counter is None:
        raise WrongCode
    with unit_of_work(actor_of_user(user)):
        _hold(user)
        _refuse_second_app(user)
        secret = take_challenge(user, _APP, setup_id)
        data = {"secret": sealed(secret), "used": counter}
        Authenticator.objects.create(user=user, type=FactorKind.TOTP, data=data, created_at=now())
        record("user.add_factor", user, after={"kind": "authenticator app"})
        codes = _first_recovery_codes(user)
    _tell(user, "An authenticator app was added")
    return codes


def begin_passkey(*, user: User, party: Party) -> tuple[UUID, dict[str, Any]]:
    """Return the id of the set-up and the options for the browser."""
    held = Authenticator.objects.filter(user_id=user.pk, type=FactorKind.PASSKEY)
    credentials = [row.data["credential"] for row in held]
    if len(credentials) >= MAX_PASSKEYS:
        raise Invalid("too_many_passkeys", f"There are {MAX_PASSKEYS} passkeys already. Remove one first.")
    options, state = ask_to_register(
        party, user_id=str(user.pk), name=user.email, label=user.label, held=credentials
    )
    return put_challenge(user, _KEY, state), options


def finish_passkey(*, user: User, party: Party, setup_id: UUID, answer: Any, name: str) -> list[str]:
    """Keep the passkey the browser has made. Returns new recovery codes, if there were none.

    Raises SetupOver, and WrongCode for an answer that does not hold.
    """
    with unit_of_work(actor_of_user(user)):
        _hold(user)
        state = take_challenge(user, _KEY, setup_id)
        try:
            credential = registered(party, state, answer)
        except BadAnswer as error:
            raise WrongCode("The passkey could not be read. Try it again.", "/passkey") from error
        data = {"name": name.strip()[:80] or "Passkey", "credential": credential, "host": party.host}
        Authenticator.objects.create(user=user, type=FactorKind.PASSKEY, data=data, created_at=now())
        record("user.add_factor", user, after={"kind": "passkey", "name": data["name"]})
        codes = _first_recovery_codes(user)
    _tell(user, f"A passkey was added: {data['name']}")
    return codes


def remove_factor(*, user: User, factor_id: int) -> None:
    """Remove an authenticator app or a passkey; with the last one the recovery codes go. Raises NoSuchFactor."""
    with unit_of_work(actor_of_user(user)):
        _hold(user)
        row = Authenticator.objects.filter(user_id=user.pk, pk=factor_id, type__in=PROVING).first()
        if row is None:
            raise NoSuchFactor
        name = str(row.data.get("name") or FactorKind(row.type).label)
        row.delete()
        if not Authenticator.objects.filter(user_id=user.pk, type__in=PROVING).exists():
            Authenticator.objects.filter(user_id=user.pk).delete()
        record("user.remove_factor", user, before={"kind": FactorKind(row.type).label, "name": name})
    _tell(user, f"This was removed: {name}")


def renew_recovery_codes(*, user: User) -> list[str]:
    """Make new recovery codes; the old ones end. Raises NoSuchFactor for somebody without a second factor."""
    with unit_of_work(actor_of_user(user)):
        _hold(user)
        if not Authenticator.objects.filter(user_id=user.pk, type__in=PROVING).exists():
            raise NoSuchFactor
        Authenticator.objects.filter(user_id=user.pk, type=FactorKind.RECOVERY).delete()
        codes = _first_recovery_codes(user)
        record("user.renew_recovery_codes", user)
    _tell(user, "New recovery codes were made; the old ones no longer work")
    return codes


def reset_factors(*, user_id: UUID, actor: Actor, reason: str) -> User:
    """Remove all second factors of somebody who has lost them. Raises NoSuchUser, and Invalid without a reason."""
    with unit_of_work(actor, reason=reason):
        require(actor, MANAGE)
        user = visible_users(actor).filter(pk=user_id).first()
        if user is None:
            raise NoSuchUser
        if not reason.strip():
            message = "Say why, and how you made sure who asked you."
            raise Invalid("reason_required", message, [Problem("/reason", message, "required")])
        _hold(user)
        rows = Authenticator.objects.filter(user_id=user.pk)
        kinds = sorted({FactorKind(row.type).label for row in rows})
        rows.delete()
        record("user.reset_factors", user, before={"kinds": kinds})
    if kinds:
        _tell(user, f"{actor.label} has removed your second factors: {reason.strip()}")
    return user


def _hold(user: User) -> None:
    User.objects.select_for_update().filter(pk=user.pk).first()


def _refuse_second_app(user: User) -> None:
    if Authenticator.objects.filter(user_id=user.pk, type=FactorKind.TOTP).exists():
        raise FactorExists


def _first_recovery_codes(user: User) -> list[str]:
    if Authenticator.objects.filter(user_id=user.pk, type=FactorKind.RECOVERY).exists():
        return []
    codes = new_recovery_codes()
    data = {"codes": sealed(codes), "left": len(codes)}
    Authenticator.objects.create(user=user, type=FactorKind.RECOVERY, data=data, created_at=now())
    return codes


def _tell(user: User, what: str) -> None:
    send_account_mail(AccountMail("factors_changed", user.email, {"change": what}))
