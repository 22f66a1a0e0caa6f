"""Take the steps of a stage's ladder when their time has come: once each, each in the request's history."""

from uuid import UUID

from apps.accounts.models import User
from apps.accounts.selectors import users_with_role
from apps.approvals import people_events
from apps.approvals.approvers import MANAGER, ApproverRule
from apps.approvals.choices import FactKind, StageStatus
from apps.approvals.escalation import ADD, APPROVE, ESCALATE, REJECT, REMIND, REPLACE, UP, Rung, Timeout
from apps.approvals.exceptions import PeopleRefused
from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.approvals.policies import ADMINISTRATORS
from apps.approvals.selectors.people import candidates_for
from apps.approvals.services.changing import Change, Person, change_people, named, voters
from apps.approvals.services.clocks import CLOCK_KIND, ladder_of, moment_of_next, plan_clock
from apps.approvals.services.counting import stages_with_votes
from apps.approvals.services.deciding import lock_request
from apps.approvals.services.facts import note_fact
from apps.approvals.services.reminding import mail_reminder, remind_later, tell_newcomers
from apps.approvals.services.settling import give_up, pass_stage, reject_unanswered
from apps.approvals.services.telling import request_data
from apps.approvals.types import Asking
from apps.core.actor import Actor
from apps.core.clock import now
from apps.dispatch.types import WorkItemSpec
from apps.ledger.services import attempt, emit, enqueue, record
from apps.ledger.services.unit import subject_of
from apps.ledger.types import DomainEvent

ACTOR = Actor.system("escalation")


def strike(stage_id: UUID) -> None:
    """Take the next step of a stage if its time has come; part of the caller's unit of work.

    Called for a stage that is over, or too early because people or calendars changed, it does nothing, or waits again.
    """
    held = ApprovalStage.objects.filter(pk=stage_id).values_list("request_id", flat=True).first()
    if held is None:
        return
    request = lock_request(held)
    if not request.is_open:
        return
    stages = stages_with_votes(request)
    stage = next(stage for stage in stages if stage.pk == stage_id)
    if stage.status != StageStatus.OPEN:
        return
    at = moment_of_next(request, stage)
    if at is None:
        return
    if at > now():
        stage.next_at = at
        stage.save(update_fields=["next_at"])
        enqueue(WorkItemSpec(CLOCK_KIND, stage.id, run_at=at))
        return
    ladder = ladder_of(stage)
    step = ladder.rungs[stage.rung] if stage.rung < len(ladder.rungs) else None
    stage.rung += 1
    stage.next_at = None
    stage.save(update_fields=["rung", "next_at"])
    if step is not None:
        _climb(request, stages, stage, step)
        plan_clock(request, stage)
    elif ladder.timeout is not None:
        _time_out(request, stages, stage, ladder.timeout)


def _climb(request: ApprovalRequest, stages: list[ApprovalStage], stage: ApprovalStage, rung: Rung) -> None:
    if rung.do == REMIND:
        told = mail_reminder(request, f"rung:{stage.id}:{stage.rung}")
        note_fact(request, stage, FactKind.REMINDED, people=named(told))
        record("approval_request.remind", request, after={"reminded": [user.label for user in told]})
        _tell(request, rung.do, [], [])
        return
    kind = {ADD: FactKind.ADDED, REPLACE: FactKind.REPLACED, UP: FactKind.WENT_UP}[rung.do]
    wanted = _above(request, stage) if rung.do == UP else _people(request, rung.approvers)
    _bring_in(request, stages, stage, wanted, kind, instead=rung.do == REPLACE)


