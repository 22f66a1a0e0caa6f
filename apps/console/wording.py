"""How tenants fare, in words. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from apps.accounts.choices import Role
from apps.console.types import TenantLine
from apps.core.wording import span_in_words
from apps.partners.types import TenantHealth
from tenants.choices import TenantStatus

QUEUE_IS_LATE = timedelta(minutes=5)

_UNREADY = {
    TenantStatus.PROVISIONING: ("Being set up", "info"),
    TenantStatus.FAILED: ("Could not be set up", "danger"),
    TenantStatus.SUSPENDED: ("Suspended", "neutral"),
}


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return "1 tenant", "3 tenants"."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def role_words(roles: Sequence[str]) -> str:
    """Return roles as a list in words: "auditor, delivery manager"."""
    return ", ".join(str(Role(role).label).lower() if role in Role.values else role for role in roles)


def health_words(status: str, health: TenantHealth, at: datetime) -> tuple[str, str, list[str]]:
    """Return the word for how a tenant fares, its tone, and the reasons why it needs somebody."""
    if status == TenantStatus.FAILED:
        return *_UNREADY[TenantStatus.FAILED], ["it could not be set up"]
    if status != TenantStatus.READY:
        return *_UNREADY[TenantStatus(status)], []
    reasons = list(_reasons(health, at))
    return ("Needs attention", "warning", reasons) if reasons else ("In order", "success", [])


def list_title(lines: Sequence[TenantLine], total: int) -> str:
    """Return the answer to "which tenant needs me?"."""
    needy = [line for line in lines if line.reasons]
    if not total:
        return "You have no tenants yet"
    if not needy:
        return "Your tenant is in order" if total == 1 else f"All {total} tenants are in order"
    if len(needy) == 1:
        return f"{needy[0].tenant.name} needs you: {needy[0].reasons[0]}"
    return f"{len(needy)} of {total} tenants need you"


def tenant_title(line: TenantLine) -> str:
    """Return the head of one tenant's page."""
    name = line.tenant.name
    if line.reasons and line.tenant.status == TenantStatus.READY:
        return f"{name} needs attention: {line.reasons[0]}"
    words = {
        TenantStatus.READY: "is in order",
        TenantStatus.PROVISIONING: "is being set up",
        TenantStatus.FAILED: "could not be set up",
        TenantStatus.SUSPENDED: "is suspended",
    }
    return f"{name} {words[TenantStatus(line.tenant.status)]}"


def queue_title(due: int, oldest: timedelta | None, parked: int) -> str:
    """Return whether work gets done in time."""
    if parked:
        return f"{counted(parked, 'piece')} of work {'was' if parked == 1 else 'were'} given up after repeated failures"
    if due and oldest is not None and oldest > QUEUE_IS_LATE:
        return f"Work is late: {counted(due, 'piece')} due, the oldest for {span_in_words(oldest)}"
    return f"Work gets done: {counted(due, 'piece')} due now" if due else "Work gets done: nothing is waiting"


def _reasons(health: TenantHealth, at: datetime) -> Iterator[str]:
    if health.open_exceptions:
        since = (
            f", the oldest for {span_in_words(at - health.oldest_exception_at)}"
            if health.oldest_exception_at
            else ""
        )
        yield f"{counted(health.open_exceptions, 'exception')} open{since}"
    if health.overdue_approvals:
        yield f"{counted(health.overdue_approvals, 'approval')} overdue"
    if health.paused_since is not None:
        yield f"the whole workspace paused for {span_in_words(at - health.paused_since)}"
    if health.paused_parts:
        yield f"{counted(health.paused_parts, 'template or connection', 'templates and connections')} paused"
    if health.parked:
        yield f"{counted(health.parked, 'piece')} of work given up"
    if health.oldest_due_at is not None and at - health.oldest_due_at > QUEUE_IS_LATE:
        yield f"work late by {span_in_words(at - health.oldest_due_at)}"
