#!/usr/bin/env python3
"""Does this folder prove what it says?  python3 verify.py [--key HEX]

Needs Python 3.8 or newer and nothing else: no network, no packages. Exit code 0 if every file is as it was signed and
the audit trail leads to a signed head, 1 with the reason if not. With --key it also insists on the public key that you
have from elsewhere, such as /.well-known/audit-keys.json of the workspace's host or an earlier packet.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
SIGNED = "manifest.json"
SIGNATURE = "manifest.sig"
# Imported by its own tests it does nothing. Asked the other way round, a changed letter here could keep it from running.
RUNS = not __name__.startswith("apps.")


def check_itself() -> None:
    """Refuse to say anything if this very file was changed."""
    try:
        with open(os.path.join(HERE, "verify.py"), "rb") as file:
            own = hashlib.sha256(file.read()).hexdigest()
        with open(os.path.join(HERE, SIGNED), "rb") as file:
            listed = file.read()
    except OSError as reason:
        raise SystemExit(f"NOT PROVEN: {reason}.") from None
    if own.encode() not in listed:
        raise SystemExit("NOT PROVEN: verify.py was changed.")


if RUNS:
    check_itself()


class NotProven(Exception):
    """Something is not as it was signed."""


# Ed25519 as RFC 8032 describes it (section 5.1), with points in extended coordinates.

FIELD = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, FIELD - 2, FIELD) % FIELD
ROOT = pow(2, (FIELD - 1) // 4, FIELD)
NEUTRAL = (0, 1, 1, 0)


def add(one: Any, other: Any) -> Any:
    a = (one[1] - one[0]) * (other[1] - other[0]) % FIELD
    b = (one[1] + one[0]) * (other[1] + other[0]) % FIELD
    c = 2 * one[3] * other[3] * CURVE % FIELD
    d = 2 * one[2] * other[2] % FIELD
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % FIELD, g * h % FIELD, f * g % FIELD, e * h % FIELD)


def times(number: int, point: Any) -> Any:
    total = NEUTRAL
    while number:
        if number & 1:
            total = add(total, point)
        point = add(point, point)
        number >>= 1
    return total


def same(one: Any, other: Any) -> bool:
    across = (one[0] * other[2] - other[0] * one[2]) % FIELD
    up = (one[1] * other[2] - other[1] * one[2]) % FIELD
    return bool(across == 0 and up == 0)


def point_of(raw: bytes) -> Any:
    """Return the point that 32 bytes stand for; raise NotProven if they stand for none."""
    number = int.from_bytes(raw, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    square = (y * y - 1) * pow(CURVE * y * y + 1, FIELD - 2, FIELD) % FIELD
    x = pow(square, (FIELD + 3) // 8, FIELD)
    if (x * x - square) % FIELD:
        x = x * ROOT % FIELD
    if y >= FIELD or (x * x - square) % FIELD or (x == 0 and sign):
        raise NotProven("a key or signature is no point of the curve")
    if x & 1 != sign:
        x = FIELD - x
    return (x, y, 1, x * y % FIELD)


BASE = point_of((4 * pow(5, FIELD - 2, FIELD) % FIELD).to_bytes(32, "little"))


def is_signed(content: bytes, signature: bytes, key: bytes) -> bool:
    """Whether the 64 bytes are the signature of the content by the 32 bytes of the key."""
    if len(signature) != 64 or len(key) != 32:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if scalar >= ORDER:
        return False
    mixed = hashlib.sha512(signature[:32] + key + content).digest()
    challenge = int.from_bytes(mixed, "little") % ORDER
    right = add(point_of(signature[:32]), times(challenge, point_of(key)))
    return same(times(scalar, BASE), right)


# Merkle trees as RFC 6962 describes them.


def leaf_of(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def root_from(leaf: bytes, place: Any) -> str:
    """Return the root that a leaf leads to by its place: index, count, and the hashes beside the way."""
    index, count, path = place["index"], place["count"], [bytes.fromhex(step) for step in place["path"]]
    need(0 <= index < count, "a proof names a place that is not in its tree")
    held = leaf
    while count > 1:
        if index ^ 1 < count:
            need(path, "a proof is too short")
            beside = path.pop(0)
            pair = beside + held if index % 2 else held + beside
            held = hashlib.sha256(b"\x01" + pair).digest()
        index, count = index // 2, (count + 1) // 2
    need(not path, "a proof is too long")
    return held.hex()


def need(truth: Any, reason: str) -> None:
    if not truth:
        raise NotProven(reason)


def read(name: str) -> bytes:
    try:
        with open(os.path.join(HERE, *name.split("/")), "rb") as file:
            return file.read()
    except OSError:
        raise NotProven(f"{name} is missing") from None


def hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def listed_files() -> set[str]:
    """Return the names of all files of the folder; what systems leave behind by themselves does not count."""
    found = set()
    for folder, folders, files in os.walk(HERE):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        for name in files:
            if not name.startswith(".") and name not in ("Thumbs.db", "desktop.ini"):
                found.add(os.path.relpath(os.path.join(folder, name), HERE).replace(os.sep, "/"))
    return found


def check_files() -> Any:
    """Return the manifest and the public keys: every file is as the manifest says, and the manifest is signed."""
    raw, signature = read(SIGNED), read(SIGNATURE)
    manifest = json.loads(raw.decode())
    files = manifest["files"]
    for name in sorted(files):
        need(hash_of(read(name)) == files[name], f"{name} was changed")
    unknown = sorted(listed_files() - set(files) - {SIGNED, SIGNATURE})
    need(not unknown, f"{', '.join(unknown)} does not belong to the packet")
    keys = {}
    for key in json.loads(read("public_keys.json").decode())["keys"]:
        keys[key["id"]] = bytes.fromhex(key["public_key"])
        need(hash_of(keys[key["id"]])[:16] == key["id"], "public_keys.json names a key wrongly")
    need(signature == bytes.fromhex(signature.decode()).hex().encode(), "manifest.sig was changed")
    signed = is_signed(raw, bytes.fromhex(signature.decode()), keys[manifest["key"]])
    need(signed, "manifest.json was changed: its signature does not fit")
    return manifest, keys


def check_statement(statement: Any, keys: Any, kind: str, chain: str) -> Any:
    """Return what a signed statement says."""
    content = statement["statement"].encode()
    said = json.loads(content.decode())
    need(said["kind"] == kind and said["chain"] == chain, "a signed statement is about something else")
    need(said["key"] in keys, "a statement is signed by a key that is not in public_keys.json")
    signed = is_signed(content, bytes.fromhex(statement["signature"]), keys[said["key"]])
    need(signed, "the signature of an audit head does not fit")
    return said


def check_seals(proofs: Any, keys: Any, chain: str) -> Any:
    """Return the headers of the seals by number: each leads to a signed head."""
    heads = [check_statement(head, keys, "audit-head", chain) for head in proofs["heads"]]
    seals = {}
    for seal in proofs["seals"]:
        content = seal["header"].encode()
        header, head, place = json.loads(content.decode()), heads[seal["head"]], seal["place"]
        number = header["number"]
        need(header["chain"] == chain, f"seal {number} is of another chain")
        need(head["since"] + 1 + place["index"] == number, f"seal {number} is not where its proof says")
        need(place["count"] == head["number"] - head["since"], f"seal {number} has a proof of another head")
        reached = root_from(leaf_of(bytes.fromhex(hash_of(content))), place)
        need(reached == head["root"], f"seal {number} does not lead to the signed head")
        seals[number] = header
    return seals


def check_entries(manifest: Any, keys: Any) -> Any:
    """Return the audit entries: each leads to a seal, or is signed by itself while it is too young for one."""
    chain = manifest["chain"]
    proofs = json.loads(read("chain/proofs.json").decode())
    lines = read("chain/entries.jsonl").splitlines()
    need(len(lines) == len(proofs["entries"]), "not every audit entry has its proof")
    seals = check_seals(proofs, keys, chain)
    young = []
    if proofs["pending"]:
        young = check_statement(proofs["pending"], keys, "audit-pending", chain)["leaves"]
    entries = []
    for line, proof in zip(lines, proofs["entries"]):
        entry = json.loads(line.decode())
        if proof["seal"] is None:
            need(leaf_of(line).hex() in young, f"audit entry {entry['id']} is neither sealed nor signed")
        else:
            header, place = seals[proof["seal"]], proof["place"]
            need(place["count"] == header["count"], f"audit entry {entry['id']} has a proof of another seal")
            reached = root_from(leaf_of(line), place)
            need(reached == header["root"], f"audit entry {entry['id']} does not lead to its seal")
        entries.append(entry)
    return entries


def check_decisions(manifest: Any, entries: Any) -> Any:
    """Return the decisions: the audit names the hash of each, and what was shown is what the hash says."""
    noted = {}
    for entry in entries:
        after = entry["after"]
        if after.get("record_hash"):
            noted[after["decision"]] = after["record_hash"]
    decisions, old = [], []
    for name in sorted(manifest["files"]):
        if not name.startswith("decisions/"):
            continue
        content = read(name)
        said = json.loads(content.decode())
        if said.get("record") == "none":
            old.append(said)
            continue
        extract = said.get("record") == "extract"
        record = said["record_sha256"] if extract else hash_of(content)
        need(noted.pop(said["decision"], None) == record, f"{name} is not what the audit names")
        shown = json.dumps(said["shown"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        need(hash_of(shown.encode()) == said["shown_sha256"], f"{name} does not hold what was shown")
        decisions.append(said)
    need(not noted, "a decision that the audit names is missing")
    return decisions, old


def check_request(manifest: Any, entries: Any, decisions: Any) -> Any:
    """Return the request: its state is the audit's, and every document here is one that was shown."""
    request = json.loads(read("request.json").decode())
    need(request["approval"] == manifest["approval"], "request.json is about another approval")
    states = [
        entry["after"]["status"]
        for entry in entries
        if entry["subject_id"] == request["approval"] and "status" in entry["after"]
    ]
    need(not states or states[-1] == request["status"], "request.json does not say how it ended")
    shown = {document["sha256"] for document in request["documents"]}
    for said in decisions:
        need(said["shown"]["approval"] == request["approval"], "a decision is about another approval")
        shown.update(document["sha256"] for document in said["shown"]["documents"])
    for name in manifest["files"]:
        if name.startswith("documents/"):
            need(manifest["files"][name] in shown, f"{name} was not shown")
    return request


