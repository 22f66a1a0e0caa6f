"""Who has looked at a version, and what the tenant asks for."""

from apps.workflows.choices import ReviewMode, ReviewVerdict
from apps.workflows.models import TemplateReview, TemplateVersion, WorkflowSettings
from tenants.choices import Environment
from tenants.context import current_tenant


def review_mode() -> str:
    """Return which templates need four eyes here; unless it was decided, all in production and none in a sandbox."""
    row = WorkflowSettings.objects.first()
    if row is not None:
        return row.review_mode
    is_sandbox = current_tenant().environment == Environment.SANDBOX
    return str(ReviewMode.NONE if is_sandbox else ReviewMode.ALL)


def list_reviews(version: TemplateVersion) -> list[TemplateReview]:
    """Return everything said about the version, the oldest first."""
    return list(version.reviews.all())


def agreed_capacities(version: TemplateVersion) -> set[str]:
    """Return the capacities in which somebody agreed since the version was last handed in."""
    rows = version.reviews.filter(round=version.review_round, verdict=ReviewVerdict.APPROVED)
    return set(rows.values_list("capacity", flat=True))


def is_author(version: TemplateVersion, user_id: str) -> bool:
    """Whether the user wrote at the version."""
    return any(author["id"] == user_id for author in version.authors)
