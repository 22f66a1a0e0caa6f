"""Who decides shows once more who he is: a proof for one person, one request and what it showed, used once within minutes.

The tenant's people prove themselves by a code of an authenticator app or by a passkey, a customer's contacts, who have
neither, by a code that is mailed for this decision. Programs cannot.
"""

import hmac
import json
import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from apps.accounts.choices import SignInMethod
from apps.accounts.exceptions import TooManyAttempts, WrongCode
from apps.accounts.mail import send_account_mail
from apps.accounts.models import User
from apps.accounts.passkeys import Party
from apps.accounts.selectors.factors import has_factor
from apps.accounts.services.proving import (
    PASSKEY,
    TOTP,
    ask_for_passkey,
    check_codes_allowed,
    note_wrong_code,
    prove_by_code,
    prove_by_passkey,
)
from apps.accounts.services.sign_in import may_send_mail
from apps.accounts.types import AccountMail
from apps.approvals.exceptions import StepUpRequired, UnknownRequest
from apps.approvals.models import ApprovalRequest, ApprovalStage, StepUpProof
from apps.approvals.policies import is_contact
from apps.approvals.selectors.requests import visible_requests
from apps.core.actor import Actor, ActorKind
from apps.core.clock import now
from apps.ledger.services import record, unit_of_work

LIFE = timedelta(minutes=5)
CODE_LIFE = timedelta(minutes=10)
MAX_WANTED = 25
MAIL_CODE = "mail_code"
_KEPT = timedelta(days=1)

Wanted = Sequence[tuple[UUID, str]]
"""Requests that are about to be decided, each with the ``show_hash`` of what was seen."""


def step_up_by_code(*, actor: Actor, code: str, wanted: Wanted) -> list[StepUpProof]:
    """Return a proof for each of the requests, in their order, for one code of the person's authenticator app.

    Raises UnknownRequest, StepUpRequired (programs; nobody has a factor), WrongCode, TooManyAttempts.
    """
    _require_visible(actor, wanted)
    user = _person(actor)
    return _prove(actor, user, prove_by_code(user=user, code=code), wanted)


def begin_step_up_by_passkey(*, actor: Actor, party: Party, wanted: Wanted) -> tuple[UUID, dict[str, Any]]:
    """Return the id of the question and the options for the person's browser; they are good for these requests only."""
    _require_visible(actor, wanted)
    user = _person(actor)
    return ask_for_passkey(user=user, party=party, purpose=_purpose(wanted))


def step_up_by_passkey(
    *, actor: Actor, party: Party, challenge_id: UUID, answer: Any, wanted: Wanted
) -> list[StepUpProof]:
    """Return a proof for each of the requests for the browser's answer. Raises as ``step_up_by_code``, and SetupOver."""
    _require_visible(actor, wanted)
    user = _person(actor)
    method = prove_by_passkey(
        user=user, party=party, purpose=_purpose(wanted), challenge_id=challenge_id, answer=answer
    )
    return _prove(actor, user, method, wanted)


def begin_step_up_by_mail(*, actor: Actor, request_id: UUID, show_hash: str) -> None:
    """Mail a customer's contact a code for this decision; an earlier one ends. Not within a transaction.

    Raises UnknownRequest, StepUpRequired for whoever is no contact, TooManyAttempts after too many mails or wrong codes.
    """
    request = _require_visible(actor, [(request_id, show_hash)])[0]
    user = _contact(actor)
    check_codes_allowed(user)
    if not may_send_mail(email=user.email, address=None, method=SignInMethod.CODE):
        raise TooManyAttempts("codes")
    code = "".join(secrets.choice("0123456789") for _ in range(8))
    with unit_of_work(actor):
        _forget(user, request_id)
        proof = StepUpProof(
            request=request,
            user_id=user.pk,
            show_hash=show_hash,
            method=MAIL_CODE,
            expires_at=now() + CODE_LIFE,
        )
        proof.code_hash = _hashed(proof, code)
        proof.save(force_insert=True)
    send_account_mail(AccountMail("decision_code", user.email, {"code": code, "about": str(request)}))


def confirm_step_up_by_mail(*, actor: Actor, request_id: UUID, show_hash: str, code: str) -> StepUpProof:
    """Return the proof if this is the code that was mailed for the request. Not within a transaction.

    Raises WrongCode, TooManyAttempts, UnknownRequest, StepUpRequired for whoever is no contact.
    """
    _require_visible(actor, [(request_id, show_hash)])
    user = _contact(actor)
    with transaction.atomic(durable=True):
        check_codes_allowed(user)
        proof = (
            StepUpProof.objects.select_for_update()
            .filter(request_id=request_id, user_id=user.pk, show_hash=show_hash, method=MAIL_CODE)
            .filter(proved_at__isnull=True, expires_at__gte=now())
            .order_by("-id")
            .first()
        )
        held = proof.code_hash if proof is not None else ""
        right = proof is not None and hmac.compare_digest(held, _hashed(proof, code))
        if right and proof is not None:
            proof.proved_at, proof.expires_at, proof.code_hash = now(), now() + LIFE, ""
            proof.save(update_fields=["proved_at", "expires_at", "code_hash"])
        else:
            note_wrong_code(user)
            StepUpProof.objects.filter(pk__in=[proof.pk] if proof else []).update(attempts=F("attempts") + 1)
    if not right or proof is None:
        raise WrongCode("This code is wrong or too old. Ask for a new one.")
    with unit_of_work(actor):
        _note(actor, proof)
    return proof


