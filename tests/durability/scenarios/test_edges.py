"""Faults 13, 15 and 22 to 25: what comes in over HTTP, and what goes out."""

import json
import threading
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F

from apps.integrations import services
from apps.integrations.handlers import webhooks
from apps.integrations.models import InboundEvent, WebhookDelivery, WebhookEndpoint
from apps.integrations.services.deliveries import AttemptOutcome
from apps.ledger.models import OutboxMessage
from apps.ledger.services import emit, unit_of_work
from apps.ledger.types import DomainEvent
from apps.workflows.models import Run
from tenants.context import tenant_context
from tests.durability.harness.catalogue import scenario
from tests.durability.harness.receiver import loses_answer, refuses
from tests.durability.harness.templates import key_of
from tests.durability.harness.world import DAY, SYSTEM
from tests.integration.integrations.test_inbound_hooks import MAPPING, post
from tests.interfaces.api.conftest import Program, make_key

pytestmark = pytest.mark.durability


@pytest.fixture(scope="module")
def api(two_tenants, django_db_blocker):
    with django_db_blocker.unblock():
        return Program(two_tenants[0].primary_host, make_key(two_tenants[0]))


def post_run(api, token):
    return api.post("runs", {"template": key_of("action"), "input": {}}, Idempotency_Key=token)


@scenario(13)
def test_committed_but_the_client_saw_an_error(make_world, api, seed):
    """The reply to the commit is lost: the client is told to try again, and the same key starts nothing new."""
    world = make_world(seed)
    with world.living():
        world.places.arm("client.commit:after", 1, world.lose_reply)
        first = post_run(api, f"lost-{world.since_id}")
        assert first.status_code == 503, first.content
        assert first["Content-Type"] == "application/problem+json"
        assert first.json()["code"] == "unavailable"
        again = post_run(api, f"lost-{world.since_id}")
        assert again.status_code == 201
        world.accepted.add(again.json()["id"])
        world.settle()
        world.check()
        with tenant_context(world.tenant):
            assert Run.objects.filter(created_at__gte=world.since).count() == 1
    assert world.places.fired == ["client.commit:after#1"]


@scenario(15)
def test_the_disk_is_full_for_a_while(make_world, api, seed):
    """Commands are refused cleanly and leave nothing; work waits, is not counted against itself, and goes on afterwards."""
    world = make_world(seed)
    full = False

    def refuse(place):
        if full and connection.in_atomic_block and place.endswith(("ledger:before", "write:before")):
            world.refuse()

    world.places.every = refuse
    with world.living():
        for _ in range(3):
            world.start(key_of(world.random.choice(("action", "wait", "parallel"))))
        full = True
        answer = post_run(api, f"full-{world.since_id}")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        for _ in range(20):
            world.settle_work()
            world.advance(world.random.uniform(20, 60))
            world.sweep()
        full = False
        world.settle()
        world.check()
    assert set(world.statuses()) == {"completed"}


@scenario(22)
def test_the_remote_answers_badly(make_world, seed):
    """Errors, lost lines and 429 with Retry-After: tried again under the same key, never before the time it asked for."""
    world = make_world(seed)
    times = {}
    execute = world.receiver.execute

    def timed(name, values, key, **more):
        times.setdefault(key, []).append(datetime.now(UTC) + world.passed)
        return execute(name, values, key, **more)

    world.receiver.execute = timed
    moods = [refuses(), refuses("busy", retry_after=90.0), loses_answer(), refuses("timeout")]
    world.random.shuffle(moods)
    world.receiver.moods = [refuses("busy", retry_after=90.0), *moods[: world.random.randint(1, 3)]]
    with world.living():
        world.start(key_of("action"))
        world.settle()
        world.check()
    assert world.statuses() == ["completed"]
    first = next(iter(times.values()))
    assert first[1] - first[0] >= timedelta(seconds=89)


@scenario(23)
def test_the_remote_has_done_it_and_the_answer_is_lost(make_world, seed):
    world = make_world(seed)
    world.receiver.moods = [loses_answer() for _ in range(world.random.randint(1, 4))]
    with world.living():
        for _ in range(3):
            world.start(key_of(world.random.choice(("action", "parallel", "choice"))))
        world.settle()
        world.check()
    assert set(world.statuses()) == {"completed"}
    assert len(world.receiver.calls) > len(world.receiver.effects)


