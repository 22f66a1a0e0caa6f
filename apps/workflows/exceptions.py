"""Errors of workflows."""

from collections.abc import Sequence

from apps.core.errors import Conflict, Invalid, NotFound, Problem


class UnknownTemplate(NotFound):
    def __init__(self, key: str) -> None:
        super().__init__("unknown_template", f"There is no published workflow template {key!r}.")


class UnknownRun(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such run.")


class CommandRefused(Conflict):
    """The engine did not accept a person's command; ``why`` is the engine's word for it."""

    def __init__(self, why: str) -> None:
        super().__init__("command_refused", f"The run does not accept this now: {why.replace('_', ' ')}.")


class TemplateRefused(Invalid):
    """The template cannot be published as it is; every problem is listed with line, path and remedy."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        count = len(problems)
        noun = "problem stands" if count == 1 else "problems stand"
        super().__init__("template_refused", f"{count} {noun} in the way of publishing.", problems)
