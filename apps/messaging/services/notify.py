"""The step ``notify``: hand a run's message over."""

from apps.core.errors import DomainError
from apps.ledger.services import attempt
from apps.messaging.recipients import resolve_recipients
from apps.messaging.selectors.wordings import PART, wording_of_copy
from apps.messaging.services.queueing import queue_message
from apps.workflows.engine.commands import StepError
from apps.workflows.engine.effects import SendMessage
from apps.workflows.steps import Done, Failed, Outcome, RunContext


def send_notification(effect: SendMessage, context: RunContext) -> Outcome:
    """Queue the message to everybody it names; called inside the run's transition. Either all are queued or none."""
    held = context.part(PART, effect.message)
    wording = wording_of_copy(effect.message, held) if held else None
    try:
        with attempt():
            messages = [
                queue_message(
                    key=effect.message,
                    to=recipient,
                    data=effect.data,
                    run_id=context.run_id,
                    visit=effect.visit,
                    wording=wording,
                )
                for recipient in resolve_recipients(effect.to)
            ]
    except DomainError as error:
        problems = [problem.to_json() for problem in error.errors]
        return Failed(StepError(error.code, error.detail, details={"errors": problems}))
    return Done({"messages": [str(message.id) for message in messages if message is not None]})
