"""Evidence over REST: packets, records of keys, links that end."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.accounts.presence import Presence, presence
from apps.accounts.services import create_api_key
from apps.approvals.evidence import digest
from apps.approvals.exceptions import NotShared
from apps.approvals.models import ApprovalRequest, Decision
from apps.approvals.selectors.packets import evidence_packet
from apps.core.actor import Actor, ActorKind
from apps.core.ids import new_id
from tenants.db import connection
from tenants.types import TenantRef
from tests.integration.approvals.conftest import Staff
from tests.integration.approvals.evidence.packets import SYSTEM, judge


class TestApi:
    @pytest.fixture
    def ask(self, staff: Staff, in_alpha: TenantRef, client: Client) -> Callable[..., Any]:
        def send(method: str, path: str, name: str = "Tina", body: Any = None, **headers: str) -> Any:
            _key, text = create_api_key(user_id=staff.user(name).pk, name=name, scopes=["*"], actor=SYSTEM)
            answer = client.generic(
                method,
                f"/api/v1{path}",
                "" if body is None else json.dumps(body),
                "application/json",
                headers={"host": in_alpha.primary_host, "authorization": f"Bearer {text}", **headers},
            )
            connection.set_schema(in_alpha.schema_name)
            return answer

        return send

    def test_the_packet_is_a_download(
        self, ask: Callable[..., Any], decided: ApprovalRequest, tmp_path: Path
    ) -> None:
        for accepted in ("*/*", "application/zip", "application/json"):
            answer = ask("GET", f"/approvals/{decided.id}/evidence", accept=accepted)
            assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            archive.extractall(tmp_path / "packet")
        assert judge(tmp_path / "packet")[0] == 0
        missing = ask("GET", f"/approvals/{new_id()}/evidence", accept="application/zip")
        assert (missing.status_code, missing.json()["code"]) == (404, "not_found")

    def test_a_customer_is_given_a_link_or_nothing(self, decided: ApprovalRequest) -> None:
        contact = Actor(ActorKind.USER, str(new_id()), "Ada", roles=frozenset({"customer"}))
        with pytest.raises(NotShared):
            evidence_packet(request_id=decided.id, actor=contact)

    def test_a_decision_by_a_key_names_the_key(self, ask: Callable[..., Any], asked: ApprovalRequest) -> None:
        seen = ask("GET", f"/approvals/{asked.id}", "Rita").json()
        assert seen["view_hash"] == digest(seen["view"])
        body = {"outcome": "approved", "view_hash": seen["view_hash"]}
        sent = {"user-agent": "billing/2.1"}
        path = f"/approvals/{asked.id}/decisions"
        assert ask("POST", path, "Rita", {**body, "view_hash": "0" * 64}).json()["code"] == "stale_view"
        made = ask("POST", path, "Rita", body, **sent)
        assert made.status_code == 201
        decision = Decision.objects.get()
        assert made.json()["decisions"][0]["record_hash"] == decision.record_hash
        record = json.loads(decision.record)
        assert (record["authenticated"], record["client"]) == ([{"method": "key"}], "billing/2.1")
        assert re.fullmatch(r"key:[0-9A-Za-z]{8}", record["credential"])
        # What one request has noted is gone with it.
        assert presence() == Presence()

    def test_links_are_made_listed_and_ended(
        self, ask: Callable[..., Any], decided: ApprovalRequest, in_alpha: TenantRef, client: Client
    ) -> None:
        path = f"/approvals/{decided.id}/evidence-shares"
        assert ask("POST", path, "Mona", {"label": "me"}).status_code == 403
        assert ask("POST", path, body={"label": "Ms Berger", "days": 91}).status_code == 422
        made = ask("POST", path, body={"label": "Ms Berger", "days": 7}).json()
        assert [row["id"] for row in ask("GET", path).json()["results"]] == [made["id"]]
        link = "/" + made["url"].split("/", 3)[3]
        opened = client.get(f"{link}packet.zip", headers={"host": in_alpha.primary_host})
        connection.set_schema(in_alpha.schema_name)
        assert opened["Content-Type"] == "application/zip"
        ended = ask("POST", f"{path}/{made['id']}/revoke")
        assert ended.json()["revoked_at"]
        assert client.get(link, headers={"host": in_alpha.primary_host}).status_code == 410
        connection.set_schema(in_alpha.schema_name)
        assert ask("POST", f"{path}/{new_id()}/revoke").status_code == 404
