"""What customers decide on the status pages: what they see, what they send, and what they never see."""

import io
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.selectors import get_user
from apps.accounts.services import deactivate_user
from apps.approvals.exceptions import ApprovalClosed, CorrectionRefused, NotAnApprover
from apps.approvals.models import ApprovalRequest, Decision
from apps.approvals.services import decide_request
from apps.approvals.services.reassigning import reassign_request, recall_request
from apps.approvals.services.reminding import remind_approvers, tell_approvers
from apps.core.ids import new_id
from apps.delivery.models import DocumentRequirement, Project
from apps.ledger.services import unit_of_work
from apps.messaging.models import Message
from apps.workflows.models import UserTask
from tenants.types import TenantRef
from tests.integration.delivery import contracts
from tests.integration.delivery.contracts import PDF, SYSTEM, contact_actor
from tests.interfaces.pages import browser, headline, signed_in, words
from tests.interfaces.status.decisions import CANARY, SHOW, ask, contact_user, sent

LIST_QUERIES = 6
PAGE_QUERIES = 10


@pytest.fixture
def request_(project: Project) -> ApprovalRequest:
    """A decision that waits for Ada."""
    return ask(project)


def here(request: ApprovalRequest) -> str:
    return f"/status/decisions/{request.id}/"


def page_of(client: Client, request: ApprovalRequest) -> str:
    return str(client.get(here(request)).content.decode())


def send(client: Client, request: ApprovalRequest, outcome: str = "approved", **fields: str):  # type: ignore[no-untyped-def]
    return client.post(here(request), sent(request, page_of(client, request), outcome, **fields))


class TestWhatIsShown:
    def test_the_first_page_and_the_list_say_what_waits(self, request_: ApprovalRequest, ada: Client) -> None:
        text = words(ada.get("/status/"))
        assert "We need your decision" in text
        assert headline(ada.get("/status/")).endswith("waiting on you for the security annex and a decision")
        assert "12,500.00 EUR" in text
        assert "due in 1 d 23 h" in text
        listed = ada.get("/status/decisions/")
        assert headline(listed) == "1 decision waits for you"
        assert "Nothing has been decided so far" in words(listed)

    def test_the_page_says_what_by_whom_and_what_follows(
        self, request_: ApprovalRequest, ada: Client, alpha: TenantRef
    ) -> None:
        text = words(ada.get(here(request_)))
        for part in (
            "Agree to the change of scope: Nordwind",
            "12,500.00 EUR",
            "Two more sites",
            f"Asked by the team of {alpha.name}.",
            "If you approve We go on with it.",
            f"If you reject We do not go on with it; the team of {alpha.name} gets your reason.",
            "We work on it again, with your remarks.",
        ):
            assert part in text

    def test_nothing_internal_is_shown(self, project: Project, ada: Client) -> None:
        finance = contracts.staff("finance", email=f"{CANARY}@alpha.example")
        contracts.staff("delivery_director", email=f"director-{CANARY}@alpha.example")
        number = project.deal.customer.external_id
        request = ask(
            project,
            [
                {
                    "name": f"Both {CANARY}",
                    "approvers": [{"contact": "any", "customer": number}, {"role": "finance"}],
                    "quorum": "all",
                },
                {"name": f"Later {CANARY}", "approvers": {"role": "delivery_director"}},
            ],
        )
        DocumentRequirement.objects.create(
            deal=project.deal, kind="other", title=f"Memo {CANARY}", audience="internal"
        )
        ApprovalRequest.objects.filter(pk=request.pk).update(requested_by_label=f"Asker {CANARY}")
        decide_request(request_id=request.id, actor=finance, outcome="approved", comment=CANARY)
        pages = [ada.get(path) for path in ("/status/", "/status/decisions/", here(request))]
        send(ada, request)
        pages += [ada.get(path) for path in ("/status/decisions/", here(request)) for _ in range(2)]
        recall_request(request_id=request.id, actor=SYSTEM, reason=CANARY)
        pages += [ada.get("/status/decisions/"), send_anyhow(ada, request), ada.get(here(request))]
        for page in pages:
            assert CANARY not in page.content.decode()
            assert "Finance" not in words(page)
            assert "Delivery Director" not in words(page)
        assert "No longer needed" in words(pages[-1])

    def test_links_of_earlier_mails_lead_here(
        self, request_: ApprovalRequest, ada: Client, grace: Client
    ) -> None:
        assert ada.get(f"/approvals/{request_.id}/")["Location"] == here(request_)
        assert grace.get(f"/approvals/{request_.id}/")["Location"] == "/status/"

    def test_a_step_for_customers_names_who_asks_and_decides(self, project: Project, ada: Client) -> None:
        contracts.staff("finance", email="fin@alpha.example")
        number = project.deal.customer.external_id
        rules = [{"contact": "any", "customer": number}, {"role": "finance"}]
        request = ask(project, [{"name": "Both", "approvers": rules, "quorum": "all"}], audience="customer")
        assert "Finance: not yet" in words(ada.get(here(request)))

    def test_documents_are_looked_at_in_the_page(self, request_: ApprovalRequest, ada: Client) -> None:
        annex = DocumentRequirement.objects.get(kind="security_annex", audience="customer")
        ada.post(f"/status/documents/{annex.id}/upload/", {"file": SimpleUploadedFile("annex.pdf", PDF)})
        page = page_of(ada, request_)
        address = page.split('class="evidence-frame" src="', 1)[1].split('"', 1)[0]
        answer = ada.get(address)
        assert (answer.content, answer["Content-Type"]) == (PDF, "application/pdf")
        assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]

    def test_what_changed_since_the_last_time(self, request_: ApprovalRequest, ada: Client) -> None:
        send(ada, request_, "changes_requested", **{"remark-scope": "Only one"})
        again = ApprovalRequest.objects.get(run=request_.run_id, status="open")
        ApprovalRequest.objects.filter(pk=again.pk).update(show={**SHOW, "scope": "One more site"})
        text = words(ada.get(here(again)))
        assert "What changed since you were asked last time" in text
        assert "Two more sites One more site" in text

    def test_pages_cost_a_fixed_number_of_queries(
        self, request_: ApprovalRequest, ada: Client, django_assert_max_num_queries
    ) -> None:
        ada.get(here(request_))
        with django_assert_max_num_queries(LIST_QUERIES):
            ada.get("/status/decisions/")
        with django_assert_max_num_queries(PAGE_QUERIES):
            ada.get(here(request_))


