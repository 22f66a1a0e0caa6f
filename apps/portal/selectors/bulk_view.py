"""Bulk operations as their pages show them: in a sentence, with their progress."""

from collections.abc import Iterable
from dataclasses import dataclass

from apps.portal.wording import counted, label_of
from apps.workflows.bulk import BulkCommand, find_bulk_command, list_bulk_commands
from apps.workflows.choices import BulkAbout, BulkItemState, BulkStatus
from apps.workflows.models import BulkOperation

BULK_TONES = {
    BulkStatus.PREPARING: "info",
    BulkStatus.PREVIEWED: "warning",
    BulkStatus.RUNNING: "brand",
    BulkStatus.SUSPENDED: "warning",
    BulkStatus.FINISHED: "success",
    BulkStatus.CANCELLED: "neutral",
}
ITEM_TONES = {
    BulkItemState.UNCHECKED: "neutral",
    BulkItemState.PENDING: "info",
    BulkItemState.DONE: "success",
    BulkItemState.REFUSED: "warning",
    BulkItemState.FAILED: "danger",
    BulkItemState.LEFT: "neutral",
}
_PLAIN = (
    "retry_exceptions",
    "skip_exceptions",
    "roll_back_exceptions",
    "release_exceptions",
    "dismiss_exceptions",
    "reassign_exceptions",
)
_OF_RUNS = (
    "retry_runs",
    "pause_runs",
    "resume_runs",
    "cancel_runs",
    "roll_back_runs",
    "skip_step_of_runs",
    "jump_runs",
    "replay_runs",
)


@dataclass(frozen=True, slots=True)
class BulkView:
    """One operation: what it is, how far it is, and what can be done with it."""

    operation: BulkOperation
    title: str
    label: str
    sentence: str
    tone: str
    done: int
    total: int
    tallies: list[tuple[str, str, int]]

    @property
    def is_live(self) -> bool:
        return self.operation.status in (BulkStatus.PREPARING, BulkStatus.RUNNING)


def view_of(operation: BulkOperation) -> BulkView:
    """Return the operation as a page shows it."""
    counts = {state: int(operation.counts.get(state, 0)) for state in BulkItemState}
    over = counts[BulkItemState.DONE] + counts[BulkItemState.REFUSED] + counts[BulkItemState.FAILED]
    return BulkView(
        operation=operation,
        title=title_of(operation),
        label=label_in_words(operation),
        sentence=_sentence(operation, counts, over),
        tone=BULK_TONES[BulkStatus(operation.status)],
        done=over,
        total=operation.total,
        tallies=[(state.value, str(state.label), number) for state, number in counts.items() if number],
    )


def title_of(operation: BulkOperation) -> str:
    """Return what is done to how many: "Retry: 14 exceptions"."""
    noun = "run" if operation.about == BulkAbout.RUN else "exception"
    return f"{label_in_words(operation)}: {counted(operation.total, noun)}"


def label_in_words(operation: BulkOperation) -> str:
    """Return what is done: "Retry"."""
    command = find_bulk_command(operation.command)
    return command.label if command else label_of(operation.command)


def commands_for(about: BulkAbout, may: Iterable[str]) -> list[BulkCommand]:
    """Return the commands that a list offers: those of ours, in the order people need them, that the actor may give."""
    wanted, allowed = (_OF_RUNS if about == BulkAbout.RUN else _PLAIN), set(may)
    known = {command.key: command for command in list_bulk_commands(about)}
    return [known[key] for key in wanted if key in known and known[key].action in allowed]


def _sentence(operation: BulkOperation, counts: dict[BulkItemState, int], over: int) -> str:
    refused = counts[BulkItemState.REFUSED]
    match operation.status:
        case BulkStatus.PREPARING:
            return "Each one is being looked at; nothing is done yet."
        case BulkStatus.PREVIEWED:
            will = f"{counts[BulkItemState.PENDING]} will be done"
            return (
                f"Nothing is done yet. {will}, {refused} would be refused."
                if refused
                else f"Nothing is done yet. {will}."
            )
        case BulkStatus.RUNNING:
            return f"{over} of {operation.total} are through."
        case BulkStatus.SUSPENDED:
            return operation.halted or f"Suspended after {over} of {operation.total}; the rest waits."
        case BulkStatus.CANCELLED:
            return f"Cancelled after {counts[BulkItemState.DONE]} were done; what is done stays done."
    failed = counts[BulkItemState.FAILED]
    tail = "".join(
        f", {number} {word}" for number, word in ((refused, "refused"), (failed, "failed")) if number
    )
    return f"{counts[BulkItemState.DONE]} done{tail}."
