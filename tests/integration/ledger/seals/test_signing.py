"""Signing the heads of a chain, and the keys that prove who signed."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from apps.core.clock import now
from apps.core.ids import new_id
from apps.ledger.services.sealing import next_signing
from apps.ledger.signing import is_signed, public_keys
from tenants.db import connection
from tenants.types import TenantRef
from tests.integration.ledger.seals.chain import codes, note, seal, sign


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
