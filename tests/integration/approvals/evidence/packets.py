"""What is kept with decisions, and packets as their readers take them: unpacked, and judged by their own verifier."""

import io
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from apps.approvals.documents import ShownDocument
from apps.approvals.models import ApprovalRequest
from apps.approvals.selectors.packets import evidence_packet
from apps.approvals.services import decide_request
from apps.core.actor import Actor
from apps.core.ids import new_id
from apps.ledger.services import unit_of_work
from apps.ledger.services.sealing import seal_entries, sign_head
from tests.integration.approvals.conftest import Staff

SYSTEM = Actor.system("test")
CONTRACT = b"%PDF-1.7 what was agreed"


class Shelf:
    """Keeps one document for every run."""

    def __init__(self) -> None:
        self.id = str(new_id())
        self.content = CONTRACT

    def listed(self, run_ids: Any, actor: Actor) -> dict[Any, list[ShownDocument]]:
        kept = ShownDocument(
            id=self.id,
            title="Statement of work",
            name="Vertrag für Nordwind.pdf",
            content_type="application/pdf",
            size=len(self.content),
            sha256=sha256(self.content).hexdigest(),
        )
        return {run_id: [kept] for run_id in run_ids}

    def read(self, ids: Any, actor: Actor) -> dict[Any, bytes]:
        return dict.fromkeys(ids, self.content)


def decide(staff: Staff, request: ApprovalRequest, name: str, **more: Any) -> ApprovalRequest:
    return decide_request(request_id=request.id, actor=staff.actor(name), outcome="approved", **more)


def seal(*, signed: bool = False) -> None:
    with unit_of_work(SYSTEM):
        seal_entries()
    if signed:
        with unit_of_work(SYSTEM):
            sign_head()


def unpack(request: ApprovalRequest, folder: Path) -> Path:
    packet = evidence_packet(request_id=request.id, actor=SYSTEM)
    with zipfile.ZipFile(io.BytesIO(packet.content)) as archive:
        archive.extractall(folder)
    return folder


def judge(folder: Path, *arguments: str, python: str = sys.executable) -> tuple[int, str]:
    """Run the verifier as its reader would: by itself, knowing nothing of us."""
    ran = subprocess.run(
        [python, "-I", "verify.py", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={},
    )
    return ran.returncode, ran.stdout + ran.stderr
