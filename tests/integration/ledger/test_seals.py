"""Sealing, signing and verifying the audit of a real schema."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.ids import new_id
from apps.dispatch.models import WorkItem
from apps.dispatch.models.queue import PLATFORM
from apps.ledger.models import AuditCheckpoint, AuditEntry, AuditSeal, UnsealedEntries
from apps.ledger.selectors.proofs import prove_entries
from apps.ledger.selectors.verifying import verify_chain
from apps.ledger.services import emit, record, unit_of_work
from apps.ledger.services.sealing import CHECKPOINT_KIND, next_signing, seal_entries, sign_head
from apps.ledger.services.unit import SEAL_KIND
from apps.ledger.signing import is_signed, public_keys
from apps.ledger.types import DomainEvent
from apps.workflows.models import ExceptionCase
from tenants.context import current_tenant, platform_context, schema_context, tenant_context
from tenants.db import connection
from tenants.directory import tenant_ref
from tenants.models import Tenant
from tenants.types import TenantRef

ANN = Actor.system("Ann")


@pytest.fixture(autouse=True)
def outside(settings: Any, tmp_path: Path) -> Path:
    settings.AUDIT_CHECKPOINT_DIR = tmp_path / "audit"
    return tmp_path / "audit"


def note(number: int = 1, *, told: bool = False) -> list[UUID]:
    """Record so many acts, each in a transaction of its own; return the entries' ids."""
    case = ExceptionCase.objects.create(subject="thing/1", title="t", code="c", message="m")
    ids = []
    for at in range(number):
        with unit_of_work(ANN, reason=f"reason {at}"):
            record("thing.note", case, after={"number": at, "share": 0.1, "word": "größer"})
            if told:
                emit(DomainEvent("thing.happened", f"thing/{at}"))
        ids.append(AuditEntry.objects.latest("id").id)
    return ids


def seal() -> AuditSeal | None:
    with unit_of_work(ANN):
        return seal_entries()


def fail_after_an_act() -> None:
    with unit_of_work(ANN):
        record("thing.note", ExceptionCase(subject="thing/1", title="t", code="c", message="m"))
        raise ZeroDivisionError


def sign() -> AuditCheckpoint | None:
    with unit_of_work(ANN):
        return sign_head()


