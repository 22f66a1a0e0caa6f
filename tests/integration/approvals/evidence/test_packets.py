"""The packet that proves a decision: as it comes, and after any change."""

import json
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from apps.approvals.models import ApprovalRequest, Decision
from apps.approvals.packets import verify
from apps.approvals.selectors.packets import evidence_packet
from apps.ledger.models import AuditEntry, UnsealedEntries
from tenants.db import connection
from tenants.types import TenantRef
from tests.integration.approvals.conftest import Staff, begin
from tests.integration.approvals.evidence.packets import CONTRACT, SYSTEM, Shelf, decide, judge, seal, unpack


class TestPacket:
    @pytest.mark.parametrize("state", ["young", "sealed", "signed"])
    def test_it_proves_itself(self, decided: ApprovalRequest, tmp_path: Path, state: str) -> None:
        if state != "young":
            seal(signed=state == "signed")
        code, said = judge(unpack(decided, tmp_path / "packet"))
        assert code == 0, said
        assert "PROVEN: Approve staffing is approved." in said
        assert "approved by Rita" in said
        assert "approved by Dora" in said

    def test_it_holds_what_it_says(
        self, decided: ApprovalRequest, tmp_path: Path, in_alpha: TenantRef
    ) -> None:
        seal(signed=True)
        folder = unpack(decided, tmp_path / "packet")
        names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        assert names == [
            "README.txt",
            "chain/entries.jsonl",
            "chain/proofs.json",
            "decisions/01-approved.json",
            "decisions/02-approved.json",
            "documents/01-Vertrag_f_r_Nordwind.pdf",
            "manifest.json",
            "manifest.sig",
            "packet.pdf",
            "public_keys.json",
            "request.json",
            "verify.py",
        ]
        assert (folder / "documents/01-Vertrag_f_r_Nordwind.pdf").read_bytes() == CONTRACT
        assert (folder / "decisions/01-approved.json").read_text() == Decision.objects.earliest("id").record
        assert in_alpha.brand.name in (folder / "README.txt").read_text()

    def test_its_page_can_be_read_whatever_the_text(
        self, staff: Staff, asked: ApprovalRequest, shelf: Shelf, tmp_path: Path
    ) -> None:
        words = "<b>1 & 2</b> Łukasz Ελένη Олена 日本語 مرحبا 🎉 " + "long " * 4_000
        decide(staff, asked, "Rita", comment=words)
        page = (unpack(asked, tmp_path / "packet") / "packet.pdf").read_bytes()
        assert page.startswith(b"%PDF-1.")
        assert page.rstrip().endswith(b"%%EOF")
        assert page.count(b"/Type /Page\n") >= 2
        assert b"throughline" not in page.lower()

    def test_it_is_the_same_each_time_and_asking_changes_nothing(self, decided: ApprovalRequest) -> None:
        waiting = UnsealedEntries.objects.count(), AuditEntry.objects.count()
        first = evidence_packet(request_id=decided.id, actor=SYSTEM)
        assert evidence_packet(request_id=decided.id, actor=SYSTEM) == first
        assert (UnsealedEntries.objects.count(), AuditEntry.objects.count()) == waiting
        seal()
        sealed = evidence_packet(request_id=decided.id, actor=SYSTEM)
        decided.run.refresh_from_db()
        begin()
        seal()
        assert evidence_packet(request_id=decided.id, actor=SYSTEM) == sealed

    def test_any_changed_byte_is_noticed(self, decided: ApprovalRequest, tmp_path: Path) -> None:
        """Each file in several places; what is noticed is said, and by name unless the verifier itself was hit."""
        seal(signed=True)
        folder = unpack(decided, tmp_path / "packet")
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            content = path.read_bytes()
            for place in sorted({0, len(content) // 3, len(content) // 2, len(content) - 1}):
                path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
                code, said = judge(folder)
                assert code == 1, f"{path.name} at {place}: {said}"
                assert said.strip(), path.name
                if path.name != "verify.py":
                    assert "NOT PROVEN" in said
            path.write_bytes(content)
        assert judge(folder)[0] == 0

    def test_a_signature_in_other_letters_is_a_change_too(
        self, decided: ApprovalRequest, tmp_path: Path
    ) -> None:
        folder = unpack(decided, tmp_path / "packet")
        signature = folder / "manifest.sig"
        held = signature.read_text()
        for changed in (held.upper(), held + "\n", " " + held):
            signature.write_text(changed)
            assert judge(folder)[0] == 1
        signature.write_text(held)
        assert judge(folder)[0] == 0

    def test_what_is_missing_or_added_is_noticed(self, decided: ApprovalRequest, tmp_path: Path) -> None:
        folder = unpack(decided, tmp_path / "packet")
        (folder / "documents" / "02-another.pdf").write_bytes(b"%PDF")
        assert "does not belong to the packet" in judge(folder)[1]
        (folder / "documents" / "02-another.pdf").unlink()
        (folder / ".DS_Store").write_bytes(b"left behind by a system")
        assert judge(folder)[0] == 0
        (folder / "request.json").unlink()
        code, said = judge(folder)
        assert (code, "request.json is missing" in said) == (1, True)

    def test_a_key_from_elsewhere_can_be_insisted_on(self, decided: ApprovalRequest, tmp_path: Path) -> None:
        folder = unpack(decided, tmp_path / "packet")
        key = json.loads((folder / "public_keys.json").read_text())["keys"][0]["public_key"]
        assert judge(folder, "--key", key)[0] == 0
        code, said = judge(folder, "--key", "0" * 64)
        assert (code, "another key" in said) == (1, True)
        assert judge(folder, "--kee", key)[0] == 1

    def test_a_forged_manifest_does_not_help(self, decided: ApprovalRequest, tmp_path: Path) -> None:
        """Who changes a decision and lists its new hash lacks the key; who makes a key of his own is told apart by it."""
        folder = unpack(decided, tmp_path / "packet")
        known = json.loads((folder / "public_keys.json").read_text())["keys"][0]["public_key"]
        self.forge(folder)
        assert "its signature does not fit" in judge(folder)[1]
        own = Ed25519PrivateKey.from_private_bytes(b"m" * 32)
        raw = own.public_key().public_bytes_raw()
        keys = json.loads((folder / "public_keys.json").read_text())
        keys["keys"] = [{"id": sha256(raw).hexdigest()[:16], "public_key": raw.hex()}]
        (folder / "public_keys.json").write_text(json.dumps(keys))
        self.list_anew(folder, key=keys["keys"][0]["id"])
        (folder / "manifest.sig").write_text(own.sign((folder / "manifest.json").read_bytes()).hex())
        assert judge(folder)[0] == 1
        assert judge(folder, "--key", known)[0] == 1

    def forge(self, folder: Path) -> None:
        path = folder / "decisions" / "01-approved.json"
        path.write_text(path.read_text().replace("Rita", "Rolf"))
        self.list_anew(folder)

    @staticmethod
    def list_anew(folder: Path, **changes: str) -> None:
        manifest = json.loads((folder / "manifest.json").read_text()) | changes
        manifest["files"] = {
            name: sha256((folder / name).read_bytes()).hexdigest() for name in manifest["files"]
        }
        (folder / "manifest.json").write_text(json.dumps(manifest))

    @pytest.mark.parametrize("version", ["3.8", "3.9", "3.12", "3.13"])
    def test_older_and_newer_pythons_verify_it(
        self, decided: ApprovalRequest, tmp_path: Path, version: str
    ) -> None:
        """With whichever of them this machine has; the oldest that is promised is checked by its grammar as well."""
        source = Path(verify.__file__).read_text()
        compile(source, "verify.py", "exec", dont_inherit=True)
        found = sorted(Path("~/.pyenv/versions").expanduser().glob(f"{version}.*/bin/python3"))
        folder = unpack(decided, tmp_path / "packet")
        for python in found or [Path(sys.executable)]:
            code, said = judge(folder, python=str(python))
            assert code == 0, said

    def test_a_request_that_is_still_open_shows_what_was_asked(
        self, asked: ApprovalRequest, shelf: Shelf, tmp_path: Path
    ) -> None:
        folder = unpack(asked, tmp_path / "packet")
        code, said = judge(folder)
        assert (code, "is open" in said) == (0, True)
        assert (folder / "documents").exists()

    def test_decisions_from_before_records_were_kept(
        self, staff: Staff, decided: ApprovalRequest, tmp_path: Path, drain: Callable[..., int]
    ) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table, change in (
                ("approvals_decision", "record = '', record_hash = ''"),
                ("ledger_auditentry", "after = after - 'record_hash'"),
            ):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
                cursor.execute(f"UPDATE {table} SET {change}")
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")
        code, said = judge(unpack(decided, tmp_path / "packet"))
        assert (code, "made before records were kept" in said) == (0, True), said

    def test_a_document_that_is_kept_elsewhere_is_named_and_left_out(
        self,
        staff: Staff,
        asked: ApprovalRequest,
        shelf: Shelf,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("apps.approvals.documents._sources", [(shelf.listed, lambda ids, actor: {})])
        decide(staff, asked, "Rita")
        folder = unpack(asked, tmp_path / "packet")
        assert judge(folder)[0] == 0
        assert not (folder / "documents").exists()
        assert "Vertrag für Nordwind.pdf" in (folder / "README.txt").read_text()


def test_the_signatures_are_those_of_the_rfc() -> None:
    """RFC 8032, section 7.1: tests 1 to 3 and the one of SHA-512(abc)."""
    for block in VECTORS.split("\n\n"):
        parts: dict[str, bytes] = {}
        for line in block.strip().splitlines():
            name, _, digits = line.partition(" ")
            parts[name] = parts.get(name, b"") + bytes.fromhex(digits)
        message, signature, key = parts["message"], parts["signature"], parts["key"]
        assert verify.is_signed(message, signature, key)
        assert not verify.is_signed(message + b"x", signature, key)
        for place in (0, 31, 32, 63):
            changed = signature[:place] + bytes([signature[place] ^ 1]) + signature[place + 1 :]
            try:
                assert not verify.is_signed(message, changed, key)
            except verify.NotProven:
                continue


VECTORS = """
key d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a
message
signature e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
signature 5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b

key 3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c
message 72
signature 92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
signature 085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00

key fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025
message af82
signature 6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac
signature 18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a

key ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf
message ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a
message 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
signature dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589
signature 09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704
"""
