"""What approvers have corrected in what is shown."""

from typing import Any

from apps.approvals.models import ApprovalRequest


def changes_since(request: ApprovalRequest, show_hash: str) -> list[dict[str, Any]]:
    """Return what was corrected since the request showed what has this hash, the oldest first; none if it never did.

    Each as ``{"field", "before", "after", "by"}``.
    """
    rows = request.decisions.exclude(corrections={}).order_by("id")
    found: list[dict[str, Any]] = []
    seen = False
    for row in rows:
        seen = seen or row.show_hash == show_hash
        if seen:
            found += [
                {"field": name, "before": change["before"], "after": change["after"], "by": row.user_label}
                for name, change in row.corrections.items()
            ]
    return found
