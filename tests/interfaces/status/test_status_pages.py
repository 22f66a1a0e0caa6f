"""What customers see and do on the status pages."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.accounts.selectors import get_user
from apps.accounts.services import create_user
from apps.core.ids import new_id
from apps.delivery.models import Contact, Document, DocumentRequirement, Milestone, Project
from apps.delivery.services.milestones import complete_milestone
from apps.messaging.models import Message
from apps.workflows.models import StepRun
from tenants.types import TenantRef
from tests.integration.delivery import contracts
from tests.integration.delivery.contracts import PDF, SYSTEM
from tests.interfaces.pages import browser, headline, signed_in, words

PAGE_QUERIES = 10


def _contact_user() -> User:
    user = Contact.objects.get().user
    assert user is not None
    return user


def annex(project: Project) -> DocumentRequirement:
    return DocumentRequirement.objects.get(deal_id=project.deal_id, kind="security_annex")


def kickoff(project: Project, *, completed: bool = True) -> Milestone:
    milestone = project.milestones.get(key="kickoff")
    if completed:
        complete_milestone(milestone_id=milestone.id, actor=contracts.staff("delivery_manager"))
    return milestone


def upload(client: Client, project: Project, content: bytes, name: str = "annex.pdf", **fields: str):  # type: ignore[no-untyped-def]
    file = SimpleUploadedFile(name, content)
    return client.post(f"/status/documents/{annex(project).id}/upload/", {"file": file, **fields})


class TestWhoSeesWhat:
    def test_nobody_is_sent_to_sign_in_by_code_and_back(self, alpha: TenantRef) -> None:
        response = browser(alpha.primary_host).get("/status/projects/0198c2f0-0000-7000-8000-000000000000/")
        assert response.status_code == 302
        assert response["Location"].startswith("/sign-in/code/?next=/status/projects/")

    def test_the_only_project_is_the_first_page(self, ada: Client) -> None:
        response = ada.get("/status/")
        assert headline(response) == (
            "Nordwind ERP rollout C-1001: on track, waiting on you for the security annex"
        )

    def test_several_projects_are_listed(self, ada: Client) -> None:
        contracts.project(contracts.contract("C-1002"))
        response = ada.get("/status/")
        assert headline(response) == "2 projects, 1 thing waits for you"
        assert "1 thing for you" in words(response)

    def test_another_customers_project_is_not_there(self, project: Project, grace: Client) -> None:
        for path in (
            f"/status/projects/{project.id}/",
            f"/status/projects/{new_id()}/",
            f"/status/documents/{Document.objects.filter(requirement__deal=project.deal).first().id}/",
        ):
            assert grace.get(path).status_code == 404, path
        assert upload(grace, project, PDF).status_code == 404
        done = kickoff(project)
        for command in ("accept", "send-back"):
            response = grace.post(f"/status/milestones/{done.id}/{command}/", {"reason": "mine"})
            assert response.status_code == 404, command
        done.refresh_from_db()
        assert done.status == "completed"

    def test_another_tenants_session_is_worth_nothing(self, ada: Client, beta: TenantRef) -> None:
        stolen = browser(beta.primary_host)
        stolen.cookies["session"] = ada.cookies["session"].value
        assert stolen.get("/status/").status_code == 302

    def test_nothing_internal_is_shown(self, project: Project, ada: Client) -> None:
        project.psa_id, project.tier = "PSA-4711", "strategic"
        project.save(update_fields=["psa_id", "tier"])
        requirement = annex(project)
        DocumentRequirement.objects.create(
            deal=project.deal, kind="other", title="Internal risk memo", audience="internal"
        )
        StepRun.objects.create(
            run_id=_run(project),
            visit="route",
            step="route",
            kind="check",
            name="Margin check",
            status="completed",
        )
        text = words(ada.get("/status/"))
        for secret in (
            "PSA-4711",
            "strategic",
            "120,000",
            "24,000",
            "Internal risk memo",
            "Margin check",
            "K-77",
        ):
            assert secret not in text
        assert requirement.title in text

    def test_steps_shown_to_customers_are_in_the_history(self, project: Project, ada: Client) -> None:
        StepRun.objects.create(
            run_id=_run(project),
            visit="review",
            step="review",
            kind="check",
            name="Architecture reviewed",
            audience="customer",
            status="completed",
            ended_at=project.created_at,
        )
        assert "Architecture reviewed" in words(ada.get("/status/"))

    def test_staff_see_it_without_the_buttons(self, project: Project, alpha: TenantRef) -> None:
        staff = contracts.staff("delivery_manager")
        user = get_user(staff.user_id or "")
        client = signed_in(user, alpha)
        page = client.get(f"/status/projects/{project.id}/")
        assert "Preview" in words(page)
        assert "<form" not in page.content.decode().split("<main", 1)[1].split("</main>")[0]
        assert upload(client, project, PDF).status_code == 403

    def test_a_person_without_a_role_may_not_look(self, alpha: TenantRef, in_alpha: TenantRef) -> None:
        user = create_user(email="nobody@alpha.example", actor=SYSTEM)
        assert signed_in(user, alpha).get("/status/").status_code == 403


class TestDealOnItsWay:
    def test_is_shown_with_what_is_needed_and_takes_it(self, alpha: TenantRef, in_alpha: TenantRef) -> None:
        deal = contracts.deal(contracts.contract(without=("security_annex",)))
        ada = signed_in(_contact_user(), alpha)
        page = ada.get("/status/")
        assert (
            headline(page)
            == "Nordwind ERP rollout C-1001: being prepared, waiting on you for the security annex"
        )
        requirement = deal.requirements.get(kind="security_annex")
        path = f"/status/documents/{requirement.id}/upload/"
        refused = ada.post(path, {"file": SimpleUploadedFile("annex.exe", b"MZ")})
        assert (refused.status_code, headline(refused)) == (422, headline(page))
        sent = ada.post(path, {"file": SimpleUploadedFile("annex.pdf", PDF)}, follow=True)
        assert headline(sent) == "Nordwind ERP rollout C-1001: being prepared"
        assert "Thank you. annex.pdf is here" in words(sent)

    def test_of_another_customer_is_not_there(self, grace: Client) -> None:
        deal = contracts.deal(contracts.contract(without=("security_annex",)))
        requirement = deal.requirements.get(kind="security_annex")
        file = SimpleUploadedFile("annex.pdf", PDF)
        assert grace.post(f"/status/documents/{requirement.id}/upload/", {"file": file}).status_code == 404
        assert grace.get(f"/status/deals/{deal.id}/", follow=True).redirect_chain[-1][0] == "/status/"

    def test_nothing_at_all_says_what_will_come(self, alpha: TenantRef, in_alpha: TenantRef) -> None:
        user = create_user(email="new@nordwind.example", roles=["customer"], actor=SYSTEM)
        assert headline(signed_in(user, alpha).get("/status/")) == "There is no project to show yet"


class TestDocuments:
    def test_a_missing_one_is_sent(self, project: Project, ada: Client) -> None:
        response = upload(ada, project, PDF, valid_until=contracts.day(100))
        assert response.status_code == 303
        page = ada.get(response["Location"])
        assert headline(page) == "Nordwind ERP rollout C-1001: on track"
        assert "The security annex came in: annex.pdf" in words(page)
        document = Document.objects.get(requirement=annex(project))
        held = ada.get(f"/status/documents/{document.id}/")
        assert held.content == PDF
        assert held["Content-Disposition"] == 'attachment; filename="annex.pdf"'

    def test_twice_is_once(self, project: Project, ada: Client) -> None:
        for _click in range(2):
            assert upload(ada, project, PDF).status_code == 303
        assert Document.objects.filter(requirement=annex(project)).count() == 1

    @pytest.mark.parametrize(
        ("content", "name", "fields", "said"),
        [
            (b"", "annex.pdf", {}, "The file is empty. Choose another one."),
            (b"MZ\x90", "annex.pdf", {}, "Only PDF, Word (.docx), PNG and JPEG files can be taken."),
            (PDF + b"x" * (10 * 1024 * 1024), "annex.pdf", {}, "The file is larger than 10 MB."),
            (PDF, "annex.pdf", {"valid_until": "2020-01-01"}, "This day is past."),
            (PDF, "annex.pdf", {"valid_until": "soon"}, "Write the day as year-month-day"),
        ],
        ids=["empty", "another type", "too large", "run out", "no date"],
    )
    def test_what_cannot_be_taken_is_said_beside_the_field(
        self, project: Project, ada: Client, content: bytes, name: str, fields: dict[str, str], said: str
    ) -> None:
        response = upload(ada, project, content, name, **fields)
        assert response.status_code == 422
        assert said in words(response)
        if fields:
            assert f'value="{fields["valid_until"]}"' in response.content.decode()
        assert not Document.objects.filter(requirement=annex(project)).exists()

    def test_no_file_at_all(self, project: Project, ada: Client) -> None:
        response = ada.post(f"/status/documents/{annex(project).id}/upload/", {})
        assert response.status_code == 422
        assert "Choose the file to send." in words(response)

    def test_strange_names_are_made_safe(self, project: Project, ada: Client) -> None:
        upload(ada, project, PDF, name="../..\\\u202eanñex\x01 ملحق.exe")
        document = Document.objects.get(requirement=annex(project))
        assert document.name.endswith(".pdf")
        held = ada.get(f"/status/documents/{document.id}/")
        assert held["Content-Disposition"].startswith("attachment;")
        assert "\n" not in held["Content-Disposition"]


class TestMilestones:
    def test_is_accepted_and_the_second_click_says_by_whom(self, project: Project, ada: Client) -> None:
        done = kickoff(project)
        page = ada.get("/status/")
        assert "Accept “Kickoff”" in words(page)
        first = ada.post(f"/status/milestones/{done.id}/accept/", {"reason": "Well done"}, follow=True)
        assert "Thank you. You have accepted “Kickoff”." in words(first)
        second = ada.post(f"/status/milestones/{done.id}/accept/", {})
        assert second.status_code == 409
        assert "“Kickoff” has been accepted already by Ada Lovelace" in words(second)
        done.refresh_from_db()
        assert done.status == "accepted"

    def test_is_sent_back_with_a_reason(self, project: Project, ada: Client) -> None:
        done = kickoff(project)
        path = f"/status/milestones/{done.id}/send-back/"
        without = ada.post(path, {"reason": "  "})
        assert without.status_code == 422
        assert "Say what is missing" in words(without)
        back = ada.post(path, {"reason": "The minutes are missing."}, follow=True)
        assert "We look at “Kickoff” again." in words(back)
        assert "The minutes are missing." in words(back)

    def test_too_early_is_said(self, project: Project, ada: Client) -> None:
        early = kickoff(project, completed=False)
        response = ada.post(f"/status/milestones/{early.id}/accept/", {})
        assert response.status_code == 409
        assert "does not wait for your acceptance" in words(response)

    def test_looking_accepts_nothing(self, project: Project, ada: Client) -> None:
        done = kickoff(project)
        assert ada.get(f"/status/milestones/{done.id}/accept/").status_code == 303
        done.refresh_from_db()
        assert done.status == "completed"

    def test_a_form_of_an_expired_session_is_not_carried_out(self, project: Project, ada: Client) -> None:
        done = kickoff(project)
        strict = browser(ada.defaults["HTTP_HOST"], enforce_csrf_checks=True)
        strict.cookies["session"] = ada.cookies["session"].value
        response = strict.post(f"/status/milestones/{done.id}/accept/", {})
        assert response.status_code == 403
        assert "The page was open too long" in words(response)


def test_one_primary_button(project: Project, ada: Client) -> None:
    kickoff(project)
    page = ada.get("/status/").content.decode()
    visible = re.sub(r'<div class="ask-panel">.*?</details>', "", page, flags=re.DOTALL)
    assert len(re.findall(r"btn-primary", visible)) == 1


def test_the_number_of_queries_does_not_grow(project: Project, ada: Client) -> None:
    ada.get("/status/")
    with CaptureQueriesContext(connection) as few:
        ada.get(f"/status/projects/{project.id}/")
    for number in range(5):
        milestone = project.milestones.get(key="kickoff")
        milestone.pk, milestone._state.adding = new_id(), True
        milestone.key, milestone.sequence = f"more-{number}", 10 + number
        milestone.save()
    for _number in range(3):
        Document.objects.create(requirement=annex(project), name="more.pdf", source="upload", sha256="x")
    with CaptureQueriesContext(connection) as many:
        ada.get(f"/status/projects/{project.id}/")
    assert len(many) == len(few) <= PAGE_QUERIES, [query["sql"][:120] for query in few.captured_queries]


def _run(project: Project):  # type: ignore[no-untyped-def]
    """The run of the project's deal, as small as can be."""
    from apps.workflows.models import Run, TemplateVersion, WorkflowTemplate  # noqa: PLC0415

    template = WorkflowTemplate.objects.create(key="tiny", name="Tiny")
    version = TemplateVersion.objects.create(template=template, number=1, source="", definition={})
    Run.objects.create(id=project.deal.run_id, template_version=version, template_key="tiny", name="Tiny")
    return project.deal.run_id


def test_signs_in_with_the_code_of_a_mail_and_comes_back(project: Project, alpha: TenantRef) -> None:
    client = browser(alpha.primary_host)
    wanted = f"/status/projects/{project.id}/"
    door = client.get(wanted)["Location"]
    asked = client.post(door, {"email": "Ada@Nordwind.example", "next": wanted})
    assert asked["Location"].startswith("/sign-in/code/confirm/")
    message = Message.objects.filter(key="sign-in-code", to_email="ada@nordwind.example").get()
    code = re.search(r"\b[A-Z0-9]{3,4}-?[A-Z0-9]{3,4}\b", f"{message.subject} {message.text}")
    assert code is not None
    came = client.post(asked["Location"], {"code": code.group()}, follow=True)
    assert came.redirect_chain[-1][0] == wanted
    assert headline(came).startswith("Nordwind ERP rollout")
