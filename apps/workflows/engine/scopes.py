"""Which items of loops the state still has to know."""

from __future__ import annotations

from apps.workflows.engine.state import RunState, Scope


def end_items(state: RunState, loop: str) -> None:
    """No item of the loop is under way any more."""
    for scope in state.scopes.values():
        if scope.loop == loop:
            scope.has_ended = True
    forget_items(state)


def forget_items(state: RunState) -> None:
    """Drop the items that are over and of which nothing is open any more."""
    if not state.scopes:
        return
    needed: set[str] = set()
    open_scopes = [visit.scope for visit in state.visits.values()]
    open_scopes += [key for key, scope in state.scopes.items() if _is_under_way(state, scope)]
    for scope in open_scopes:
        key = scope
        while key and key not in needed:
            needed.add(key)
            key = state.scopes[key].parent
    if len(needed) < len(state.scopes):
        state.scopes = {key: scope for key, scope in state.scopes.items() if key in needed}


def _is_under_way(state: RunState, scope: Scope) -> bool:
    return not scope.has_ended and scope.loop in state.visits
