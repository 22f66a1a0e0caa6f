"""What people do to a run by hand, each with a reason that is kept: try again, skip, answer, reassign, go back."""

from typing import Any
from uuid import UUID

from apps.accounts import policies
from apps.accounts.choices import STAFF_ROLES
from apps.accounts.selectors import get_user
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid, Problem
from apps.ledger.services import unit_of_work
from apps.workflows.definitions import definition_of
from apps.workflows.engine.commands import AnswerWait, Command, JumpTo, Reassign, RetryStep, SkipStep
from apps.workflows.engine.history import step_of
from apps.workflows.models import Run
from apps.workflows.services.runs import require_reason, steer
from apps.workflows.services.transition import lock_run

Json = dict[str, Any]
RESOLVE = "exceptions:resolve"


def retry_step(
    *,
    run_id: UUID,
    visit: str,
    actor: Actor,
    reason: str = "",
    input_override: Json | None = None,
    epoch: int | None = None,
) -> Run:
    """Have a step tried again: one that stopped, one that waits for its next attempt, or one that is open.

    ``input_override`` replaces its input; with ``epoch`` only that try is repeated, so a second click does nothing.
    Raises CommandRefused where the step cannot be tried again.
    """
    action = "run.retry_step" if input_override is None else "run.edit_and_retry_step"
    after = {"visit": visit} | ({"input": input_override} if input_override is not None else {})
    command = RetryStep(
        visit, actor=actor.to_json(), reason=reason, input_override=input_override, epoch=epoch
    )
    return steer(run_id, command, actor=actor, policy=RESOLVE, action=action, after=after, reason=reason)


def skip_step(*, run_id: UUID, visit: str, actor: Actor, reason: str, output: Json | None = None) -> Run:
    """Declare an open step done, with a reason and (where later steps need it) an output; its work is withdrawn.

    Skipping an approval, whose decision it stands for, needs the action ``approvals:skip`` besides.
    """
    require_reason(reason)
    with unit_of_work(actor, reason=reason):
        if is_approval(lock_run(run_id), visit):
            policies.require(actor, "approvals:skip")
        command = SkipStep(visit, output or {}, actor=actor.to_json(), reason=reason)
        after = {"visit": visit, "output": output or {}}
        return _correct(run_id, command, "run.skip_step", after, actor, reason)


def answer_wait(*, run_id: UUID, visit: str, actor: Actor, reason: str, event: Json | None = None) -> Run:
    """Answer a waiting step by hand: the data of what it waits for, or None: the time it waits for has passed."""
    command = AnswerWait(visit, event, actor=actor.to_json(), reason=reason)
    return _correct(run_id, command, "run.answer_wait", {"visit": visit, "event": event}, actor, reason)


def reassign_step(
    *, run_id: UUID, visit: str, actor: Actor, reason: str, role: str = "", user: str = ""
) -> Run:
    """Give an open task or exception to a role or to a person (the user's id); exactly one of both."""
    with unit_of_work(actor, reason=reason):
        lock_run(run_id)
        assignee = check_assignee(role, user)
        command = Reassign(visit, assignee, actor=actor.to_json(), reason=reason)
        return _correct(run_id, command, "run.reassign_step", {"visit": visit, "to": assignee}, actor, reason)


def jump_to(*, run_id: UUID, step: str, actor: Actor, reason: str, visits: int | None = None) -> Run:
    """Send a run back to a step it has visited; what is open after it is closed.

    ``visits``, how often the caller saw the step visited, keeps a second click from going back twice.
    """
    require_reason(reason)
    with unit_of_work(actor, reason=reason):
        run = lock_run(run_id)
        seen = int(run.state.get("counts", {}).get(step, 0))
        if visits is not None and seen != visits:
            raise Conflict("run_moved", "The run has moved since you looked. Look again before going back.")
        command = JumpTo(step, actor=actor.to_json(), reason=reason)
        return _correct(run_id, command, "run.jump", {"to": step}, actor, reason)


def is_approval(run: Run, visit: str) -> bool:
    """Whether the visit is one of an approval; False for a step there is not."""
    place = definition_of(run.template_version).places.get(step_of(visit))
    return place is not None and place.step.kind == "approval"


def _correct(run_id: UUID, command: Command, action: str, after: Json, actor: Actor, reason: str) -> Run:
    require_reason(reason)
    return steer(run_id, command, actor=actor, policy=RESOLVE, action=action, after=after, reason=reason)


def check_assignee(role: str, user: str) -> Json:
    """Return the assignee as the engine takes it; raise Invalid unless it is one role or one person of ours."""
    if bool(role) == bool(user):
        problem = Problem("/role", "Name either a role or a person.", "one_of", "Send role or user.")
        raise Invalid("one_of", "Say to whom it is given.", [problem])
    if role and role not in STAFF_ROLES:
        problem = Problem("/role", "There is no such role here.", "unknown", f"Use {_listed(STAFF_ROLES)}.")
        raise Invalid("unknown_role", "There is no such role here.", [problem])
    return {"role": role} if role else {"user": str(_member(user))}


def _member(user: str) -> UUID:
    try:
        found = get_user(UUID(user))
    except ValueError:
        raise Invalid("unknown_user", "There is no such person here.", [_NOBODY]) from None
    if not found.is_active:
        raise Invalid("inactive_user", "This person does not work here any more.", [_NOBODY])
    return found.pk


_NOBODY = Problem("/user", "There is nobody here who could take it.", "unknown", "See /api/v1/users.")


def _listed(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))
