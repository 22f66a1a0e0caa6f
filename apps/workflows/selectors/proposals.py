"""Reads of proposals."""

from uuid import UUID

from django.db.models import QuerySet

from apps.core.errors import NotFound
from apps.workflows.models import Proposal


def list_proposals(
    *, run: UUID | None = None, task: UUID | None = None, status: str | None = None
) -> QuerySet[Proposal]:
    """Return proposals, narrowed to a run, a task or a status."""
    rows = Proposal.objects.all()
    wanted = {"run_id": run, "task_id": task, "status": status}
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})


def get_proposal(proposal_id: UUID) -> Proposal:
    """Return one proposal; raise NotFound."""
    proposal = Proposal.objects.filter(pk=proposal_id).first()
    if proposal is None:
        raise NotFound("not_found", "There is no such proposal.")
    return proposal
