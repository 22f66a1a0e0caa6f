"""Errors of workflows."""

from collections.abc import Mapping, Sequence
from typing import Any

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


class EditConflict(Conflict):
    """Two people changed the same fields of a draft; nothing was saved.

    ``conflicts`` holds each field with the value before, mine and theirs; ``source`` is what is saved now.
    """

    def __init__(
        self, conflicts: Sequence[Mapping[str, Any]], *, source: str, merged: str, etag: str
    ) -> None:
        count = len(conflicts)
        noun = "thing" if count == 1 else "things"
        super().__init__(
            "edit_conflict",
            f"Somebody else changed {count} {noun} you changed, too. Choose for each and save again with `choices`.",
            extra={"conflicts": list(conflicts), "source": source, "merged": merged, "current_etag": etag},
        )


class TemplateUnreadable(Invalid):
    def __init__(self) -> None:
        super().__init__(
            "template_unreadable",
            "The template has errors, so it cannot be run. Mend what its page lists under “To look at” first.",
        )


class TextTooLong(Invalid):
    def __init__(self, limit: int) -> None:
        message = f"The text is longer than {limit // 1024} KB."
        super().__init__("too_long", message, [Problem("/tests", message, "too_long")])


class CaseClosed(Conflict):
    """Somebody, or the run itself, was quicker; ``how`` says in which way it ended."""

    def __init__(self, how: str) -> None:
        words = HOW_RESOLVED.get(how, how.replace("_", " ")) or "closed"
        super().__init__(
            "exception_closed", f"This exception is over already: it was {words}.", extra={"how": how}
        )


class CaseNeedsRun(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "exception_outside_run",
            "This exception belongs to no run. Mend its cause where it arose, or dismiss it with a reason.",
        )


class CaseOfRun(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "exception_of_run", "This exception holds up a run. Retry it, skip it or roll the run back."
        )


HOW_RESOLVED = {
    "retried": "tried again",
    "skipped": "skipped",
    "rechecked": "cleared by a repeated check",
    "closed": "closed with its run or step",
    "dismissed": "dismissed",
}
