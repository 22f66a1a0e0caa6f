"""Questions to somebody's device that are answered once, within minutes."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from cryptography.fernet import InvalidToken

from apps.accounts.exceptions import SetupOver
from apps.accounts.models import FactorChallenge, User
from apps.core.clock import now
from tenants.sealing import seal_for, unseal_for

LIFE = timedelta(minutes=10)
_PURPOSE = b"second factor "


def put_challenge(user: User, purpose: str, state: Any) -> UUID:
    """Keep what the answer is checked against, and forget what the person never answered; return its id."""
    FactorChallenge.objects.filter(user=user, expires_at__lt=now()).delete()
    return FactorChallenge.objects.create(
        user=user, purpose=purpose, state=sealed(state), expires_at=now() + LIFE
    ).pk


def peek_challenge(user: User, purpose: str, challenge_id: UUID) -> Any:
    """Return what the answer is checked against, and leave it; raise SetupOver."""
    row = FactorChallenge.objects.filter(
        pk=challenge_id, user=user, purpose=purpose, expires_at__gte=now()
    ).first()
    if row is None:
        raise SetupOver
    return unsealed(row.state)


def take_challenge(user: User, purpose: str, challenge_id: UUID) -> Any:
    """Use it up: of two answers at once, one finds it. Raises SetupOver."""
    state = peek_challenge(user, purpose, challenge_id)
    gone, _by_model = FactorChallenge.objects.filter(pk=challenge_id).delete()
    if not gone:
        raise SetupOver
    return state


def sealed(value: Any) -> str:
    """Encrypt what belongs to a second factor."""
    return seal_for(_PURPOSE, value)


def unsealed(token: str) -> Any:
    """Decrypt what ``sealed`` gave; raise SetupOver where the keys are others now."""
    try:
        return unseal_for(_PURPOSE, token)
    except InvalidToken as error:
        raise SetupOver from error
