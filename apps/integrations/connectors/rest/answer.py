"""Read an answer: success, or why not in the vendor's own words, and whether to try again."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from apps.core.clock import now
from apps.core.expressions import ExpressionError, compile_expression
from apps.core.http import HttpError, HttpRefused, HttpResponse, HttpTooLarge
from apps.integrations.connectors.rest.definition import ErrorSpec, Operation
from apps.integrations.exceptions import OperationError

# The request certainly had no effect: the server says so before acting.
_NOT_DONE = frozenset({408, 425, 429, 503})
# The server, or something before it, broke off: it may or may not have acted.
_UNCLEAR = frozenset({500, 502, 504, 507, 520, 521, 522, 523, 524})
MAX_RETRY_AFTER = 3600.0
_PLACES = ("message", "detail", "error_description", "description", "title", "reason", "error", "errors")


def body_of(response: HttpResponse) -> Any:
    """Return the body as JSON if it is that, as text otherwise, None if there is none."""
    if not response.body:
        return None
    text = response.body.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def succeeded(operation: Operation, scope: Mapping[str, Any]) -> bool:
    """Return whether the answer in ``scope`` is a success as the operation defines it (any 2xx by default)."""
    status: int = scope["response"]["status"]
    if operation.success is None:
        return 200 <= status < 300
    if isinstance(operation.success, frozenset):
        return status in operation.success
    try:
        return compile_expression(operation.success).evaluate(scope) is True
    except ExpressionError:
        # An error body rarely has the members that a success is recognised by.
        return False


def refusal(spec: ErrorSpec, scope: Mapping[str, Any]) -> OperationError:
    """Return the error that the answer in ``scope`` stands for, before idempotency is considered."""
    response = scope["response"]
    status: int = response["status"]
    message = _said(spec.message, scope) or vendor_message(response["body"]) or "It gave no reason."
    details: dict[str, Any] = {"status": status, "vendor": {"message": message[:1000]}}
    code = _said(spec.code, scope) or vendor_code(response["body"])
    if code:
        details["vendor"]["code"] = code[:120]
    if status in spec.retryable or status in _NOT_DONE:
        wait = retry_after(response["headers"].get("retry-after", ""))
        return OperationError(
            "unavailable",
            f"The system answered {status}: {message}",
            retryable=True,
            retry_after=wait,
            details=details,
        )
    if status in _UNCLEAR or status >= 500:
        return OperationError(
            "unavailable",
            f"The system answered {status}: {message}",
            retryable=True,
            ambiguous=True,
            details=details,
        )
    if status in (401, 403):
        return OperationError(
            "not_authorised", f"The system refused our credential ({status}): {message}", details=details
        )
    return OperationError("rejected", f"The system refused it ({status}): {message}", details=details)


def no_answer(error: HttpError) -> OperationError:
    """Return the error for a call without a usable answer."""
    if isinstance(error, HttpRefused):
        return OperationError("target_refused", error.message)
    if isinstance(error, HttpTooLarge):
        return OperationError("response_too_large", error.message, ambiguous=True)
    return OperationError(error.code, error.message, retryable=True, ambiguous=error.sent)


def vendor_message(body: Any, depth: int = 0) -> str:
    """Return the vendor's sentence about what is wrong, wherever such bodies usually keep it; "" if nowhere."""
    if isinstance(body, str):
        return " ".join(body.split())[:500]
    if depth > 3:
        return ""
    if isinstance(body, Sequence):
        found = [vendor_message(item, depth + 1) for item in list(body)[:5]]
        return "; ".join(text for text in found if text)
    if isinstance(body, Mapping):
        for place in _PLACES:
            text = vendor_message(body[place], depth + 1) if place in body else ""
            if text:
                field = body.get("field")
                return f"{field}: {text}" if isinstance(field, str) and field not in text else text
    return ""


def vendor_code(body: Any) -> str:
    """Return the vendor's own error code, "" if the body has none."""
    if isinstance(body, Mapping):
        code = body.get("code") or body.get("error_code") or body.get("errorCode")
        if isinstance(code, str | int):
            return str(code)
        return vendor_code(body.get("error"))
    return ""


def retry_after(header: str) -> float | None:
    """Return the seconds a ``Retry-After`` asks for, at most an hour; None if it says nothing usable."""
    text = header.strip()
    if not text:
        return None
    try:
        seconds = float(text) if text.replace(".", "", 1).isdigit() else _until(parsedate_to_datetime(text))
    except (ValueError, TypeError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _until(moment: datetime) -> float:
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now()).total_seconds()


def _said(expression: str | None, scope: Mapping[str, Any]) -> str:
    if expression is None:
        return ""
    try:
        value = compile_expression(expression).evaluate(scope)
    except ExpressionError:
        return ""
    return str(value) if value is not None else ""
