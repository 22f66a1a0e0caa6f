"""The ERP: customers, purchase orders and invoices."""

from datetime import date

from config.demo.systems.messages import VendorError
from config.demo.systems.operations import (
    Call,
    Result,
    create,
    listing,
    operation,
    require_money,
    require_record,
    require_text,
    set_status,
)


def create_customer(call: Call) -> Result:
    """Creates an active customer; needs a name."""
    require_text(call.body, "name")
    return create(call, "erp", "customer", "CUS", {"status": "active"})


def get_customer(call: Call) -> Result:
    """One customer."""
    return Result(200, require_record(call, "erp", "customer"))


def list_customers(call: Call) -> Result:
    """Customers by any top-level field, above all `external_id`."""
    return listing(call, "erp", "customer")


def deactivate_customer(call: Call) -> Result:
    """Deactivates a customer."""
    return set_status(call, "erp", "customer", "inactive", allowed=("active",))


def put_purchase_order(call: Call) -> Result:
    """Records a purchase order under its number; `valid_until` is a date (YYYY-MM-DD)."""
    valid_until = require_text(call.body, "valid_until")
    try:
        date.fromisoformat(valid_until)
    except ValueError as error:
        message = "valid_until must be a date like 2026-12-31."
        raise VendorError(422, "invalid_field", message, field="valid_until") from error
    number = call.args["id"]
    record = {**call.body, "id": number, "number": number, "status": call.body.get("status", "open")}
    known = call.store.get("erp", "purchase_order", number)
    if known == record:
        return Result(200, record)
    call.store.put("erp", "purchase_order", record)
    return Result(200 if known else 201, record, effect=number)


def get_purchase_order(call: Call) -> Result:
    """One purchase order by its number."""
    return Result(200, require_record(call, "erp", "purchase_order"))


def create_invoice(call: Call) -> Result:
    """Posts an invoice for an active customer: needs `customer_id` and a positive `amount`."""
    customer_id = require_text(call.body, "customer_id")
    require_money(call.body, "amount")
    customer = call.store.get("erp", "customer", customer_id)
    if customer is None or customer["status"] != "active":
        message = f"{customer_id} is not an active customer."
        raise VendorError(422, "unknown_customer", message, field="customer_id")
    number = f"{date.today():%Y}-{call.store.next_number('erp', 'invoice'):05d}"  # noqa: DTZ011
    return create(call, "erp", "invoice", "INV", {"status": "posted", "number": number})


def get_invoice(call: Call) -> Result:
    """One invoice."""
    return Result(200, require_record(call, "erp", "invoice"))


def list_invoices(call: Call) -> Result:
    """Invoices by any top-level field."""
    return listing(call, "erp", "invoice")


def cancel_invoice(call: Call) -> Result:
    """Cancels a posted invoice."""
    return set_status(call, "erp", "invoice", "cancelled", allowed=("posted",))


OPERATIONS = (
    operation("erp", "create_customer", "POST", "/customers", create_customer),
    operation("erp", "list_customers", "GET", "/customers", list_customers),
    operation("erp", "get_customer", "GET", "/customers/{id}", get_customer),
    operation("erp", "deactivate_customer", "POST", "/customers/{id}/deactivate", deactivate_customer),
    operation("erp", "put_purchase_order", "PUT", "/purchase-orders/{id}", put_purchase_order),
    operation("erp", "get_purchase_order", "GET", "/purchase-orders/{id}", get_purchase_order),
    operation("erp", "create_invoice", "POST", "/invoices", create_invoice),
    operation("erp", "list_invoices", "GET", "/invoices", list_invoices),
    operation("erp", "get_invoice", "GET", "/invoices/{id}", get_invoice),
    operation("erp", "cancel_invoice", "POST", "/invoices/{id}/cancel", cancel_invoice),
)
