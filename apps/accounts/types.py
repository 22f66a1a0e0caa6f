"""Values of accounts."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountMail:
    """A message about signing in. ``kind`` is ``sign_in_code`` (values: code), ``password_reset`` (url),
    ``password_changed`` (none), ``factors_changed`` (change) or ``decision_code`` (code, about)."""

    kind: str
    to: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ParsedKey:
    """The parts of an API key as it was sent."""

    environment: str
    public_id: str
    secret: str
