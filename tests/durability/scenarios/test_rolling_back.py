"""A process dies at every place of a roll-back with child runs: all of it is undone, each thing once."""

from functools import partial

import pytest

from apps.workflows.models import Run
from apps.workflows.services import roll_back_run
from tenants.context import tenant_context
from tests.durability.harness.catalogue import SEEDS, scenario
from tests.durability.harness.templates import key_of
from tests.durability.harness.world import SYSTEM

pytestmark = [pytest.mark.durability, pytest.mark.filterwarnings("ignore::RuntimeWarning")]
DONE = ("before", "inside", "within", "first", "second")


def play(world):
    """A run with an ended and an open child is rolled back; return where in the trace that began."""
    run = world.start(key_of("nested"))
    world.settle_work()
    begun = len(world.places.trace)
    world.client(partial(roll_back_run, run_id=run, actor=SYSTEM, reason="called off"))
    world.settle()
    return begun


def judge(world, place=""):
    world.check()
    with tenant_context(world.tenant):
        runs = {str(run.id): run.status for run in Run.objects.filter(created_at__gte=world.since)}
    assert list(runs.values()) == ["rolled_back"] * 3, place
    # People also answer what runs of other tests have left open.
    steps = sorted(effect.step for effect in world.receiver.effects if effect.run in runs)
    assert steps == sorted([*DONE, *(f"undo {step}" for step in DONE)]), place


def places_of(make_world):
    for _time in range(2):
        world = make_world(1)
        with world.living():
            begun = play(world)
            judge(world)
    return world.places.trace[begun:]


def parted(place):
    name, _, number = place.rpartition("#")
    return name, int(number)


@pytest.mark.fault("children")
def test_killed_at_every_place(make_world):
    trace = places_of(make_world)
    if not SEEDS:
        trace = trace[:: max(1, len(trace) // 8)]
    for place in trace:
        world = make_world(1)
        world.places.arm(*parted(place), world.places.crash)
        with world.living():
            play(world)
            assert world.places.deaths == 1, place
            judge(world, place)


@scenario("children", seeds=100)
def test_killed_between_the_childs_end_and_the_parents_hearing(make_world, seed):
    """Whoever is to tell the parent dies, several times over, and the messages come in any order."""
    tellers = [place for place in places_of(make_world) if place.startswith("worker.item")]
    world = make_world(seed)
    for place in world.random.sample(tellers, min(3, len(tellers))):
        world.places.arm(*parted(place), world.places.crash)
    with world.living():
        play(world)
        judge(world)
