"""Several decisions at once: looked at on one page, then each taken by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.accounts.devices import party_of
from apps.approvals.choices import DecisionChannel, DecisionOutcome
from apps.approvals.exceptions import ApprovalClosed, StepUpRequired
from apps.approvals.services import decide_request
from apps.core.errors import DomainError
from apps.portal.selectors.review_view import MAX_REVIEWED, ReviewLine, read_review, totals_of
from apps.portal.views.base import StaffPage
from apps.portal.views.inbox_marks import back_to, picked
from apps.portal.views.step_up import Confirming, confirming, proofs_sent, prove
from apps.portal.wording import capital, counted, joined

_DONE = {DecisionOutcome.APPROVED.value: "Approved", DecisionOutcome.REJECTED.value: "Rejected"}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one decision of many: ``state`` is taken, refused or left."""

    line: ReviewLine
    state: str
    word: str
    text: str = ""


class ReviewPage(StaffPage):
    """GET shows each of the chosen decisions whole; POST takes those that were answered, one transaction each.

    A list sends what was ticked with POST too, so that no token stands in an address; it is shown with GET then.
    """

    section = "inbox"
    action = "approvals:decide"

    def get(self, request: HttpRequest) -> HttpResponse:
        wanted = picked(request.GET.getlist("items"))
        outcome = self.asked("outcome")
        return self._show(wanted, outcome if outcome in _DONE else "")

    def post(self, request: HttpRequest) -> HttpResponse:
        wanted = picked(request.POST.getlist("items"))
        if "decide" not in request.POST:
            query = [("items", str(one)) for one in wanted] + [("outcome", self.sent("outcome"))]
            return self.seen(f"{reverse('portal:inbox_review')}?{urlencode(query)}")
        lines = read_review(wanted, self.actor)
        if self._lacks_reason(lines):
            return self._show(wanted, "", problem="Say why, for each one that you reject.", status=422)
        try:
            proofs = self._prove(lines)
        except DomainError as error:
            said = error.errors[0].message if error.errors else error.detail
            return self._show(wanted, "", unconfirmed=said, status=error.status)
        results = [self._decide(line, proofs.get(str(line.id))) for line in lines]
        values = {
            "title": _result_title(results),
            "results": results,
            "back": back_to(request, self.sent("next")),
        }
        return self.page("portal/inbox/review_results.html", values)

    def _prove(self, lines: Sequence[ReviewLine]) -> dict[str, str]:
        """One code for all that are answered and need it; without it nothing of the page is decided."""
        asking = [line for line in lines if line.step_up and self.sent(f"outcome-{line.id}") in _DONE]
        wanted = [(line.id, self.sent(f"show_hash-{line.id}")) for line in asking]
        proofs = prove(self.actor, self.request.POST, wanted)
        if len(proofs) < len(asking):
            raise StepUpRequired(asking[0].step_up)
        return proofs

    def _confirming(self, lines: Sequence[ReviewLine], problem: str) -> Confirming | None:
        asking = [line for line in lines if line.step_up]
        if not asking:
            return None
        several = f"{counted(len(asking), 'decision')} here need it, once for all of them"
        because = asking[0].step_up if len(lines) == 1 else several
        sent = {} if problem else proofs_sent(self.request.POST, [line.id for line in asking])
        return confirming(self.actor, because, sent, host=party_of(self.request).host, problem=problem)

    def _show(
        self,
        wanted: Sequence[UUID],
        outcome: str,
        *,
        problem: str = "",
        unconfirmed: str = "",
        status: int = 200,
    ) -> HttpResponse:
        lines = read_review(wanted, self.actor)
        sent = self.request.POST
        values = {
            "title": f"{counted(len(lines), 'decision')} to look at" if lines else "Nothing to decide here",
            "lines": [
                (
                    line,
                    sent.get(f"outcome-{line.id}", outcome),
                    sent.get(f"comment-{line.id}", ""),
                    bool(problem) and self._is_bare(line),
                )
                for line in lines
            ],
            "totals": totals_of(lines),
            "left_out": max(0, len(wanted) - len(lines)),
            "most": MAX_REVIEWED,
            "problem": problem,
            "reason": self.sent("comment"),
            "confirming": self._confirming(lines, unconfirmed),
            "here": f"{self.request.path}?{urlencode([('items', str(line.id)) for line in lines])}",
        }
        return self.page("portal/inbox/review.html", values, status=status)

    def _is_bare(self, line: ReviewLine) -> bool:
        rejected = self.sent(f"outcome-{line.id}") == DecisionOutcome.REJECTED
        return rejected and not (self.sent(f"comment-{line.id}") or self.sent("comment"))

    def _lacks_reason(self, lines: Sequence[ReviewLine]) -> bool:
        return any(self._is_bare(line) for line in lines)

    def _decide(self, line: ReviewLine, proof: str | None) -> Result:
        outcome = self.sent(f"outcome-{line.id}")
        if outcome not in _DONE:
            return Result(line, "left", "Left open")
        comment = self.sent(f"comment-{line.id}") or self.sent("comment")
        try:
            decide_request(
                request_id=line.id,
                actor=self.actor,
                outcome=outcome,
                comment=comment[:4000],
                show_hash=self.sent(f"show_hash-{line.id}"),
                view_hash=self.sent(f"view_hash-{line.id}") or None,
                how=DecisionChannel.PAGE,
                step_up=UUID(proof) if proof else None,
            )
        except DomainError as error:
            return Result(line, "refused", "Not taken", refusal_words(error))
        return Result(line, "taken", _DONE.get(outcome, capital(outcome)))


def refusal_words(error: DomainError) -> str:
    """Say why a decision was not taken, as people say it."""
    if isinstance(error, ApprovalClosed):
        who = joined(str(decision["by"]) for decision in error.extra.get("decisions", ()))
        status = str(error.extra.get("status_now", "closed"))
        return f"{who} {status} it already." if who else f"It is {status} already."
    return error.errors[0].message if error.errors else error.detail


def _result_title(results: Sequence[Result]) -> str:
    taken = sum(result.state == "taken" for result in results)
    refused = sum(result.state == "refused" for result in results)
    left = sum(result.state == "left" for result in results)
    if not taken and not refused:
        return "Nothing was decided"
    parts = [
        f"{counted(taken, 'decision')} taken" if taken else "no decision taken",
        f"{refused} not taken" if refused else "",
        f"{left} left open" if left else "",
    ]
    return capital(joined(parts))
