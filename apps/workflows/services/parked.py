"""Work that was given up after repeated failures: it raises an exception with an owner, and is released from there."""

from uuid import UUID

from apps.accounts import policies
from apps.accounts.choices import Role
from apps.core.actor import Actor
from apps.core.errors import Conflict, NotFound
from apps.dispatch.models import WorkItem
from apps.dispatch.services.settle import release_parked
from apps.dispatch.types import ClaimedItem
from apps.ledger.services import record, unit_of_work
from apps.workflows.choices import CaseStatus
from apps.workflows.exceptions import CaseClosed
from apps.workflows.models import ExceptionCase
from apps.workflows.services.cases import close_exception, raise_exception
from tenants.context import current_tenant

_ACTOR = Actor.system("work queue")
CODE = "work_parked"
PREFIX = "work_item/"
_WORK = {
    "ledger.outbox": "Telling what happened",
    "ledger.retry": "Telling one subscriber what happened",
    "workflows.timer": "A timer of a run",
    "workflows.arrival": "An event for a run",
    "workflows.recheck": "Looking for earlier events",
    "workflows.bulk": "A bulk operation",
    "workflows.pause": "Pausing or resuming runs",
}


def note_parked(item: ClaimedItem, error: str) -> None:
    """Raise an exception for work that is not tried again by itself; its owner is the administrator."""
    what = _WORK.get(item.kind, item.kind.replace(".", " ").replace("_", " ").capitalize())
    with unit_of_work(_ACTOR):
        raise_exception(
            subject=WorkItem(id=item.id),
            title=f"{what} was given up",
            code=CODE,
            message=f"It failed {item.attempt} times and is not tried again by itself. Release it once the cause is mended.",
            owner_role=Role.TENANT_ADMIN.value,
            actor=_ACTOR,
            details={"kind": item.kind, "ref": str(item.ref), "error": error},
        )


def release_case(*, case_id: UUID, actor: Actor, reason: str = "") -> ExceptionCase:
    """Have parked work tried again, as if for the first time. Raises NotFound, Forbidden, CaseClosed, Conflict."""
    with unit_of_work(actor, reason=reason):
        case = ExceptionCase.objects.select_for_update().filter(pk=case_id).first()
        if case is None:
            raise NotFound("not_found", "There is no such exception.")
        policies.require(actor, "exceptions:resolve", case)
        if case.status != CaseStatus.OPEN:
            raise CaseClosed(case.resolved_how)
        if not is_parked_work(case):
            raise Conflict("not_parked", "This exception holds no work that could be released.")
        item = WorkItem(id=int(case.subject.removeprefix(PREFIX)))
        found = release_parked(tenant_id=current_tenant().id, item_id=item.id)
        record("work_item.release", item, after={"case": str(case.id), "found": found}, reason=reason)
        close_exception(subject=item, how="released", actor=actor, reason=reason)
        case.refresh_from_db()
        return case


def is_parked_work(case: ExceptionCase) -> bool:
    """Whether the exception tells of parked work."""
    return case.run_id is None and case.subject.startswith(PREFIX)
