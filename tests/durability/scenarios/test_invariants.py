"""Each invariant can fail: a violation is planted in the rows, and exactly it is named. And the catalogue is whole."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from apps.core.ids import new_id
from tenants.context import tenant_context
from tenants.db import connection
from tenants.types import TenantRef
from tests.durability.harness.catalogue import NAMES
from tests.durability.harness.invariants import INVARIANTS
from tests.durability.harness.process import Tally
from tests.durability.harness.scope import Effect
from tests.durability.harness.templates import key_of
from tests.durability.harness.world import World
from tests.durability.scenarios.conftest import forget_work

pytestmark = pytest.mark.durability


@pytest.fixture(scope="module")
def standing(two_tenants: tuple[TenantRef, TenantRef], django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """A world in which every invariant holds: two runs are done, one waits for a timer, one for a person."""
    with django_db_blocker.unblock():
        forget_work(two_tenants[0])
        world = World(two_tenants[0], 1)
        with world.living():
            for kind in ("action", "approval"):
                world.start(key_of(kind))
                world.settle()
            for kind in ("wait", "user_task"):
                world.start(key_of(kind))
            world.settle_work()
            world.check()
    yield world
    with django_db_blocker.unblock():
        forget_work(two_tenants[0])


def change(text: str) -> Callable[[World], None]:
    """Plant by a statement in the tenant's schema, past every guard."""

    def plant(world: World) -> None:
        with tenant_context(world.tenant), connection.cursor() as cursor:
            cursor.execute(text, {"tenant": world.tenant.id} if "%(" in text else None)

    return plant


def early(world: World) -> None:
    world.fired.append(("timer", world.real_now(), world.real_now() - timedelta(seconds=1)))


ITEM = '"public".dispatch_workitem'
PLANTS: list[tuple[str, str, Callable[[World], object]]] = [
    ("I1", "was accepted and is not there", lambda world: world.accepted.add(str(new_id()))),
    (
        "I1",
        "never began",
        change(
            "INSERT INTO workflows_run SELECT (json_populate_record(r, json_build_object('id', gen_random_uuid(), "
            "'history_length', 0, 'status', 'running', 'trigger_key', ''))).* FROM workflows_run r "
            "ORDER BY created_at DESC LIMIT 1"
        ),
    ),
    ("I2", "had its effect 2 times", lambda world: world.receiver.effects.append(again(world))),
    (
        "I2",
        "which nobody intended",
        lambda world: world.receiver.effects.append(Effect("r", "s", str(new_id()))),
    ),
    ("I2", "the receiver knows nothing of it", lambda world: world.receiver.effects.pop()),
    ("I3", "gaps", change("DELETE FROM workflows_historyentry WHERE seq = 2")),
    (
        "I3",
        "is not its state",
        change("UPDATE workflows_run SET state = jsonb_set(state, '{vars}', '{\"x\": 1}')"),
    ),
    ("I4", "nothing will move it", change("DELETE FROM workflows_usertask")),
    (
        "I4",
        "which is not open",
        change("UPDATE workflows_usertask SET visit = 'first#1' WHERE status = 'open'"),
    ),
    (
        "I4",
        "has 0 work items",
        change(f"DELETE FROM {ITEM} WHERE tenant_id = %(tenant)s AND kind = 'workflows.timer'"),
    ),
    ("I5", "nothing will deliver it", change("UPDATE ledger_outboxmessage SET delivered_at = NULL")),
    (
        "I6",
        "is overdue",
        change(f"UPDATE {ITEM} SET run_at = now() - interval '5 minutes' WHERE tenant_id = %(tenant)s"),
    ),
    ("I6", "s early", early),
    (
        "I7",
        "with 0 of 1 votes",
        change("ALTER TABLE approvals_decision DISABLE TRIGGER append_only; DELETE FROM approvals_decision"),
    ),
    ("I8", "of another tenant", change("UPDATE workflows_run SET name = 'a canary of beta'")),
    ("I9", "open to change", change("ALTER TABLE ledger_auditentry DISABLE TRIGGER append_only")),
    (
        "I9",
        "the audit",
        change(
            "ALTER TABLE ledger_auditentry DISABLE TRIGGER append_only; DELETE FROM ledger_auditentry "
            "WHERE action = 'run.complete'; ALTER TABLE ledger_auditentry ENABLE TRIGGER append_only"
        ),
    ),
    (
        "I10",
        "beyond its lease",
        change(
            f"UPDATE {ITEM} SET state = 'leased', lease_until = now() - interval '1 hour' WHERE tenant_id = %(tenant)s"
        ),
    ),
    ("I11", "is parked", change(f"UPDATE {ITEM} SET state = 'parked' WHERE tenant_id = %(tenant)s")),
]


def again(world: World) -> Effect:
    first = world.receiver.effects[0]
    return Effect(first.run, first.step, str(new_id()))


@pytest.mark.parametrize(
    ("name", "words", "plant"), PLANTS, ids=[f"{name} {words}" for name, words, _ in PLANTS]
)
def test_a_planted_violation_is_found(
    standing: World, transactional_db: None, name: str, words: str, plant: Callable[[World], object]
) -> None:
    held = set(standing.accepted), list(standing.receiver.effects), list(standing.fired)
    try:
        with transaction.atomic():
            plant(standing)
            found = INVARIANTS[name](standing.scope(canaries=["canary of beta"]))
            transaction.set_rollback(True)
    finally:
        standing.accepted, standing.receiver.effects, standing.fired = held
    assert any(words in line for line in found), found
    assert not INVARIANTS[name](standing.scope(canaries=["canary of beta"]))


def test_every_invariant_is_planted() -> None:
    assert {name for name, _, _ in PLANTS} == set(INVARIANTS) == {f"I{number}" for number in range(1, 12)}


def test_the_last_line_is_what_other_programs_read() -> None:
    tally = Tally(1, steps=30, kills=3, crashes=2, flushes=1, lost=0, doubled=4)
    assert tally.line == "chaos: 30 steps, 3 kills, 2 crashes, 1 flushes, 0 lost, 4 doubled"


def test_every_fault_is_proven_or_said_not_to_be(request: pytest.FixtureRequest) -> None:
    proven = set()
    for path in (request.config.rootpath / "tests" / "durability" / "scenarios").glob("test_*.py"):
        text = path.read_text()
        proven |= {
            number
            for number in range(1, 37)
            if f"@scenario({number})" in text or f"@scenario({number}," in text
        }
    assert proven == set(range(1, 37))
    assert set(range(1, 37)) <= set(NAMES)
