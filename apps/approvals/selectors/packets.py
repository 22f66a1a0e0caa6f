"""Gather what a packet is made of. Reading changes nothing, and reading again gives the same."""

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from apps.approvals.choices import RequestStatus
from apps.approvals.documents import contents_of, documents_of_run
from apps.approvals.evidence import digest, time_words
from apps.approvals.exceptions import NotShared
from apps.approvals.models import ApprovalRequest, Decision
from apps.approvals.packets.facts import (
    Inventory,
    Issuer,
    Packet,
    PacketDecision,
    PacketDocument,
    PacketFacts,
)
from apps.approvals.packets.files import make_packet
from apps.approvals.policies import is_contact
from apps.approvals.selectors.requests import get_request
from apps.core.actor import Actor
from apps.core.canonical import canonical_json
from apps.ledger.selectors.proofs import prove_entries
from apps.ledger.signing import public_keys
from apps.ledger.transitions import noun_of
from tenants.context import current_tenant
from tenants.links import tenant_url

KEYS_PATH = "/.well-known/audit-keys.json"


def evidence_packet(*, request_id: UUID, actor: Actor) -> Packet:
    """Return the evidence of a request with the documents that the actor may see.

    Raises UnknownRequest, and NotShared for a customer's people: they are given links.
    """
    _refuse_contacts(actor)
    return _packet(request_id, actor, packet_facts)


def own_packet(*, request_id: UUID, actor: Actor) -> Packet:
    """Return the evidence of what one of a customer's people decided himself: an extract, without what is not for him.

    Raises UnknownRequest, and NotShared for whoever has decided nothing.
    """
    return _packet(request_id, actor, extract_facts)


def _packet(
    request_id: UUID, actor: Actor, facts_of: Callable[[ApprovalRequest, Actor], PacketFacts]
) -> Packet:
    while True:
        request = get_request(actor=actor, request_id=request_id)
        facts = facts_of(request, actor)
        # Decided while it was read: the request would say one thing and the audit another.
        if ApprovalRequest.objects.filter(pk=request_id, version=request.version).exists():
            return make_packet(facts)


def evidence_inventory(*, request_id: UUID, actor: Actor) -> tuple[ApprovalRequest, Inventory]:
    """Return the request with what its packet would hold; raises as ``evidence_packet`` does."""
    _refuse_contacts(actor)
    request = get_request(actor=actor, request_id=request_id)
    decisions = list(request.decisions.all())
    return request, Inventory(len(decisions), tuple(_shown_documents(request, _decisions(decisions), actor)))


def packet_facts(request: ApprovalRequest, actor: Actor) -> PacketFacts:
    """Return all that a packet says of a request whose stages and decisions have been read."""
    tenant = current_tenant()
    decisions = _decisions(list(request.decisions.all()))
    documents = _shown_documents(request, decisions, actor)
    contents = contents_of([UUID(document["id"]) for document in documents], actor)
    stages = [(_STAGE, str(stage.pk)) for stage in request.stages.all()]
    return PacketFacts(
        issuer=Issuer(tenant.brand.name, tenant.name, tenant_url(KEYS_PATH), tenant.brand.primary),
        request=_request_json(request, decisions, documents),
        decisions=decisions,
        documents=[_document(facts, contents.get(UUID(facts["id"]))) for facts in documents],
        proof=prove_entries(tenant.id, subjects=[(_REQUEST, str(request.pk)), *stages]),
        keys=public_keys(tenant.id),
    )


def extract_facts(request: ApprovalRequest, actor: Actor) -> PacketFacts:
    """Return what a packet says to one of a customer's people of his own decisions; raise NotShared without any."""
    tenant = current_tenant()
    rows = [row for row in request.decisions.all() if str(row.user_id) == actor.user_id and row.record]
    if not rows:
        raise NotShared
    decisions = [_extract(row) for row in rows]
    documents = _shown_documents(request, decisions, actor)
    contents = contents_of([UUID(document["id"]) for document in documents], actor)
    whole = _request_json(request, decisions, documents)
    hashes = [row.record_hash for row in rows]
    return PacketFacts(
        issuer=Issuer(tenant.brand.name, tenant.name, tenant_url(KEYS_PATH), tenant.brand.primary),
        request={"extract": True} | {name: whole[name] for name in _OF_REQUEST},
        decisions=decisions,
        documents=[_document(facts, contents.get(UUID(facts["id"]))) for facts in documents],
        proof=prove_entries(
            tenant.id, subjects=[(_REQUEST, str(request.pk))], noting={"record_hash": hashes}
        ),
        keys=public_keys(tenant.id),
        is_extract=True,
    )


