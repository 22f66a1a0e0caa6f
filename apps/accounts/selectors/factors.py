"""What second factors somebody has."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator

from apps.accounts.choices import FactorKind
from apps.accounts.models import User

PROVING = (FactorKind.TOTP, FactorKind.PASSKEY)
"""What counts as a second factor; recovery codes only stand in for one."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One second factor, without its secret. ``left`` is how many recovery codes are unused; ``host`` a passkey's."""

    id: int
    kind: str
    name: str
    made_at: datetime
    used_at: datetime | None
    left: int = 0
    host: str = ""


def factors_of(user_id: UUID | str) -> list[Factor]:
    """Return the person's factors, oldest first; one query."""
    rows = Authenticator.objects.filter(user_id=user_id).order_by("pk")
    return [
        Factor(
            row.pk,
            row.type,
            str(row.data.get("name") or FactorKind(row.type).label),
            row.created_at,
            row.last_used_at,
            int(row.data.get("left", 0)),
            str(row.data.get("host", "")),
        )
        for row in rows
    ]


def has_factor(user_id: UUID | str, kinds: Collection[str] = PROVING) -> bool:
    """Whether the person has a second factor; one query."""
    return bool(Authenticator.objects.filter(user_id=user_id, type__in=kinds).exists())


def people_with_factors(users: Collection[User]) -> frozenset[UUID]:
    """Return which of them have a second factor; one query."""
    rows = Authenticator.objects.filter(user_id__in=[user.pk for user in users], type__in=PROVING)
    return frozenset(rows.values_list("user_id", flat=True))
