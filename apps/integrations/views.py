"""Where other systems tell what happened: ``POST /hooks/<id>``."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from apps.core.errors import DomainError, TooLarge
from apps.integrations.services import receive_message

MAX_BODY = 1024 * 1024
RETRY_SECONDS = 60


class LengthRequired(DomainError):
    status = 411
    title = "Length required"


@csrf_exempt
def receive(request: HttpRequest, hook_id: UUID) -> HttpResponse:
    """Answer 202 with the id of the stored message; problem+json with 401, 404, 409, 411, 413 or 503 otherwise."""
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    try:
        receipt = receive_message(hook_id=hook_id, headers=_headers(request), body=_body(request))
    except DomainError as error:
        return _problem(error)
    return JsonResponse({"id": str(receipt.id)}, status=202)


def _body(request: HttpRequest) -> bytes:
    declared = str(request.META.get("CONTENT_LENGTH") or "")
    if not declared.isdigit():
        raise LengthRequired("length_required", "Send the message with a Content-Length.")
    if int(declared) > MAX_BODY:
        raise TooLarge("too_large", f"A message may have {MAX_BODY} bytes.")
    try:
        return request.body
    except UnreadablePostError as error:
        raise LengthRequired("incomplete", "The message broke off.") from error


def _headers(request: HttpRequest) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _problem(error: DomainError) -> HttpResponse:
    body = {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "errors": [problem.to_json() for problem in error.errors],
        **error.extra,
    }
    response = JsonResponse(body, status=error.status, content_type="application/problem+json")
    if error.status == 503:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response
