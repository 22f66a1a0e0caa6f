"""Values of delivery: a signed contract, plans, predicates."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from apps.core.money import Money


@dataclass(frozen=True, slots=True)
class ContactData:
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class CustomerData:
    external_id: str
    name: str
    country: str
    language: str
    contacts: tuple[ContactData, ...]


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """A document that came with the contract; ``valid_until`` is its last valid day."""

    kind: str
    name: str
    reference: str
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class PlannedMilestone:
    """A milestone to be created, in its order; ``due_on`` None is worked out from the plan."""

    key: str
    title: str
    amount: Decimal
    due_on: date | None


@dataclass(frozen=True, slots=True)
class SignedContract:
    """The data of ``contract.signed``, read and checked."""

    contract_id: str
    title: str
    customer: CustomerData
    amount: Money
    region: str
    signed_at: datetime
    start_date: date | None
    purchase_order_number: str
    purchase_order_valid_until: date | None
    documents: tuple[SignedDocument, ...]


@dataclass(frozen=True, slots=True)
class BillingFacts:
    """What is known about one milestone when its billing is checked.

    ``time_*`` are counts of entries in the PSA, None where it could not be asked; ``order_*`` is what the ERP says
    about the purchase order, None where it could not be asked.
    """

    accepted_by: str
    accepted_at: datetime | None
    psa_project_id: str
    time_submitted: int | None
    time_approved: int | None
    time_total_hours: str
    order_number: str
    order_valid_until: date | None
    order_known: bool | None
    erp_customer_id: str
    today: date


@dataclass(frozen=True, slots=True)
class Predicate:
    """One question of the billing check and its answer in words."""

    id: str
    question: str
    passed: bool
    explanation: str

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "question": self.question,
            "passed": self.passed,
            "explanation": self.explanation,
        }


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a status is worded: a customer's contact, or staff with what they may do."""

    is_customer: bool
    may_complete: bool = False
    may_bill: bool = False


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing the reader is expected to do.

    ``kind`` is ``document`` or ``acceptance`` for customers, ``completion`` or ``billing`` for staff; ``what`` names
    it ("the security annex"), ``text`` asks for it ("Send the security annex"); ``target_id`` is the id of the
    document requirement or milestone.
    """

    kind: str
    what: str
    text: str
    target_id: str
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class StatusSummary:
    """Where a project stands, in words: what happens now, what is next, what the reader is expected to do."""

    headline: str
    now: str
    next: str
    expected: tuple[Expectation, ...] = ()
