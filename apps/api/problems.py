"""Every refusal as RFC 9457 problem+json, and every defect of ours as one that gives nothing away."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, RequestDataTooBig
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response

from apps.api.trespass import note_not_found
from apps.core.api.reading import problems_of
from apps.core.context import request_id
from apps.core.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    TooLarge,
    TooMany,
    Unauthorized,
)
from apps.core.outages import is_outage

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"


class _Malformed(DomainError):
    status = 400
    title = "The request cannot be read"


class _WrongMethod(DomainError):
    status = 405
    title = "Method not allowed"


class _WrongType(DomainError):
    status = 415
    title = "Media type not supported"


class _NotAcceptable(DomainError):
    status = 406
    title = "Only JSON is spoken here"


class _Defect(DomainError):
    status = 500
    title = "Something went wrong on our side"


class _Away(DomainError):
    status = 503
    title = "Not possible at the moment"


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response:
    """Answer any exception of a view."""
    refusal = as_refusal(error)
    if isinstance(refusal, _Defect):
        log.error("api.defect", exc_info=error)
    request = context.get("request")
    if (
        refusal.status == NotFound.status
        and request is not None
        and _names_an_id(context.get("kwargs") or {})
    ):
        note_not_found(request)
    headers = {}
    if isinstance(error, exceptions.Throttled):
        headers["Retry-After"] = str(int(getattr(error, "wait", None) or 1))
    if refusal.status == Unauthorized.status:
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    return Response(problem_body(refusal), status=refusal.status, headers=headers, content_type=CONTENT_TYPE)


def problem_body(refusal: DomainError) -> dict[str, Any]:
    """Return the problem's JSON."""
    return {
        **refusal.extra,
        "type": "/api/v1/docs/#errors",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
        "request_id": request_id(),
        "errors": [problem.to_json() for problem in refusal.errors],
    }


def problem_response(refusal: DomainError) -> HttpResponse:
    """Return the problem as the answer of a plain view."""
    return JsonResponse(problem_body(refusal), status=refusal.status, content_type=CONTENT_TYPE)


def no_such_address(_request: HttpRequest, **_parts: Any) -> HttpResponse:
    """Answer addresses below the API that lead nowhere."""
    return problem_response(NotFound("not_found", "There is nothing at this address."))


def as_refusal(error: Exception) -> DomainError:
    """Return the refusal that tells of the exception."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if isinstance(error, Http404 | ObjectDoesNotExist):
        return NotFound("not_found", "There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return Forbidden("forbidden", "You may not do this.")
    if isinstance(error, RequestDataTooBig):
        return TooLarge("too_large", "The request is larger than allowed.")
    if isinstance(error, UnreadablePostError):
        return _Malformed("unreadable_body", "The connection broke while the request was being read.")
    return _of_database(error) or _Defect(
        "internal_error", "This is our fault, not yours. Tell us the request_id."
    )


def _of_database(error: Exception) -> DomainError | None:
    if isinstance(error, DataError):
        return Invalid("value_out_of_range", "A value is larger or longer than can be stored.")
    if isinstance(error, OperationalError) and "lock timeout" in str(error):
        return Conflict("busy", "Somebody else is changing this at the moment. Try again.")
    if is_outage(error):
        return _Away(
            "unavailable",
            "We cannot store anything at the moment. Send it again shortly, with the same Idempotency-Key: "
            "what was done already is not done twice.",
        )
    return None


def _of_framework(error: exceptions.APIException) -> DomainError:
    if isinstance(error, exceptions.ValidationError):
        return Invalid(
            "invalid_input", "The input is not valid; see errors.", list(problems_of(error.detail))
        )
    kinds: dict[int, tuple[type[DomainError], str]] = {
        400: (_Malformed, "malformed_body"),
        401: (Unauthorized, "not_authenticated"),
        403: (Forbidden, "forbidden"),
        404: (NotFound, "not_found"),
        405: (_WrongMethod, "method_not_allowed"),
        406: (_NotAcceptable, "not_acceptable"),
        415: (_WrongType, "unsupported_media_type"),
        429: (TooMany, "too_many_requests"),
    }
    kind, code = kinds.get(error.status_code, (_Defect, "internal_error"))
    return kind(code, str(error.detail))


def _names_an_id(kwargs: Mapping[str, Any]) -> bool:
    return any(isinstance(value, UUID) for value in kwargs.values())
