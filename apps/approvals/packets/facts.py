"""What a packet is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.ledger.selectors.proofs import ChainProof
from apps.ledger.signing import PublicKey


@dataclass(frozen=True, slots=True)
class PacketDecision:
    """One decision: its id, the text that is proven (its record), and the same read."""

    id: str
    content: bytes
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PacketDocument:
    """A document that was shown: what is known of it, and its bytes where they are kept and may be given."""

    facts: Mapping[str, Any]
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who gives the packet out, in its own name: brand, workspace, where its public keys are, colour of the brand."""

    brand: str
    workspace: str
    keys_at: str
    colour: str


@dataclass(frozen=True, slots=True)
class PacketFacts:
    """All of it; ``request`` is what ``request.json`` holds. ``is_extract``: it is for one of a customer's people, and holds
    nothing but what he decided himself.
    """

    issuer: Issuer
    request: Mapping[str, Any]
    decisions: Sequence[PacketDecision]
    documents: Sequence[PacketDocument]
    proof: ChainProof
    keys: Sequence[PublicKey]
    is_extract: bool = False


@dataclass(frozen=True, slots=True)
class Packet:
    """The packet as it is given out: a zip, and its SHA-256."""

    name: str
    content: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a page may tell of a packet without making it."""

    decisions: int
    documents: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
