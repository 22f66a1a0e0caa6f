"""Faults 1 to 7, 9, 11, 14, 16 and 33: workers, dispatchers and what carries their messages."""

import threading

import pytest
import redis
from django.db import connection

from apps.dispatch import bell
from apps.dispatch.models import WorkItem
from apps.dispatch.services import claim, settle
from apps.integrations.models import ActionIntent
from apps.workflows.models import ExceptionCase
from tenants.context import tenant_context
from tests.durability.harness.catalogue import scenario
from tests.durability.harness.templates import key_of

pytestmark = pytest.mark.durability
RUNS = 4
KINDS = ("action", "parallel", "wait", "choice", "subflow", "user_task")


def finish(world, **more):
    world.settle()
    world.check(**more)
    assert set(world.statuses()) == {"completed"}, world.describe()


def run_with(world, *places, act, times=1):
    """Some runs of several kinds; ``act`` happens the ``times``-th time one of the places is reached."""
    place = world.random.choice(places)
    world.places.arm(place, times, act)
    with world.living():
        for _ in range(RUNS):
            world.start(key_of(world.random.choice(KINDS)))
        finish(world)
    assert world.places.fired == [f"{place}#{times}"]


@scenario(1)
def test_killed_before_the_effect(make_world, seed):
    world = make_world(seed)
    run_with(world, "worker.effect:before", act=world.places.crash, times=world.random.randint(1, RUNS))


@scenario(2)
def test_killed_after_the_effect(make_world, seed):
    world = make_world(seed)
    places = ("worker.effect:after", "worker.settle:before")
    run_with(world, *places, act=world.places.crash, times=world.random.randint(1, RUNS))
    sent = [key for _, key in world.receiver.calls]
    assert len(sent) == len(set(sent)) + 1, "the call that was repeated went under the same key"


@scenario(2, seeds=5)
def test_killed_after_an_effect_nobody_can_tell_apart(make_world, seed):
    """Where a repetition cannot be told from a first call, a person decides; nothing is sent again by itself."""
    world = make_world(seed)
    world.receiver.kind = "none"
    world.places.arm("worker.effect:after", 1, world.places.crash)
    with world.living():
        world.start(key_of("action"))
        world.settle()
        world.check()
        with tenant_context(world.tenant):
            case = ExceptionCase.objects.get(run_id__in=world.accepted, status="open")
            assert case.code == "outcome_unknown"
            assert ActionIntent.objects.get(run_id__in=world.accepted).state == "unknown"
    assert len(world.receiver.effects) == 1


@scenario(3)
def test_killed_between_claim_and_start(make_world, seed):
    world = make_world(seed)
    places = ("worker.message:taken", "worker.begin:before", "worker.begin:after")
    run_with(world, *places, act=world.places.crash, times=world.random.randint(1, 3))


@scenario(4)
def test_stopped_beyond_its_lease_and_continued(make_world, seed):
    world = make_world(seed)
    places = (
        "worker.effect:before",
        "worker.effect:after",
        "worker.settle:before",
        "worker.begin:after",
        "worker.item:before",
    )
    run_with(world, *places, act=world.stall, times=world.random.randint(1, 3))


@scenario(5)
def test_dispatcher_killed_between_commit_and_publish(make_world, seed):
    world = make_world(seed)
    places = ("dispatcher.publish:before", "dispatcher.claim:after")
    run_with(world, *places, act=world.places.crash, times=world.random.randint(1, 3))


@scenario(6)
def test_redis_is_flushed_in_full_flow(make_world, seed):
    world = make_world(seed)
    flushes = 0

    def maybe(_place):
        nonlocal flushes
        if world.broker and flushes < 6 and world.random.random() < 0.2:
            flushes += 1
            world.flush_broker()

    with world.living():
        for _ in range(RUNS):
            world.start(key_of(world.random.choice(KINDS)))
        world.places.every = maybe
        began = world.passed
        world.settle()
        world.check()
    assert flushes
    # Each flush costs at most one dispatch time-out and a sweep, besides the longest of the templates' own waits.
    assert (world.passed - began).total_seconds() <= flushes * (claim.DISPATCH_SECONDS + 2) + 60


@scenario(7)
def test_redis_is_away_for_five_minutes(make_world, seed):
    world = make_world(seed)
    world.broker_down = True
    with world.living():
        for _ in range(RUNS):
            world.start(key_of(world.random.choice(KINDS)))
            for _second in range(10):
                world.dispatch()
                world.advance(7.5)
                world.sweep()
        assert world.receiver.calls == []
        world.broker_down = False
        finish(world)


