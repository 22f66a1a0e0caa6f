"""Each test begins with an empty audit, and keeps signed heads in a directory of its own."""

from pathlib import Path
from typing import Any

import pytest

from apps.dispatch.models import WorkItem
from tenants.context import current_tenant, platform_context, schema_context
from tenants.directory import tenant_ref
from tenants.models import Tenant
from tests.integration.ledger.seals.chain import as_its_owner


@pytest.fixture(autouse=True)
def outside(settings: Any, tmp_path: Path) -> Path:
    settings.AUDIT_CHECKPOINT_DIR = tmp_path / "audit"
    return tmp_path / "audit"


@pytest.fixture(autouse=True)
def _clean(request: pytest.FixtureRequest) -> None:
    """Begin without what provisioning and other tests have left in the audit of anybody."""
    if "in_alpha" in request.fixturenames:
        alpha = request.getfixturevalue("in_alpha")
        for place in (platform_context(), *(schema_context(tenant_ref(one)) for one in _tenants())):
            with place, as_its_owner() as cursor:
                for table in ("auditentry", "unsealedentries", "auditcheckpoint", "auditseal"):
                    cursor.execute(f"DELETE FROM ledger_{table}")
        WorkItem.objects.all().delete()
        assert current_tenant().id == alpha.id


def _tenants() -> list[Tenant]:
    return list(Tenant.objects.select_related("partner__brand", "brand").filter(status="ready"))
