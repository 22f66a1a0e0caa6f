"""From facts to the files of a packet, and to one archive; equal facts give equal bytes. Pure, but for the signing."""

import io
import json
import re
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from apps.approvals.packets.facts import Packet, PacketDocument, PacketFacts
from apps.approvals.packets.pdf import readable_page
from apps.approvals.packets.words import read_me
from apps.core.canonical import canonical_json
from apps.ledger.selectors.proofs import ChainProof, Place, Statement
from apps.ledger.signing import sign

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
_VERIFIER = Path(__file__).with_name("verify.py")
_WRITTEN = (1980, 1, 1, 0, 0, 0)
"""The time of every file of the archive: when it was made is no part of what it proves."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def make_packet(facts: PacketFacts) -> Packet:
    """Return the packet as an archive."""
    content = _archive(packet_files(facts))
    approval = str(facts.request["approval"])
    return Packet(f"evidence-{approval[-12:]}.zip", content, sha256(content).hexdigest())


def packet_files(facts: PacketFacts) -> dict[str, bytes]:
    """Return every file of the packet by name, the signed manifest among them."""
    files = {
        "README.txt": read_me(facts).encode(),
        "packet.pdf": readable_page(facts),
        "request.json": _readable(facts.request),
        "public_keys.json": _keys(facts),
        "verify.py": _VERIFIER.read_bytes(),
        "chain/entries.jsonl": b"".join(entry.content + b"\n" for entry in facts.proof.entries),
        "chain/proofs.json": _readable(_proofs(facts.proof)),
    }
    for number, decision in enumerate(facts.decisions, start=1):
        files[f"decisions/{number:02}-{decision.said['outcome']}.json"] = decision.content
    for number, document in enumerate(facts.documents, start=1):
        if document.content is not None:
            files[f"documents/{document_name(number, document)}"] = document.content
    return files | _signed_manifest(facts, files)


def document_name(number: int, document: PacketDocument) -> str:
    """Return a name that every system can unpack."""
    name = _UNSAFE.sub("_", str(document.facts["name"])).strip("._") or "document"
    return f"{number:02}-{name[-80:]}"


def _signed_manifest(facts: PacketFacts, files: Mapping[str, bytes]) -> dict[str, bytes]:
    manifest = _readable(
        {
            "format": 1,
            "approval": facts.request["approval"],
            "issuer": facts.issuer.brand,
            "workspace": facts.issuer.workspace,
            "chain": str(facts.proof.chain),
            "key": facts.keys[0].id,
            "keys_at": facts.issuer.keys_at,
            "files": {name: sha256(files[name]).hexdigest() for name in sorted(files)},
        }
    )
    return {MANIFEST: manifest, SIGNATURE: sign(facts.proof.chain, manifest).encode()}


def _keys(facts: PacketFacts) -> bytes:
    keys = [{"id": key.id, "algorithm": "Ed25519", "public_key": key.hex} for key in facts.keys]
    return _readable({"chain": str(facts.proof.chain), "keys": keys, "keys_at": facts.issuer.keys_at})


def _proofs(proof: ChainProof) -> dict[str, object]:
    return {
        "entries": [
            {"id": str(entry.id), "seal": entry.seal, "place": _place(entry.place)} for entry in proof.entries
        ],
        "seals": [
            {"header": seal.content.decode(), "head": seal.head, "place": _place(seal.place)}
            for seal in proof.seals
        ],
        "heads": [_statement(head) for head in proof.heads],
        "pending": _statement(proof.pending) if proof.pending else None,
    }


def _place(place: Place | None) -> dict[str, object] | None:
    if place is None:
        return None
    return {"index": place.index, "count": place.count, "path": [step.hex() for step in place.path]}


def _statement(statement: Statement) -> dict[str, str]:
    return {"statement": statement.content.decode(), "signature": statement.signature}


def _readable(value: object) -> bytes:
    """JSON that a person can read and that is always the same."""
    return (
        json.dumps(json.loads(canonical_json(value)), indent=2, sort_keys=True, ensure_ascii=False).encode()
        + b"\n"
    )


def _archive(files: Mapping[str, bytes]) -> bytes:
    """Stored, not deflated: compressors differ from machine to machine."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _WRITTEN)
            entry.external_attr = (0o755 if name == "verify.py" else 0o644) << 16
            entry.create_system = 3
            archive.writestr(entry, files[name])
    return held.getvalue()
