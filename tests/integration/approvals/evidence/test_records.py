"""What is kept with a decision."""

import json
from hashlib import sha256

import pytest
from django.db import DatabaseError, transaction

from apps.accounts.presence import Presence, Proof, _present
from apps.approvals.evidence import canonical_json, digest
from apps.approvals.exceptions import StaleView
from apps.approvals.models import ApprovalRequest, Decision
from apps.approvals.selectors.requests import get_request
from apps.approvals.selectors.shown import shown_to, stage_of
from apps.ledger.models import AuditEntry
from tests.integration.approvals.conftest import Staff
from tests.integration.approvals.evidence.packets import CONTRACT, Shelf, decide


class TestRecord:
    def test_a_decision_keeps_what_was_shown_and_how_it_was_made(
        self, staff: Staff, asked: ApprovalRequest, shelf: Shelf
    ) -> None:
        came = Presence(
            "192.0.2.7", "Firefox", "session:abc", (Proof("password", "2026-03-01T08:00:00Z"), Proof("totp"))
        )
        token = _present.set(came)
        try:
            decide(staff, asked, "Rita", comment="ok")
        finally:
            _present.reset(token)
        decision = Decision.objects.get()
        record = json.loads(decision.record)
        assert canonical_json(record).decode() == decision.record
        assert decision.record_hash == sha256(decision.record.encode()).hexdigest()
        shown = record["shown"]
        assert record["shown_sha256"] == digest(shown)
        assert shown["show"] == asked.show
        assert shown["documents"][0]["sha256"] == sha256(CONTRACT).hexdigest()
        assert shown["policy"] == {
            "key": "staffing-approval",
            "version": asked.policy_number,
            "sha256": digest(asked.policy_definition),
        }
        assert {"approved", "rejected"} <= set(shown["alternatives"])
        assert (record["outcome"], record["comment"], record["on_behalf_of"]) == ("approved", "ok", None)
        assert record["decided_by"]["label"] == "Rita"
        assert (record["address"], record["client"], record["credential"]) == (
            "192.0.2.7",
            "Firefox",
            "session:abc",
        )
        assert record["authenticated"] == [
            {"method": "password", "at": "2026-03-01T08:00:00Z"},
            {"method": "totp"},
        ]
        assert [person["label"] for person in record["stage"]["asked"]] == ["Rita", "Rolf"]

    def test_the_audit_names_its_hash(self, decided: ApprovalRequest) -> None:
        noted = {
            entry.after["decision"]: entry.after["record_hash"]
            for entry in AuditEntry.objects.filter(after__has_key="record_hash")
        }
        assert noted == {str(row.id): row.record_hash for row in Decision.objects.all()}

    def test_it_is_never_changed(self, decided: ApprovalRequest) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            Decision.objects.update(record="{}")

    def test_another_document_than_the_one_that_was_shown_is_decided_on_by_nobody(
        self, staff: Staff, asked: ApprovalRequest, shelf: Shelf
    ) -> None:
        actor = staff.actor("Rita")
        seen = get_request(actor=actor, request_id=asked.id)
        view_hash = digest(shown_to(seen, stage_of(seen), actor))
        shelf.content = b"%PDF-1.7 something else"
        with pytest.raises(StaleView):
            decide(staff, asked, "Rita", view_hash=view_hash)
        assert not Decision.objects.exists()
        shelf.content = CONTRACT
        decide(staff, asked, "Rita", view_hash=view_hash)
        assert Decision.objects.count() == 1
