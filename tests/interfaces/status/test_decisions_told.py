"""What is told of the decisions of customers: mails with codes, and the evidence that is theirs."""

import io
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client

from apps.approvals.exceptions import ApprovalClosed, NotAnApprover
from apps.approvals.models import ApprovalRequest, Decision
from apps.approvals.services import decide_request
from apps.approvals.services.reassigning import reassign_request, recall_request
from apps.approvals.services.reminding import remind_approvers, tell_approvers
from apps.delivery.models import Project
from apps.ledger.services import unit_of_work
from apps.messaging.models import Message
from tenants.types import TenantRef
from tests.integration.delivery import contracts
from tests.integration.delivery.contracts import SYSTEM, contact_actor
from tests.interfaces.pages import browser, headline, words
from tests.interfaces.status.decisions import CANARY, ask, contact_user, here, page_of, send, sent


class TestMail:
    def mails(self, key: str) -> list[Message]:
        return list(Message.objects.filter(key=f"customer-decision-{key}").order_by("id"))

    def test_leads_to_the_page_by_a_code_and_back(
        self, request_: ApprovalRequest, alpha: TenantRef, project: Project
    ) -> None:
        ApprovalRequest.objects.filter(pk=request_.pk).update(requested_by_label=f"Asker {CANARY}")
        with unit_of_work(SYSTEM):
            tell_approvers(request_ids=[request_.id])
            remind_approvers(request_id=request_.id)
        (asked,), (reminder,) = self.mails("requested"), self.mails("reminder")
        for mail in (asked, reminder):
            assert f"{alpha.primary_host}" in mail.text
            assert here(request_) in mail.text
            assert here(request_) in mail.html
            assert CANARY not in mail.text + mail.html
            assert "12,500.00 EUR" in mail.text
        client = browser(alpha.primary_host)
        door = client.get(here(request_))["Location"]
        confirm = client.post(door, {"email": "ada@nordwind.example", "next": here(request_)})["Location"]
        code = re.search(r"^([A-Z0-9-]{6,9})$", Message.objects.get(key="sign-in-code").text, re.MULTILINE)
        assert code is not None
        came = client.post(confirm, {"code": code.group(1)}, follow=True)
        assert came.redirect_chain[-1][0] == here(request_)
        assert headline(came).startswith("Agree to the change of scope")

    def test_who_was_asked_is_told_how_it_ended(self, request_: ApprovalRequest, ada: Client) -> None:
        with unit_of_work(SYSTEM):
            tell_approvers(request_ids=[request_.id])
        recall_request(request_id=request_.id, actor=SYSTEM, reason=CANARY)
        (mail,) = self.mails("closed")
        assert "It was withdrawn" in mail.text
        assert here(request_) in mail.text
        assert CANARY not in mail.text

    def test_who_decided_himself_and_who_was_not_told_yet_hear_nothing(
        self, request_: ApprovalRequest, ada: Client
    ) -> None:
        send(ada, request_)
        assert self.mails("closed") == []

    def test_who_is_asked_no_longer_is_told_and_told_nothing_else(
        self, request_: ApprovalRequest, ada: Client
    ) -> None:
        taker = contracts.staff("delivery_director", email=f"{CANARY}@alpha.example")
        form = sent(request_, page_of(ada, request_))
        with unit_of_work(SYSTEM):
            tell_approvers(request_ids=[request_.id])
        contact = contact_user("ada@nordwind.example")
        reassign_request(
            request_id=request_.id,
            from_user_id=contact.id,
            to_user_id=UUID(taker.id),
            actor=SYSTEM,
            reason=CANARY,
        )
        (mail,) = self.mails("closed")
        assert "Somebody else decides it now" in mail.text
        answer = ada.post(here(request_), form)
        assert answer.status_code == 403
        assert "Your decision is not needed here" in words(answer)
        with pytest.raises(NotAnApprover) as refused:
            decide_request(request_id=request_.id, actor=contact_actor(), outcome="approved")
        decide_request(request_id=request_.id, actor=taker, outcome="rejected", comment=CANARY)
        with pytest.raises(ApprovalClosed) as closed:
            decide_request(request_id=request_.id, actor=contact_actor(), outcome="approved")
        for error in (refused.value, closed.value):
            assert CANARY not in f"{error.detail} {error.extra}"
            assert "Delivery Director" not in f"{error.detail} {error.extra}"


