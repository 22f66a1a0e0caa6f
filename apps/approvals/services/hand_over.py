"""Give what somebody holds to somebody else, item by item: each in a transaction of its own, each audited with reason."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models import Count

from apps.accounts import policies as account_policies
from apps.accounts.selectors.acting import actor_today
from apps.approvals import people_events
from apps.approvals.choices import HandOverStatus, HoldingKind, HoldingState
from apps.approvals.exceptions import ApprovalClosed, DelegationOver, UnknownDelegation, UnknownRequest
from apps.approvals.models import Delegation, HandOver, HandOverItem
from apps.approvals.selectors.holdings import read_holdings
from apps.approvals.services.delegations import end_delegation, keep_delegation, person_for
from apps.approvals.services.reassigning import reassign_request
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, DomainError, Invalid, NotFound, Problem
from apps.dispatch.types import WorkItemSpec
from apps.ledger.services import attempt, enqueue, record, transition, unit_of_work
from apps.ledger.services.unit import subject_of
from apps.ledger.types import DomainEvent
from apps.workflows.choices import CaseStatus, TaskStatus
from apps.workflows.models import ExceptionCase, UserTask
from apps.workflows.services.corrections import reassign_step
from apps.workflows.services.runs import require_reason

log = structlog.get_logger(__name__)

HAND_OVER_KIND = "approvals.hand_over"
PORTION = 40
_GONE = (ApprovalClosed, UnknownRequest, UnknownDelegation, DelegationOver, NotFound)


def start_hand_over(
    *, giver_id: UUID, taker_id: UUID, actor: Actor, reason: str, chosen: Sequence[UUID] = ()
) -> HandOver:
    """Give all that ``giver_id`` holds (or the ``chosen`` things) to ``taker_id``; a worker does it, item by item.

    Raises Invalid with a pointer, NoSuchUser, Forbidden.
    """
    require_reason(reason)
    with unit_of_work(actor, reason=reason):
        account_policies.require(actor, "approvals:reassign")
        held = read_holdings(user_id=giver_id, actor=actor)
        taker = person_for(str(taker_id), "/to_user_id", decides=True)
        if taker.pk == held.user.pk:
            raise _invalid("/to_user_id", "Choose somebody else.", "same_person")
        things = [thing for thing in held.things if not chosen or thing.id in set(chosen)]
        if not things:
            raise _invalid("/items", f"{held.user.label} holds none of these.", "nothing_held")
        row = HandOver(giver=held.user, taker=taker, reason=reason, actor=actor.to_json(), total=len(things))
        row.counts = {HoldingState.PENDING.value: len(things)}
        row.save(force_insert=True)
        HandOverItem.objects.bulk_create(
            HandOverItem(hand_over=row, kind=thing.kind, target=thing.id, label=thing.label[:400])
            for thing in things
        )
        told = {"from": held.user.label, "to": taker.label, "things": len(things)}
        record("hand_over.start", row, after={"status": row.status, **told})
        ask_for_work(row.id)
        return row


def ask_for_work(hand_over_id: UUID) -> None:
    """Have a worker go on with it; asking twice is asking once."""
    enqueue(WorkItemSpec(HAND_OVER_KIND, hand_over_id, dedupe=f"hand-over:{hand_over_id}"))


def hand_over_some(row: HandOver) -> None:
    """Do the next portion; each thing once, whoever else tries."""
    actor = actor_today(row.actor)
    waiting = HandOverItem.objects.filter(hand_over=row, state=HoldingState.PENDING).order_by("id")
    for item_id in list(waiting.values_list("id", flat=True)[:PORTION]):
        with unit_of_work(actor or Actor.system("hand-over"), reason=row.reason):
            held = HandOverItem.objects.select_for_update(skip_locked=True).filter(state=HoldingState.PENDING)
            item = held.filter(pk=item_id).first()
            if item is None:
                continue
            item.state, item.why = _perform(row, item, actor)
            item.save(update_fields=["state", "why"])


def settle_hand_over(hand_over_id: UUID) -> None:
    """End a portion: go on, or come to the end; part of the caller's unit of work."""
    row = HandOver.objects.select_for_update().filter(pk=hand_over_id).first()
    if row is None or row.status != HandOverStatus.RUNNING:
        return
    found = HandOverItem.objects.filter(hand_over=row).values_list("state").annotate(number=Count("id"))
    counts = {str(state): number for state, number in found}
    if counts.get(HoldingState.PENDING):
        HandOver.objects.filter(pk=row.pk).update(counts=counts)
        ask_for_work(row.id)
        return
    told = DomainEvent(people_events.HAND_OVER_FINISHED, subject_of(row), hand_over_data(row, counts))
    transition(row, "finish", fields={"counts": counts, "finished_at": now()}, event=told)


