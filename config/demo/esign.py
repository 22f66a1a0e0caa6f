"""The e-signature system: completed envelopes in the shape of DocuSign Connect JSON, signed and posted.

What of the shape carries the contract:

- `event` is `envelope-completed`; `data.envelopeId` names the envelope, `data.envelopeSummary` is the envelope.
- `customFields.textCustomFields` are name/value pairs of text: `contract_id`, `contract_title`,
  `customer_number`, `customer_name`, `customer_country` (ISO 3166), `customer_language`, `amount` ("125000.00"),
  `currency`, `region`, `start_date`, and where they are known `purchase_order_number`,
  `purchase_order_valid_until`. Dates are YYYY-MM-DD.
- `customFields.listCustomFields` named `milestone`, one each in their order: `value` is the milestone's name,
  `listItems` its amount and, where there is one, its due date.
- `envelopeDocuments` of type `content` are the documents; their `documentFields` hold `kind`
  (`statement_of_work`, `security_annex`, `purchase_order`) and perhaps `valid_until`. The last one, of type
  `summary`, is the certificate of completion and no document of the contract.
- `recipients.signers` with `roleName` `Customer` are the customer's contacts.

`mappings/docusign_contract_signed.yaml` turns such a body into the data of `contract.signed`.
The signature goes into `X-DocuSign-Signature-1`: base64 of HMAC-SHA256 over the raw body.
"""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

SIGNATURE_HEADER = "X-DocuSign-Signature-1"
MAPPING_FILE = Path(__file__).parent / "mappings" / "docusign_contract_signed.yaml"
ACCOUNT_ID = "6b1f3a52-9d44-4b0e-8f53-0c2d3b9f7a11"
CERTIFICATE_ID = "certificate"
NAMESPACE = uuid.UUID("3f2d1c7e-6a5b-4c8d-9e0f-1a2b3c4d5e6f")


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at the customer who signs."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Party:
    """The customer of a contract; `number` is his number in our systems, `country` ISO 3166, `language` BCP 47."""

    number: str
    name: str
    country: str
    contacts: tuple[Contact, ...]
    language: str = "en"


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """A document in the envelope; `valid_until` where it runs out."""

    kind: str
    name: str
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class PlannedMilestone:
    """A milestone named in the contract."""

    name: str
    amount: Decimal
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as the e-signature system knows it."""

    contract_id: str
    title: str
    customer: Party
    amount: Decimal
    region: str
    start_date: date
    signed_at: datetime
    currency: str = "EUR"
    purchase_order: str | None = None
    purchase_order_valid_until: date | None = None
    documents: tuple[SignedDocument, ...] = ()
    milestones: tuple[PlannedMilestone, ...] = field(default=())

    @property
    def envelope_id(self) -> str:
        """The envelope of this contract: the same contract is the same envelope."""
        return str(uuid.uuid5(NAMESPACE, self.contract_id))


def standard_documents(
    purchase_order: str, *, valid_until: date | None, without: Iterable[str] = ()
) -> tuple[SignedDocument, ...]:
    """Statement of work, security annex and purchase order, except the kinds in `without`."""
    all_three = (
        SignedDocument("statement_of_work", "Statement of work.pdf"),
        SignedDocument("security_annex", "Security annex.pdf"),
        SignedDocument("purchase_order", f"Purchase order {purchase_order}.pdf", valid_until),
    )
    left_out = set(without)
    return tuple(document for document in all_three if document.kind not in left_out)


def build_envelope(contract: Contract) -> dict[str, Any]:
    """The Connect message for the completed envelope of a contract. The same contract gives the same message."""
    base = f"/accounts/{ACCOUNT_ID}/envelopes/{contract.envelope_id}"
    return {
        "event": "envelope-completed",
        "uri": f"/restapi/v2.1{base}",
        "retryCount": 0,
        "configurationId": 10518342,
        "apiVersion": "v2.1",
        "generatedDateTime": _time(contract.signed_at + timedelta(seconds=4)),
        "data": {
            "accountId": ACCOUNT_ID,
            "userId": _guid(contract, "sender"),
            "envelopeId": contract.envelope_id,
            "envelopeSummary": _summary(contract, base),
        },
    }


def encode(payload: dict[str, Any]) -> bytes:
    """The bytes to sign and send."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def sign(raw: bytes, secret: str) -> str:
    """The value of `X-DocuSign-Signature-1` for a raw body."""
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()


def post_envelope(
    url: str, payload: dict[str, Any], secret: str, *, host: str | None = None, timeout: float = 10.0
) -> httpx.Response:
    """Sends an envelope to an inbound hook. `host` replaces the Host header; `timeout` is in seconds."""
    raw = encode(payload)
    headers = {"Content-Type": "application/json; charset=utf-8", SIGNATURE_HEADER: sign(raw, secret)}
    if host is not None:
        headers["Host"] = host
    return httpx.post(url, content=raw, headers=headers, timeout=timeout)