def examine(wanted: str) -> list[str]:
    """Return what is proven, as lines to print; raise NotProven."""
    manifest, keys = check_files()
    need(
        wanted in ("", keys[manifest["key"]].hex()),
        "the packet is signed by another key than the one you gave",
    )
    entries = check_entries(manifest, keys)
    decisions, old = check_decisions(manifest, entries)
    request = check_request(manifest, entries, decisions)
    lines = [f"PROVEN: {request['title']} is {request['status']}."]
    for said in decisions:
        behalf = f" on behalf of {said['on_behalf_of']['label']}" if said["on_behalf_of"] else ""
        who = said["decided_by"]["label"] + behalf
        part = " (an extract of the record)" if said.get("record") == "extract" else ""
        lines.append(f"  {said['decided_at']}: {said['outcome']} by {who}{part}")
    for said in old:
        lines.append(f"  {said['at']}: {said['outcome']} by {said['by']} (made before records were kept)")
    lines.append(
        f"{len(entries)} audit entries lead to signed heads; {len(manifest['files'])} files are as signed."
    )
    lines.append(f"Public key: {keys[manifest['key']].hex()}")
    lines.append(f"Compare it with {manifest['keys_at']}")
    return lines


def main(arguments: list[str]) -> None:
    wanted = arguments[1].lower() if arguments[:1] == ["--key"] and len(arguments) == 2 else ""
    if arguments and not wanted:
        raise SystemExit("usage: python3 verify.py [--key HEX]")
    try:
        lines = examine(wanted)
    except NotProven as reason:
        raise SystemExit(f"NOT PROVEN: {reason}.") from None
    except Exception as reason:
        raise SystemExit(f"NOT PROVEN: it cannot be read ({type(reason).__name__}: {reason}).") from None
    print("\n".join(lines))


if RUNS:
    main(sys.argv[1:])
    # Once more, so that no change of the first check goes unnoticed either.
    check_itself()