class TestEvidence:
    def test_the_packet_proves_the_own_decision_and_nothing_internal(
        self, project: Project, ada: Client, grace: Client, tmp_path: Path
    ) -> None:
        finance = contracts.staff("finance", email=f"{CANARY}@alpha.example")
        number = project.deal.customer.external_id
        rules = [{"contact": "any", "customer": number}, {"role": "finance"}]
        request = ask(project, [{"name": CANARY, "approvers": rules, "quorum": "all"}])
        address = f"{here(request)}packet.zip"
        decide_request(request_id=request.id, actor=finance, outcome="approved", comment=CANARY)
        assert ada.get(address).status_code == 403
        assert grace.get(address).status_code == 404
        send(ada, request, comment="Yes, from June")
        assert address in page_of(ada, request)
        folder = tmp_path / "packet"
        with zipfile.ZipFile(io.BytesIO(ada.get(address).content)) as archive:
            archive.extractall(folder)
        judged = subprocess.run(
            [sys.executable, "-I", str(folder / "verify.py")], capture_output=True, text=True, check=False
        )
        assert judged.returncode == 0, judged.stderr
        assert "approved by Ada Lovelace (an extract of the record)" in judged.stdout
        texts = [path.read_text() for path in folder.rglob("*") if path.suffix in {".json", ".jsonl", ".txt"}]
        assert any("Yes, from June" in text for text in texts)
        for text in texts:
            assert CANARY not in text
            assert "Finance" not in text
            assert "policy" not in text
        told = next((folder / "decisions").iterdir())
        told.write_text(told.read_text().replace("June", "July"))
        judged = subprocess.run(
            [sys.executable, "-I", str(folder / "verify.py")], capture_output=True, text=True, check=False
        )
        assert judged.returncode == 1


class TestCode:
    """Decisions that have to be confirmed by a code that is mailed for them."""

    @pytest.fixture
    def guarded(self, project: Project) -> ApprovalRequest:
        number = project.deal.customer.external_id
        stage = {"name": "Sponsor", "approvers": {"contact": "any", "customer": number}}
        return ask(project, [{**stage, "step_up": "always"}])

    def code(self) -> str:
        mail = Message.objects.filter(subject__icontains="code").latest("id")
        found = re.search(r"\b(\d{8}|\d{4} \d{4})\b", mail.text)
        assert found is not None, mail.text
        return found.group(1)

    def test_is_asked_for_sent_and_used_once_and_nothing_typed_is_lost(
        self, guarded: ApprovalRequest, ada: Client
    ) -> None:
        form = sent(guarded, page_of(ada, guarded), comment="Fine by us", conditions="In June")
        without = ada.post(here(guarded), form)
        assert without.status_code == 403
        asked = ada.post(here(guarded), form | {"send_code": "1"})
        for page in (without, asked):
            assert "Fine by us" in words(page)
            assert "In June" in words(page)
        assert "Nothing has been decided so far" in words(asked)
        wrong = ada.post(here(guarded), form | {"code": "0000"})
        assert wrong.status_code == 422
        assert "wrong or too old" in words(wrong)
        assert not Decision.objects.exists()
        unsaid = ada.post(here(guarded), form | {"code": self.code(), "outcome": "rejected", "comment": ""})
        assert unsaid.status_code == 422
        proof = re.search(r'name="step_up" value="([^"]+)"', unsaid.content.decode())
        assert proof is not None
        assert ada.post(here(guarded), form | {"step_up": proof.group(1)}).status_code == 303
        assert Decision.objects.get().confirmed_by == "mail_code"
        assert "You approved this." in words(ada.get(here(guarded)))
