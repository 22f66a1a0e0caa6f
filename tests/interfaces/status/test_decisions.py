"""What customers decide on the status pages: what they see, what they send, and what they never see."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.selectors import get_user
from apps.accounts.services import deactivate_user
from apps.approvals.exceptions import CorrectionRefused
from apps.approvals.models import ApprovalRequest, Decision
from apps.approvals.services import decide_request
from apps.approvals.services.reassigning import recall_request
from apps.core.ids import new_id
from apps.delivery.models import DocumentRequirement, Project
from apps.workflows.models import UserTask
from tenants.types import TenantRef
from tests.integration.delivery import contracts
from tests.integration.delivery.contracts import PDF, SYSTEM, contact_actor
from tests.interfaces.pages import browser, headline, signed_in, words
from tests.interfaces.status.decisions import (
    CANARY,
    SHOW,
    ask,
    contact_user,
    here,
    page_of,
    send,
    send_anyhow,
    sent,
)

LIST_QUERIES = 6
PAGE_QUERIES = 10


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


def _user(actor):  # type: ignore[no-untyped-def]
    return get_user(actor.user_id or "")
