"""Verifying the audit of a real schema: what was changed is named, what was not is proved."""

import json
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from apps.core.ids import new_id
from apps.ledger.models import AuditCheckpoint, AuditEntry, AuditSeal, UnsealedEntries
from apps.ledger.selectors.proofs import prove_entries
from apps.workflows.models import ExceptionCase
from tenants.db import connection
from tenants.types import TenantRef
from tests.integration.ledger.seals.chain import as_its_owner, codes, note, seal, sign


def edit(cursor: Any, entry: UUID) -> None:
    cursor.execute("UPDATE ledger_auditentry SET after = '{\"number\": 99}' WHERE id = %s", [entry])


def delete(cursor: Any, entry: UUID) -> None:
    cursor.execute("DELETE FROM ledger_auditentry WHERE id = %s", [entry])


class TestVerifying:
    @pytest.fixture
    def entries(self, in_alpha: TenantRef) -> list[UUID]:
        found = note(3)
        seal()
        found += note(2)
        seal()
        sign()
        assert codes(in_alpha) == []
        return found

    def test_an_edited_entry_is_named(self, in_alpha: TenantRef, entries: list[UUID]) -> None:
        with as_its_owner() as cursor:
            edit(cursor, entries[1])
        assert codes(in_alpha) == [("entry_changed", entries[1])]

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("at", "2020-01-01 00:00:00+00"),
            ("actor_label", "Bob"),
            ("action", "thing.other"),
            ("subject_id", "other"),
            ("reason", ""),
            ("lease_id", "00000000-0000-0000-0000-000000000001"),
        ],
    )
    def test_every_column_counts(
        self, in_alpha: TenantRef, entries: list[UUID], column: str, value: str
    ) -> None:
        with as_its_owner() as cursor:
            cursor.execute(f"UPDATE ledger_auditentry SET {column} = %s WHERE id = %s", [value, entries[0]])
        assert codes(in_alpha) == [("entry_changed", entries[0])]

    def test_a_deleted_entry_is_named(self, in_alpha: TenantRef, entries: list[UUID]) -> None:
        with as_its_owner() as cursor:
            delete(cursor, entries[4])
        assert codes(in_alpha) == [("entry_deleted", entries[4])]

    def test_an_inserted_entry_is_named(self, in_alpha: TenantRef, entries: list[UUID]) -> None:
        made = AuditEntry.objects.create(
            actor_kind="system", actor_label="Mallory", action="x", subject_type="x", subject_id="1"
        )
        assert codes(in_alpha) == [("entry_inserted", made.id)]

    def test_entries_that_change_places_are_both_named(
        self, in_alpha: TenantRef, entries: list[UUID]
    ) -> None:
        with as_its_owner() as cursor:
            spare = new_id()
            for held, meant in ((entries[0], spare), (entries[2], entries[0]), (spare, entries[2])):
                cursor.execute("UPDATE ledger_auditentry SET id = %s WHERE id = %s", [meant, held])
        assert codes(in_alpha) == [("entry_changed", entries[0]), ("entry_changed", entries[2])]

    def test_an_entry_that_never_came_to_be_sealed_is_named(
        self, in_alpha: TenantRef, entries: list[UUID]
    ) -> None:
        [entry] = note()
        with as_its_owner() as cursor:
            delete(cursor, entry)
        assert codes(in_alpha) == [("entry_deleted", entry)]
        seal()
        assert codes(in_alpha) == [("entry_deleted", entry)]

    def test_a_queue_that_was_emptied_leaves_its_entries_stray(
        self, in_alpha: TenantRef, entries: list[UUID]
    ) -> None:
        [entry] = note()
        UnsealedEntries.objects.all().delete()
        assert codes(in_alpha) == [("entry_inserted", entry)]

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ("sealed_at = sealed_at + interval '1 second'", "seal_changed"),
            ("previous = repeat('0', 64)", "seal_not_linked"),
            ("count = count + 1", "seal_changed"),
            ("entries = entries[2:]", "seal_entries_changed"),
            ("leaves = set_byte(leaves, 0, 255 - get_byte(leaves, 0))", "seal_leaves_changed"),
            ("hash = repeat('a', 64)", "seal_changed"),
        ],
    )
    def test_a_changed_seal_is_found(
        self, in_alpha: TenantRef, entries: list[UUID], change: str, code: str
    ) -> None:
        with as_its_owner() as cursor:
            cursor.execute(f"UPDATE ledger_auditseal SET {change} WHERE number = 2")
        assert code in [found for found, _entry in codes(in_alpha)]

    def test_the_last_seal_cannot_be_taken_off(self, in_alpha: TenantRef, entries: list[UUID]) -> None:
        with as_its_owner() as cursor:
            cursor.execute("DELETE FROM ledger_auditseal WHERE number = 2")
        assert codes(in_alpha) == [
            ("entry_inserted", entries[3]),
            ("entry_inserted", entries[4]),
            ("seal_deleted", None),
        ]

    def test_a_history_that_was_rewritten_whole_does_not_fit_what_was_signed(
        self, in_alpha: TenantRef, entries: list[UUID]
    ) -> None:
        """Whoever owns the database edits an entry and seals everything anew; the heads outside know better."""
        with as_its_owner() as cursor:
            edit(cursor, entries[0])
            cursor.execute("DELETE FROM ledger_auditseal")
            cursor.execute("DELETE FROM ledger_auditcheckpoint")
            UnsealedEntries.objects.create(entries=entries[:3])
        seal()
        UnsealedEntries.objects.create(entries=entries[3:])
        seal()
        assert [code for code, _entry in codes(in_alpha)] == ["history_rewritten", "checkpoint_deleted"]

    def test_heads_that_are_lost_or_changed_are_found(
        self, in_alpha: TenantRef, entries: list[UUID], outside: Path
    ) -> None:
        path = outside / f"{in_alpha.id}.jsonl"
        kept = path.read_text()
        path.unlink()
        assert [code for code, _entry in codes(in_alpha)] == ["checkpoint_not_outside"]
        path.write_text("nonsense\n" + kept)
        assert [code for code, _entry in codes(in_alpha)] == ["checkpoint_unreadable"]
        path.write_text(kept + kept)
        assert codes(in_alpha) == []
        path.write_text(
            kept.replace('"number\\\\":2', '"number\\\\":1').replace('number\\":2', 'number\\":1')
        )
        assert "checkpoint_not_signed" in [code for code, _entry in codes(in_alpha)]

    def test_seals_and_heads_are_never_changed(self, in_alpha: TenantRef, entries: list[UUID]) -> None:
        for rows in (AuditSeal.objects.all(), AuditCheckpoint.objects.all()):
            with pytest.raises(Exception, match="never changed"), transaction.atomic():
                rows.delete()


