"""What a packet says to people, in the issuer's name."""

from apps.approvals.packets.facts import PacketFacts

_STATES = {
    "open": "is waiting for a decision",
    "approved": "was approved",
    "rejected": "was rejected",
    "changes_requested": "was sent back for changes",
    "cancelled": "was withdrawn",
}
_CHANNELS = {"page": "on the page", "api": "through the API"}
_METHODS = {
    "password": "password",
    "mail_code": "code by mail",
    "mail_link": "link by mail",
    "totp": "code of an authenticator",
    "passkey": "passkey",
    "recovery_code": "recovery code",
    "key": "API key",
    "lease": "access lease",
}


_WHOLE = (
    "  request.json         what was asked, under which policy, and how it ended",
    "  decisions/           what each person decided, on exactly what he was shown, how he signed in, and when",
)
_EXTRACT = (
    "  request.json         what was asked, and how it ended",
    "  decisions/           what you decided, on exactly what you were shown, how you signed in, and when: an extract of",
    "                       the record, whose SHA-256 (record_sha256) the audit names",
)


def state_words(status: str) -> str:
    """Say where a request stands, after its name."""
    return _STATES.get(status, f"is {status}")


def channel_words(channel: str) -> str:
    return _CHANNELS.get(channel, channel)


def method_words(method: str) -> str:
    """Say how somebody proved who he is."""
    return _METHODS.get(method, method.replace("_", " "))


def missing_documents(facts: PacketFacts) -> list[str]:
    """Return the names of documents that were shown and are not in the packet."""
    return [str(document.facts["name"]) for document in facts.documents if document.content is None]


def read_me(facts: PacketFacts) -> str:
    """Return the text that explains the packet to whoever opens it, perhaps years later."""
    request, issuer = facts.request, facts.issuer
    missing = missing_documents(facts)
    left_out = [
        "",
        "Shown, but not in this packet, because the content is kept elsewhere or not for its reader:",
        *(f"  {name}" for name in missing),
    ]
    lines = [
        f"Evidence of {issuer.brand}, workspace {issuer.workspace}",
        "",
        f"“{request['title']}” {state_words(str(request['status']))}.",
        "",
        "  packet.pdf           the same to read",
        *(_EXTRACT if facts.is_extract else _WHOLE),
        "  documents/           the documents that lay beside it",
        "  chain/entries.jsonl  the entries of the audit about it, one a line",
        "  chain/proofs.json    the way of each entry through its seal to a signed head of the audit",
        "  public_keys.json     the keys that signatures are checked with",
        "  manifest.json        the SHA-256 of every file, signed (manifest.sig, Ed25519)",
        *(left_out if missing else []),
        "",
        "To verify all of it, without a network and without us:",
        "",
        "  python3 verify.py",
        "",
        "It needs Python 3.8 or newer and nothing else. It ends with exit code 0 if everything is as it was signed, and",
        "with 1 and the reason if a single byte was changed. Whoever made a packet could have made the keys as well, so",
        "compare the public key that it prints with one that you have from elsewhere:",
        "",
        f"  {issuer.keys_at}",
        "",
        "or give that key to it: python3 verify.py --key <the 64 digits>",
    ]
    return "\n".join(lines) + "\n"
