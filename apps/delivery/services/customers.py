"""Commands on customers and their contacts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from apps.accounts.choices import STAFF_ROLES
from apps.accounts.models import RoleAssignment
from apps.core.actor import Actor
from apps.core.errors import Invalid, Problem
from apps.delivery import policies
from apps.delivery.exceptions import not_found
from apps.delivery.models import Contact, Customer
from apps.delivery.services.contact_users import ensure_contact_user
from apps.delivery.types import ContactData, CustomerData
from apps.ledger.exceptions import StaleVersion
from apps.ledger.services import record, unit_of_work

EDITABLE = ("name", "country", "language", "erp_id", "owner_id")


def upsert_customer(*, data: CustomerData, actor: Actor) -> Customer:
    """Enter the customer, or bring its name, country and language up to date; its contacts are added, never removed."""
    with unit_of_work(actor):
        policies.require(actor, "customers:write")
        fields = {"name": data.name, "country": data.country, "language": data.language}
        # Two contracts of a new customer may come in at once: the second waits here and finds the first's row.
        rows = Customer.objects.select_for_update()
        customer, made = rows.get_or_create(external_id=data.external_id, defaults=fields)
        if made:
            record("customer.create", customer, after={"external_id": data.external_id, **fields})
        else:
            _update(customer, fields)
        _add_contacts(customer, data.contacts, actor)
    return customer


def record_erp_customer(*, customer_id: UUID, erp_id: str, actor: Actor) -> Customer:
    """Note the customer's id in the ERP; an empty one says that the ERP no longer serves him."""
    return update_customer(customer_id=customer_id, actor=actor, erp_id=erp_id)


def update_customer(
    *, customer_id: UUID, actor: Actor, version: int | None = None, **changes: Any
) -> Customer:
    """Change the customer's ``name``, ``country``, ``language``, ``erp_id`` or ``owner_id`` (None: nobody).

    Raises NotFound, Invalid for an owner who is nobody here, and StaleVersion if the row is no longer of the
    ``version`` that was read.
    """
    with unit_of_work(actor):
        policies.require(actor, "customers:write")
        customer = Customer.objects.select_for_update().filter(pk=customer_id).first()
        if customer is None:
            raise not_found("customer")
        if version is not None and customer.version != version:
            raise StaleVersion("customer")
        if changes.get("owner_id"):
            _check_owner(changes["owner_id"])
        _update(customer, {name: changes[name] for name in EDITABLE if name in changes})
    return customer


def change_contact(*, contact_id: UUID, role: str, actor: Actor) -> Contact:
    """Say which part the contact has at the customer, such as ``sponsor`` ("": none in particular)."""
    with unit_of_work(actor):
        policies.require(actor, "customers:write")
        contact = Contact.objects.select_for_update().filter(pk=contact_id).first()
        if contact is None:
            raise not_found("contact")
        before, contact.role = contact.role, role
        contact.version += 1
        contact.save(update_fields=["role", "version"])
        record("contact.update", contact, before={"role": before}, after={"role": role})
    return contact


def _check_owner(user_id: UUID) -> None:
    held = RoleAssignment.objects.filter(user_id=user_id, user__is_active=True, role__in=STAFF_ROLES)
    if not held.exists():
        message = "There is no active member of staff of this id."
        raise Invalid("unknown_user", message, [Problem("/owner_id", message, "unknown_user")])


def _update(customer: Customer, fields: dict[str, Any]) -> None:
    before = {name: getattr(customer, name) for name in fields}
    changed = {name: value for name, value in fields.items() if before[name] != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(customer, name, value)
    customer.version += 1
    customer.save(update_fields=[*changed, "version"])
    told = {name: str(value) if isinstance(value, UUID) else value for name, value in changed.items()}
    was = {name: str(before[name]) if isinstance(before[name], UUID) else before[name] for name in changed}
    record("customer.update", customer, before=was, after=told)


def _add_contacts(customer: Customer, contacts: Sequence[ContactData], actor: Actor) -> None:
    held = {contact.email: contact for contact in customer.contacts.all()}
    for data in contacts:
        contact = held.get(data.email)
        if contact is None:
            contact = Contact.objects.create(customer=customer, name=data.name, email=data.email)
            record("contact.create", contact, after={"name": data.name, "email": data.email})
        if contact.user_id is None:
            ensure_contact_user(contact=contact, actor=actor)
