"""What must hold after every fault, read from the rows themselves: I1 to I11 of docs/faults.md.

Each function takes a ``Scope`` and returns sentences, one for each violation; an empty list means that it holds. They need
nothing but a way to ask the database, so the same functions judge a tenant in this process and one of running processes.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from apps.workflows.engine.evolve import replay
from apps.workflows.engine.history import HistoryEvent
from tests.durability.harness.movers import one_mover_for_each_step
from tests.durability.harness.scope import FINISHED, Rows, Scope, read_json


def nothing_lost(scope: Scope) -> list[str]:
    """I1: every run whose start was answered is there, and has ended or waits for something that exists."""
    there = {
        str(run) for (run,) in scope.rows("SELECT id FROM workflows_run WHERE created_at >= %s", scope.since)
    }
    lost = [f"run {run} was accepted and is not there" for run in sorted(scope.accepted - there)]
    unborn = scope.rows(
        "SELECT id FROM workflows_run r WHERE created_at >= %s AND status = 'running' AND history_length = 0 "
        'AND NOT EXISTS (SELECT 1 FROM "public".dispatch_workitem w WHERE w.ref = r.id)',
        scope.since,
    )
    return lost + [f"run {run} never began, and nothing will begin it" for (run,) in unborn]


def effects_once(scope: Scope) -> list[str]:
    """I2: at most one confirmed effect a run, step and epoch, at the receiver; each under a key the ledger knows."""
    found = []
    counted = Counter((effect.run, effect.step) for effect in scope.effects)
    for (run, step), times in sorted(counted.items()):
        if times > 1 and step not in scope.repeatable and run not in scope.restarted:
            found.append(f"step {step} of run {run} had its effect {times} times")
    for key, times in sorted(Counter(effect.key for effect in scope.effects).items()):
        if times > 1:
            found.append(f"key {key} had its effect {times} times")
    intents = scope.rows(
        "SELECT id, run_id, visit, state FROM integrations_actionintent WHERE created_at >= %s", scope.since
    )
    known = {str(row[0]) for row in intents}
    done = {effect.key for effect in scope.effects}
    found += [f"an effect under key {key}, which nobody intended" for key in sorted(done - known)]
    if scope.effects:
        found += [
            f"{visit} of run {run} is confirmed, and the receiver knows nothing of it"
            for key, run, visit, state in intents
            # A run of an earlier test may bear a time to come: that test moved the clock.
            if state == "confirmed" and str(key) not in done and UUID(str(run)) >= scope.since_id
        ]
    return found


def history_is_state(scope: Scope) -> list[str]:
    """I3: each history is numbered 1, 2, 3 ... and its replay is the stored state."""
    facts: dict[Any, list[tuple[Any, ...]]] = {}
    for run, *fact in scope.rows(
        "SELECT h.run_id, h.seq, h.kind, h.visit, h.at, h.data FROM workflows_historyentry h "
        "JOIN workflows_run r ON r.id = h.run_id WHERE r.created_at >= %s ORDER BY h.run_id, h.seq",
        scope.since,
    ):
        facts.setdefault(run, []).append(tuple(fact))
    found = []
    for run, status, state, start, length in scope.rows(
        "SELECT id, status, state, start, history_length FROM workflows_run WHERE created_at >= %s",
        scope.since,
    ):
        held = facts.get(run, [])
        if [fact[0] for fact in held] != list(range(1, length + 1)):
            found.append(f"run {run}: the history has gaps or repetitions ({len(held)} facts, {length} said)")
        elif length:
            found += _compare(run, status, held, read_json(state), read_json(start))
    return found


def _compare(run: Any, status: str, facts: Rows, state: Any, start: Any) -> list[str]:
    replayed = replay(
        [HistoryEvent(kind, visit, at, read_json(data)) for _seq, kind, visit, at, data in facts]
    )
    found = []
    if replayed.to_json() != {**state, "start": start}:
        found.append(f"run {run}: the replay of its history is not its state")
    if replayed.is_finished != (status in FINISHED):
        found.append(f"run {run} is {status}, its history says {replayed.status}")
    return found


def outbox_delivered(scope: Scope) -> list[str]:
    """I5: every committed message was delivered or has an item that will; ids are told once; nobody gave up."""
    found = [
        f"message {message} of batch {batch} is not delivered, and nothing will deliver it"
        for message, batch in scope.rows(
            "SELECT id, batch FROM ledger_outboxmessage m WHERE id >= %s AND delivered_at IS NULL "
            'AND NOT EXISTS (SELECT 1 FROM "public".dispatch_workitem w WHERE w.ref = m.batch)',
            scope.since_id,
        )
    ]
    found += [
        f"subscriber {name} gave up message {message}: {error}"
        for name, message, error in scope.rows(
            "SELECT subscriber, message_id, error FROM ledger_subscriberretry WHERE parked AND created_at >= %s",
            scope.since,
        )
    ]
    return found + [
        f"event {event} goes {times} times to endpoint {endpoint}"
        for endpoint, event, times in scope.rows(
            "SELECT endpoint_id, event_id, count(*) FROM integrations_webhookdelivery WHERE created_at >= %s "
            "GROUP BY 1, 2 HAVING count(*) > 1",
            scope.since,
        )
    ]


def timers_once(scope: Scope, *, late_seconds: float = 60.0) -> list[str]:
    """I6: no timer fires early or twice; none is overdue by more than the bound; each has its item."""
    found = [
        f"timer {timer} fired {(at - fired).total_seconds():.1f} s early"
        for timer, at, fired in scope.fired
        if fired < at
    ]
    for timer, times in Counter(timer for timer, _, _ in scope.fired).items():
        if times > 1:
            found.append(f"timer {timer} fired {times} times")
    return found + [
        f"item {item} of kind {kind} is overdue by {seconds:.0f} s"
        for item, kind, seconds in scope.rows(
            'SELECT id, kind, extract(epoch FROM clock_timestamp() - run_at) FROM "public".dispatch_workitem '
            "WHERE tenant_id = %s AND state = 'ready' AND run_at < clock_timestamp() - make_interval(secs => %s)",
            scope.tenant,
            late_seconds,
        )
    ]


def votes_once(scope: Scope) -> list[str]:
    """I7: one vote a person and stage; a decided request has the votes it needed and moved its run once."""
    found = [
        f"user {user} voted {times} times in stage {stage}"
        for stage, user, times in scope.rows(
            "SELECT stage_id, user_id, count(*) FROM approvals_decision WHERE created_at >= %s "
            "GROUP BY 1, 2 HAVING count(*) > 1",
            scope.since,
        )
    ]
    found += [
        f"stage {stage} is approved with {votes} of {needed} votes"
        for stage, votes, needed in scope.rows(
            "SELECT s.id, count(d.id), s.needed FROM approvals_approvalstage s "
            "LEFT JOIN approvals_decision d ON d.stage_id = s.id AND d.outcome = 'approved' "
            "WHERE s.created_at >= %s AND s.status = 'passed' GROUP BY s.id, s.needed HAVING count(d.id) <> s.needed",
            scope.since,
        )
    ]
    return found + [
        f"approval {visit} of run {run} is {status}, and its step was completed {times} times"
        for run, visit, status, times in scope.rows(
            "SELECT a.run_id, a.visit, a.status, count(h.seq) FROM approvals_approvalrequest a "
            "LEFT JOIN workflows_historyentry h ON h.run_id = a.run_id AND h.visit = a.visit "
            "AND h.kind IN ('step_completed', 'step_handling', 'returned') "
            "WHERE a.created_at >= %s AND a.status IN ('approved', 'rejected') GROUP BY 1, 2, 3 "
            "HAVING count(h.seq) <> 1 AND a.status = 'approved' OR count(h.seq) = 0",
            scope.since,
        )
    ]


def no_foreign_canary(scope: Scope) -> list[str]:
    """I8: no word of another tenant stands in any row of this one."""
    found = []
    tables = scope.rows(
        "SELECT table_name FROM information_schema.tables "
        "WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
    )
    for (table,) in tables:
        for canary in scope.canaries:
            (count,) = scope.rows(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', f"%{canary}%")[0]
            if count:
                found.append(f"{count} rows of {table} hold {canary!r} of another tenant")
    return found


def audit_tells_all(scope: Scope) -> list[str]:
    """I9: the audit is closed to change, and the moves it tells of a run lead, one to the next, to where it stands."""
    closed = scope.rows(
        "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'ledger_auditentry'::regclass AND tgname = 'append_only' "
        "AND tgenabled <> 'D'"
    )
    found = [] if closed[0][0] == 1 else ["the audit is open to change"]
    told: dict[str, list[tuple[str, str]]] = {}
    for subject, _action, before, after in scope.rows(
        "SELECT subject_id, action, before ->> 'status', after ->> 'status' FROM ledger_auditentry "
        "WHERE subject_type = 'run' AND id >= %s AND after ? 'status' AND NOT action LIKE 'run.request%%' "
        "AND NOT action LIKE 'run.%%_step' ORDER BY id",
        scope.since_id,
    ):
        told.setdefault(subject, []).append((before or "", after))
    for run, status, length in scope.rows(
        "SELECT id, status, history_length FROM workflows_run WHERE created_at >= %s", scope.since
    ):
        moves = told.get(str(run), [])
        if length and not moves:
            found.append(f"run {run} is {status}, and the audit knows nothing of it")
        elif moves and moves[-1][1] != status:
            found.append(f"run {run} is {status}, the audit's last word is {moves[-1][1]}")
        found += [
            f"run {run}: the audit leads from {one[1]} to {other[0]}"
            for one, other in itertools.pairwise(moves)
            if one[1] != other[0]
        ]
    return found


def no_work_of_the_dead(scope: Scope, *, sweep_seconds: float = 10.0) -> list[str]:
    """I10: no item is leased beyond its lease and a sweep."""
    return [
        f"item {item} of kind {kind} is held {seconds:.0f} s beyond its lease"
        for item, kind, seconds in scope.rows(
            'SELECT id, kind, extract(epoch FROM clock_timestamp() - lease_until) FROM "public".dispatch_workitem '
            "WHERE tenant_id = %s AND state = 'leased' AND lease_until < clock_timestamp() - make_interval(secs => %s)",
            scope.tenant,
            sweep_seconds,
        )
    ]


def at_rest(scope: Scope) -> list[str]:
    """I11: nothing is due or held any more, and nothing was parked."""
    return [
        f"item {item} of kind {kind} is {state}: {error}"
        for item, kind, state, error in scope.rows(
            'SELECT id, kind, state, error FROM "public".dispatch_workitem WHERE tenant_id = %s '
            "AND (state <> 'ready' OR run_at <= clock_timestamp())",
            scope.tenant,
        )
    ]


INVARIANTS: dict[str, Callable[[Scope], list[str]]] = {
    "I1": nothing_lost,
    "I2": effects_once,
    "I3": history_is_state,
    "I4": one_mover_for_each_step,
    "I5": outbox_delivered,
    "I6": timers_once,
    "I7": votes_once,
    "I8": no_foreign_canary,
    "I9": audit_tells_all,
    "I10": no_work_of_the_dead,
    "I11": at_rest,
}


def violations(scope: Scope, *, without: Iterable[str] = ()) -> list[str]:
    """Judge the scope by all invariants but those named; one line each violation, its invariant first."""
    return [
        f"{name}: {line}"
        for name, judge in INVARIANTS.items()
        if name not in set(without)
        for line in judge(scope)
    ]
