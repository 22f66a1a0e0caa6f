"""What a tenant exchanges with others, what its people keep for themselves, who stands in, its calendars."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from standardwebhooks.webhooks import Webhook

from apps.accounts.choices import SignInMethod
from apps.accounts.models import SignInAttempt, User
from apps.accounts.services.factors import begin_authenticator
from apps.approvals.models import ApprovalRequest, StepUpProof
from apps.approvals.services.delegations import create_delegation
from apps.approvals.services.feeds import save_feed
from apps.approvals.services.forecasting import make_forecast
from apps.approvals.services.hand_over import start_hand_over
from apps.approvals.services.reassigning import add_approver
from apps.core.actor import Actor
from apps.core.ids import new_id
from apps.delivery import models as delivery
from apps.inbox.services import make_feed, mark_read, save_filter
from apps.integrations.services import create_hook
from apps.integrations.services.endpoints import create_endpoint
from apps.ledger.models import OutboxMessage, SubscriberRetry
from apps.ledger.services import emit, unit_of_work
from apps.ledger.types import DomainEvent
from apps.messaging.services.notices import save_preferences
from apps.messaging.services.wordings import publish_wording
from apps.workflows import models as workflows
from apps.workflows.services.calendars import assign_calendar, save_calendar
from apps.workflows.services.schedules import fire_schedule, save_schedule
from tests.integration.delivery.contracts import actor_of
from tests.interfaces.pages import browser
from tests.isolation.contracts import drain
from tests.isolation.words import SYSTEM, own_key


def talk(word: str, host: str, systems: str) -> None:
    """A hook with a message that does not map, an endpoint with a delivery, a sign-in that fails, a stored answer."""
    mapping = {"format": 1, "event": "contract.signed", "data": {"contract_id": "= body.nothing.here"}}
    made = create_hook(name=f"{word} hook", scheme="standard-webhooks", mapping=mapping, actor=SYSTEM)
    _send(made.hook.id, made.secret, host, {"word": word})
    create_endpoint(
        name=f"{word} endpoint", url=f"{systems}/subscriber/{word}", event_types=["*"], actor=SYSTEM
    )
    with unit_of_work(SYSTEM):
        emit(DomainEvent("contract.signed", f"contract/none-{word}", {"contract_id": f"none-{word}"}))
    drain()
    _note(word)
    publish_wording(key=own_key(word), subject=f"{word} subject", body=f"{word} body", actor=SYSTEM)
    SignInAttempt.objects.create(
        email=f"staff@{word}.example", address="127.0.0.1", method=SignInMethod.PASSWORD
    )
    SubscriberRetry.objects.create(
        message=OutboxMessage.objects.latest("id"), subscriber="delivery.test", error=f"{word} error"
    )


def _note(word: str) -> None:
    """What a person keeps for himself: marks, a filter, a calendar address, how he wants to be told."""
    staff = actor_of(User.objects.get(email=f"staff@{word}.example"))
    task = workflows.UserTask.objects.filter(status="open").latest("id")
    mark_read(item_ids=[task.pk], actor=staff)
    save_filter(name=f"{word} filter", query={"search": word}, actor=staff)
    make_feed(actor=staff)
    save_preferences(actor=staff, ways={"other": {"mail": "now", "chat": False}})


def ask_around(word: str, people: Mapping[str, Actor]) -> None:
    """Somebody is away, a calendar says so, somebody is asked besides, things change hands, and it was looked ahead."""
    staff, director = UUID(people["staff"].id), UUID(people["director"].id)
    begins = datetime.now(UTC) + timedelta(days=5)
    absence = create_delegation(
        actor=SYSTEM, giver_id=director, taker_id=staff, begins_at=begins, reason=f"{word} reason"
    )
    entry = f"UID:{word}\r\nDTSTART;VALUE=DATE:{begins:%Y%m%d}\r\nSUMMARY:{word} away"
    text = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{entry}\r\nEND:VEVENT\r\nEND:VCALENDAR"
    save_feed(actor=SYSTEM, user_id=UUID(people["resources"].id), text=text, keyword=word)
    request = ApprovalRequest.objects.get(status="open")
    begin_authenticator(user=User.objects.get(pk=staff))
    StepUpProof.objects.create(
        request=request, user_id=staff, show_hash=request.show_hash, method="totp", expires_at=begins
    )
    add_approver(request_id=request.id, user_id=director, actor=SYSTEM, reason=f"{word} reason")
    start_hand_over(
        giver_id=staff,
        taker_id=UUID(people["resources"].id),
        chosen=[absence.id],
        actor=SYSTEM,
        reason=f"{word} reason",
    )
    make_forecast(actor=SYSTEM)
    drain()


def keep_time(word: str) -> None:
    """A calendar the customer works by, and a schedule that has fired."""
    save_calendar(
        key=own_key(word),
        name=f"{word} hours",
        zone="Europe/Berlin",
        hours=[[["08:00", "16:00"]]] * 7,
        holidays=[{"date": "2026-12-24", "name": f"{word} holiday", "yearly": True}],
        actor=SYSTEM,
    )
    customer = delivery.Customer.objects.get(name=f"{word} GmbH")
    assign_calendar(subject=f"customer/{customer.pk}", key=own_key(word), actor=SYSTEM)
    schedule = save_schedule(
        key=own_key(word),
        name=f"{word} schedule",
        template=own_key(word),
        cron="0 6 * * *",
        input={"word": word},
        actor=SYSTEM,
    )
    with unit_of_work(SYSTEM):
        assert schedule.next_fire_at is not None
        fire_schedule(schedule.id, schedule.next_fire_at)
    drain()


def _send(hook_id: UUID, secret: str, host: str, body: dict[str, Any]) -> None:
    text, sent, message = json.dumps(body), datetime.now(UTC), f"m-{new_id()}"
    headers = {
        "webhook-id": message,
        "webhook-timestamp": str(int(sent.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, sent, text),
    }
    client = browser(host)
    answer = client.post(f"/hooks/{hook_id}", text, content_type="application/json", headers=headers)
    assert answer.status_code == 202, answer.content
