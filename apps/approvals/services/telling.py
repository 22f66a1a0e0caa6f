"""What the events of a request say, and the outputs of its step."""

from typing import Any

from apps.approvals.models import ApprovalRequest, Decision


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


def decision_json(decision: Decision) -> dict[str, Any]:
    """Return a decision as the run's output holds it: stage, by, outcome, comment, at, and what else it says."""
    told: dict[str, Any] = {
        "stage": decision.stage.name,
        "by": decision.user_label,
        "outcome": decision.outcome,
        "comment": decision.comment,
        "at": decision.created_at.isoformat(),
    }
    more = {
        "on_behalf_of": decision.on_behalf_of["label"] if decision.on_behalf_of else "",
        "conditions": [condition["text"] for condition in decision.conditions],
        "remarks": decision.remarks,
        "corrections": decision.corrections,
    }
    return told | {name: value for name, value in more.items() if value}
