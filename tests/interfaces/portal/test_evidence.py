"""The evidence of an approval on pages: a download for staff, a link for those who have no account."""

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest

from apps.approvals.evidence import digest
from apps.approvals.models import ApprovalRequest, Decision, EvidenceShare
from apps.approvals.selectors.shares import share_url
from apps.delivery.models import DocumentRequirement
from apps.delivery.services.documents import upload_document
from apps.ledger.models import AuditEntry
from tests.integration.delivery.contracts import PDF, contact_actor


@pytest.fixture
def asked(run):
    return ApprovalRequest.objects.get(run=run, status="open")


def here(asked):
    return f"/approvals/{asked.id}/evidence/"


def path_of(share):
    return "/" + share_url(share).split("/", 3)[3]


def files_of(page):
    assert page.response["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(page.response.content)) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def share(admin, asked, label="Nordwind, Ms Berger", days="30"):
    page = admin.post(here(asked), {"label": label, "days": days})
    assert (page.status, page.to) == (303, here(asked))
    return EvidenceShare.objects.latest("id")


def test_the_approval_leads_to_what_proves_it(office, asked, auditor):
    assert f'href="{here(asked)}"' in auditor.get(f"/approvals/{asked.id}/").html
    page = auditor.get(here(asked))
    assert page.has("What proves this decision", "No person has decided yet", "python3 verify.py")
    assert "Make a link" not in page.words
    assert auditor.cost(here(asked)) <= 11


def test_staff_download_the_packet(office, asked, auditor):
    page = auditor.get(f"{here(asked)}packet.zip")
    assert {"request.json", "verify.py", "manifest.sig"} <= set(files_of(page))
    assert page.response["Content-Disposition"].startswith('attachment; filename="evidence-')
    assert page.queries <= 16


def test_only_administrators_share(office, asked, auditor, manager):
    for visitor in (auditor, manager):
        assert visitor.post(here(asked), {"label": "me", "days": "30"}).status == 403
    assert not EvidenceShare.objects.exists()


def test_a_link_opens_the_packet_without_an_account_and_changes_nothing(office, asked, admin, nobody):
    made = share(admin, asked)
    assert admin.get(here(asked)).has("The link is ready", "Nordwind, Ms Berger", share_url(made))
    written = AuditEntry.objects.count()
    page = nobody.get(path_of(made))
    assert page.has("What proves “Approve the team: Nordwind ERP rollout C-1001”", "You need no account")
    assert page.response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page.response["Cache-Control"]
    assert {"request.json", "verify.py"} <= set(files_of(nobody.get(f"{path_of(made)}packet.zip")))
    assert AuditEntry.objects.count() == written
    entry = AuditEntry.objects.get(action="evidence_share.create")
    assert (entry.after["for"], entry.after["approval_id"]) == ("Nordwind, Ms Berger", str(asked.id))


def test_a_link_ends(office, asked, admin, nobody):
    made = share(admin, asked)
    page = admin.post(here(asked), {"command": "revoke", "share": str(made.id)})
    assert page.status == 303
    for path in (path_of(made), f"{path_of(made)}packet.zip"):
        page = nobody.get(path)
        assert page.status == 410
        assert page.has("This link has ended")
    assert admin.get(here(asked)).has("Ended")
    assert AuditEntry.objects.filter(action="evidence_share.revoke").count() == 1
    admin.post(here(asked), {"command": "revoke", "share": str(made.id)})
    assert AuditEntry.objects.filter(action="evidence_share.revoke").count() == 1


def test_a_link_runs_out_and_cannot_be_lengthened(office, asked, admin, nobody):
    made = share(admin, asked)
    link = path_of(made)
    EvidenceShare.objects.update(expires_at=made.expires_at + timedelta(days=1))
    assert nobody.get(link).status == 404
    EvidenceShare.objects.update(expires_at=made.created_at)
    made.refresh_from_db()
    assert nobody.get(path_of(made)).status == 410


def test_an_invented_link_is_no_link(office, asked, admin, nobody):
    made = share(admin, asked)
    head, token = path_of(made).rstrip("/").rsplit("/", 1)
    last = "1" if token.endswith("0") else "0"
    for invented in (token[:-1] + last, token[:-40], token.upper(), "x" * 96):
        assert nobody.get(f"{head}/{invented}/").status == 404


@pytest.mark.parametrize(
    "form", [{"label": " ", "days": "30"}, {"label": "x", "days": "91"}, {"label": "x", "days": "²"}]
)
def test_what_is_wrong_is_said(office, asked, admin, form):
    page = admin.post(here(asked), form)
    assert page.status == 422
    assert page.has("No link was made")
    assert not EvidenceShare.objects.exists()


def test_the_wrong_id_of_a_link_is_not_found(office, asked, admin):
    for wrong in ("nonsense", str(asked.id)):
        assert admin.post(here(asked), {"command": "revoke", "share": wrong}).status == 404


def test_nobody_else_sees_it(office, asked, customer, nobody):
    assert customer.get(here(asked)).to == "/status/"
    assert nobody.get(f"{here(asked)}packet.zip").to.startswith("/sign-in/")


def test_a_decision_on_the_page_says_how_its_maker_came(office, asked, resource_manager):
    session = resource_manager.client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": 1772352000.0},
        {"method": "mfa", "type": "totp", "at": 1772352060.0, "reauthenticated": True},
    ]
    session.save()
    page = resource_manager.get(f"/approvals/{asked.id}/")
    form = {
        name: re.search(f'name="{name}" value="([0-9a-f]{{64}})"', page.html)[1]
        for name in ("show_hash", "view_hash")
    }
    sent = resource_manager.post(f"/approvals/{asked.id}/", {**form, "outcome": "approved", "comment": ""})
    assert sent.status == 303
    record = json.loads(Decision.objects.get().record)
    assert record["authenticated"] == [
        {"method": "password", "at": "2026-03-01T08:00:00Z"},
        {"method": "totp", "at": "2026-03-01T08:01:00Z", "again": True},
    ]
    assert (record["address"], record["channel"]) == ("127.0.0.1", "page")
    assert record["credential"].startswith("session:")
    assert session.session_key not in Decision.objects.get().record
    assert digest(record["shown"]) == form["view_hash"]
    assert [document["title"] for document in record["shown"]["documents"]]


def test_what_changed_beside_it_is_not_decided_on_unseen(office, asked, resource_manager):
    page = resource_manager.get(f"/approvals/{asked.id}/")
    view_hash = re.search('name="view_hash" value="([0-9a-f]{64})"', page.html)[1]
    annex = DocumentRequirement.objects.get(kind="security_annex")
    upload_document(requirement_id=annex.id, actor=contact_actor(), name="annex.pdf", content=PDF)
    form = {"outcome": "approved", "show_hash": asked.show_hash, "view_hash": view_hash}
    page = resource_manager.post(f"/approvals/{asked.id}/", form)
    assert page.status == 409
    assert page.has("has changed since you opened it")
    assert not Decision.objects.exists()
