"""Who is asked in one approval: pass it on, ask somebody besides, take it back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.approvals.exceptions import UnknownRequest
from apps.approvals.selectors.requests import visible_requests
from apps.approvals.services.reassigning import add_approver, reassign_request, recall_request
from apps.core.errors import Conflict, Invalid
from apps.portal.views.base import SeeOther, StaffPage


class AskedPage(StaffPage):
    """Takes the commands of the approval page that change people; answers with that page."""

    http_method_names = ["post"]
    section = "inbox"
    action = "approvals:pass_on"

    def post(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        here = reverse("portal:approval", args=[request_id])
        if not visible_requests(self.actor).filter(pk=request_id).exists():
            raise UnknownRequest
        try:
            words = self._perform(request_id)
        except Conflict as error:
            return self.came_late(here, error)
        except Invalid as error:
            messages.error(request, error.errors[0].message if error.errors else error.detail)
            return SeeOther(here)
        return self.done(here, words)

    def _perform(self, request_id: UUID) -> str:
        reason = self.sent("reason")[:2000]
        match self.sent("command"):
            case "reassign":
                reassign_request(
                    request_id=request_id,
                    from_user_id=_uuid(self.sent("from") or self.actor.user_id or ""),
                    to_user_id=_uuid(self.sent("to")),
                    actor=self.actor,
                    reason=reason,
                )
                return "Passed on, with your reason."
            case "add":
                add_approver(
                    request_id=request_id, user_id=_uuid(self.sent("to")), actor=self.actor, reason=reason
                )
                return "Asked besides, with your reason."
            case "recall":
                recall_request(request_id=request_id, actor=self.actor, reason=reason)
                return "Recalled. Nobody decides it any more, and the run has your reason."
        raise Invalid("unknown_command", "Choose what to do.")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("invalid_id", "Choose a person.") from error