def _summary(contract: Contract, base: str) -> dict[str, Any]:
    sent = _time(contract.signed_at - timedelta(hours=26))
    completed = _time(contract.signed_at)
    return {
        "status": "completed",
        "documentsUri": f"{base}/documents",
        "recipientsUri": f"{base}/recipients",
        "attachmentsUri": f"{base}/attachments",
        "envelopeUri": base,
        "emailSubject": f"Please sign: {contract.title}",
        "emailBlurb": "",
        "envelopeId": contract.envelope_id,
        "signingLocation": "online",
        "customFieldsUri": f"{base}/custom_fields",
        "createdDateTime": sent,
        "lastModifiedDateTime": sent,
        "initialSentDateTime": sent,
        "sentDateTime": sent,
        "deliveredDateTime": completed,
        "completedDateTime": completed,
        "statusChangedDateTime": completed,
        "documentsCombinedUri": f"{base}/documents/combined",
        "certificateUri": f"{base}/documents/{CERTIFICATE_ID}",
        "customFields": {
            "textCustomFields": _text_fields(contract),
            "listCustomFields": _milestone_fields(contract),
        },
        "sender": {
            "userName": "Contract Desk",
            "userId": _guid(contract, "sender"),
            "accountId": ACCOUNT_ID,
            "email": "contracts@esign.example",
        },
        "recipients": _recipients(contract, sent, completed),
        "envelopeDocuments": _documents(contract),
        "purgeState": "unpurged",
        "envelopeIdStamping": "true",
        "is21CFRPart11": "false",
        "signerCanSignOnMobile": "true",
        "allowViewHistory": "true",
        "hasComments": "false",
        "envelopeLocation": "current_site",
        "isDynamicEnvelope": "false",
    }


def _text_fields(contract: Contract) -> list[dict[str, str]]:
    values = {
        "contract_id": contract.contract_id,
        "contract_title": contract.title,
        "customer_number": contract.customer.number,
        "customer_name": contract.customer.name,
        "customer_country": contract.customer.country,
        "customer_language": contract.customer.language,
        "amount": f"{contract.amount:.2f}",
        "currency": contract.currency,
        "region": contract.region,
        "start_date": contract.start_date.isoformat(),
    }
    if contract.purchase_order is not None:
        values["purchase_order_number"] = contract.purchase_order
    if contract.purchase_order_valid_until is not None:
        values["purchase_order_valid_until"] = contract.purchase_order_valid_until.isoformat()
    return [
        {"fieldId": str(10_000 + n), "name": name, "show": "false", "required": "false", "value": value}
        for n, (name, value) in enumerate(values.items())
    ]


def _milestone_fields(contract: Contract) -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = []
    for number, milestone in enumerate(contract.milestones):
        items = [f"{milestone.amount:.2f}"]
        if milestone.due is not None:
            items.append(milestone.due.isoformat())
        fields.append(
            {
                "listItems": items,
                "fieldId": str(20_000 + number),
                "name": "milestone",
                "show": "false",
                "required": "false",
                "value": milestone.name,
            }
        )
    return fields


def _documents(contract: Contract) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = []
    for number, document in enumerate(contract.documents, start=1):
        fields = [{"name": "kind", "value": document.kind}]
        if document.valid_until is not None:
            fields.append({"name": "valid_until", "value": document.valid_until.isoformat()})
        documents.append(_document(contract, str(number), document.name, "content", number, fields))
    last = len(documents) + 1
    documents.append(_document(contract, CERTIFICATE_ID, "Certificate of completion", "summary", last, []))
    return documents


def _document(
    contract: Contract, document_id: str, name: str, kind: str, order: int, fields: list[dict[str, str]]
) -> dict[str, Any]:
    return {
        "documentId": document_id,
        "documentIdGuid": _guid(contract, f"document {document_id}"),
        "name": name,
        "type": kind,
        "uri": f"/envelopes/{contract.envelope_id}/documents/{document_id}",
        "order": str(order),
        "documentFields": fields,
        "display": "inline",
        "includeInDownload": "true",
        "signerMustAcknowledge": "no_interaction",
        "templateRequired": "false",
        "authoritative": "false",
    }


def _recipients(contract: Contract, sent: str, completed: str) -> dict[str, Any]:
    contacts = contract.customer.contacts
    signers = [
        _signer(contract, str(number), contact, "Customer", sent, completed)
        for number, contact in enumerate(contacts, start=1)
    ]
    ours = Contact("Contract Desk", "contracts@esign.example")
    signers.append(_signer(contract, str(len(signers) + 1), ours, "Supplier", sent, completed))
    return {
        "signers": signers,
        "agents": [],
        "editors": [],
        "intermediaries": [],
        "carbonCopies": [],
        "certifiedDeliveries": [],
        "inPersonSigners": [],
        "seals": [],
        "witnesses": [],
        "recipientCount": str(len(signers)),
        "currentRoutingOrder": str(len(signers)),
    }


def _signer(
    contract: Contract, recipient_id: str, contact: Contact, role: str, sent: str, completed: str
) -> dict[str, Any]:
    return {
        "creationReason": "sender",
        "isBulkRecipient": "false",
        "requireUploadSignature": "false",
        "name": contact.name,
        "email": contact.email,
        "recipientId": recipient_id,
        "recipientIdGuid": _guid(contract, f"recipient {recipient_id}"),
        "requireIdLookup": "false",
        "userId": _guid(contract, f"user {contact.email}"),
        "routingOrder": recipient_id,
        "roleName": role,
        "status": "completed",
        "sentDateTime": sent,
        "deliveredDateTime": completed,
        "signedDateTime": completed,
        "deliveryMethod": "email",
        "templateLocked": "false",
        "templateRequired": "false",
    }


def _guid(contract: Contract, purpose: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{contract.contract_id} {purpose}"))


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