def hand_over_data(row: HandOver, counts: dict[str, int]) -> dict[str, Any]:
    """Return what events tell of a hand-over."""
    return {
        "hand_over_id": str(row.id),
        "from_user_id": str(row.giver_id),
        "to_user_id": str(row.taker_id),
        "total": row.total,
        "counts": counts,
        "reason": row.reason,
    }


def _perform(row: HandOver, item: HandOverItem, actor: Actor | None) -> tuple[str, str]:
    """Give one thing; return the state it is in then, and why if that is not done."""
    if actor is None:
        who = row.actor.get("label", "Whoever started it")
        return HoldingState.REFUSED, f"{who} may no longer act here."
    try:
        with attempt():
            _GIVE[item.kind](row, item.target, actor)
    except _GONE:
        return HoldingState.GONE, ""
    except DomainError as error:
        return HoldingState.REFUSED, error.errors[0].message if error.errors else error.detail
    except (OperationalError, InterfaceError):
        raise  # the database, not the thing: the portion is tried again
    except Exception as error:
        log.exception("hand_over.item_failed", kind=item.kind, target=str(item.target))
        return HoldingState.REFUSED, f"It failed on our side ({type(error).__name__})."
    return HoldingState.DONE, ""


def _give_approval(row: HandOver, target: UUID, actor: Actor) -> None:
    reassign_request(
        request_id=target, from_user_id=row.giver_id, to_user_id=row.taker_id, actor=actor, reason=row.reason
    )


def _give_task(row: HandOver, target: UUID, actor: Actor) -> None:
    task = UserTask.objects.filter(pk=target, status=TaskStatus.OPEN, assignee_user=str(row.giver_id)).first()
    if task is None:
        raise NotFound("not_found", "There is no such task any more.")
    reassign_step(
        run_id=task.run_id, visit=task.visit, actor=actor, reason=row.reason, user=str(row.taker_id)
    )


def _give_exception(row: HandOver, target: UUID, actor: Actor) -> None:
    case = ExceptionCase.objects.filter(
        pk=target, status=CaseStatus.OPEN, owner_user=str(row.giver_id)
    ).first()
    if case is None or case.run_id is None:
        raise NotFound("not_found", "There is no such exception any more.")
    reassign_step(
        run_id=case.run_id, visit=case.visit, actor=actor, reason=row.reason, user=str(row.taker_id)
    )


def _give_delegation(row: HandOver, target: UUID, actor: Actor) -> None:
    held = Delegation.objects.select_for_update(of=("self",)).filter(pk=target, taker_id=row.giver_id).first()
    if held is None:
        raise UnknownDelegation
    end_delegation(held, actor)
    if held.giver_id == row.taker_id:
        raise Conflict("own_deputy", f"{row.taker.label} is the one who is away; nobody decides for him now.")
    keep_delegation(
        Delegation(
            giver_id=held.giver_id,
            taker=row.taker,
            policies=held.policies,
            limit_amount=held.limit_amount,
            limit_currency=held.limit_currency,
            begins_at=max(held.begins_at, now()),
            ends_at=held.ends_at,
            zone=held.zone,
            reason=held.reason,
            source=held.source,
            made_by=actor.label,
        )
    )


_GIVE = {
    HoldingKind.APPROVAL.value: _give_approval,
    HoldingKind.USER_TASK.value: _give_task,
    HoldingKind.EXCEPTION.value: _give_exception,
    HoldingKind.DELEGATION.value: _give_delegation,
}


def _invalid(pointer: str, message: str, code: str) -> Invalid:
    return Invalid("invalid_hand_over", message, [Problem(pointer, message, code)])
