"""Mail about signing in: queued in a tenant, sent directly on a partner's host, which has no queue of messages."""

from apps.accounts.models import User
from apps.accounts.types import AccountMail
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.ids import new_id
from apps.ledger.services import unit_of_work
from apps.messaging.builtin import BUILTIN
from apps.messaging.recipients import recipient_of
from apps.messaging.rendering import compose
from apps.messaging.services.queueing import queue_message
from apps.messaging.transport import mail_server, send
from apps.messaging.types import Envelope, Recipient
from tenants.context import tenant_or_none
from tenants.directory import partner_ref
from tenants.links import Place
from tenants.models import Partner

_KEYS = {
    "sign_in_code": "sign-in-code",
    "password_reset": "password-reset",
    "password_changed": "password-changed",
    "factors_changed": "factors-changed",
    "decision_code": "decision-code",
}
_CODE_MINUTES = 10


def send_account_mail(mail: AccountMail) -> None:
    """Send a code, a link to choose a password, or word that it or a second factor was changed."""
    key = _KEYS[mail.kind]
    data = {**mail.values, "minutes": _CODE_MINUTES}
    url = mail.values.get("url", "")
    user = User.objects.filter(email=mail.to).first()
    to = recipient_of(user) if user else Recipient(mail.to)
    if tenant_or_none() is not None:
        with unit_of_work(Actor.system("sign-in")):
            queue_message(key=key, to=to, data=data, action_url=url, sensitive=True)
        return
    place = _place_of_partner(user)
    if place is not None:
        letter = compose(BUILTIN[key], to=to, place=place, data=data, action_url=url)
        envelope = Envelope(
            message_id=f"<{new_id()}@{place.host}>", to=to, reply_to=place.brand.support_email
        )
        with mail_server() as server:
            send(server, letter, envelope, brand=place.brand, at=now())


def _place_of_partner(user: User | None) -> Place | None:
    if user is None or user.partner_id is None:
        return None
    partner = Partner.objects.select_related("brand").prefetch_related("domains").get(pk=user.partner_id)
    ref = partner_ref(partner)
    domains = sorted(partner.domains.all(), key=lambda domain: not domain.is_primary)
    return Place(host=domains[0].domain, name=ref.name, brand=ref.brand) if domains else None