class TestAnswers:
    def test_approve_with_a_condition_and_a_correction(self, request_: ApprovalRequest, ada: Client) -> None:
        fields = {"conditions": "Start in June\n", "correct-scope": "Three more sites"}
        answer = send(ada, request_, comment="Fine", condition_role="tenant_admin", **fields)
        assert (answer.status_code, answer["Location"]) == (303, here(request_))
        request_.refresh_from_db()
        assert (request_.status, request_.show["scope"]) == ("approved", "Three more sites")
        decision = Decision.objects.get()
        assert decision.conditions == [{"text": "Start in June"}]
        assert (decision.how, decision.user_label) == ("page", "Ada Lovelace")
        text = words(ada.get(here(request_)))
        assert "You approved this." in text
        assert "Condition: Start in June" in text
        assert "Being seen to" in text
        UserTask.objects.filter(beside=f"approval_request/{request_.pk}").update(status="completed")
        assert "Start in June Done" in words(ada.get(here(request_)))
        assert "you approved" in words(ada.get("/status/decisions/"))

    @pytest.mark.parametrize(
        ("outcome", "fields", "status"),
        [
            ("rejected", {"comment": "Too dear"}, "rejected"),
            ("changes_requested", {"remark-days": "Ten at most"}, "changes_requested"),
        ],
    )
    def test_no_and_not_yet(
        self,
        request_: ApprovalRequest,
        ada: Client,
        outcome: str,
        fields: dict[str, str],
        status: str,
    ) -> None:
        assert send(ada, request_, outcome, **fields).status_code == 303
        request_.refresh_from_db()
        assert request_.status == status

    def test_who_alone_decides_cannot_abstain(self, request_: ApprovalRequest, ada: Client) -> None:
        answer = send(ada, request_, "abstained", comment="Not mine")
        assert answer.status_code == 409
        assert "It cannot be decided without you" in words(answer)
        assert "Not mine" in words(answer)

    def test_a_rejection_needs_a_reason_and_keeps_what_was_typed(
        self, request_: ApprovalRequest, ada: Client
    ) -> None:
        answer = send(ada, request_, "rejected", **{"remark-scope": "one\x00", "conditions": "kept\x00"})
        assert answer.status_code == 422
        assert "Say why you reject it" in words(answer)
        assert "kept" in words(answer)
        assert not Decision.objects.exists()

    def test_nonsense_is_no_decision(self, request_: ApprovalRequest, ada: Client) -> None:
        answer = send(ada, request_, "")
        assert (answer.status_code, Decision.objects.count()) == (422, 0)
        assert send(ada, request_, conditions="\x00 odd").status_code == 303


