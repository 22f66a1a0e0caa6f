"""Confirming at the moment of decision that it is oneself: what a form has sent, and a passkey's question and answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict

from apps.accounts.devices import party_of, read_answer
from apps.accounts.exceptions import SetupOver
from apps.accounts.selectors.factors import factors_of
from apps.approvals.services.stepping_up import (
    Wanted,
    begin_step_up_by_passkey,
    step_up_by_code,
    step_up_by_passkey,
)
from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.portal.views.base import StaffPage
from apps.portal.views.inbox_marks import picked

CODE, PROOF = "step_up_code", "step_up-"


@dataclass(frozen=True, slots=True)
class Confirming:
    """What a decision's form shows to confirm by: ``because`` says why; ``proofs`` is what was confirmed already."""

    because: str
    has_app: bool
    has_passkey: bool
    proofs: dict[str, str]
    problem: str = ""

    @property
    def is_possible(self) -> bool:
        """Whether the person has anything to confirm by."""
        return self.has_app or self.has_passkey


def confirming(
    actor: Actor, because: str, proofs: dict[str, str], *, host: str, problem: str = ""
) -> Confirming | None:
    """Return what to show, None where nothing needs to be confirmed; one query."""
    if not because:
        return None
    held = factors_of(actor.id)
    return Confirming(
        because,
        any(factor.kind == "totp" for factor in held),
        any(factor.kind == "webauthn" and factor.host == host for factor in held),
        proofs,
        problem,
    )


def proofs_sent(sent: QueryDict, ids: Iterable[UUID]) -> dict[str, str]:
    """Return the proofs that a form brought back, by request."""
    found = {}
    for request_id in ids:
        try:
            found[str(request_id)] = str(UUID(sent.get(f"{PROOF}{request_id}", "")))
        except ValueError:
            continue
    return found


def prove(actor: Actor, sent: QueryDict, wanted: Wanted) -> dict[str, str]:
    """Return the proofs for what is wanted: those for the code that was typed, else those the form brought back."""
    code = sent.get(CODE, "").replace("\x00", "").strip()
    if not code or not wanted:
        return proofs_sent(sent, [request_id for request_id, _seen in wanted])
    made = step_up_by_code(actor=actor, code=code[:64], wanted=wanted)
    return {str(proof.request_id): str(proof.id) for proof in made}


class StepUpPasskeyPage(StaffPage):
    """Without an ``answer`` the question to the browser, with one the proofs; for the script of a decision's form."""

    http_method_names = ["post"]
    action = "approvals:decide"

    def post(self, request: HttpRequest) -> HttpResponse:
        ids = picked(request.POST.getlist("items"))
        wanted = [(one, self.sent(f"show_hash-{one}") or self.sent("show_hash")) for one in ids]
        try:
            return JsonResponse(self._answer(wanted))
        except DomainError as error:
            said = error.errors[0].message if error.errors else error.detail
            return JsonResponse({"detail": said}, status=error.status)

    def _answer(self, wanted: Wanted) -> dict[str, object]:
        party = party_of(self.request)
        if not self.sent("answer"):
            challenge, options = begin_step_up_by_passkey(actor=self.actor, party=party, wanted=wanted)
            return {"challenge": str(challenge), "options": options}
        try:
            challenge = UUID(self.sent("challenge"))
        except ValueError as error:
            raise SetupOver from error
        answer = read_answer(self.sent("answer"))
        made = step_up_by_passkey(
            actor=self.actor, party=party, challenge_id=challenge, answer=answer, wanted=wanted
        )
        return {"proofs": {str(proof.request_id): str(proof.id) for proof in made}}