@contextmanager
def as_its_owner() -> Iterator[Any]:
    """What somebody who owns the database can do: write past the triggers."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in ("auditentry", "auditseal", "auditcheckpoint"):
            cursor.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER append_only")
        yield cursor
        for table in ("auditentry", "auditseal", "auditcheckpoint"):
            cursor.execute(f"ALTER TABLE ledger_{table} ENABLE TRIGGER append_only")


@pytest.fixture(autouse=True)
def _clean(request: pytest.FixtureRequest) -> None:
    """Begin without what provisioning and other tests have left in the audit of anybody."""
    if "in_alpha" in request.fixturenames:
        alpha = request.getfixturevalue("in_alpha")
        for place in (platform_context(), *(schema_context(tenant_ref(one)) for one in _tenants())):
            with place, as_its_owner() as cursor:
                for table in ("auditentry", "unsealedentries", "auditcheckpoint", "auditseal"):
                    cursor.execute(f"DELETE FROM ledger_{table}")
        WorkItem.objects.all().delete()
        assert current_tenant().id == alpha.id


def _tenants() -> list[Tenant]:
    return list(Tenant.objects.select_related("partner__brand", "brand").filter(status="ready"))


def codes(tenant: TenantRef) -> list[tuple[str, UUID | None]]:
    return [(found.code, found.entry) for found in verify_chain(tenant.id).breaks]


def due(kind: str) -> list[WorkItem]:
    return list(WorkItem.objects.filter(kind=kind, state="ready").order_by("id"))


class TestSealing:
    def test_what_is_written_is_sealed_soon_and_its_head_is_signed_within_a_day(
        self, in_alpha: TenantRef, drain: Callable[..., int]
    ) -> None:
        entries = note(3, told=True)
        assert due(SEAL_KIND) == []
        drain()
        [item] = due(SEAL_KIND)
        assert timedelta(seconds=1) < item.run_at - now() < timedelta(seconds=10)
        drain(until=60)
        held = AuditSeal.objects.get(entries__contains=entries)
        assert (held.count, held.total) == (len(held.entries), held.count)
        assert not UnsealedEntries.objects.exists()
        assert due(SEAL_KIND) == []
        [item] = due(CHECKPOINT_KIND)
        assert timedelta(0) < item.run_at - now() <= timedelta(days=1)
        drain(until=86_400)
        assert AuditCheckpoint.objects.get().seal_number == AuditSeal.objects.latest("number").number
        assert codes(in_alpha) == []

    def test_an_act_that_is_told_to_nobody_wakes_the_sealer_itself(
        self, in_alpha: TenantRef, drain: Callable[..., int]
    ) -> None:
        [entry] = note()
        assert len(due(SEAL_KIND)) == 1
        drain(until=60)
        assert AuditSeal.objects.get().entries == [entry]

    def test_at_rest_nothing_is_looked_at(self, in_alpha: TenantRef, drain: Callable[..., int]) -> None:
        note(2, told=True)
        drain(until=90_000)
        assert WorkItem.objects.filter(tenant_id=in_alpha.id).count() == 0
        assert drain(until=10 * 86_400) == 0

    def test_a_command_costs_no_statement_more(
        self, in_alpha: TenantRef, django_assert_num_queries: Any
    ) -> None:
        case = ExceptionCase.objects.create(subject="thing/1", title="t", code="c", message="m")
        with django_assert_num_queries(3) as captured, unit_of_work(ANN):  # savepoint, the statement, release
            record("thing.note", case, event=DomainEvent("thing.happened", "thing/1"))
        [written] = [query["sql"] for query in captured.captured_queries if "INSERT" in query["sql"]]
        assert "ledger_unsealedentries" in written

    def test_seals_follow_each_other(self, in_alpha: TenantRef) -> None:
        for _ in range(3):
            note(2)
            seal()
        first, second, third = AuditSeal.objects.order_by("number")
        assert (first.number, second.number, third.number) == (1, 2, 3)
        assert (second.previous, third.previous) == (first.hash, second.hash)
        assert [held.total for held in (first, second, third)] == [2, 4, 6]
        assert seal() is None

    def test_what_is_rolled_back_is_never_sealed(self, in_alpha: TenantRef) -> None:
        with pytest.raises(ZeroDivisionError):
            fail_after_an_act()
        assert seal() is None

    def test_a_long_queue_is_sealed_in_parts(
        self, in_alpha: TenantRef, drain: Callable[..., int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.ledger.services.sealing.BATCHES_A_SEAL", 2)
        entries = note(5)
        drain(until=60)
        assert [held.count for held in AuditSeal.objects.order_by("number")] == [2, 2, 1]
        assert [entry for held in AuditSeal.objects.order_by("number") for entry in held.entries] == entries
        assert codes(in_alpha) == []

    def test_the_platform_has_a_chain_of_its_own(self, in_alpha: TenantRef) -> None:
        with platform_context():
            with unit_of_work(ANN):
                record("thing.note", Tenant.objects.all()[0])
            while seal():
                continue
            assert AuditSeal.objects.exists()
            assert verify_chain(PLATFORM).breaks == ()
        assert not AuditSeal.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_commits_late_is_sealed_later_and_nothing_is_skipped(
    fresh_tenant: TenantRef,
) -> None:
    """Its entries have the lowest ids of all; they are open while everything after them is sealed."""
    began, go_on = threading.Event(), threading.Event()

    def be_late() -> None:
        with tenant_context(fresh_tenant), transaction.atomic():
            entry = AuditEntry.objects.create(actor_kind="system", actor_label="Late", action="thing.late")
            UnsealedEntries.objects.create(entries=[entry.id])
            began.set()
            assert go_on.wait(20)
        connection.close()

    thread = threading.Thread(target=be_late)
    thread.start()
    assert began.wait(20)
    with tenant_context(fresh_tenant):
        early = note(3)
        seal()
        sealed = {entry for held in AuditSeal.objects.all() for entry in held.entries}
        assert set(early) <= sealed
        go_on.set()
        thread.join(20)
        entry = AuditEntry.objects.get(action="thing.late")
        assert entry.id < min(early)
        assert entry.id not in sealed
        assert codes(fresh_tenant) == []
        made = seal()
        assert made is not None
        assert entry.id in made.entries
        assert codes(fresh_tenant) == []


@pytest.mark.django_db(transaction=True)
def test_sealers_at_the_same_time_make_one_chain(fresh_tenant: TenantRef) -> None:
    with tenant_context(fresh_tenant):
        note(6)
    start = threading.Barrier(4)

    def run() -> None:
        start.wait(20)
        with tenant_context(fresh_tenant):
            seal()
            note(1)
            seal()
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with tenant_context(fresh_tenant):
        seal()
        report = verify_chain(fresh_tenant.id)
        assert report.breaks == ()
        assert report.waiting == 0
        assert sum(held.count for held in AuditSeal.objects.all()) == report.entries


class TestSigning:
    def test_a_head_is_signed_once_and_kept_outside(self, in_alpha: TenantRef, outside: Path) -> None:
        assert sign() is None
        note(2)
        made = seal()
        assert made is not None
        head = sign()
        assert head is not None
        assert sign() is None
        [line] = (outside / f"{in_alpha.id}.jsonl").read_text().splitlines()
        kept = json.loads(line)
        assert (kept["statement"], kept["signature"]) == (head.statement, head.signature)
        said = json.loads(head.statement)
        assert (said["number"], said["hash"], said["since"]) == (made.number, made.hash, 0)
        [key] = public_keys(in_alpha.id)
        assert is_signed(head.statement.encode(), signature=head.signature, key=key)
        assert not is_signed(head.statement.encode() + b" ", signature=head.signature, key=key)

    def test_no_two_chains_have_a_key_in_common(self, in_alpha: TenantRef, beta: TenantRef) -> None:
        assert public_keys(in_alpha.id) != public_keys(beta.id)

    def test_older_keys_are_still_known(self, in_alpha: TenantRef, settings: Any) -> None:
        note()
        seal()
        sign()
        before = public_keys(in_alpha.id)
        settings.AUDIT_SIGNING_KEYS = [
            "bmV3LWtleS1mb3ItdGVzdHMtb25seS1uZXcta2V5ISE=",
            *settings.AUDIT_SIGNING_KEYS,
        ]
        assert public_keys(in_alpha.id)[1:] == before
        assert codes(in_alpha) == []
        settings.AUDIT_SIGNING_KEYS = settings.AUDIT_SIGNING_KEYS[:1]
        assert [code for code, _entry in codes(in_alpha)] == ["checkpoint_not_signed"]

    def test_each_chain_is_signed_once_a_day_at_its_own_time(self) -> None:
        at = now()
        times = {next_signing(at, new_id()) for _ in range(40)}
        assert len(times) > 20
        assert all(timedelta(0) < time - at <= timedelta(days=1) for time in times)
        assert all(time.hour == 0 for time in times)

    def test_the_public_keys_are_published_on_the_host(self, in_alpha: TenantRef, client: Any) -> None:
        answer = client.get("/.well-known/audit-keys.json", headers={"host": in_alpha.primary_host})
        connection.set_schema(in_alpha.schema_name)
        said = answer.json()
        assert (said["chain"], said["issuer"]) == (str(in_alpha.id), in_alpha.brand.name)
        assert [key["public_key"] for key in said["keys"]] == [key.hex for key in public_keys(in_alpha.id)]
        assert (
            client.post("/.well-known/audit-keys.json", headers={"host": in_alpha.primary_host}).status_code
            == 405
        )
        connection.set_schema(in_alpha.schema_name)


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
