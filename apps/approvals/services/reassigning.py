"""Pass a request on, ask somebody besides, take it back: each with a reason, audited, in the request's history."""

from uuid import UUID

from apps.accounts import policies as account_policies
from apps.accounts.models import User
from apps.approvals import people_events
from apps.approvals.choices import FactKind, RequestStatus, StageStatus
from apps.approvals.exceptions import ApprovalClosed, NotAsked
from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.approvals.services.changing import Change, change_people, named, unfinished, voters
from apps.approvals.services.clocks import plan_clock
from apps.approvals.services.counting import stages_with_votes
from apps.approvals.services.deciding import lock_request
from apps.approvals.services.delegations import person_for
from apps.approvals.services.facts import note_fact
from apps.approvals.services.reminding import tell_newcomers
from apps.approvals.services.settling import take_back
from apps.approvals.services.telling import request_data
from apps.core.actor import Actor
from apps.ledger.services import emit, unit_of_work
from apps.ledger.services.unit import subject_of
from apps.ledger.types import DomainEvent
from apps.workflows.services.runs import require_reason


def reassign_request(
    *, request_id: UUID, from_user_id: UUID, to_user_id: UUID, actor: Actor, reason: str
) -> ApprovalRequest:
    """Ask ``to_user_id`` in the place of ``from_user_id``, in every stage that is not over and where he has not voted.

    Whoever is asked may pass it on himself; others' requests are for who leads. Raises UnknownRequest, ApprovalClosed,
    NotAsked, PeopleRefused, Invalid, ActionForbidden.
    """
    require_reason(reason)
    with unit_of_work(actor, reason=reason):
        account_policies.require(actor, "approvals:pass_on")
        request = _locked(request_id)
        if str(from_user_id) != actor.user_id:
            account_policies.require(actor, "approvals:reassign", request)
        taker = person_for(str(to_user_id), "/to_user_id", decides=True)
        stages = stages_with_votes(request)
        giver = str(from_user_id)
        held = [stage for stage in unfinished(stages) if _asks(stage, giver) and giver not in voters(stage)]
        if not held:
            raise NotAsked
        label = next(person["label"] for person in held[0].candidates if person["id"] == giver)
        changes = [Change(stage, [taker], {giver}, {str(taker.pk): giver}) for stage in held]
        change_people(request, stages, changes, action="approval_request.reassign")
        gone = [{"id": giver, "label": label}]
        for stage in held:
            _note(request, stage, FactKind.REASSIGNED, [taker], gone, actor, reason)
        return request


def add_approver(*, request_id: UUID, user_id: UUID, actor: Actor, reason: str) -> ApprovalRequest:
    """Ask somebody besides in the open stage: one more whose decision counts; no more decisions are needed than before.

    Whoever is asked in it may do so, and who leads. Raises as ``reassign_request`` does.
    """
    require_reason(reason)
    with unit_of_work(actor, reason=reason):
        account_policies.require(actor, "approvals:pass_on")
        request = _locked(request_id)
        if actor.user_id is None or UUID(actor.user_id) not in request.waiting_for:
            account_policies.require(actor, "approvals:reassign", request)
        user = person_for(str(user_id), "/user_id", decides=True)
        stages = stages_with_votes(request)
        stage = next(stage for stage in stages if stage.status == StageStatus.OPEN)
        change_people(request, stages, [Change(stage, [user])], action="approval_request.add_approver")
        _note(request, stage, FactKind.ADDED, [user], [], actor, reason)
        return request


def recall_request(*, request_id: UUID, actor: Actor, reason: str) -> ApprovalRequest:
    """Take back what was asked: nobody decides it any more, and the run goes the way of a rejection.

    For whoever asked, and for who leads. Raises UnknownRequest, ApprovalClosed, ActionForbidden, Invalid.
    """
    require_reason(reason)
    with unit_of_work(actor, reason=reason):
        account_policies.require(actor, "approvals:pass_on")
        request = _locked(request_id)
        if not actor.user_id or actor.user_id != request.requested_by_id:
            account_policies.require(actor, "approvals:reassign", request)
        note_fact(request, None, FactKind.RECALLED, by=actor.label, reason=reason)
        emit(DomainEvent(people_events.APPROVAL_RECALLED, subject_of(request), request_data(request)))
        take_back(request, actor=actor, reason=reason)
        return request


def _locked(request_id: UUID) -> ApprovalRequest:
    request = lock_request(request_id)
    if request.status != RequestStatus.OPEN:
        at = request.decided_at or request.created_at
        raise ApprovalClosed(str(request.status), at.isoformat(timespec="seconds"), [])
    return request


def _asks(stage: ApprovalStage, user_id: str) -> bool:
    return any(person["id"] == user_id for person in stage.candidates)


def _note(
    request: ApprovalRequest,
    stage: ApprovalStage,
    kind: FactKind,
    added: list[User],
    gone: list[dict[str, str]],
    actor: Actor,
    reason: str,
) -> None:
    note_fact(request, stage, kind, people=named(added), gone=gone, by=actor.label, reason=reason)
    told = {
        "added": [user.label for user in added],
        "removed": [person["label"] for person in gone],
        "by": actor.label,
    }
    event = DomainEvent(
        people_events.APPROVAL_PEOPLE_CHANGED, subject_of(request), request_data(request) | told
    )
    emit(event)
    if stage.status == StageStatus.OPEN:
        plan_clock(request, stage)
        tell_newcomers(request)