def _extract(row: Decision) -> PacketDecision:
    """What the record of a decision says, without whom else the policy asks, and why."""
    record = json.loads(row.record)
    shown = {name: record["shown"][name] for name in _OF_SHOWN}
    said = {name: record[name] for name in _OF_RECORD if name in record}
    said |= {
        "record": "extract",
        "record_sha256": row.record_hash,
        "shown": shown,
        "shown_sha256": digest(shown),
        "shown_whole_sha256": record["shown_sha256"],
    }
    return PacketDecision(str(row.id), canonical_json(said), said)


_OF_REQUEST = (
    "format",
    "approval",
    "title",
    "about",
    "requested_at",
    "due_at",
    "status",
    "decided_at",
    "show",
    "show_hash",
    "decisions",
    "documents",
)
_OF_SHOWN = (
    "format",
    "approval",
    "title",
    "about",
    "requested_at",
    "show",
    "show_hash",
    "documents",
    "alternatives",
)
_OF_RECORD = (
    "format",
    "decision",
    "outcome",
    "comment",
    "conditions",
    "corrections",
    "remarks",
    "decided_by",
    "on_behalf_of",
    "decided_at",
    "channel",
    "address",
    "client",
    "credential",
    "authenticated",
)


def _refuse_contacts(actor: Actor) -> None:
    """A packet holds what is not meant for customers: comments, addresses, the policy."""
    if is_contact(actor):
        raise NotShared


_REQUEST = noun_of(ApprovalRequest)
_STAGE = "approval_stage"


def _decisions(rows: Sequence[Decision]) -> list[PacketDecision]:
    return [_decision(row) for row in rows]


def _decision(row: Decision) -> PacketDecision:
    if row.record:
        return PacketDecision(str(row.id), row.record.encode(), json.loads(row.record))
    # Made before records were kept: what the row says, and that it says no more.
    said = {
        "record": "none",
        "decision": str(row.id),
        "outcome": row.outcome,
        "by": row.user_label,
        "comment": row.comment,
        "at": time_words(row.created_at),
        "show_hash": row.show_hash,
        "channel": row.how,
    }
    return PacketDecision(str(row.id), canonical_json(said), said)


def _shown_documents(
    request: ApprovalRequest, decisions: Sequence[PacketDecision], actor: Actor
) -> list[dict[str, Any]]:
    """Return every document that a decision was made on, or, without decisions, those that lie beside it now."""
    shown: dict[tuple[str, str], dict[str, Any]] = {}
    for decision in decisions:
        for facts in decision.said.get("shown", {}).get("documents", ()):
            shown.setdefault((facts["id"], facts["sha256"]), facts)
    if not shown and request.status == RequestStatus.OPEN:
        return [document.to_json() for document in documents_of_run(request.run_id, actor)]
    return list(shown.values())


def _document(facts: dict[str, Any], content: bytes | None) -> PacketDocument:
    """With its bytes only if they are those that were shown."""
    same = content is not None and sha256(content).hexdigest() == facts["sha256"]
    return PacketDocument(facts, content if same else None)


def _request_json(
    request: ApprovalRequest, decisions: Sequence[PacketDecision], documents: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "format": 1,
        "approval": str(request.id),
        "run": str(request.run_id),
        "title": request.title,
        "about": request.about,
        "subject": request.subject,
        "requested_by": {"id": request.requested_by_id, "label": request.requested_by_label},
        "requested_at": time_words(request.created_at),
        "due_at": time_words(request.due_at) if request.due_at else None,
        "status": str(request.status),
        "decided_at": time_words(request.decided_at) if request.decided_at else None,
        "show": request.show,
        "show_hash": request.show_hash,
        "policy": {
            "key": request.policy_key,
            "version": request.policy_number,
            "definition": request.policy_definition,
            "sha256": digest(request.policy_definition),
        },
        "stages": [
            {
                "index": stage.index,
                "name": stage.name,
                "status": str(stage.status),
                "rule": stage.rule,
                "needed": stage.needed,
                "asked": stage.candidates,
                "reason": stage.reason,
            }
            for stage in request.stages.all()
        ],
        "decisions": [decision.id for decision in decisions],
        "documents": list(documents),
    }
