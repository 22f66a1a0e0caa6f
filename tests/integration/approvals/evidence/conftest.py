"""A request that is asked, decided over a kept document, and an outside for signed heads."""

from pathlib import Path
from typing import Any

import pytest

from apps.approvals.models import ApprovalRequest
from tests.integration.approvals.conftest import Staff, begin, publish, request_of
from tests.integration.approvals.evidence.packets import Shelf, decide


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    made = Shelf()
    monkeypatch.setattr("apps.approvals.documents._sources", [(made.listed, made.read)])
    return made


@pytest.fixture(autouse=True)
def _outside(settings: Any, tmp_path: Path) -> None:
    settings.AUDIT_CHECKPOINT_DIR = tmp_path / "audit"


@pytest.fixture
def asked(staff: Staff) -> ApprovalRequest:
    publish()
    return request_of(begin(amount="60000.00"))


@pytest.fixture
def decided(staff: Staff, asked: ApprovalRequest, shelf: Shelf) -> ApprovalRequest:
    for name in ("Rita", "Dora"):
        decide(staff, asked, name, comment=f"{name} says “fine”")
    return asked
