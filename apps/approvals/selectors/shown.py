"""What a reader of a request is shown to decide on."""

from typing import Any

from apps.approvals.documents import documents_of_run
from apps.approvals.evidence import shown_view
from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.core.actor import Actor


def shown_to(request: ApprovalRequest, stage: ApprovalStage, actor: Actor) -> dict[str, Any]:
    """Return what the actor is shown of the request in the stage; one query, for the documents."""
    return shown_view(request, stage, documents_of_run(request.run_id, actor))


def stage_of(request: ApprovalRequest) -> ApprovalStage:
    """Return the open (or last) stage of a request whose stages have been read."""
    return next(row for row in request.stages.all() if row.index == request.stage)
