"""Errors of workflows."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound, Problem


class UnknownTemplate(NotFound):
    def __init__(self, key: str) -> None:
        super().__init__("unknown_template", f"There is no published workflow template {key!r}.")


class UnknownRun(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such run.")


class CommandRefused(Conflict):
    """The engine did not accept a person's command; ``why`` is the engine's word for it."""

    def __init__(self, why: str) -> None:
        words = REFUSALS.get(why, f"{why.replace('_', ' ')}.")
        super().__init__("command_refused", f"The run does not accept this now: {words}", extra={"why": why})


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


class CasesNotRun(Conflict):
    """A version with many test cases is published on a green run of them as it is written now; there is none yet."""

    def __init__(self, key: str, number: int, *, under_way: bool) -> None:
        message = (
            "Its many test cases are still running. Publish it when they are green."
            if under_way
            else "Its many test cases have not run since it was last changed. Have them run, then publish it."
        )
        path = f"/api/v1/workflow-templates/{key}/versions/{number}/tests/runs"
        remedy = f"POST {path}, read the location it answers with until it is finished, and publish then."
        super().__init__(
            "tests_not_run",
            message,
            [Problem("/tests", message, "tests_not_run", remedy)],
            {"under_way": under_way},
        )


class ReviewRequired(Conflict):
    """Others have to agree before the version may be published; ``missing`` names the capacities in which."""

    def __init__(self, missing: Sequence[str]) -> None:
        who = {"reviewer": "a second author", "control": "the control owner"}
        words = " and ".join(who[capacity] for capacity in missing)
        super().__init__(
            "review_required",
            f"Before this version may be published, {words} must agree to it. Hand it in for review.",
            extra={"missing": list(missing)},
        )


class OwnWork(Conflict):
    """Four eyes: who wrote at a version neither agrees to it nor publishes it."""

    def __init__(self) -> None:
        super().__init__(
            "own_work", "You have written at this version, so somebody else must look at it and publish it."
        )


class InReview(Conflict):
    def __init__(self, number: int) -> None:
        super().__init__(
            "version_in_review",
            f"Version {number} is being reviewed and stays as it is meanwhile. Take it back to change it.",
        )


class NotInReview(Conflict):
    def __init__(self) -> None:
        super().__init__("not_in_review", "This version is not in review.")


class NotReviewer(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            "not_a_reviewer", "Another template author reviews this version, or the control owner it names."
        )


class WarningsUnanswered(Invalid):
    """A version with warnings is published only with a reason, which is kept with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(
            "reason_required", "There are warnings. Say why the version is published as it is.", problems
        )


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
    "migrated": "taken over by another version of the workflow",
    "dismissed": "dismissed",
    "released": "released to be tried again",
}

REFUSALS = {
    "run_finished": "it is over.",
    "rolling_back": "it is being rolled back.",
    "visit_closed": "that step has ended meanwhile.",
    "not_open": "that step has ended meanwhile.",
    "stale": "that step has been tried again meanwhile.",
    "under_way": "the call is being made this moment. Wait for its answer, then edit.",
    "not_retryable": "this step only holds others. Try those again.",
    "not_in_exception": "it has not stopped.",
    "not_waiting": "that step does not wait for this.",
    "no_event": "that step waits for time to pass, not for an event.",
    "no_timer": "no time was set for that step, so none can have passed. Say what happened instead.",
    "not_assignable": "only tasks and exceptions that are open have somebody who could be another.",
    "unknown_step": "there is no such step.",
    "not_visited": "it has not come to that step yet. One can only go back.",
    "not_earlier": "it has not come as far as that step. One can only go back.",
    "branch_not_open": "that step lies in a branch that is not open.",
    "several_items": "several items are at that step. Go back to the step around them.",
    "inside_block": "that step lies in a branch, a loop or a handler, which has no beginning of its own. "
    "Begin at the step around it.",
    "already_paused": "it is paused already.",
    "not_paused": "it is not paused.",
    "already_started": "it has begun already.",
}
"""The engine's words for why it does not accept a command, as people read them."""
