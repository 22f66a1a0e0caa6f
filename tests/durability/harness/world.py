"""A small world in one process over the real database: dispatchers, workers, a broker, people, time.

Everything that happens is decided by the seed. A process that dies leaves its transaction unfinished and its leases behind;
one that is stopped goes on later, after the world has gone on without it.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import patch
from uuid import UUID

import psycopg
from django.db import DatabaseError, OperationalError, transaction
from django.test import override_settings
from psycopg import errors

from apps.accounts.selectors import actor_of_user, get_user
from apps.approvals.models import ApprovalRequest
from apps.approvals.services import decide_request
from apps.core import clock
from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.core.ids import new_id
from apps.dispatch import dispatcher
from apps.dispatch.executor import execute_here
from apps.dispatch.models.queue import PLATFORM
from apps.dispatch.services import enqueue, settle
from apps.integrations.handlers import actions
from apps.ledger.selectors.verifying import verify_chain
from apps.messaging.services import sending
from apps.messaging.types import Envelope
from apps.workflows import handlers
from apps.workflows.models import Run, RunTimer, UserTask
from apps.workflows.services import complete_user_task, start_run
from tenants.context import tenant_context
from tenants.db import connection
from tenants.types import TenantRef
from tests.durability.harness import stand_ins
from tests.durability.harness.invariants import violations
from tests.durability.harness.points import Crash, Places, replace, watched
from tests.durability.harness.receiver import Receiver
from tests.durability.harness.scope import Scope

SYSTEM = Actor.system("chaos")
HOUR, DAY = 3600.0, 86400.0
STALL_SECONDS = 130.0
PEOPLE_SECONDS = 90.0
"""How soon people answer what they are asked."""
CLIENT_TRIES = 6
"""How often a client sends what fails: one more than any scenario has faults, as all of them may fall on one."""

DIED, FAILED = "the process died", "the database refused"

Message = tuple[str, dict[int, int]]


@dataclass
class World:
    """One tenant's world. Use it within ``living``."""

    tenant: TenantRef
    seed: int
    others: tuple[TenantRef, ...] = ()
    places: Places = field(default_factory=Places)
    broker: list[Message] = field(default_factory=list)
    skew: timedelta = timedelta(0)
    passed: timedelta = timedelta(0)
    accepted: set[str] = field(default_factory=set)
    fired: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    broker_down: bool = False
    suspect: bool = False
    platform: bool = False
    notes: list[str] = field(default_factory=list)
    repeatable: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.receiver = Receiver(self.places)
        self.real_now = clock.now
        self.since, self.since_id = self.real_now(), new_id()

    # -- time ------------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """What the clock on the wall says; ``skew`` is how wrong the running process' own is."""
        return self.real_now() + self.passed + self.skew

    def advance(self, seconds: float) -> None:
        """Let time pass: for the programs and for the queue, whose clock is the database's."""
        self.passed += timedelta(seconds=seconds)
        self._fetch(
            'UPDATE "public".dispatch_workitem SET run_at = run_at - make_interval(secs => %s), '
            "lease_until = lease_until - make_interval(secs => %s) WHERE tenant_id = ANY(%s)",
            *(seconds, seconds, self._ids()),
        )
        self._fetch(
            'UPDATE "public".dispatch_lane SET next_due = next_due - make_interval(secs => %s), '
            "touched_at = touched_at - make_interval(secs => %s) WHERE tenant_id = ANY(%s)",
            *(seconds, seconds, self._ids()),
        )

    def _fetch(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement of the world's own; it cares for no session that a fault has ended."""
        try:
            with connection.cursor() as cursor:
                cursor.execute(text, list(values))
                return list(cursor.fetchall()) if cursor.description else []
        except DatabaseError:
            if connection.in_atomic_block:
                raise
            connection.close()
            with connection.cursor() as cursor:
                cursor.execute(text, list(values))
                return list(cursor.fetchall()) if cursor.description else []

    def seconds_until_something(self) -> float | None:
        """Return when the next item comes due or the next lease runs out; None if nothing is to come.

        What is done in the night is nothing to wait for, nor is sealing, which gathers by the clock on the wall.
        """
        ((seconds,),) = self._fetch(
            "SELECT extract(epoch FROM min(CASE WHEN state = 'ready' THEN run_at ELSE lease_until END) "
            '- clock_timestamp()) FROM "public".dispatch_workitem '
            "WHERE tenant_id = ANY(%s) AND state <> 'parked' "
            "AND kind NOT IN ('ledger.seal', 'ledger.checkpoint', 'approvals.forecast')",
            self._ids(),
        )
        return None if seconds is None else float(seconds)

    # -- processes -------------------------------------------------------------------------------------------------

    def as_actor(self, name: str, act: Callable[[], Any]) -> Any:
        """Run the act as a process of its own: with nothing of ours in its context, and dead if it crashes."""
        held, schema = self.places.actor, connection.schema_name
        self.places.actor = name
        try:
            return Context().run(act)
        except Crash:
            return DIED
        except DatabaseError as error:
            if self.places.dead:
                return DIED
            # What the loops of dispatcher and worker do: note it, take a new connection, go on.
            self.notes.append(f"{name}: {type(error).__name__}: {error}")
            connection.close()
            return FAILED
        finally:
            self._bury()
            self.places.actor = held
            connection.set_schema(schema)

    def _bury(self) -> None:
        if self.places.dead or self.suspect:
            self.places.dead = self.suspect = False
            connection.close()
            if connection.in_atomic_block:
                # It died so deep in a commit that its blocks are in disorder; the next process knows nothing of them.
                connection.connect()

    def dispatch(self) -> int:
        """One round of a dispatcher. Lanes are looked at whenever asked, so that no real milliseconds count."""
        self._fetch(
            'UPDATE "public".dispatch_lane SET next_due = clock_timestamp() WHERE tenant_id = ANY(%s)',
            self._ids(),
        )
        claimed = self.as_actor("dispatcher", dispatcher.dispatch_due)
        return 1 if claimed in (DIED, FAILED) else int(claimed)

    def sweep(self) -> None:
        """One round of a sweeper."""
        self.as_actor("sweeper", dispatcher.sweep)

    def work(self, number: int = 0) -> None:
        """A worker takes a message off the broker and does it."""
        kind, held = self.broker.pop(number)
        self.deliver(kind, held)

    def deliver(self, kind: str, held: dict[int, int]) -> None:
        """A worker gets this message, whether or not it is still on the broker."""
        self.as_actor("worker", lambda: self._work(kind, dict(held)))

    def _work(self, kind: str, held: dict[int, int]) -> None:
        self.places.reach("message:taken")
        execute_here(kind, held)

    # -- faults ----------------------------------------------------------------------------------------------------

    def stall(self) -> None:
        """Stop the process at work for longer than any lease; the world goes on without it, then it goes on too."""
        if connection.in_atomic_block:
            return
        schema = connection.schema_name
        self.advance(STALL_SECONDS)
        self.sweep()
        self.settle_work()
        connection.set_schema(schema)

    def flush_broker(self) -> None:
        """Forget every message under way."""
        self.broker.clear()

    def terminate(self) -> None:
        """Have the database end the session of the process at work."""
        self.suspect = True
        if connection.connection is None:
            return
        pid = connection.connection.info.backend_pid
        with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 2000)", [pid])

    def refuse(self) -> None:
        """Fail the statement under way as a deadlock, a conflict or a full disk would."""
        kind = self.random.choice((errors.DeadlockDetected, errors.SerializationFailure, errors.DiskFull))
        raise OperationalError(kind.__name__) from kind(kind.__name__)

    def lose_reply(self) -> None:
        """What has just been done is done, and its caller is told that the line is dead."""
        raise OperationalError("server closed the connection unexpectedly")

    def settle(self, *, rounds: int = 400) -> None:
        """Let everybody work, and time pass where everybody waits, until nothing is left to do."""
        for _ in range(rounds):
            if self._one_round():
                continue
            seconds = self.seconds_until_something()
            if (seconds is None or seconds > PEOPLE_SECONDS) and self.people():
                continue
            if seconds is None:
                return
            self.advance(max(seconds, 0.0) + 0.05)
            self.sweep()
        raise AssertionError(f"the world did not come to rest: {self.describe()}")

    def settle_work(self) -> None:
        """Let everybody work until nothing is due; no time passes, and people are not asked."""
        while self._one_round():
            continue

    def _one_round(self) -> bool:
        moved = self.dispatch() > 0
        while self.broker:
            self.work(self.random.randrange(len(self.broker)))
            moved = True
        return moved

    def people(self) -> bool:
        """Have people answer what is asked of them; return whether anything was."""
        with tenant_context(self.tenant):
            tasks = list(UserTask.objects.filter(status="open").values_list("id", flat=True))
            requests = list(ApprovalRequest.objects.filter(status="open"))
            waiting = [(request.id, person) for request in requests for person in request.waiting_for]
        for task in tasks:
            self.client(partial(complete_user_task, task_id=task, output={}, actor=SYSTEM))
        for request, person in waiting:
            self.client(partial(self._decide, request, person))
        return bool(tasks or waiting)

    def _decide(self, request: UUID, person: UUID) -> None:
        decide_request(request_id=request, actor=actor_of_user(get_user(person)), outcome="approved")

    def client(self, act: Callable[[], Any]) -> Any:
        """Somebody sends a command; when the process dies or errs on it they send it again."""
        for _ in range(CLIENT_TRIES):
            result = self.as_actor("client", lambda: self._in_tenant(act))
            if result not in (DIED, FAILED):
                return result
        raise AssertionError(f"a client was refused {CLIENT_TRIES} times")

    def _in_tenant(self, act: Callable[[], Any]) -> Any:
        with tenant_context(self.tenant), suppress(DomainError):
            return act()

    def start(self, key: str, **input: Any) -> str:
        """Start a run, as often as it takes to get an answer; return its id."""
        token = str(new_id())

        def act() -> str:
            held = Run.objects.filter(template_key=key, trigger_key=token).first()
            run = held or start_run(template_key=key, input=input, actor=SYSTEM, trigger_key=token)
            return str(run.id)

        run = self.client(act)
        self.accepted.add(run)
        return str(run)

    # -- judgement -------------------------------------------------------------------------------------------------

    def scope(self, **more: Any) -> Scope:
        """What the invariants judge."""
        given: dict[str, Any] = {
            "accepted": self.accepted,
            "effects": self.receiver.effects,
            "fired": self.fired,
            "repeatable": self.repeatable,
        }
        return Scope(
            ask=self._ask, tenant=self.tenant.id, since=self.since, since_id=self.since_id, **(given | more)
        )

    def check(self, *, without: tuple[str, ...] = (), **more: Any) -> None:
        """Fail with every violation of every invariant, and with how to get here again."""
        found = violations(self.scope(**more), without=without)
        # The judge is no part of the world: what he does is no place of it.
        places = self.places
        armed, trace, seen, places.armed = places.armed, list(places.trace), dict(places.seen), {}
        with tenant_context(self.tenant):
            found += [f"audit chain: {broken.message}" for broken in verify_chain(self.tenant.id).breaks]
        places.armed, places.trace, places.seen = armed, trace, seen
        assert found == [], f"{self.describe()}\n" + "\n".join(found)

    def describe(self) -> str:
        faults = ", ".join(self.places.fired) or "none"
        return f"seed {self.seed}; faults at: {faults}; {self.places.deaths} deaths; last places: {self.places.trace[-6:]}"

    def statuses(self) -> list[str]:
        """How the accepted runs stand."""
        with tenant_context(self.tenant):
            return list(
                Run.objects.filter(pk__in=self.accepted).order_by("id").values_list("status", flat=True)
            )

    def _ask(self, text: str, values: Any) -> list[tuple[Any, ...]]:
        with tenant_context(self.tenant):
            return self._fetch(text, *values)

    def _ids(self) -> list[UUID]:
        platform = [PLATFORM] if self.platform else []
        return [self.tenant.id, *(other.id for other in self.others), *platform]

    # -- life ------------------------------------------------------------------------------------------------------

    @contextmanager
    def living(self) -> Iterator["World"]:
        """Within the block the programs live in this world."""
        state = random.getstate()
        random.seed(self.seed)
        with ExitStack() as stack:
            stack.enter_context(override_settings(AUDIT_SEAL_AFTER_SECONDS=1000 * DAY))
            stack.enter_context(watched(self.places))
            self._take_over(stack)
            try:
                yield self
            finally:
                random.setstate(state)

    def _take_over(self, stack: ExitStack) -> None:
        replace(stack, self.real_now, self.now)
        stack.enter_context(patch.object(dispatcher, "execute_items", _Broker(self)))
        stack.enter_context(patch("apps.dispatch.dispatcher.time.sleep", stand_ins.no_time))
        stack.enter_context(patch.object(actions, "bound_connection", self._bound))
        stack.enter_context(patch.object(actions, "_answers", stand_ins.in_order))
        stack.enter_context(patch.object(sending, "mail_server", stand_ins.mail_server))
        stack.enter_context(patch.object(sending, "send", self._mail))
        stack.enter_context(
            patch.object(handlers, "_perform_and_forget", self._fire(handlers._perform_and_forget))
        )
        replace(stack, enqueue.enqueue_many, stand_ins.shifted_enqueue(enqueue.enqueue_many, self._passed))
        replace(stack, settle.postpone, stand_ins.shifted_postpone(settle.postpone, self._passed))

    def _passed(self) -> timedelta:
        return self.passed

    def _bound(self, _key: object) -> Receiver:
        return self.receiver

    def _mail(self, _server: object, _letter: object, envelope: Envelope, **_more: Any) -> None:
        self.places.reach("mail:before")
        self.mails.append(envelope.message_id)
        self.places.reach("mail:after")

    def _fire(self, real: Callable[[RunTimer], None]) -> Callable[[RunTimer], None]:
        def fire(timer: RunTimer) -> None:
            name, at, fired = str(timer.id), timer.at, self.real_now() + self.passed
            real(timer)
            transaction.on_commit(lambda: self.fired.append((name, at, fired)))

        return fire


class _Broker:
    """What the dispatcher publishes to."""

    def __init__(self, world: World) -> None:
        self.world = world

    def apply_async(self, *, args: tuple[str, list[list[int]]], **_more: Any) -> None:
        if self.world.broker_down:
            raise ConnectionError("the broker is away")
        kind, held = args
        self.world.broker.append((kind, {int(item): int(fence) for item, fence in held}))