class TestCommand:
    def run(self, *arguments: str) -> tuple[int, str]:
        out, code = StringIO(), 0
        try:
            call_command("verify_audit", *arguments, stdout=out)
        except SystemExit as ended:
            code = int(str(ended.code))
        return code, out.getvalue()

    def test_says_what_is_whole(self, in_alpha: TenantRef) -> None:
        note(2)
        seal()
        code, said = self.run("--tenant", "alpha")
        connection.set_schema(in_alpha.schema_name)
        assert code == 0
        assert said.startswith("alpha: ")
        assert "1 seals" in said
        assert "unbroken" in said
        assert "beta" not in said

    def test_names_what_is_broken_and_fails(self, in_alpha: TenantRef) -> None:
        [entry] = note()
        seal()
        with as_its_owner() as cursor:
            edit(cursor, entry)
        code, said = self.run("--tenant", "alpha")
        connection.set_schema(in_alpha.schema_name)
        assert code == 1
        assert f"entry_changed: Entry {entry}" in said

    def test_looks_at_all_workspaces_and_the_platform(self, in_alpha: TenantRef) -> None:
        code, said = self.run()
        connection.set_schema(in_alpha.schema_name)
        assert code == 0
        assert [line.split(":")[0] for line in said.splitlines()] == ["platform", "alpha", "beta"]

    def test_refuses_a_tenant_that_is_none(self, db: None) -> None:
        with pytest.raises(CommandError, match="no tenant"):
            call_command("verify_audit", "--tenant", "nobody")


class TestProofs:
    def test_asking_twice_is_the_same_and_writes_nothing(self, in_alpha: TenantRef) -> None:
        note(2)
        seal()
        case = str(ExceptionCase.objects.latest("id").id)
        note(1)
        counts = AuditSeal.objects.count(), AuditCheckpoint.objects.count(), UnsealedEntries.objects.count()
        proofs = [prove_entries(in_alpha.id, subjects=[("exception", case)]) for _ in range(2)]
        assert proofs[0] == proofs[1]
        assert len(proofs[0].entries) == 2
        assert counts == (
            AuditSeal.objects.count(),
            AuditCheckpoint.objects.count(),
            UnsealedEntries.objects.count(),
        )

    def test_the_head_that_was_signed_is_the_one_that_proves(self, in_alpha: TenantRef) -> None:
        note(2)
        case = str(ExceptionCase.objects.latest("id").id)
        seal()
        on_demand = prove_entries(in_alpha.id, subjects=[("exception", case)])
        assert "signed_at" not in json.loads(on_demand.heads[0].content)
        for _ in range(3):
            note()
            seal()
        head = sign()
        assert head is not None
        proven = prove_entries(in_alpha.id, subjects=[("exception", case)])
        assert proven.heads[0].content == head.statement.encode()
        assert (proven.seals[0].place.index, proven.seals[0].place.count) == (0, 4)

    def test_what_is_too_young_for_a_seal_is_signed_by_itself(self, in_alpha: TenantRef) -> None:
        note(1)
        case = str(ExceptionCase.objects.latest("id").id)
        proven = prove_entries(in_alpha.id, subjects=[("exception", case)])
        assert proven.pending is not None
        assert (proven.entries[0].seal, proven.seals, proven.heads) == (None, [], [])
