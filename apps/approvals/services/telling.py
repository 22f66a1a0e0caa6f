"""What the events of a request say."""

from typing import Any

from apps.approvals.models import ApprovalRequest


def request_data(request: ApprovalRequest) -> dict[str, Any]:
    """Return the data that every event of a request carries."""
    money = (
        {"amount": f"{request.amount:.2f}", "currency": request.currency}
        if request.amount is not None
        else None
    )
    return {
        "approval_id": str(request.id),
        "run_id": str(request.run_id),
        "title": request.title,
        "about": request.about,
        "subject": request.subject,
        "policy": request.policy_key,
        "policy_version": request.policy_number,
        "stage": request.stage,
        "requested_by": request.requested_by_label,
        "amount": money,
        "due_at": request.due_at.isoformat() if request.due_at else None,
        "show_hash": request.show_hash,
    }
