"""Values of messaging."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person a message goes to; ``user_id`` is set for users of the tenant."""

    email: str
    name: str = ""
    user_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """What a kind of message says: plain text with ``{{ path.to.value }}`` placeholders and at most one button.

    ``body`` is made of paragraphs, separated by blank lines. ``action_path`` is a path on the tenant's own host.
    ``why`` tells the reader, below the message, why it came. ``version`` 0 marks the wording that comes built in.
    """

    key: str
    subject: str
    body: str
    action_label: str = ""
    action_path: str = ""
    why: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it leaves: filled in, as plain text and as HTML. ``path`` is where its button leads on the host."""

    subject: str
    text: str
    html: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a message travels. ``message_id`` is the same however often it is sent, so that a duplicate is recognised."""

    message_id: str
    to: Recipient
    reply_to: str
