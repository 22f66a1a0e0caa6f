"""One approval: what, why, the evidence, and the decision."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.accounts.devices import party_of
from apps.accounts.exceptions import TooManyAttempts, WrongCode
from apps.approvals.answer_forms import answers_view, read_answer
from apps.approvals.choices import DecisionChannel, DecisionOutcome
from apps.approvals.exceptions import StepUpRequired
from apps.approvals.selectors.requests import visible_requests
from apps.approvals.services import decide_request
from apps.core.actor import Actor
from apps.core.errors import Conflict, DomainError, Forbidden, Invalid
from apps.portal.selectors.approval_view import ApprovalView, read_approval
from apps.portal.selectors.asked_view import read_asked
from apps.portal.views.base import StaffPage
from apps.portal.views.step_up import confirming, prove

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
    proofs: dict[str, str]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.proofs = {}

    def place_of_customers(self, actor: Actor, **ids: Any) -> str:
        """The page on which he decides it, as links of mails from before it was there lead here."""
        if visible_requests(actor).filter(pk=ids["request_id"]).exists():
            return reverse("status:decision", args=[ids["request_id"]])
        return super().place_of_customers(actor)

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
            self.proofs = prove(self.actor, request.POST, [(request_id, self.sent("show_hash"))])
        except DomainError as error:
            return self._refused(request_id, outcome, comment, error)
        proof = self.proofs.get(str(request_id))
        try:
            decide_request(
                request_id=request_id,
                actor=self.actor,
                outcome=outcome,
                comment=comment,
                show_hash=self.sent("show_hash"),
                view_hash=self.sent("view_hash") or None,
                how=DecisionChannel.PAGE,
                step_up=UUID(proof) if proof else None,
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
        if isinstance(error, StepUpRequired | WrongCode | TooManyAttempts):
            said = error.errors[0].message if error.errors else error.detail
            because = str(error.extra.get("because") or "") or view.step_up or "the policy asks for it"
            return self._show(view, "", error.status, comment, unconfirmed=(because, said))
        return self._show(view, error.detail, error.status, comment, late=True)

    def _show(
        self,
        view: ApprovalView,
        problem: str = "",
        status: int = 200,
        comment: str = "",
        *,
        late: bool = False,
        unconfirmed: tuple[str, str] = ("", ""),
    ) -> HttpResponse:
        because, said = unconfirmed
        values = {
            "view": view,
            "asked": read_asked(view.request, self.actor),
            "approval": view.request,
            "amount": view.amount,
            "problem": problem,
            "late": late,
            "comment": comment,
            "confirming": confirming(
                self.actor,
                because or view.step_up,
                {} if said else self.proofs,
                host=party_of(self.request).host,
                problem=said,
            ),
            "here": self.request.path,
            "answers": answers_view(view.request, self.request.POST) if view.may_decide else None,
        }
        return self.page("portal/approvals/approval.html", values, status=status)