class TestRaces:
    def test_a_stale_view_is_not_decided(self, request_: ApprovalRequest, ada: Client) -> None:
        form = sent(request_, page_of(ada, request_), comment="Mine")
        annex = DocumentRequirement.objects.get(kind="security_annex", audience="customer")
        ada.post(f"/status/documents/{annex.id}/upload/", {"file": SimpleUploadedFile("annex.pdf", PDF)})
        answer = ada.post(here(request_), form)
        assert answer.status_code == 409
        assert "has changed since you opened it" in words(answer)
        assert "Mine" in words(answer)
        assert not Decision.objects.exists()
        assert ada.post(here(request_), {"outcome": "approved"}).status_code == 409

    def test_the_second_click_stands_and_another_answer_is_told(
        self, request_: ApprovalRequest, ada: Client
    ) -> None:
        form = sent(request_, page_of(ada, request_))
        for _ in range(2):
            assert ada.post(here(request_), form).status_code == 303
        late = ada.post(here(request_), form | {"outcome": "rejected", "comment": "no"})
        assert late.status_code == 409
        assert "It has been approved. Your decision was not taken" in words(late)
        assert Decision.objects.count() == 1

    def test_values_that_would_ask_others_are_refused_without_saying_whom(
        self, project: Project, ada: Client
    ) -> None:
        contracts.staff("finance", email=f"{CANARY}@alpha.example")
        rules = {"contact": "any", "customer": project.deal.customer.external_id}
        audit = {"name": CANARY, "approvers": {"role": "finance"}, "when": "scope == 'Everything'"}
        request = ask(project, [audit, {"name": "Sponsor", "approvers": rules}])
        answer = send(ada, request, **{"correct-scope": "Everything"})
        assert answer.status_code == 409
        assert "cannot be approved with these values" in words(answer)
        assert "Everything" in answer.content.decode()
        with pytest.raises(CorrectionRefused) as refused:
            decide_request(
                request_id=request.id,
                actor=contact_actor(),
                outcome="approved",
                corrections={"scope": "Everything"},
            )
        assert CANARY not in f"{refused.value.detail} {refused.value.extra}"
        assert not Decision.objects.exists()

    def test_an_ended_session_comes_back_to_the_page(
        self, request_: ApprovalRequest, ada: Client, alpha: TenantRef
    ) -> None:
        form = sent(request_, page_of(ada, request_))
        assert f'data-keep="decision-{request_.id}"' in page_of(ada, request_)
        answer = browser(alpha.primary_host).post(here(request_), form)
        assert answer["Location"] == f"/sign-in/code/?next={here(request_)}"
        assert not Decision.objects.exists()

    def test_a_contact_who_was_closed_out_decides_nothing(
        self, request_: ApprovalRequest, ada: Client
    ) -> None:
        form = sent(request_, page_of(ada, request_))
        actor = contact_actor()
        deactivate_user(user_id=contact_user("ada@nordwind.example").id, actor=SYSTEM)
        assert ada.post(here(request_), form)["Location"].startswith("/sign-in/")
        with pytest.raises(Exception, match=r"not taken|not among|no such"):
            decide_request(request_id=request_.id, actor=actor, outcome="approved")
        assert not Decision.objects.exists()

    def test_others_find_nothing(
        self, request_: ApprovalRequest, ada: Client, grace: Client, beta: TenantRef
    ) -> None:
        form = sent(request_, page_of(ada, request_))
        for client, path in ((grace, here(request_)), (ada, f"/status/decisions/{new_id()}/")):
            assert client.get(path).status_code == 404
            assert client.post(path, form).status_code == 404
        stolen = browser(beta.primary_host)
        stolen.cookies["session"] = ada.cookies["session"].value
        assert stolen.get(here(request_)).status_code == 302
        assert "No decision waits for you" in headline(grace.get("/status/decisions/"))

    def test_staff_look_and_do_not_decide(
        self, request_: ApprovalRequest, project: Project, ada: Client, alpha: TenantRef
    ) -> None:
        form = sent(request_, page_of(ada, request_))
        manager = contracts.staff("delivery_manager")
        client = signed_in(_user(manager), alpha)
        page = client.get(here(request_))
        assert "Preview" in words(page)
        assert "<form" not in page.content.decode().split("<main", 1)[1].split("</main>")[0]
        refused = client.post(here(request_), form)
        assert refused.status_code == 403
        assert "1 decision of the customer" in words(client.get(f"/status/projects/{project.id}/"))
        assert not Decision.objects.exists()


def send_anyhow(client: Client, request: ApprovalRequest):  # type: ignore[no-untyped-def]
    return client.post(
        here(request), {"outcome": "rejected", "comment": "late", "show_hash": request.show_hash}
    )


def _user(actor):  # type: ignore[no-untyped-def]
    return get_user(actor.user_id or "")


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
