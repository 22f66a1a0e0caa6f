"""Who has looked at a version, and what the tenant asks for."""

from uuid import UUID

from apps.accounts.choices import Role
from apps.accounts.models import User
from apps.accounts.policies import list_actions
from apps.accounts.selectors import find_user, users_with_role
from apps.workflows.choices import ReviewMode, ReviewVerdict
from apps.workflows.engine.governance import is_high_impact, role_of_owner
from apps.workflows.engine.parse import parse_template
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


def reviewers_of(version: TemplateVersion) -> list[User]:
    """Return who may agree to a version: those who may publish and, at high impact, its control owner; no author."""
    definition = parse_template(version.source).definition
    roles = sorted(list_actions()["templates:publish"])
    owner = str(definition.owners.get("control", "")) if is_high_impact(definition) else ""
    role = role_of_owner(owner, Role.values)
    found = {user.pk: user for name in [*roles, *([role] if role else [])] for user in users_with_role(name)}
    named = find_user(owner) if owner and not role else None
    if named is not None:
        found[named.pk] = named
    return [user for user in found.values() if not is_author(version, str(user.pk))]


def authors_of(version: TemplateVersion) -> list[User]:
    """Return the active people who wrote at a version."""
    ids = [author["id"] for author in version.authors if _is_id(author["id"])]
    return list(User.objects.filter(pk__in=ids, is_active=True).order_by("pk"))


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
