"""Errors of accounts."""

from apps.core.errors import Conflict, Forbidden, NotFound, TooMany


class ActionForbidden(Forbidden):
    """The actor's roles, scopes or object permissions do not cover the action."""

    def __init__(self, action: str) -> None:
        super().__init__(
            "forbidden", f"You may not do this: it needs the permission {action}.", extra={"action": action}
        )


class EmailTaken(Conflict):
    def __init__(self) -> None:
        super().__init__("email_taken", "There is a user with this e-mail address already.")


class NoSuchUser(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such user.")


class NoSuchGroup(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such group.")


class GroupExists(Conflict):
    def __init__(self) -> None:
        super().__init__("group_exists", "There is a group with this key already.")


class NoSuchKey(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such API key.")


class TooManyAttempts(TooMany):
    """Too many failures to sign in with this address or from this place."""

    def __init__(self) -> None:
        super().__init__("too_many_attempts", "Too many attempts to sign in. Wait 15 minutes and try again.")
