"""I4: what every open step waits for is there, and nothing else is."""

from typing import Any

from tests.durability.harness.scope import FINISHED, Scope, read_json

# Steps whose visit waits for what is nested in it, not for anything of its own.
CONTAINERS = frozenset({"parallel", "choice", "for_each"})


def one_mover_for_each_step(scope: Scope) -> list[str]:
    """I4: every open step waits for something that exists; what waits belongs to an open step; one item each."""
    movers = _movers(scope)
    opened: dict[tuple[str, str], tuple[str, str]] = {}
    for run, state in scope.rows(
        "SELECT id, state FROM workflows_run WHERE created_at >= %s AND history_length > 0 "
        "AND (NOT status = ANY(%s) OR state ? 'late')",
        scope.since,
        list(FINISHED),
    ):
        for visit in read_json(state)["visits"]:
            opened[(str(run), visit["id"])] = (visit["status"], "")
        for late in read_json(state).get("late", ()):
            opened[(str(run), late["visit"])] = ("late", "")
    _move_to_undoing(movers, opened)
    kinds = {
        (str(run), visit): kind
        for run, visit, kind in scope.rows(
            "SELECT s.run_id, s.visit, s.kind FROM workflows_steprun s JOIN workflows_run r ON r.id = s.run_id "
            "WHERE r.created_at >= %s",
            scope.since,
        )
    }
    found = [
        f"{visit} of run {run} ({kinds.get((run, visit))}, {status}) is open, and nothing will move it"
        for (run, visit), (status, _) in opened.items()
        if status != "handling" and kinds.get((run, visit)) not in CONTAINERS and not movers[(run, visit)]
    ]
    found += [
        f"{', '.join(sorted(names))} for {visit} of run {run}, which is not open"
        for (run, visit), names in movers.items()
        if names and (run, visit) not in opened
    ]
    return found + _items_once(scope)


def _move_to_undoing(
    movers: dict[tuple[str, str], set[str]], opened: dict[tuple[str, str], tuple[str, str]]
) -> None:
    """A child run whose subflow is over moves the undoing of it, if that is open."""
    for run, visit in list(movers):
        undoing = [key for key in opened if key[0] == run and key[1].startswith(f"{visit}~")]
        if "child" in movers[(run, visit)] and (run, visit) not in opened and undoing:
            movers[(run, visit)].discard("child")
            movers[undoing[0]].add("child")


_WAITING = """
SELECT run_id, visit, 'action' FROM integrations_actionintent i
 WHERE created_at >= %(since)s AND (state = 'held' OR state = 'intended' AND EXISTS (
       SELECT 1 FROM "public".dispatch_workitem w WHERE w.tenant_id = %(tenant)s AND w.ref = i.id))
UNION ALL SELECT run_id, visit, 'task' FROM workflows_usertask WHERE created_at >= %(since)s AND status = 'open'
UNION ALL SELECT run_id, visit, 'approval' FROM approvals_approvalrequest WHERE created_at >= %(since)s AND status = 'open'
UNION ALL SELECT run_id, visit, 'wait' FROM workflows_eventwait WHERE created_at >= %(since)s
UNION ALL SELECT run_id, visit, 'case' FROM workflows_exceptioncase
           WHERE created_at >= %(since)s AND status = 'open' AND run_id IS NOT NULL
UNION ALL SELECT t.run_id, t.visit, 'timer' FROM workflows_runtimer t WHERE t.created_at >= %(since)s AND t.visit <> ''
             AND EXISTS (SELECT 1 FROM "public".dispatch_workitem w WHERE w.tenant_id = %(tenant)s AND w.ref = t.id)
UNION ALL SELECT parent_id, parent_visit, 'child' FROM workflows_run c
           WHERE c.created_at >= %(since)s AND parent_id IS NOT NULL
             AND EXISTS (SELECT 1 FROM workflows_run p WHERE p.id = c.parent_id AND NOT p.status = ANY(%(finished)s))
             AND (NOT status = ANY(%(finished)s) OR EXISTS (
                  SELECT 1 FROM "public".dispatch_workitem w WHERE w.tenant_id = %(tenant)s AND w.ref = c.id))
"""


def _movers(scope: Scope) -> dict[tuple[str, str], set[str]]:
    values = (scope.since, scope.tenant, list(FINISHED))
    text = _WAITING
    order: list[Any] = []
    named = {"since": values[0], "tenant": values[1], "finished": values[2]}
    while "%(" in text:
        name = text[text.index("%(") + 2 : text.index(")s", text.index("%("))]
        text = text.replace(f"%({name})s", "%s", 1)
        order.append(named[name])
    movers: dict[tuple[str, str], set[str]] = _Sets()
    for run, visit, name in scope.rows(text, *order):
        movers[(str(run), visit)].add(name)
    return movers


class _Sets(dict[tuple[str, str], set[str]]):
    def __missing__(self, key: tuple[str, str]) -> set[str]:
        made: set[str] = set()
        self[key] = made
        return made


def _items_once(scope: Scope) -> list[str]:
    """No intent has two items, and none that is open has none; the same of timers."""
    found = []
    for what, table, where in (
        ("intent", "integrations_actionintent", "x.state = 'intended'"),
        ("timer", "workflows_runtimer", "true"),
    ):
        for row, items in scope.rows(
            f'SELECT x.id, count(w.id) FROM {table} x LEFT JOIN "public".dispatch_workitem w '
            f"ON w.ref = x.id AND w.tenant_id = %s WHERE x.created_at >= %s AND {where} GROUP BY 1 HAVING count(w.id) <> 1",
            scope.tenant,
            scope.since,
        ):
            found.append(f"{what} {row} has {items} work items")
    return found
