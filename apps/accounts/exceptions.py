"""Errors of accounts."""

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound, Problem, TooMany


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

    def __init__(self, what: str = "attempts to sign in") -> None:
        super().__init__("too_many_attempts", f"Too many {what}. Wait 15 minutes and try again.")


class WrongCode(Invalid):
    """What should prove who it is does not; ``code`` stays the same whatever was wrong with it."""

    def __init__(self, message: str = "", pointer: str = "/code") -> None:
        said = message or "This code is wrong, too old, or was used before. Wait for the next one."
        super().__init__(
            "wrong_code", said, [Problem(pointer, said, "wrong_code", "Use the code shown now.")]
        )


class NotConfirmed(Forbidden):
    """Who is signed in has not shown again that it is him, which this needs."""

    def __init__(self, message: str) -> None:
        super().__init__("confirm_identity", message)


class NoSuchFactor(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such second factor.")


class FactorExists(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "factor_exists",
            "There is an authenticator app already. Remove it first, then set up the new one.",
        )


class SetupOver(Conflict):
    """What was begun to set up or to confirm was used, is too old, or is somebody else's."""

    def __init__(self) -> None:
        super().__init__("setup_over", "This has taken too long or was used already. Begin again.")
