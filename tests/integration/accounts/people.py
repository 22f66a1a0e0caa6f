"""People for tests."""

from apps.accounts import services
from apps.accounts.models import User
from apps.core.actor import Actor

SYSTEM = Actor.system("test")
PASSWORD = "correct horse battery"


def person(
    name: str, role: str = "", *, region: str = "", password: str | None = None, **more: object
) -> User:
    """Make a user <name>@people.example in the entered schema."""
    return services.create_user(
        email=f"{name}@people.example",
        name=name.title(),
        roles=[role] if role else [],
        regions=[region] if region else [],
        password=password,
        actor=SYSTEM,
        **more,  # type: ignore[arg-type]
    )
