"""Reads the data of ``contract.signed`` into values. Pure."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from jsonschema import Draft202012Validator

from apps.core.errors import Problem
from apps.core.money import Money
from apps.delivery.events import CONTRACT_SCHEMA
from apps.delivery.exceptions import UnreadableContract
from apps.delivery.types import ContactData, CustomerData, SignedContract, SignedDocument

_VALIDATOR = Draft202012Validator(dict(CONTRACT_SCHEMA))


def read_contract(data: Mapping[str, Any]) -> SignedContract:
    """Return the contract; raise UnreadableContract with a pointer to everything that is wrong."""
    problems = [
        Problem("/" + "/".join(str(part) for part in error.absolute_path), error.message, "invalid")
        for error in _VALIDATOR.iter_errors(dict(data))
    ]
    if problems:
        raise UnreadableContract(sorted(problems, key=lambda problem: problem.pointer))
    order = data.get("purchase_order") or {}
    return SignedContract(
        contract_id=data["contract_id"],
        title=data["title"],
        customer=_customer(data["customer"]),
        amount=Money.from_json(data["amount"]),
        region=data["region"],
        signed_at=_time(data["signed_at"], "/signed_at"),
        start_date=read_date(data.get("start_date"), "/start_date"),
        purchase_order_number=order.get("number") or "",
        purchase_order_valid_until=read_date(order.get("valid_until"), "/purchase_order/valid_until"),
        documents=tuple(_document(entry, index) for index, entry in enumerate(data["documents"])),
    )


def read_date(value: str | None, pointer: str) -> date | None:
    """Return the day a text like 2026-12-31 (or a time of that day) names; None for nothing."""
    if not value:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError as error:
        raise UnreadableContract(
            [Problem(pointer, f"{value} is not a date like 2026-12-31.", "not_a_date")]
        ) from error


def _time(value: str, pointer: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise UnreadableContract(
            [Problem(pointer, f"{value} is not an RFC 3339 time.", "not_a_time")]
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _customer(data: Mapping[str, Any]) -> CustomerData:
    # Mail addresses differ in case between systems, and one address is one person.
    contacts = {entry["email"].strip().lower(): entry["name"] for entry in reversed(data["contacts"])}
    return CustomerData(
        external_id=data["external_id"],
        name=data["name"],
        country=data["country"],
        language=data.get("language") or "en",
        contacts=tuple(ContactData(name, email) for email, name in reversed(contacts.items())),
    )


def _document(data: Mapping[str, Any], index: int) -> SignedDocument:
    return SignedDocument(
        kind=data["kind"],
        name=data["name"],
        reference=data.get("reference") or "",
        valid_until=read_date(data.get("valid_until"), f"/documents/{index}/valid_until"),
    )
