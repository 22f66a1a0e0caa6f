"""Commands on customers and their contacts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from apps.core.actor import Actor
from apps.delivery import policies
from apps.delivery.exceptions import not_found
from apps.delivery.models import Contact, Customer
from apps.delivery.services.contact_users import ensure_contact_user
from apps.delivery.types import ContactData, CustomerData
from apps.ledger.services import record, unit_of_work


def upsert_customer(*, data: CustomerData, actor: Actor) -> Customer:
    """Enter the customer, or bring its name, country and language up to date; its contacts are added, never removed."""
    with unit_of_work(actor):
        policies.require(actor, "customers:write")
        customer = Customer.objects.select_for_update().filter(external_id=data.external_id).first()
        fields = {"name": data.name, "country": data.country, "language": data.language}
        if customer is None:
            customer = Customer.objects.create(external_id=data.external_id, **fields)
            record("customer.create", customer, after={"external_id": data.external_id, **fields})
        else:
            _update(customer, fields)
        _add_contacts(customer, data.contacts, actor)
    return customer


def record_erp_customer(*, customer_id: UUID, erp_id: str, actor: Actor) -> Customer:
    """Note the customer's id in the ERP; an empty one says that the ERP no longer serves him."""
    with unit_of_work(actor):
        policies.require(actor, "customers:write")
        customer = Customer.objects.select_for_update().filter(pk=customer_id).first()
        if customer is None:
            raise not_found("customer")
        _update(customer, {"erp_id": erp_id})
    return customer


def _update(customer: Customer, fields: dict[str, Any]) -> None:
    before = {name: getattr(customer, name) for name in fields}
    changed = {name: value for name, value in fields.items() if before[name] != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(customer, name, value)
    customer.version += 1
    customer.save(update_fields=[*changed, "version"])
    record("customer.update", customer, before={name: before[name] for name in changed}, after=changed)


def _add_contacts(customer: Customer, contacts: Sequence[ContactData], actor: Actor) -> None:
    held = {contact.email: contact for contact in customer.contacts.all()}
    for data in contacts:
        contact = held.get(data.email)
        if contact is None:
            contact = Contact.objects.create(customer=customer, name=data.name, email=data.email)
            record("contact.create", contact, after={"name": data.name, "email": data.email})
        if contact.user_id is None:
            ensure_contact_user(contact=contact, actor=actor)
