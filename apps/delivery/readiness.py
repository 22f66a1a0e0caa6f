"""May this milestone be billed? The predicates and their explanations. Pure."""

from datetime import date

from apps.delivery.types import BillingFacts, Predicate


def check_readiness(facts: BillingFacts) -> tuple[Predicate, ...]:
    """Return every predicate with its answer in words; all must pass before an invoice is requested."""
    return (_accepted(facts), _time_approved(facts), _order_valid(facts), _customer_known(facts))


def _accepted(facts: BillingFacts) -> Predicate:
    if facts.accepted_at is None:
        text = "The customer has not accepted the milestone yet."
    else:
        text = f"{facts.accepted_by or 'The customer'} accepted it on {_day(facts.accepted_at.date())}."
    return Predicate("accepted", "Has the customer accepted it?", facts.accepted_at is not None, text)


def _time_approved(facts: BillingFacts) -> Predicate:
    question = "Is all time approved?"
    if not facts.psa_project_id:
        return Predicate(
            "time_approved", question, False, "The project is not linked to the PSA, so nobody can tell."
        )
    if facts.time_submitted is None or facts.time_approved is None:
        return Predicate("time_approved", question, False, "The PSA could not be asked for the time entries.")
    if facts.time_submitted:
        entries = "entry waits" if facts.time_submitted == 1 else "entries wait"
        text = f"{facts.time_submitted} time {entries} for approval in the PSA."
        return Predicate("time_approved", question, False, text)
    if not facts.time_approved:
        return Predicate(
            "time_approved", question, True, "No time waits for approval in the PSA; none has been booked."
        )
    hours = f"{facts.time_total_hours} hours" if facts.time_total_hours else f"{facts.time_approved} entries"
    return Predicate("time_approved", question, True, f"All booked time is approved in the PSA: {hours}.")


def _order_valid(facts: BillingFacts) -> Predicate:
    question = "Is the purchase order valid?"
    passed, text = _order(facts)
    return Predicate("purchase_order_valid", question, passed, text)


def _order(facts: BillingFacts) -> tuple[bool, str]:
    number = facts.order_number
    if not number:
        return False, "The deal has no purchase order."
    if facts.order_known is None:
        return False, f"The ERP could not be asked for purchase order {number}."
    if not facts.order_known:
        return False, f"The ERP has no open purchase order {number}."
    until = facts.order_valid_until
    if until is None:
        return True, f"Purchase order {number} has no end date."
    if until < facts.today:
        return False, f"Purchase order {number} ran out on {_day(until)}."
    return True, f"Purchase order {number} is valid until {_day(until)}."


def _customer_known(facts: BillingFacts) -> Predicate:
    known = bool(facts.erp_customer_id)
    text = (
        f"The customer is {facts.erp_customer_id} in the ERP."
        if known
        else "The customer has not been created in the ERP yet."
    )
    return Predicate("customer_known_to_erp", "Does the ERP know the customer?", known, text)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
