"""What customers decide: the list, and one decision with all there is to decide on."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.accounts.exceptions import TooManyAttempts, WrongCode
from apps.approvals.answer_forms import answers_view, read_answer
from apps.approvals.api.evidence import archive_response
from apps.approvals.choices import DecisionChannel, DecisionOutcome
from apps.approvals.exceptions import StepUpRequired
from apps.approvals.selectors.conditions import conditions_of
from apps.approvals.selectors.packets import own_packet
from apps.approvals.services import decide_request
from apps.approvals.services.stepping_up import begin_step_up_by_mail, confirm_step_up_by_mail
from apps.core.data_words import is_uuid
from apps.core.errors import Conflict, DomainError, Forbidden, Invalid
from apps.status.decision_types import DecisionPage
from apps.status.decision_words import CODE_NEEDED, CODE_SENT, DONE, refused_words
from apps.status.selectors.decisions import LISTED, asked_customer, decision_page, listed_decisions
from apps.status.views.base import StatusPage
from apps.status.wording import decisions_title


class Decisions(StatusPage):
    """What waits for the reader, and what was decided."""

    def get(self, request: HttpRequest) -> HttpResponse:
        before = request.GET.get("before", "")
        waiting, past, mine = listed_decisions(self.actor, UUID(before) if is_uuid(before) else None)
        values = {
            "title": decisions_title(mine, preview=self.is_preview),
            "waiting": waiting,
            "past": past[:LISTED],
            "older": past[LISTED - 1].id if len(past) > LISTED else None,
            "is_later_page": is_uuid(before),
        }
        return self.page("status/decisions.html", values)


class OneDecision(StatusPage):
    """Reading changes nothing; a decision is sent as a form with the hashes of what was shown."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        return self._show(decision_page(request_id, self.actor))

    def post(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        asked = asked_customer(request_id, self.actor)
        self.refuse_preview()
        if "send_code" in request.POST:
            return self._send_code(request_id)
        outcome = self.sent("outcome")
        if outcome not in DecisionOutcome.values:
            return self._again(request_id, "Choose one of the answers.")
        answer = read_answer(outcome, asked.show, asked.editable, request.POST, for_customer=True)
        proof = self._proof_sent()
        try:
            if proof is None and self.sent("code"):
                proof = self._confirm(request_id)
            decide_request(
                request_id=request_id,
                actor=self.actor,
                outcome=outcome,
                comment=self.sent("comment", 4000),
                show_hash=self.sent("show_hash"),
                view_hash=self.sent("view_hash"),
                how=DecisionChannel.PAGE,
                step_up=proof,
                **answer,
            )
        except (WrongCode, TooManyAttempts) as error:
            return self._show(
                decision_page(request_id, self.actor), status=error.status, code_problem=error.detail
            )
        except StepUpRequired as error:
            return self._show(
                decision_page(request_id, self.actor), status=error.status, code_problem=CODE_NEEDED
            )
        except Invalid as error:
            said = " ".join(problem.message for problem in error.errors) or error.detail
            return self._again(request_id, said, proof)
        except (Conflict, Forbidden) as error:
            return self._refused(request_id, outcome, error)
        return self._decided(request_id, outcome)

    def _send_code(self, request_id: UUID) -> HttpResponse:
        """Mail a code for this decision; the page comes back with all that was typed."""
        try:
            begin_step_up_by_mail(
                actor=self.actor, request_id=request_id, show_hash=self.sent("show_hash", 64)
            )
        except TooManyAttempts as error:
            page = decision_page(request_id, self.actor)
            return self._show(page, status=error.status, code_problem=error.detail)
        return self._show(decision_page(request_id, self.actor), code_sent=CODE_SENT)

    def _confirm(self, request_id: UUID) -> UUID:
        proof = confirm_step_up_by_mail(
            actor=self.actor,
            request_id=request_id,
            show_hash=self.sent("show_hash", 64),
            code=self.sent("code", 40),
        )
        return UUID(str(proof.pk))

    def _proof_sent(self) -> UUID | None:
        """A code that was right already, where something else of the form was not."""
        text = self.sent("step_up")
        return UUID(text) if is_uuid(text) else None

    def _decided(self, request_id: UUID, outcome: str) -> HttpResponse:
        return self.done(reverse("status:decision", args=[request_id]), DONE[DecisionOutcome(outcome)])

    def _again(self, request_id: UUID, said: str, proof: UUID | None = None) -> HttpResponse:
        return self._show(decision_page(request_id, self.actor), said, 422, step_up=proof or "")

    def _refused(self, request_id: UUID, outcome: str, error: DomainError) -> HttpResponse:
        page = decision_page(request_id, self.actor)
        if outcome in [row.outcome for row in page.own]:
            # The second click of the same decision: it stands, which is what was wanted.
            return self._decided(request_id, outcome)
        return self._show(page, refused_words(error, page.request), error.status, late=True)

    def _show(
        self,
        page: DecisionPage,
        problem: str = "",
        status: int = 200,
        **more: Any,
    ) -> HttpResponse:
        said = {condition["text"] for row in page.own for condition in row.conditions}
        values = {
            "view": page,
            "decision": page.request,
            "problem": problem,
            "comment": self.sent("comment", 4000),
            "answers": answers_view(page.request, self.request.POST, for_customer=True)
            if page.may_decide
            else None,
            "conditions": [
                task for task in conditions_of(page.request) if task.show.get("condition") in said
            ],
        }
        return self.page("status/decision.html", {**values, **more}, status=status)


class DecisionPacket(StatusPage):
    """What proves the reader's own decision, as a download."""

    def get(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        return archive_response(own_packet(request_id=request_id, actor=self.actor))