@scenario(7, seeds=1)
def test_the_bell_does_not_ring_and_nobody_minds(monkeypatch, seed):
    monkeypatch.setattr(bell, "_client", redis.Redis.from_url("redis://127.0.0.1:9/0"))
    monkeypatch.setattr(bell, "_silent_until", 0.0)
    for _ in range(3):
        bell.ring()
    assert bell._silent_until > 0
    bell.wait(0.01)


@scenario(9)
def test_every_message_three_times_shuffled(make_world, seed):
    world = make_world(seed)
    old = []

    def again(place):
        if place == "dispatcher.publish:after":
            old.append(world.broker[-1])
        if place in ("worker.effect:after", "worker.settle:before") and world.random.random() < 0.5:
            world.places.every = None
            world.deliver(*world.random.choice(old))
            world.places.every = again

    world.places.every = again
    with world.living():
        for _ in range(RUNS):
            world.start(key_of(world.random.choice(KINDS)))
        for _ in range(60):
            if not world.dispatch():
                break
            messages = world.broker * 3
            world.broker.clear()
            world.random.shuffle(messages)
            for kind, held in messages:
                world.deliver(kind, held)
        finish(world)


@scenario(11)
def test_sessions_are_terminated_at_random(make_world, seed):
    """Four sessions a seed, so a hundred in twenty-five."""
    world = make_world(seed)
    left = 4

    def maybe(_place):
        nonlocal left
        if left and world.random.random() < 0.05:
            left -= 1
            world.terminate()

    with world.living():
        world.places.every = maybe
        while left:
            world.start(key_of(world.random.choice(KINDS)))
            world.settle_work()
        world.places.every = None
        finish(world)


@scenario(14)
def test_deadlocks_and_conflicts(make_world, seed):
    world = make_world(seed)
    left = 5
    inside = ("write:before", "write:after", "ledger:before", "finish:after", "flush:after")

    def maybe(place):
        nonlocal left
        if left and connection.in_atomic_block and place.endswith(inside) and world.random.random() < 0.25:
            left -= 1
            world.places.fired.append(place)
            world.refuse()

    with world.living():
        for _ in range(RUNS):
            world.start(key_of(world.random.choice(KINDS)))
        world.places.every = maybe
        finish(world)
    assert world.places.fired


@scenario(16)
def test_two_dispatchers_two_sweepers_and_a_late_one(make_world, two_tenants, seed):
    world = make_world(seed)
    with world.living():
        for _ in range(RUNS * 2):
            world.start(key_of(world.random.choice(KINDS)))
        late = claim.claim_due(lanes=["actions", "events"], limit=3)
        world.advance(claim.DISPATCH_SECONDS + 1)
    taken = race(world)
    assert len(taken) == len(set(taken)), "an item was handed out twice under one fence"
    with world.living():
        # The late dispatcher comes back and publishes what is no longer its own.
        for item in late:
            world.broker.append((item.kind, {item.id: item.fence}))
        finish(world)


def race(world):
    """Two dispatchers and two sweepers at the same time; what was claimed, by id and fence."""
    taken, start = [], threading.Barrier(4)

    def dispatch():
        start.wait(10)
        for _ in range(15):
            taken.extend(
                (item.id, item.fence)
                for item in claim.claim_due(lanes=["actions", "events", "timers"], limit=4)
            )
        connection.close()

    def sweep():
        start.wait(10)
        for _ in range(15):
            settle.recover_expired()
            settle.reopen_lanes()
        connection.close()

    threads = [threading.Thread(target=act) for act in (dispatch, dispatch, sweep, sweep)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return taken


@scenario(33)
def test_a_payload_that_kills_its_worker_each_time(make_world, seed):
    """It is parked for a person after so many deaths, and everybody else's work flows on meanwhile."""
    world = make_world(seed)
    poisoned = []

    with world.living():
        bad = world.start(key_of("action"))
        with tenant_context(world.tenant):
            poisoned.append(str(ActionIntent.objects.get(run_id=bad).id))
        world.receiver.execute = killing(world, poisoned, world.receiver.execute)
        good = [world.start(key_of("action")) for _ in range(RUNS)]
        world.settle()
        world.check(without=("I11",))
        with tenant_context(world.tenant):
            case = ExceptionCase.objects.get(run_id=bad, status="open")
        assert case.code == "worker_lost"
        assert WorkItem.objects.filter(tenant_id=world.tenant.id, state="parked").count() == 1
    assert world.places.deaths == 8
    assert sorted(world.statuses()) == ["completed"] * len(good) + ["running"]


def killing(world, poisoned, execute):
    def killer(name, values, key, **more):
        if key in poisoned:
            world.places.crash()
        return execute(name, values, key, **more)

    return killer
