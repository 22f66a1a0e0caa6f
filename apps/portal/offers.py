"""What a person can do about an open step, and to the run: offered as dialogs, each with what it asks for. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.workflows.choices import StepStatus
from apps.workflows.engine.definition import Step, WaitStep

_FIELDS = "portal/runs/fields"
CAN_BE_ASKED_AGAIN = frozenset(
    {"approval", "user_task", "action", "notify", "subflow", "check", "wait", "assist"}
)
_LABELS = {"action": "Try now", "check": "Check again", "notify": "Send again", "subflow": "Start again"}


@dataclass(frozen=True, slots=True)
class Offer:
    """One command: its button, the question, and the fields its dialog has besides the reason.

    ``key`` tells the dialogs of a page apart; ``epoch`` keeps a second click from trying again twice.
    """

    command: str
    label: str
    title: str
    text: str
    icon: str
    confirm: str
    visit: str = ""
    epoch: int = 0
    fields: str = ""
    given: str = ""
    has_event: bool = False
    has_time: bool = False
    optional: bool = False
    decides: bool = False
    kind: str = "sm"

    @property
    def key(self) -> str:
        return f"{self.command}-{self.visit}".replace("#", "-").replace("~", "-").strip("-")


def offers_of_step(
    step: Step | None, visit: str, status: str, epoch: int, payload: str, *, is_doubted: bool = False
) -> list[Offer]:
    """Return what can be done about one open visit; ``payload`` is its input as JSON, "" where none can be edited.

    ``is_doubted``: it undoes what may never have been done.
    """
    if step is None or status == StepStatus.DRAINING:
        return []
    is_undo, stopped = visit.endswith("~undo"), status == StepStatus.EXCEPTION
    if is_undo and not stopped:
        return []
    if is_doubted:
        return [_undo_with(step, visit, epoch, payload), _nothing_to_undo(step, visit)]
    offers: list[Offer] = []
    if isinstance(step, WaitStep) and not stopped:
        offers.append(_answer(step, visit))
    elif stopped or (step.kind in CAN_BE_ASKED_AGAIN and status != StepStatus.HANDLING):
        offers.append(_retry(step, visit, epoch, stopped=stopped))
    if payload and (stopped or status == StepStatus.RETRYING):
        offers.append(_edit(step, visit, epoch, payload))
    if not is_undo and (stopped or step.kind == "user_task"):
        offers.append(_reassign(step, visit))
    offers.append(_skip(step, visit, decides=step.kind == "approval"))
    return offers


def _answer(step: WaitStep, visit: str) -> Offer:
    return Offer(
        "answer_wait",
        "Answer by hand",
        f"Answer “{step.name}” by hand?",
        "The run goes on as if what it waits for had come. It is recorded as your word.",
        "pencil",
        "Go on",
        visit,
        fields=f"{_FIELDS}/answer.html",
        has_event=step.event is not None,
        has_time=step.event is None or step.timeout is not None,
    )


def _retry(step: Step, visit: str, epoch: int, *, stopped: bool) -> Offer:
    label = "Retry" if stopped else _LABELS.get(step.kind, "Ask again")
    text = (
        "The step is done once more with the same input."
        if stopped
        else "The call is made once more under its own key, so that the system can tell it is the same one."
        if step.kind == "action"
        else "What was asked is withdrawn and asked anew."
    )
    return Offer(
        "retry_step",
        label,
        f"{label}: “{step.name}”?",
        text,
        "refresh",
        label,
        visit,
        epoch,
        optional=stopped,
    )


def _edit(step: Step, visit: str, epoch: int, payload: str) -> Offer:
    return Offer(
        "edit_step",
        "Edit and retry",
        f"Edit the input of “{step.name}”",
        "What you change replaces what the template worked out, for this step of this run only.",
        "pencil",
        "Retry with this input",
        visit,
        epoch,
        fields=f"{_FIELDS}/input.html",
        given=payload,
    )


def _undo_with(step: Step, visit: str, epoch: int, payload: str) -> Offer:
    return Offer(
        "edit_step",
        "Undo it",
        f"Undo “{step.name}”?",
        "It may have been done. Look in the system, and give what the undoing needs.",
        "arrow-back-up",
        "Undo it",
        visit,
        epoch,
        fields=f"{_FIELDS}/input.html",
        given=payload or "{}",
    )


def _nothing_to_undo(step: Step, visit: str) -> Offer:
    return Offer(
        "skip_step",
        "Nothing to undo",
        f"Nothing to undo of “{step.name}”?",
        "It was not done, or it is undone already. The roll-back goes on with what was done before.",
        "check",
        "Go on with the roll-back",
        visit,
    )


def _reassign(step: Step, visit: str) -> Offer:
    return Offer(
        "reassign_step",
        "Give to somebody else",
        f"Who takes “{step.name}”?",
        "It leaves the inbox it is in now and comes into the other one.",
        "user",
        "Give it to them",
        visit,
        fields=f"{_FIELDS}/assignee.html",
    )


def _skip(step: Step, visit: str, *, decides: bool) -> Offer:
    text = "The step counts as done and the run goes on. What it asked of others is withdrawn."
    if decides:
        text = "You decide in the approvers’ place; their request is withdrawn, and the audit trail says it was you."
    return Offer(
        "skip_step",
        "Skip",
        f"Skip “{step.name}”?",
        text,
        "player-skip-forward",
        "Skip the step",
        visit,
        fields=f"{_FIELDS}/output.html",
        decides=decides,
        kind="danger-quiet",
    )


@dataclass(frozen=True, slots=True)
class Place:
    """A step one can go back to, or repeat the run from."""

    step: str
    name: str
    visits: int


def run_offers(
    *, is_paused: bool, is_running: bool, places: Sequence[Place], may_resolve: bool
) -> list[Offer]:
    """Return what can be done to the run itself besides cancelling it and rolling it back."""
    offers: list[Offer] = []
    if is_paused:
        offers.append(
            Offer(
                "resume",
                "Resume",
                "Let this run go on?",
                "It goes on where it was held, with everything that came meanwhile, in order.",
                "player-play",
                "Resume the run",
                optional=True,
                kind="primary",
            )
        )
    elif is_running:
        offers.append(
            Offer(
                "pause",
                "Pause",
                "Pause this run?",
                "Nothing new is begun until somebody resumes it. What people and systems answer meanwhile is kept.",
                "player-pause",
                "Pause the run",
                fields=f"{_FIELDS}/party.html",
                kind="",
            )
        )
    if is_running and may_resolve and places:
        offers.append(
            Offer(
                "jump",
                "Go back",
                "Go back to an earlier step?",
                "What is open after that step is withdrawn, and it is done again. Nothing done in other systems is undone.",
                "arrow-back-up",
                "Go back",
                fields=f"{_FIELDS}/place.html",
                kind="",
            )
        )
    offers.append(
        Offer(
            "replay",
            "Replay",
            "Repeat this run as a new one?",
            "The new run takes over what the steps before had put out. What this run did in other systems stays, "
            "and the steps from there on are done once more.",
            "refresh",
            "Start the new run",
            fields=f"{_FIELDS}/replay.html",
            kind="",
        )
    )
    return offers