def _bring_in(
    request: ApprovalRequest,
    stages: list[ApprovalStage],
    stage: ApprovalStage,
    wanted: list[User],
    kind: FactKind,
    *,
    instead: bool,
) -> None:
    """Ask more people, each who may decide it; ``instead``: those who have not voted are asked no longer."""
    asked = {person["id"] for person in stage.candidates}
    gone: list[Person] = []
    if instead:
        gone = [person for person in stage.candidates if person["id"] not in voters(stage)]
        staying = {str(user.pk) for user in wanted}
        gone = [person for person in gone if person["id"] not in staying]
    added, refused = [], ""
    for user in (user for user in wanted if str(user.pk) not in asked):
        try:
            with attempt():
                change_people(request, stages, [Change(stage, [user])], action="approval_request.escalate")
            added.append(user)
        except PeopleRefused as error:
            refused = error.detail
            _reread(request, stages)
    if instead and added:
        try:
            with attempt():
                removed = {person["id"] for person in gone}
                change_people(
                    request, stages, [Change(stage, [], removed)], action="approval_request.escalate"
                )
        except PeopleRefused as error:
            refused, gone = error.detail, []
            _reread(request, stages)
    if not added:
        why = refused or "There is nobody else to ask."
        note_fact(request, stage, FactKind.NOT_DONE, reason=why)
        record("approval_request.escalate", request, after={"not_done": why})
        mail_reminder(request, f"rung:{stage.id}:{stage.rung}")
    else:
        note_fact(request, stage, kind, people=named(added), gone=_plain(gone) if instead else [])
        tell_newcomers(request)
    _tell(request, kind.value, [user.label for user in added], [person["label"] for person in gone])


def _time_out(
    request: ApprovalRequest, stages: list[ApprovalStage], stage: ApprovalStage, timeout: Timeout
) -> None:
    """The time is up: what the policy says becomes of it. With ``escalate`` it goes to the administrators and stays open."""
    reason = f"Nobody decided “{stage.name}” in time."
    note_fact(request, stage, FactKind.TIMED_OUT, reason=f"{reason} {_SAID[timeout.then]}")
    if timeout.then == ESCALATE:
        admins = [user for role in sorted(ADMINISTRATORS) for user in users_with_role(role)]
        _bring_in(request, stages, stage, admins, FactKind.WENT_UP, instead=True)
        remind_later(request)
        return
    _tell(request, f"timeout_{timeout.then}", [], [])
    if timeout.then == APPROVE:
        pass_stage(request, stages, stage, actor=ACTOR)
    elif timeout.then == REJECT:
        reject_unanswered(request, stages, actor=ACTOR, reason=reason)
    else:
        give_up(request, actor=ACTOR, reason=reason)


_SAID = {
    "approve": "The policy approves it then.",
    "reject": "The policy rejects it then.",
    "escalate": "It goes to the administrators.",
    "exception": "It becomes an exception.",
}


def _above(request: ApprovalRequest, stage: ApprovalStage) -> list[User]:
    """The managers of those who are asked and have not voted; where there are none, the administrators."""
    waiting = [person["id"] for person in stage.candidates if person["id"] not in voters(stage)]
    found = _people(request, tuple(ApproverRule(MANAGER, person) for person in waiting))
    if found:
        return found
    return [user for role in sorted(ADMINISTRATORS) for user in users_with_role(role)]


def _people(request: ApprovalRequest, rules: tuple[ApproverRule, ...]) -> list[User]:
    found = candidates_for(rules, Asking(request.run_id, request.subject))
    ids = [UUID(person.id) for person in found]
    users = User.objects.in_bulk(ids)
    return [users[user_id] for user_id in ids if user_id in users]


def _reread(request: ApprovalRequest, stages: list[ApprovalStage]) -> None:
    """What was undone in the database is undone in memory too."""
    request.refresh_from_db(fields=["waiting_for", "version"])
    for stage in stages:
        stage.refresh_from_db(fields=["candidates", "needed", "mandatory", "parts", "rule"])


def _plain(people: list[Person]) -> list[dict[str, str]]:
    return [{"id": str(person["id"]), "label": str(person["label"])} for person in people]


def _tell(request: ApprovalRequest, step: str, added: list[str], removed: list[str]) -> None:
    told = request_data(request) | {"step": step, "added": added, "removed": removed}
    emit(DomainEvent(people_events.APPROVAL_ESCALATED, subject_of(request), told))