def take_proof(
    request: ApprovalRequest, stage: ApprovalStage, actor: Actor, proof_id: UUID | None
) -> StepUpProof | None:
    """Use up the proof for the decision that is being made. Part of its transaction.

    None where none is needed; one that is given is used up all the same, as a correction may come to need it.

    Raises StepUpRequired without a proof of this person, for this request as it shows itself, that is unused and young
    enough.
    """
    because = str(stage.rule.get("step_up") or "")
    if not because and (proof_id is None or actor.kind is ActorKind.KEY):
        return None
    if actor.kind is ActorKind.KEY:
        raise _not_for_programs(because)
    methods = methods_of(actor)
    if is_contact(actor):
        # Why it is asked for is the policy's, which is not for customers.
        because = because and "it has to be confirmed"
    if proof_id is None:
        raise StepUpRequired(because, methods=methods, remedy=_remedy(actor))
    mine = StepUpProof.objects.filter(
        pk=proof_id, request=request, user_id=UUID(actor.user_id or ""), method__in=methods
    )
    good = mine.filter(proved_at__isnull=False, used_at__isnull=True, expires_at__gte=now())
    if not good.filter(show_hash=request.show_hash).update(used_at=now()):
        if not because:
            return None
        said = "That it is you was confirmed too long ago, for something else, or used already. Confirm it again."
        raise StepUpRequired(because, said=said, methods=methods, remedy=_remedy(actor))
    return mine.get()


def methods_of(actor: Actor) -> tuple[str, ...]:
    """Return by what the actor may prove himself for a decision."""
    return (MAIL_CODE,) if is_contact(actor) else (TOTP, PASSKEY)


def _prove(actor: Actor, user: User, method: str, wanted: Wanted) -> list[StepUpProof]:
    at = now()
    with unit_of_work(actor):
        proofs = []
        for request_id, show_hash in wanted:
            _forget(user, request_id)
            proof = StepUpProof(
                request_id=request_id,
                user_id=user.pk,
                show_hash=show_hash,
                method=method,
                proved_at=at,
                expires_at=at + LIFE,
            )
            proof.save(force_insert=True)
            _note(actor, proof)
            proofs.append(proof)
    return proofs


def _note(actor: Actor, proof: StepUpProof) -> None:
    after = {"approval_id": str(proof.request_id), "method": proof.method, "by": actor.label}
    record("step_up_proof.give", proof, after=after)


def _forget(user: User, request_id: UUID) -> None:
    """What was not used goes: for this request at once, for others after a day."""
    mine = StepUpProof.objects.filter(user_id=user.pk, used_at__isnull=True)
    mine.filter(request_id=request_id).delete()
    mine.filter(expires_at__lt=now() - _KEPT).delete()


def _person(actor: Actor) -> User:
    """One of the tenant's people with a second factor; who has none is told how to get one."""
    if actor.kind is ActorKind.KEY:
        raise _not_for_programs("programs cannot confirm who they are")
    if actor.kind is not ActorKind.USER or is_contact(actor):
        said = "Only people of this workspace can confirm a decision with a second factor."
        raise StepUpRequired("", said=said, methods=methods_of(actor), remedy=_remedy(actor))
    user = User.objects.get(pk=actor.id)
    if not has_factor(user.pk):
        said = "You have no second factor yet. Set one up, then come back."
        raise StepUpRequired("", said=said, methods=methods_of(actor), remedy="See /settings/security/.")
    return user


def _contact(actor: Actor) -> User:
    if actor.kind is not ActorKind.USER or not is_contact(actor):
        said = "A code by mail is for customers. Use your authenticator app or a passkey."
        raise StepUpRequired("", said=said, methods=methods_of(actor))
    return User.objects.get(pk=actor.id)


def _not_for_programs(because: str) -> StepUpRequired:
    said = "A program cannot decide this: who decides has to confirm in person that it is him."
    remedy = "Open the approval's page, or send the decision in the session of a person."
    return StepUpRequired(because, said=said, remedy=remedy)


def _remedy(actor: Actor) -> str:
    return "Ask for a code by mail on the page of the decision." if is_contact(actor) else ""


def _require_visible(actor: Actor, wanted: Wanted) -> list[ApprovalRequest]:
    ids = {request_id for request_id, _hash in wanted}
    found = list(visible_requests(actor).filter(pk__in=ids).only("title", "about")) if ids else []
    if not ids or len(found) != len(ids) or len(wanted) > MAX_WANTED:
        raise UnknownRequest
    return found


def _purpose(wanted: Iterable[tuple[UUID, str]]) -> str:
    """What a passkey's answer is good for: exactly these requests as they were seen."""
    text = json.dumps(sorted((str(request_id), seen) for request_id, seen in wanted))
    return f"decide:{sha256(text.encode()).hexdigest()}"


def _hashed(proof: StepUpProof, code: str) -> str:
    plain = "".join(letter for letter in code if letter.isdigit())
    return salted_hmac("decision code", f"{proof.id}:{plain}", algorithm="sha256").hexdigest()
