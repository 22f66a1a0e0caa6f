"""Uploads: by whom, of what, and what follows."""

import pytest

from apps.accounts.exceptions import ActionForbidden
from apps.core.errors import NotFound
from apps.core.ids import new_id
from apps.delivery.exceptions import DocumentRefused, DocumentTooLarge
from apps.delivery.models import Deal, Document, DocumentRequirement
from apps.delivery.selectors import document_content
from apps.delivery.selectors.evidence import shown_documents
from apps.delivery.services.documents import upload_document
from apps.ledger.models import OutboxMessage
from tests.integration.delivery.contracts import (
    PDF,
    another_customer,
    contact_actor,
    contract,
    day,
    in_days,
    project,
    staff,
)

pytestmark = pytest.mark.usefixtures("in_alpha")


@pytest.fixture
def annex() -> DocumentRequirement:
    """The requirement of a missing security annex."""
    made = project(contract(without=("security_annex",)), started=False)
    return DocumentRequirement.objects.get(deal=made.deal, kind="security_annex")


def test_the_customer_sends_what_is_missing(annex):
    ada = contact_actor()
    document = upload_document(
        requirement_id=annex.id, actor=ada, name="C:\\annex", content=PDF, valid_until=in_days(90)
    )
    annex.refresh_from_db()
    assert (annex.status, annex.valid_until) == ("received", in_days(90))
    assert (document.name, document.content_type, document.size) == ("annex.pdf", "application/pdf", len(PDF))
    assert (str(document.uploaded_by_id), document.uploaded_by_label) == (ada.id, "Ada Lovelace")
    assert document_content(document.id, ada)[1] == PDF
    told = OutboxMessage.objects.get(type="document.received")
    assert (told.data["deal_id"], told.data["kind"]) == (str(annex.deal_id), "security_annex")
    assert told.actor["label"] == "Ada Lovelace"


def test_the_same_bytes_twice_are_one_document(annex):
    first = upload_document(requirement_id=annex.id, actor=contact_actor(), name="a.pdf", content=PDF)
    again = upload_document(requirement_id=annex.id, actor=contact_actor(), name="a.pdf", content=PDF)
    assert first.pk == again.pk
    newer = upload_document(requirement_id=annex.id, actor=contact_actor(), name="a.pdf", content=PDF + b"2")
    assert newer.pk != first.pk
    assert OutboxMessage.objects.filter(type="document.received").count() == 2


def test_a_renewed_purchase_order_renews_the_deals():
    made = project(contract(purchase_order={"number": "PO-77", "valid_until": day(-3)}))
    order = DocumentRequirement.objects.get(deal=made.deal, kind="purchase_order")
    assert order.status == "expired"
    upload_document(
        requirement_id=order.id, actor=contact_actor(), name="po.pdf", content=PDF, valid_until=in_days(200)
    )
    assert Deal.objects.get(pk=made.deal_id).purchase_order_valid_until == in_days(200)


def test_another_customers_contact_finds_nothing(annex):
    project(another_customer())
    with pytest.raises(NotFound):
        upload_document(
            requirement_id=annex.id, actor=contact_actor("grace@suedwind.example"), name="a.pdf", content=PDF
        )
    assert not Document.objects.filter(requirement=annex).exists()


def test_what_is_not_meant_for_customers_is_not_there_for_them(annex):
    DocumentRequirement.objects.filter(pk=annex.pk).update(audience="internal")
    with pytest.raises(NotFound):
        upload_document(requirement_id=annex.id, actor=contact_actor(), name="a.pdf", content=PDF)


def test_beside_an_approval_everybody_sees_the_documents_that_are_meant_for_him(annex):
    run = new_id()
    Deal.objects.filter(pk=annex.deal_id).update(run_id=run)
    project(another_customer())
    ada, grace, finance = contact_actor(), contact_actor("grace@suedwind.example"), staff("finance")
    upload_document(requirement_id=annex.id, actor=ada, name="annex.pdf", content=PDF)
    last = Document.objects.latest("id")
    for actor in (finance, ada):
        shown = shown_documents([run], actor)[run]
        assert (shown[-1].id, shown[-1].title, shown[-1].size) == (str(last.pk), annex.title, len(PDF))
        assert [document.id for document in shown] == sorted(document.id for document in shown)
    assert shown_documents([run], grace) == {} == shown_documents([new_id()], ada)
    DocumentRequirement.objects.filter(pk=annex.pk).update(audience="internal")
    assert str(last.pk) in {document.id for document in shown_documents([run], finance)[run]}
    assert str(last.pk) not in {document.id for document in shown_documents([run], ada).get(run, ())}


def test_staff_may_by_their_role(annex):
    upload_document(requirement_id=annex.id, actor=staff("delivery_manager"), name="a.pdf", content=PDF)
    with pytest.raises(ActionForbidden):
        upload_document(requirement_id=annex.id, actor=staff("auditor"), name="b.pdf", content=PDF + b"x")


@pytest.mark.parametrize(
    ("content", "valid_until", "error"),
    [
        (b"", None, DocumentRefused),
        (b"MZ program", None, DocumentRefused),
        (PDF, -1, DocumentRefused),
        (b"%PDF-" + b"x" * (10 * 1024 * 1024), None, DocumentTooLarge),
    ],
)
def test_what_cannot_be_taken_changes_nothing(annex, content, valid_until, error):
    until = in_days(valid_until) if valid_until else None
    with pytest.raises(error):
        upload_document(
            requirement_id=annex.id, actor=contact_actor(), name="a.pdf", content=content, valid_until=until
        )
    annex.refresh_from_db()
    assert annex.status == "missing"
