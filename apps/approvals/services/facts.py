"""Note what happens to a request besides decisions."""

from collections.abc import Sequence

from apps.approvals.models import ApprovalRequest, ApprovalStage, RequestFact

Named = Sequence[dict[str, str]]
"""People as ``{"id", "label"}``."""


def note_fact(
    request: ApprovalRequest,
    stage: ApprovalStage | None,
    kind: str,
    *,
    people: Named = (),
    gone: Named = (),
    by: str = "",
    reason: str = "",
) -> RequestFact:
    """Add a fact to the request's history; part of the caller's unit of work, which audits it as well."""
    return RequestFact.objects.create(
        request=request, stage=stage, kind=kind, people=list(people), gone=list(gone), by=by, reason=reason
    )
