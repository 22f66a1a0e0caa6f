"""What the three systems can do: the shape of an operation and the small helpers their handlers share."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from config.demo.systems.messages import JsonObject, VendorError
from config.demo.systems.store import Store, utc_now


@dataclass(frozen=True, slots=True)
class Result:
    """Outcome of an operation: answer status and body, and the record it changed (None: nothing changed)."""

    status: int
    body: Any
    effect: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an operation: the store, path arguments, query filters and the JSON body."""

    store: Store
    args: dict[str, str]
    query: dict[str, str]
    body: JsonObject


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint of a system."""

    system: str
    name: str
    method: str
    pattern: re.Pattern[str]
    handler: Callable[[Call], Result]


def operation(system: str, name: str, method: str, path: str, handler: Callable[[Call], Result]) -> Operation:
    """Declares an endpoint; `{name}` in the path becomes an argument."""
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", f"/{system}{path}") + r"/?$")
    return Operation(system, name, method, pattern, handler)


def require_text(body: JsonObject, field: str) -> str:
    """A non-empty text field. Raises `VendorError` (422)."""
    value = body.get(field)
    if not isinstance(value, str) or not value.strip():
        raise VendorError(422, "missing_field", f"{field} is required.", field=field)
    return value


def require_money(body: JsonObject, field: str) -> JsonObject:
    """A positive amount as {"amount": "12500.00", "currency": "EUR"}. Raises `VendorError` (422)."""
    value = body.get(field)
    try:
        if not isinstance(value, dict) or len(str(value["currency"])) != 3:
            raise ValueError(value)
        if Decimal(str(value["amount"])) <= 0:
            raise ValueError(value)
    except (KeyError, ValueError, InvalidOperation) as error:
        message = f"{field} must be a positive amount with a currency."
        raise VendorError(422, "invalid_field", message, field=field) from error
    return value


def require_record(call: Call, system: str, kind: str) -> JsonObject:
    """The record named in the path. Raises `VendorError` (404)."""
    record = call.store.get(system, kind, call.args["id"])
    if record is None:
        raise VendorError(404, "not_found", f"No {kind} {call.args['id']}.")
    return record


def create(call: Call, system: str, kind: str, prefix: str, fields: JsonObject) -> Result:
    """Stores a new record with its vendor id and answers 201."""
    record = {
        **call.body,
        **fields,
        "id": f"{prefix}-{call.store.next_number(system, kind):06d}",
        "created_at": utc_now(),
    }
    call.store.put(system, kind, record)
    return Result(201, record, effect=record["id"])


def set_status(call: Call, system: str, kind: str, status: str, *, allowed: tuple[str, ...]) -> Result:
    """Moves a record to a status; asked twice, it changes nothing the second time. 409 from elsewhere."""
    record = require_record(call, system, kind)
    if record["status"] == status:
        return Result(200, record)
    if record["status"] not in allowed:
        raise VendorError(409, "invalid_state", f"{record['id']} is {record['status']}.", field="status")
    record = {**record, "status": status, f"{status}_at": utc_now()}
    call.store.put(system, kind, record)
    return Result(200, record, effect=record["id"])


def listing(call: Call, system: str, kind: str, **fixed: str) -> Result:
    """Records that equal the query's filters."""
    filters = {name: value for name, value in call.query.items() if name != "limit"}
    limit = call.query.get("limit", "100")
    if not limit.isdigit():
        raise VendorError(422, "invalid_field", "limit must be a number.", field="limit")
    return Result(200, {"results": call.store.find(system, kind, {**filters, **fixed}, int(limit))})
