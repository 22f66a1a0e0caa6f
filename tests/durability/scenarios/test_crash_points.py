"""A process dies at every place it can reach, in every kind of step: nothing is lost, nothing doubled."""

import pytest

from tests.durability.harness.catalogue import SEEDS, scenario
from tests.durability.harness.templates import KINDS, key_of

pytestmark = [pytest.mark.durability, pytest.mark.filterwarnings("ignore::RuntimeWarning")]


def play(world, kind):
    """One run of the kind to its end, whatever happens."""
    world.start(key_of(kind))
    if kind == "event":
        world.settle_work()
        world.start(key_of("check"))
    world.settle()


def places_of(make_world, kind):
    """Every place one undisturbed run of the kind reaches, in order, when nothing has to be loaded first."""
    for _time in range(2):
        world = make_world(1)
        with world.living():
            play(world, kind)
            world.check()
        assert set(world.statuses()) == {"completed"}
    return world.places.trace


def parted(place):
    name, _, number = place.rpartition("#")
    return name, int(number)


@pytest.mark.fault("places")
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_place_of_every_kind(make_world, kind):
    trace = places_of(make_world, kind)
    if not SEEDS:
        trace = trace[:: max(1, len(trace) // 4)]
    for place in trace:
        world = make_world(1)
        world.places.arm(*parted(place), world.places.crash)
        with world.living():
            play(world, kind)
            assert world.places.deaths == 1, place
            world.check()
        assert set(world.statuses()) == {"completed"}, place


@scenario("pairs", seeds=100, short=3)
def test_two_faults_anywhere(make_world, seed):
    """Two faults of any sort at any two places of any kind of step."""
    world = make_world(seed)
    kind = world.random.choice(sorted(KINDS))
    trace = places_of(make_world, kind)
    world = make_world(seed)
    for place in world.random.sample(trace, 2):
        world.places.arm(*parted(place), world.random.choice(faults_of(world, place)))
    with world.living():
        play(world, kind)
        world.check()
    assert set(world.statuses()) == {"completed"}, world.describe()


def faults_of(world, place):
    """What may go wrong at a place: a refusal inside a transaction, a lost reply after a commit, the rest anywhere."""
    name = parted(place)[0]
    faults = [world.places.crash, world.stall, world.terminate, world.flush_broker]
    if name.endswith(("write:before", "flush:before", "ledger:after")):
        faults.append(world.refuse)
    if name.endswith("commit:after"):
        faults.append(world.lose_reply)
    return faults