@scenario(23, seeds=5)
def test_the_answer_of_something_unrepeatable_is_lost(make_world, seed):
    """It may have been done, and a second call would not be noticed: a person looks."""
    world = make_world(seed)
    world.receiver.kind = "none"
    world.receiver.moods = [loses_answer(retryable=False)]
    with world.living():
        world.start(key_of("action"))
        world.settle()
        world.check()
    assert world.statuses() == ["running"]
    assert len(world.receiver.calls) == 1


@scenario(24, seeds=10)
def test_an_inbound_message_five_times_at_once_and_after_74_hours(make_world, two_tenants, seed):
    world, tenant = make_world(seed), two_tenants[0]
    with tenant_context(tenant):
        named = f"Tickets {seed}"
        hook = services.create_hook(name=named, scheme="standard-webhooks", mapping=MAPPING, actor=SYSTEM)
    messages = {
        f"msg_{world.since_id}_{number}": b'{"id": "T-%d", "note": "x"}' % number for number in (1, 2)
    }
    answers, start = [], threading.Barrier(10)

    def send(message_id, body):
        start.wait(20)
        try:
            answers.append((message_id, post(tenant.primary_host, hook, body=body, message_id=message_id)))
        finally:
            connection.close()

    wanted = list(messages.items()) * 5
    world.random.shuffle(wanted)
    threads = [threading.Thread(target=send, args=pair) for pair in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [answer.status_code for _, answer in answers] == [202] * 10
    assert len({(message_id, json.loads(answer.content)["id"]) for message_id, answer in answers}) == 2
    with world.living():
        world.settle()
    with tenant_context(tenant):
        InboundEvent.objects.filter(hook=hook.hook).update(created_at=F("created_at") - timedelta(hours=74))
    for message_id, body in messages.items():
        assert post(tenant.primary_host, hook, body=body, message_id=message_id).status_code == 202
    with world.living():
        world.settle()
        world.check()
    with tenant_context(tenant):
        assert InboundEvent.objects.filter(hook=hook.hook).count() == 2
        assert OutboxMessage.objects.filter(type="ticket.closed", id__gte=world.since_id).count() == 2


class _AtOnce:
    """A pool that does what it is given at once, in order."""

    def submit(self, function, *args):
        future: Future = Future()
        future.set_result(function(*args))
        return future


@scenario(25, seeds=10)
def test_an_outbound_endpoint_is_dead_for_six_days(make_world, two_tenants, monkeypatch, seed):
    world, tenant = make_world(seed), two_tenants[0]
    alive, sent = {"good"}, []

    def send(delivery, _secrets):
        name = delivery.endpoint.url.rpartition("/")[2]
        sent.append((name, delivery.id))
        at = datetime.now(UTC) + world.passed
        return (
            AttemptOutcome(at=at, status_code=204)
            if name in alive
            else AttemptOutcome(at=at, error="refused")
        )

    monkeypatch.setattr(webhooks, "_send", send)
    monkeypatch.setattr(webhooks, "_pool", _AtOnce)
    event = f"ticket.seen{seed}"
    with world.living():
        with tenant_context(tenant):
            made = {
                name: services.create_endpoint(
                    url=f"https://sub.example/{name}", event_types=["billing.blocked"], actor=SYSTEM
                )
                for name in ("good", "dead")
            }
            with unit_of_work(SYSTEM):
                for number in range(3):
                    emit(
                        DomainEvent(
                            "billing.blocked",
                            f"milestone/{event}-{number}",
                            {"milestone_id": str(number)},
                        )
                    )
        for _ in range(6 * 4):
            world.settle_work()
            world.advance(DAY / 4)
        world.settle()
        world.check()
        with tenant_context(tenant):
            dead = WebhookEndpoint.objects.get(pk=made["dead"].endpoint.id)
            assert dead.status == "disabled"
            told = OutboxMessage.objects.filter(type="webhook_endpoint.disabled", id__gte=world.since_id)
            assert told.count() == 1
            assert states(made["good"]) == ["delivered"] * 3
            assert states(made["dead"]) == ["failed"] * 3
            alive.add("dead")
            services.enable_endpoint(endpoint_id=dead.id, actor=SYSTEM)
            for delivery in WebhookDelivery.objects.filter(endpoint=dead):
                services.resend_delivery(delivery_id=delivery.id, actor=SYSTEM)
        world.settle()
        with tenant_context(tenant):
            assert states(made["dead"]) == ["delivered"] * 3
            WebhookEndpoint.objects.filter(url__startswith="https://sub.example/").delete()
    assert [name for name, _ in sent].count("good") == 3


def states(made):
    rows = WebhookDelivery.objects.filter(endpoint=made.endpoint, event_type="billing.blocked")
    return list(rows.values_list("state", flat=True))
