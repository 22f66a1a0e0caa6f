"""``python -m config.bench.inbox_crowd SLUG WANTED ROLE EMAIL``: fill an inbox; writes ``$VAR_DIR/inbox.json``.

So many decisions wait for the holders of the role: 25 of real runs, the others copies of them with customers, amounts
and deadlines of their own. The file holds a session of the person, and the ids of the real ones.
"""

import json
import sys
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402

from apps.accounts.models import User  # noqa: E402
from apps.approvals.models import ApprovalRequest  # noqa: E402
from apps.core.actor import Actor  # noqa: E402
from apps.workflows.models import Run  # noqa: E402
from apps.workflows.services import publish_version, save_draft, start_run  # noqa: E402
from config.bench.crowd import multiply, session_of  # noqa: E402
from tenants.context import tenant_context  # noqa: E402
from tenants.db import connection  # noqa: E402
from tenants.models import Tenant  # noqa: E402

ACTOR = Actor.system("bench")
SOURCE = Path(__file__).parent / "decisions.yaml"
KEY = "crowd-decisions"
REAL = 25
CUSTOMERS = ("Nordwind GmbH", "Südlicht AG", "Østfold Havn", "Bianchi & Figli", "Zażółć Systems")
# Deadlines from a day ago to a fortnight ahead, one in ten without; amounts up to a million; none is like its original.
_VARY = """
UPDATE approvals_approvalrequest r
   SET due_at = CASE WHEN h %% 10 = 0 THEN NULL ELSE now() + make_interval(mins => (h %% 20000)::int - 1440) END,
       amount = (h %% 1000000) + 0.5, currency = 'EUR', created_at = now() - make_interval(mins => (h %% 14400)::int),
       about = 'Change ' || (h %% 100000),
       show = show || jsonb_build_object('customer', (%s::text[])[1 + h %% 5])
  FROM (SELECT id, abs(hashtext(id::text)::bigint) AS h FROM approvals_approvalrequest) hashed
 WHERE hashed.id = r.id AND r.status = 'open' AND NOT r.id = ANY(%s)
   AND r.run_id IN (SELECT id FROM workflows_run WHERE template_key = %s)
"""


def main(slug: str, wanted: int, role: str, email: str) -> None:
    """Fill the inbox and write down whose it is."""
    tenant = Tenant.objects.get(slug=slug)
    with tenant_context(tenant.id):
        source = SOURCE.read_text(encoding="utf-8").replace("ROLE", role)
        draft = save_draft(source=source, actor=ACTOR)
        publish_version(template_key=KEY, number=draft.number, actor=ACTOR)
        runs = [_start(number) for number in range(REAL)]
        real = list(ApprovalRequest.objects.filter(run__in=runs).values_list("pk", flat=True))
        multiply(Run.objects.filter(template_key=KEY, status="running"), wanted)
        with connection.cursor() as cursor:
            cursor.execute(_VARY, [list(CUSTOMERS), real, KEY])
            cursor.execute("ANALYZE")
        user = User.objects.get(email=email)
        waiting = ApprovalRequest.objects.filter(status="open", waiting_for__contains=[user.pk]).count()
        known = {"session": session_of(user, tenant), "real": [str(pk) for pk in real], "waiting": waiting}
    (settings.VAR_DIR / "inbox.json").write_text(json.dumps(known))


def _start(number: int) -> Any:
    customer = CUSTOMERS[number % len(CUSTOMERS)]
    title = f"Change {number:02}: two more days for the data migration"
    amount = {"amount": f"{(number + 1) * 700}.00", "currency": "EUR"}
    data = {"customer": customer, "title": title, "amount": amount}
    return start_run(template_key=KEY, input=data, actor=ACTOR, name=f"{customer}, change {number:02}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
