"""Errors of messaging."""

from collections.abc import Sequence

from apps.core.errors import Conflict, Invalid, NotFound, Problem


class UnknownMessage(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such message.")


class UnknownWording(Invalid):
    def __init__(self, key: str) -> None:
        problem = Problem("/message", f"There is no message template '{key}'.", "unknown_message")
        super().__init__("unknown_message", f"There is no message template '{key}'.", [problem])


class InvalidRecipient(Invalid):
    def __init__(self, message: str) -> None:
        super().__init__("invalid_recipient", message, [Problem("/to", message, "invalid_recipient")])


class MessageIncomplete(Invalid):
    """Placeholders have no value; ``paths`` are theirs."""

    def __init__(self, key: str, paths: Sequence[str]) -> None:
        problems = [Problem("/data", f"There is no value for '{path}'.", "missing_value") for path in paths]
        detail = f"The message '{key}' needs values that were not given: {', '.join(paths)}."
        super().__init__("message_incomplete", detail, problems)


class InvalidWording(Invalid):
    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(
            "invalid_message_template", "The message template cannot be used as it is.", problems
        )


class NothingToResend(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "content_discarded", "A message with a secret is kept only until it is sent; ask for a new one."
        )


class InvalidPreferences(Invalid):
    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("invalid_preferences", "The preferences cannot be kept as they are.", problems)
