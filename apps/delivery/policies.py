"""Who may do what with customers, deals and projects; what a customer's contact may do is granted on his projects."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts import policies as accounts
from apps.accounts.choices import STAFF_ROLES, Role
from apps.accounts.models import User
from apps.core.actor import Actor
from apps.delivery.choices import Audience, DealStatus
from apps.delivery.exceptions import not_found
from apps.delivery.models import Customer, Deal, DocumentRequirement, Project

_STAFF = tuple(sorted(STAFF_ROLES))
_LEADS = (Role.TENANT_ADMIN, Role.DELIVERY_MANAGER, Role.DELIVERY_DIRECTOR)

ACTIONS: Mapping[str, tuple[str, ...]] = {
    "customers:read": (*_STAFF, Role.CUSTOMER),
    "customers:write": _LEADS,
    "projects:read": (*_STAFF, Role.CUSTOMER),
    "projects:write": _LEADS,
    "milestones:complete": _LEADS,
    "milestones:accept": (Role.CUSTOMER,),
    "documents:read": (*_STAFF, Role.CUSTOMER),
    "documents:write": (*_LEADS, Role.FINANCE, Role.CUSTOMER),
    "staffing:read": _STAFF,
    "staffing:write": (*_LEADS, Role.RESOURCE_MANAGER),
    "billing:read": _STAFF,
    "billing:write": (*_LEADS, Role.FINANCE),
}
GRANTED_TO_CONTACTS = ("projects:read", "milestones:accept", "documents:read", "documents:write")

require = accounts.require
may = accounts.may


def is_customer(actor: Actor) -> bool:
    """Whether the actor is a customer's contact and nothing else: he sees what is meant for customers."""
    return not actor.is_system and not actor.roles & STAFF_ROLES


def user_id_of(actor: Actor) -> UUID | None:
    """Return the id of the tenant's user who acts, None for connectors and the platform itself."""
    return UUID(actor.user_id) if actor.user_id else None


def visible_projects(actor: Actor, rows: QuerySet[Project]) -> QuerySet[Project]:
    """Return those projects that the actor may see."""
    return accounts.objects_for(actor, "projects:read", rows)


def deals_to_come(actor: Actor) -> QuerySet[Deal]:
    """Return the deals of the contact's company that have no project yet; rights on it are granted with the project."""
    rows = Deal.objects.filter(status=DealStatus.REGISTERED, project__isnull=True)
    if not actor.user_id or not accounts.may(actor, "projects:read"):
        return rows.none()
    return rows.filter(customer__in=Customer.objects.filter(contacts__user_id=actor.user_id).values("pk"))


def require_on_project(actor: Actor, action: str, project: Project) -> None:
    """Raise NotFound for a project the actor may not even see, ActionForbidden for one he may not do this with."""
    if not accounts.may(actor, "projects:read", project):
        raise not_found("project")
    accounts.require(actor, action, project)


def require_acceptance(actor: Actor, project: Project) -> None:
    """Acceptance is the customer's: nobody but his own people (or the platform on their behalf) may give it."""
    require_on_project(actor, "milestones:accept", project)


def require_upload(actor: Actor, requirement: DocumentRequirement) -> None:
    """Staff may send every document; a contact those of his own deals and projects that are meant for him."""
    if not is_customer(actor):
        accounts.require(actor, "documents:write")
        return
    if requirement.audience != Audience.CUSTOMER:
        raise not_found("document requirement")
    project = Project.objects.filter(deal_id=requirement.deal_id).first()
    if project is not None:
        require_on_project(actor, "documents:write", project)
    elif not deals_to_come(actor).filter(pk=requirement.deal_id).exists():
        raise not_found("document requirement")
    else:
        accounts.require(actor, "documents:write")


def grant_to_contact(user: User, project: Project) -> None:
    """Let a contact's user see the project, accept its milestones and exchange its documents."""
    for action in GRANTED_TO_CONTACTS:
        accounts.grant(user, action, project)
