"""A signed contract is entered once, whole, with what is missing."""

import pytest

from apps.accounts.models import RoleAssignment
from apps.core.ids import new_id
from apps.delivery.exceptions import ContractAlreadyRegistered, UnreadableContract
from apps.delivery.models import Contact, Customer, Deal, DocumentRequirement
from apps.delivery.selectors import document_facts
from apps.delivery.services.deals import close_deal, register_contract, request_documents
from apps.ledger.models import AuditEntry, OutboxMessage
from apps.ledger.services import unit_of_work
from tests.integration.delivery.contracts import SYSTEM, another_customer, contract, day, deal, staff

pytestmark = pytest.mark.usefixtures("in_alpha")


def test_everything_is_entered():
    manager = staff("delivery_manager", region="EU")
    made = deal()
    made.refresh_from_db()
    assert (made.status, str(made.amount), made.currency, made.region) == (
        "registered",
        "120000.00",
        "EUR",
        "EU",
    )
    assert str(made.manager_id) == manager.id
    assert made.customer.name == "Nordwind GmbH"
    contact = made.customer.contacts.get()
    assert contact.user is not None
    assert not contact.user.has_usable_password()
    assert RoleAssignment.objects.get(user=contact.user).role == "customer"
    assert {item.kind: item.status for item in made.requirements.all()} == {
        "statement_of_work": "received",
        "security_annex": "received",
        "purchase_order": "received",
    }
    assert AuditEntry.objects.filter(action="deal.register", subject_id=str(made.id)).count() == 1
    assert OutboxMessage.objects.filter(type="deal.registered", subject=f"deal/{made.id}").count() == 1


def test_a_missing_and_an_expired_document_are_asked_for():
    data = contract(without=("security_annex",), purchase_order={"number": "PO-77", "valid_until": day(-1)})
    made = deal(data)
    with unit_of_work(SYSTEM):
        unmet = request_documents(made)
    assert {(item.kind, item.status) for item in unmet} == {
        ("security_annex", "missing"),
        ("purchase_order", "expired"),
    }
    facts = document_facts(made.id)
    assert not facts["complete"]
    assert facts["documents"]["security_annex"]["present"] is False
    assert facts["documents"]["purchase_order"]["expired"] is True
    assert facts["documents"]["statement_of_work"]["valid"] is True
    asked = OutboxMessage.objects.filter(type="document.requested").values_list("data__status", flat=True)
    assert sorted(asked) == ["expired", "missing"]


def test_a_document_that_runs_out_later_is_noticed():
    made = deal()
    DocumentRequirement.objects.filter(deal=made, kind="security_annex").update(valid_until=day(-1))
    assert document_facts(made.id)["documents"]["security_annex"]["valid"] is False


def test_the_same_run_enters_it_once_and_another_is_refused():
    run_id = new_id()
    first = register_contract(contract=contract(), run_id=run_id, actor=SYSTEM)
    again = register_contract(contract=contract(), run_id=run_id, actor=SYSTEM)
    assert first.pk == again.pk
    with pytest.raises(ContractAlreadyRegistered):
        register_contract(contract=contract(), run_id=new_id(), actor=SYSTEM)
    assert Deal.objects.count() == 1


def test_a_cancelled_deal_comes_in_again():
    made = deal()
    close_deal(deal_id=made.id, command="cancel", reason="rolled back", actor=SYSTEM)
    again = register_contract(contract=contract(title="Better title"), run_id=new_id(), actor=SYSTEM)
    assert again.pk == made.pk
    assert (again.status, again.title) == ("registered", "Better title")


def test_customers_and_contacts_are_found_again():
    deal()
    second = contract("C-1002")
    second["customer"]["name"] = "Nordwind SE"
    second["customer"]["contacts"] = [
        {"name": "Ada L.", "email": "ADA@nordwind.example"},
        {"name": "Charles Babbage", "email": "charles@nordwind.example"},
    ]
    deal(second)
    deal(another_customer())
    assert Customer.objects.count() == 2
    assert Customer.objects.get(external_id="K-77").name == "Nordwind SE"
    assert Contact.objects.filter(customer__external_id="K-77").count() == 2


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": {"amount": "-5", "currency": "EUR"}}, "/amount/amount"),
        ({"amount": {"amount": "12", "currency": "Euro"}}, "/amount/currency"),
        ({"signed_at": "yesterday"}, "/signed_at"),
        ({"start_date": "soon"}, "/start_date"),
        ({"region": ""}, "/region"),
        (
            {"customer": {"external_id": "1", "name": "x", "country": "DE", "contacts": []}},
            "/customer/contacts",
        ),
    ],
)
def test_unreadable_contracts_say_where(change, pointer):
    with pytest.raises(UnreadableContract) as caught:
        deal(contract(**change))
    assert [problem.pointer for problem in caught.value.errors] == [pointer]
    assert Deal.objects.count() == 0
