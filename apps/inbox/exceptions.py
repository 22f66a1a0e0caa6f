"""Errors of the inbox."""

from apps.core.errors import Conflict, Invalid, NotFound, Problem


class UnknownFilter(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such saved filter of yours.")


class UnknownFeed(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such calendar feed.")


class NotSnoozable(Conflict):
    """What is overdue stays in sight."""

    def __init__(self, count: int) -> None:
        what = "It is overdue" if count == 1 else f"All {count} are overdue"
        super().__init__(
            "overdue", f"{what}, and what is overdue cannot be put off. Decide it, or hand it on."
        )


class NothingWaits(Conflict):
    def __init__(self) -> None:
        super().__init__("not_waiting", "None of these waits for you any more. Reload the list.")


class BadUntil(Invalid):
    def __init__(self, message: str) -> None:
        super().__init__("invalid_until", message, [Problem("/until", message, "invalid_until")])


class BadFilter(Invalid):
    def __init__(self, pointer: str, message: str) -> None:
        super().__init__("invalid_filter", message, [Problem(pointer, message, "invalid_filter")])


class BadCursor(Invalid):
    def __init__(self) -> None:
        message = "Follow the next and previous links instead of making cursors."
        super().__init__("invalid_cursor", message, [Problem("/cursor", message, "invalid_cursor")])
