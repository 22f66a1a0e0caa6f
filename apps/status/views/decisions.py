"""What customers decide: the list, and one decision with all there is to decide on."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.approvals.answer_forms import answers_view, read_answer
from apps.approvals.api.evidence import archive_response
from apps.approvals.choices import DecisionChannel, DecisionOutcome
from apps.approvals.selectors.conditions import conditions_of
from apps.approvals.selectors.packets import own_packet
from apps.approvals.services import decide_request
from apps.core.data_words import is_uuid
from apps.core.errors import Conflict, DomainError, Forbidden, Invalid
from apps.status.decision_types import DecisionPage
from apps.status.decision_words import DONE, refused_words
from apps.status.selectors.decisions import LISTED, asked_customer, decision_page, listed_decisions
from apps.status.views.base import StatusPage
from apps.status.wording import decisions_title


class Decisions(StatusPage):
    """What waits for the reader, and what was decided."""

    def get(self, request: HttpRequest) -> HttpResponse:
        before = request.GET.get("before", "")
        waiting, past = listed_decisions(self.actor, UUID(before) if is_uuid(before) else None)
        mine = sum(line.is_mine for line in waiting)
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
        outcome, comment = self.sent("outcome"), self.sent("comment", 4000)
        if outcome not in DecisionOutcome.values:
            return self._again(request_id, "Choose one of the answers.", comment)
        try:
            decide_request(
                request_id=request_id,
                actor=self.actor,
                outcome=outcome,
                comment=comment,
                show_hash=self.sent("show_hash"),
                view_hash=self.sent("view_hash"),
                how=DecisionChannel.PAGE,
                **read_answer(outcome, asked.show, asked.editable, request.POST, for_customer=True),
            )
        except Invalid as error:
            said = " ".join(problem.message for problem in error.errors) or error.detail
            return self._again(request_id, said, comment)
        except (Conflict, Forbidden) as error:
            return self._refused(request_id, outcome, comment, error)
        return self._decided(request_id, outcome)

    def _decided(self, request_id: UUID, outcome: str) -> HttpResponse:
        return self.done(reverse("status:decision", args=[request_id]), DONE[DecisionOutcome(outcome)])

    def _again(self, request_id: UUID, said: str, comment: str) -> HttpResponse:
        return self._show(decision_page(request_id, self.actor), said, 422, comment)

    def _refused(self, request_id: UUID, outcome: str, comment: str, error: DomainError) -> HttpResponse:
        page = decision_page(request_id, self.actor)
        if outcome in [row.outcome for row in page.own]:
            # The second click of the same decision: it stands, which is what was wanted.
            return self._decided(request_id, outcome)
        return self._show(page, refused_words(error, page.request), error.status, comment, late=True)

    def _show(
        self,
        page: DecisionPage,
        problem: str = "",
        status: int = 200,
        comment: str = "",
        *,
        late: bool = False,
    ) -> HttpResponse:
        said = {condition["text"] for row in page.own for condition in row.conditions}
        values = {
            "view": page,
            "decision": page.request,
            "problem": problem,
            "late": late,
            "comment": comment,
            "answers": answers_view(page.request, self.request.POST, for_customer=True)
            if page.may_decide
            else None,
            "conditions": [
                task for task in conditions_of(page.request) if task.show.get("condition") in said
            ],
        }
        return self.page("status/decision.html", values, status=status)


class DecisionPacket(StatusPage):
    """What proves the reader's own decision, as a download."""

    def get(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        return archive_response(own_packet(request_id=request_id, actor=self.actor))
