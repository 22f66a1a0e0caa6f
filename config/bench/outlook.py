"""``python -m config.bench.outlook SLUG``: time a coverage forecast over 5,000 open requests; writes ``outlook.json``.

Thirty people may decide each of them; a third of them go away within the fortnight, each with a deputy.
"""

import json
import sys
import time
from datetime import timedelta

import django

django.setup()

from django.conf import settings  # noqa: E402

from apps.accounts.services import create_user  # noqa: E402
from apps.approvals.services.delegations import create_delegation  # noqa: E402
from apps.approvals.services.forecasting import make_forecast  # noqa: E402
from apps.core.actor import Actor  # noqa: E402
from apps.core.clock import now  # noqa: E402
from config.bench import inbox_crowd  # noqa: E402
from tenants.context import tenant_context  # noqa: E402
from tenants.models import Tenant  # noqa: E402

ACTOR = Actor.system("bench")
REQUESTS = 5_000
PEOPLE = 30
TIMES = 3


def main(slug: str) -> None:
    """Fill the tenant, look ahead a few times and write down how long each took."""
    tenant = Tenant.objects.get(slug=slug)
    with tenant_context(tenant.id):
        _people()
    inbox_crowd.main(slug, REQUESTS, "approver", "approver@bench.example")
    with tenant_context(tenant.id):
        taken = []
        for _ in range(TIMES):
            began = time.perf_counter()
            checked = make_forecast(actor=ACTOR).checked
            taken.append(time.perf_counter() - began)
    (settings.VAR_DIR / "outlook.json").write_text(json.dumps({"checked": checked, "seconds": taken}))


def _people() -> None:
    users = [
        create_user(
            email=f"decider{number}@bench.example", name=f"Decider {number}", roles=["approver"], actor=ACTOR
        )
        for number in range(PEOPLE)
    ]
    for number in range(0, PEOPLE, 3):
        create_delegation(
            actor=ACTOR,
            giver_id=users[number].pk,
            taker_id=users[number + 1].pk,
            begins_at=now() + timedelta(days=number % 7),
            ends_at=now() + timedelta(days=number % 7 + 5),
        )


if __name__ == "__main__":
    main(sys.argv[1])
