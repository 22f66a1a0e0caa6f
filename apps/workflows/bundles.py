"""Bundles: one version of a template with everything it holds, hashed and signed, to be brought into another workspace.

A bundle names connection *slots*, never connections, addresses or secrets. It is signed for one partner: only workspaces of
that partner read it.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from apps.core.clock import now
from apps.core.errors import Invalid
from apps.workflows.canonical import canonical_json
from apps.workflows.models import TemplateVersion
from apps.workflows.selectors.differences import document_of, parts_held
from tenants.context import current_tenant

Json = dict[str, Any]
FORMAT = 1
ALGORITHM = "hmac-sha256"
_PURPOSE = b"workflow template bundle of partner "
_SHAPES: Mapping[str, type] = {"key": str, "source": str, "tests": str, "parts": dict, "slots": dict}


class BundleRefused(Invalid):
    """What was sent is no bundle, was altered on the way, or comes from elsewhere."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)


def make_bundle(version: TemplateVersion) -> Json:
    """Return the version as a signed bundle."""
    document = document_of(version)
    content: Json = {
        "bundle": FORMAT,
        "key": version.template.key,
        "name": version.template.name,
        "version": version.number,
        "digest": version.digest,
        "source": version.source,
        "tests": version.tests,
        "parts": parts_held(version),
        "slots": document.get("connections") or {},
        "exported_at": now().isoformat(),
        "from": {"workspace": current_tenant().name, "environment": current_tenant().environment},
    }
    return content | {
        "hash": hash_of(content),
        "signature": {"algorithm": ALGORITHM, "value": _signed(content)},
    }


def open_bundle(bundle: Any) -> Json:
    """Return the content of a bundle whose hash and signature hold; raise BundleRefused."""
    if not isinstance(bundle, dict) or bundle.get("bundle") != FORMAT:
        raise BundleRefused(
            "no_bundle", "This is no bundle of a workflow template. Export one and send that file."
        )
    content = {name: value for name, value in bundle.items() if name not in ("hash", "signature")}
    wrong = [name for name, shape in _SHAPES.items() if not isinstance(content.get(name), shape)]
    if wrong:
        raise BundleRefused("no_bundle", f"The bundle is incomplete: {', '.join(wrong)}.")
    if bundle.get("hash") != hash_of(content):
        raise BundleRefused(
            "bundle_altered", "The bundle was changed after it was exported. Export it again."
        )
    signature = bundle.get("signature")
    given = signature.get("value") if isinstance(signature, dict) else None
    if not isinstance(given, str) or not _holds(content, given):
        raise BundleRefused(
            "bundle_foreign",
            "The bundle was not signed for workspaces of this partner. Export it from one of them.",
        )
    return content


def hash_of(content: Json) -> str:
    """Return the SHA-256 of the content's canonical JSON."""
    return hashlib.sha256(canonical_json(content)).hexdigest()


def _signed(content: Json, master: str = "") -> str:
    key = _key(master or settings.CREDENTIAL_KEYS[0], current_tenant().partner_id)
    return hmac.new(key, canonical_json(content), hashlib.sha256).hexdigest()


def _holds(content: Json, given: str) -> bool:
    return any(
        hmac.compare_digest(_signed(content, master).encode(), given.encode())
        for master in settings.CREDENTIAL_KEYS
    )


def _key(master: str, partner_id: UUID) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE + partner_id.bytes)
    return kdf.derive(base64.urlsafe_b64decode(master))
