"""One approval: what, why, the evidence, and the decision."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.approvals.answer_forms import answers_view, read_answer
from apps.approvals.choices import DecisionChannel, DecisionOutcome
from apps.approvals.selectors.requests import visible_requests
from apps.approvals.services import decide_request
from apps.core.errors import Conflict, DomainError, Forbidden, Invalid
from apps.portal.selectors.approval_view import ApprovalView, read_approval
from apps.portal.selectors.asked_view import read_asked
from apps.portal.views.base import StaffPage

_WORDS = {
    DecisionOutcome.APPROVED: "You approved this.",
    DecisionOutcome.REJECTED: "You rejected this.",
    DecisionOutcome.CHANGES: "You requested changes.",
    DecisionOutcome.ABSTAINED: "You abstained.",
}


class ApprovalPage(StaffPage):
    """Reading changes nothing; a decision is sent as a form with the hash of what was shown."""

    section = "inbox"
    action = "approvals:read"

    def get(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        return self._show(read_approval(request_id, self.actor))

    def post(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        outcome, comment = self.sent("outcome"), self.sent("comment")
        if outcome not in DecisionOutcome.values:
            said = "Choose to approve or to reject."
            return self._show(read_approval(request_id, self.actor), said, 422, comment)
        asked = visible_requests(self.actor).filter(pk=request_id).only("show", "editable").first()
        answer = read_answer(outcome, asked.show, asked.editable, request.POST) if asked else {}
        try:
            decide_request(
                request_id=request_id,
                actor=self.actor,
                outcome=outcome,
                comment=comment,
                show_hash=self.sent("show_hash"),
                view_hash=self.sent("view_hash") or None,
                how=DecisionChannel.PAGE,
                **answer,
            )
        except Invalid as error:
            said = " ".join(problem.message for problem in error.errors) or error.detail
            return self._show(read_approval(request_id, self.actor), said, 422, comment)
        except (Conflict, Forbidden) as error:
            return self._refused(request_id, outcome, comment, error)
        return self.done(reverse("portal:approval", args=[request_id]), _WORDS[DecisionOutcome(outcome)])

    def _refused(self, request_id: UUID, outcome: str, comment: str, error: DomainError) -> HttpResponse:
        view = read_approval(request_id, self.actor)
        mine = [row.outcome for row in view.request.decisions.all() if str(row.user_id) == self.actor.user_id]
        if outcome in mine:
            # The second click of the same decision: it stands, which is what was wanted.
            return self.done(reverse("portal:approval", args=[request_id]), _WORDS[DecisionOutcome(outcome)])
        return self._show(view, error.detail, error.status, comment, late=True)

    def _show(
        self,
        view: ApprovalView,
        problem: str = "",
        status: int = 200,
        comment: str = "",
        *,
        late: bool = False,
    ) -> HttpResponse:
        values = {
            "view": view,
            "asked": read_asked(view.request, self.actor),
            "approval": view.request,
            "amount": view.amount,
            "problem": problem,
            "late": late,
            "comment": comment,
            "answers": answers_view(view.request, self.request.POST) if view.may_decide else None,
        }
        return self.page("portal/approvals/approval.html", values, status=status)
