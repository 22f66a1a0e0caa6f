"""What this app registers with the apps below it."""

from apps.accounts.mail import set_mail_sender
from apps.accounts.policies import register_actions
from apps.dispatch.rebuilding import register_distrust, register_due_work
from apps.dispatch.registry import register as register_kind
from apps.ledger.events import subscribe
from apps.ledger.transitions import register_table
from apps.messaging import due_work, events, handlers, review_handlers, states
from apps.messaging.models import Message, MessageTemplate, NotificationPreference
from apps.messaging.policies import ACTIONS
from apps.messaging.selectors import wording_keys
from apps.messaging.selectors.wordings import PART, wording_copies
from apps.messaging.services import MAX_ATTEMPTS, SEND_KIND, send_account_mail, send_notification, send_queued
from apps.messaging.services.chats import post_to_chat
from apps.messaging.services.digests import send_digests
from apps.messaging.services.queueing import CHAT_KIND, DIGEST_KIND
from apps.messaging.services.sending import distrust_queued
from apps.messaging.services.wordings import keep_wording
from apps.workflows.events import EXCEPTION_RAISED, TEMPLATE_REVIEWED, TEMPLATE_SUBMITTED
from apps.workflows.parts import messages_named, register_part
from apps.workflows.steps import register_catalogue, register_step
from tenants.configuration import register_configuration


def register() -> None:
    """Called once, when the apps are loaded."""
    events.register()
    register_actions(ACTIONS)
    register_table(Message, states.MESSAGE)
    register_table(MessageTemplate, states.TEMPLATE)
    register_step("notify", send_notification, None)
    register_part(PART, wording_copies, keys=messages_named, label="messages", install=keep_wording)
    register_catalogue("messages", wording_keys)
    register_distrust(distrust_queued)
    register_due_work(SEND_KIND, CHAT_KIND, DIGEST_KIND, source=due_work.due_work)
    register_kind(SEND_KIND, send_queued, lane="messages", batch=8, max_attempts=MAX_ATTEMPTS + 4)
    register_kind(DIGEST_KIND, send_digests, lane="messages", batch=8)
    register_kind(CHAT_KIND, post_to_chat, lane="messages", batch=4, max_attempts=MAX_ATTEMPTS + 4)
    register_configuration(NotificationPreference)
    subscribe(EXCEPTION_RAISED, "messaging.mail_exception_owner", handlers.mail_exception_owner)
    subscribe(TEMPLATE_SUBMITTED, "messaging.mail_reviewers", review_handlers.mail_reviewers)
    subscribe(TEMPLATE_REVIEWED, "messaging.mail_authors", review_handlers.mail_authors)
    set_mail_sender(send_account_mail)
