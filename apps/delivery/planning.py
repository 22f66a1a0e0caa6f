"""From a plan in a workflow template, and the contract, to milestones. Pure.

A plan is a list of ``{"key", "title", "share", "days"}``: the share of the amount in percent and when the milestone is
due, in days after the project's start. Milestones the contract names itself take precedence over the plan.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from apps.core.money import Money
from apps.delivery.contract import read_date
from apps.delivery.exceptions import UnreadablePlan
from apps.delivery.types import PlannedMilestone

_CENT = Decimal("0.01")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def plan_milestones(
    *,
    amount: Money,
    start_on: date,
    plan: Sequence[Mapping[str, Any]],
    contracted: Sequence[Mapping[str, Any]],
) -> tuple[PlannedMilestone, ...]:
    """Return the milestones in order; raise UnreadablePlan when the plan has none or its shares are not 100 %."""
    if contracted:
        return _as_contracted(contracted)
    if not plan:
        raise UnreadablePlan("The plan has no milestones.")
    shares = [_share(entry) for entry in plan]
    if sum(shares) != 100:
        raise UnreadablePlan(f"The shares of the milestones add up to {sum(shares)} % and not to 100 %.")
    amounts = _split(amount.amount, shares)
    return tuple(
        PlannedMilestone(
            key=_slug(str(entry.get("key") or entry.get("title"))),
            title=str(entry.get("title") or entry.get("key")),
            amount=part,
            due_on=start_on + timedelta(days=int(entry.get("days", 0))),
        )
        for entry, part in zip(plan, amounts, strict=True)
    )


def _as_contracted(contracted: Sequence[Mapping[str, Any]]) -> tuple[PlannedMilestone, ...]:
    planned: list[PlannedMilestone] = []
    for number, entry in enumerate(contracted, start=1):
        key = _slug(str(entry.get("key") or entry["name"]))
        if any(earlier.key == key for earlier in planned):
            key = f"{key}-{number}"
        planned.append(
            PlannedMilestone(
                key=key,
                title=str(entry["name"]),
                amount=Money.from_json(entry["amount"], f"/milestones/{number - 1}/amount").amount,
                due_on=read_date(entry.get("due"), f"/milestones/{number - 1}/due"),
            )
        )
    return tuple(planned)


def _split(whole: Decimal, shares: Sequence[Decimal]) -> list[Decimal]:
    """Split an amount by percentages; the last part takes what rounding left."""
    parts = [(whole * share / 100).quantize(_CENT, ROUND_HALF_EVEN) for share in shares[:-1]]
    return [*parts, whole - sum(parts, Decimal(0))]


def _share(entry: Mapping[str, Any]) -> Decimal:
    try:
        share = Decimal(str(entry["share"]))
    except (KeyError, InvalidOperation) as error:
        raise UnreadablePlan("Every milestone of a plan needs a share in percent.") from error
    if share < 0:
        raise UnreadablePlan("A milestone's share cannot be below 0 %.")
    return share


def _slug(text: str) -> str:
    return _NOT_SLUG.sub("-", text.lower()).strip("-")[:60] or "milestone"
