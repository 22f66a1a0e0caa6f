"""Store secrets for other systems."""

from collections.abc import Mapping

from apps.core.clock import now
from apps.core.errors import Invalid, Problem
from apps.integrations.choices import CredentialKind
from apps.integrations.models import Credential
from apps.integrations.types import Secret
from apps.integrations.vault import seal

_VALUES: Mapping[str, tuple[str, ...]] = {
    CredentialKind.BEARER: ("token",),
    CredentialKind.BASIC: ("username", "password"),
    CredentialKind.HEADER: ("value",),
}
_OPTIONAL: Mapping[str, tuple[str, ...]] = {CredentialKind.HEADER: ("name",)}
_MAX_LENGTH = 8000


def check_secret(secret: Secret) -> None:
    """Raise Invalid, with pointers, unless the secret has exactly the values its kind needs."""
    needed = _VALUES.get(secret.kind)
    if needed is None:
        kinds = ", ".join(CredentialKind.values)
        problem = Problem(
            "/credential/kind", f"{secret.kind!r} is not known.", "unknown_kind", f"Use {kinds}."
        )
        raise Invalid("invalid_credential", "The credential is not usable.", [problem])
    allowed = {*needed, *_OPTIONAL.get(secret.kind, ())}
    problems = [
        Problem(f"/credential/{name}", "This value is missing.", "missing", "Add it.")
        for name in needed
        if not secret.values.get(name)
    ]
    for name, value in secret.values.items():
        if name not in allowed:
            problems.append(
                Problem(f"/credential/{name}", "It means nothing for this kind.", "unknown", "Remove it.")
            )
        elif len(value) > _MAX_LENGTH or not value.isprintable():
            problems.append(
                Problem(f"/credential/{name}", "It is no printable text.", "invalid", "Correct it.")
            )
    if problems:
        raise Invalid("invalid_credential", "The credential is not usable; see errors.", problems)


def store_secret(secret: Secret, *, held: Credential | None = None) -> Credential:
    """Return the stored credential: a new row, or ``held`` with its secret replaced."""
    check_secret(secret)
    if held is None:
        return Credential.objects.create(kind=secret.kind, sealed=seal(dict(secret.values)))
    held.kind, held.sealed, held.rotated_at = secret.kind, seal(dict(secret.values)), now()
    held.version += 1
    held.save(update_fields=["kind", "sealed", "rotated_at", "version"])
    return held
