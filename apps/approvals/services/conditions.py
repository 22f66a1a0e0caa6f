"""Conditions of an approval: each a task of the run, which goes on meanwhile."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from apps.approvals.models import ApprovalRequest
from apps.approvals.selectors.conditions import beside_of
from apps.workflows.services.beside import open_task_beside
from tenants.context import current_tenant

_END_OF_DAY = time(18, 0)


def open_conditions(request: ApprovalRequest, conditions: Sequence[Mapping[str, Any]]) -> None:
    """Open a task for each condition, for whom it names, else the delivery managers. Needs a unit of work."""
    for number, condition in enumerate(conditions, start=1):
        open_task_beside(
            run_id=request.run_id,
            visit=f"{request.visit}!{number}"[:120],
            epoch=request.epoch,
            beside=beside_of(request),
            title=f"Condition: {condition['text']}",
            show={"condition": condition["text"], "of": str(request), "set by": condition["by"]},
            role=condition.get("role", ""),
            user=condition.get("user", ""),
            due_at=_due(condition.get("due", "")),
        )


def _due(day: str) -> datetime | None:
    """The end of the working day in the tenant's time zone."""
    if not day:
        return None
    return datetime.combine(date.fromisoformat(day), _END_OF_DAY, ZoneInfo(current_tenant().timezone))
