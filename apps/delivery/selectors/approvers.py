"""Whom approval policies mean by the owner of a project or customer, and by a customer's contact."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from apps.accounts.models import User
from apps.approvals.approvers import ANY_CONTACT, ApproverRule
from apps.approvals.types import Asking
from apps.core.actor import Actor
from apps.delivery.models import Contact, Customer, Deal, Project
from apps.delivery.selectors.customers_of_runs import customer_of_run


def owners(rule: ApproverRule, asking: Asking) -> Sequence[User]:
    """Return who owns the project or customer that the rule names, else that of the run."""
    if rule.value == "customer":
        customer_id = _customer(rule, asking)
        if customer_id is None:
            return []
        customer = Customer.objects.filter(pk=customer_id).select_related("owner").first()
        return _active(customer.owner if customer else None)
    return _project_owner(rule, asking)


def contacts(rule: ApproverRule, asking: Asking) -> Sequence[User]:
    """Return the accounts of the customer's contacts who have the part that the rule asks for."""
    customer_id = _customer(rule, asking)
    if customer_id is None:
        return []
    wanted = Q() if rule.value == ANY_CONTACT else Q(role=rule.value)
    found = Contact.objects.filter(wanted, customer_id=customer_id, user__is_active=True)
    return [contact.user for contact in found.select_related("user").order_by("id") if contact.user]


def _customer(rule: ApproverRule, asking: Asking) -> UUID | None:
    if not rule.within:
        return customer_of_run(asking.run_id, asking.subject) if asking.run_id else None
    number = _uuid(rule.within)
    wanted = Q(external_id=rule.within) if number is None else Q(pk=number)
    return Customer.objects.filter(wanted).values_list("pk", flat=True).first()


def _project_owner(rule: ApproverRule, asking: Asking) -> list[User]:
    if rule.within:
        number = _uuid(rule.within)
        project = Project.objects.filter(pk=number).select_related("manager").first() if number else None
        return _active(project.manager if project else None)
    noun, _, number_text = asking.subject.partition("/")
    wanted = Q(run_id=asking.run_id) if asking.run_id else Q(pk__in=[])
    if noun == "contract":
        wanted |= Q(contract_id=number_text)
    elif noun == "project" and (number := _uuid(number_text)):
        wanted |= Q(project__pk=number)
    deal = Deal.objects.filter(wanted).select_related("manager", "project__manager").first()
    if deal is None:
        return []
    project = getattr(deal, "project", None)
    return _active(project.manager if project and project.manager else deal.manager)


def _active(user: User | None) -> list[User]:
    return [user] if user is not None and user.is_active else []


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def colleagues_of(actor: Actor) -> frozenset[str]:
    """Return the user ids of the contacts of the actor's own companies, his own among them; one query."""
    if not actor.user_id:
        return frozenset()
    rows = Contact.objects.filter(customer__contacts__user_id=actor.user_id, user__isnull=False)
    return frozenset(str(user_id) for user_id in rows.values_list("user_id", flat=True))
