"""``python -m config.bench.crowd SLUG RUNS``: fill a tenant with runs and a customer; writes ``bench-pages.json``.

The tenant must hold some finished runs and some that wait for approval; they are copied with all that belongs to them
until there are RUNS, one in ten of them waiting.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import models  # noqa: E402

from apps.accounts.hosts import SESSION_REALM  # noqa: E402
from apps.accounts.models import User  # noqa: E402
from apps.approvals.models import ApprovalRequest, ApprovalStage, Decision  # noqa: E402
from apps.core.actor import Actor  # noqa: E402
from apps.delivery.models import Contact, Deal, Project  # noqa: E402
from apps.delivery.services.deals import register_contract  # noqa: E402
from apps.delivery.services.projects import open_project, start_project  # noqa: E402
from apps.integrations.models import ActionIntent  # noqa: E402
from apps.workflows.models import HistoryEntry, Run, StepRun  # noqa: E402
from tenants.context import tenant_context  # noqa: E402
from tenants.db import connection  # noqa: E402
from tenants.models import Tenant  # noqa: E402

ACTOR = Actor.system("bench")
COPIED: tuple[type[models.Model], ...] = (
    Run,
    StepRun,
    HistoryEntry,
    ApprovalRequest,
    ApprovalStage,
    Decision,
    ActionIntent,
)
PLAN = [
    {"key": "kickoff", "title": "Kickoff", "share": 20, "days": 14},
    {"key": "go-live", "title": "Go-live", "share": 80, "days": 60},
]


def main(slug: str, wanted: int) -> None:
    """Fill the tenant and write down whose sessions may be used, and for which pages."""
    tenant = Tenant.objects.get(slug=slug)
    with tenant_context(tenant.id):
        multiply(Run.objects.filter(status="running"), wanted // 10)
        multiply(Run.objects.exclude(status="running"), wanted - wanted // 10)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        customer = _customer()
        pages = {
            "runs": Run.objects.count(),
            "approver": session_of(User.objects.get(email="approver@bench.example"), tenant),
            "customer": session_of(customer, tenant),
            "project": str(Project.objects.latest("id").pk),
        }
    (settings.VAR_DIR / "bench-pages.json").write_text(json.dumps(pages))


def multiply(runs: models.QuerySet[Run], wanted: int) -> None:
    """Copy the runs with their rows until there are about that many. Ids of copies are digests of the originals'."""
    originals = list(runs.values_list("pk", flat=True)[:200])
    times = (wanted - runs.count()) // max(1, len(originals))
    if times <= 0:
        return
    held: dict[type[models.Model], Sequence[Any]] = {Run: originals}
    for model in COPIED:
        parent = next((field for field in model._meta.concrete_fields if field.related_model in held), None)
        if model is not Run and parent is not None and parent.related_model is not None:
            held[model] = list(
                model._default_manager.filter(
                    **{f"{parent.name}__in": held[parent.related_model]}
                ).values_list("pk", flat=True)
            )
        _copy(model, parent, held, times)


def _copy(
    model: type[models.Model],
    parent: "models.Field[Any, Any] | None",
    held: dict[type[models.Model], Sequence[Any]],
    times: int,
) -> None:
    columns, values = [], []
    for field in model._meta.concrete_fields:
        is_key = field.primary_key or field.related_model in held
        columns.append(f'"{field.column}"')
        values.append(f"md5(\"{field.column}\"::text || ':' || n)::uuid" if is_key else f'"{field.column}"')
    by, keys = ("id", held[Run])
    if model is not Run and parent is not None and parent.related_model is not None:
        by, keys = str(parent.column), held[parent.related_model]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) "  # noqa: S608 - names of our own columns
            f"SELECT {', '.join(values)} FROM {model._meta.db_table}, generate_series(1, %s) n "
            f'WHERE "{by}" = ANY(%s::uuid[])',
            [times, [str(key) for key in keys]],
        )


def _customer() -> User:
    if not Deal.objects.exists():
        run = Run.objects.order_by("id").values_list("pk", flat=True)[0]
        deal = register_contract(contract=_contract(), run_id=run, actor=ACTOR)
        project = open_project(deal_id=deal.id, tier="standard", plan=PLAN, contracted=[], actor=ACTOR)
        start_project(project_id=project.id, actor=ACTOR)
    user = Contact.objects.latest("id").user
    if user is None:
        raise RuntimeError("the contact has no login")
    return user


def _contract() -> dict[str, Any]:
    return {
        "contract_id": "C-1",
        "title": "Measured rollout",
        "customer": {
            "external_id": "K-1",
            "name": "Nordwind",
            "country": "DE",
            "contacts": [{"name": "Ada", "email": "ada@customer.example"}],
        },
        "amount": {"amount": "120000.00", "currency": "EUR"},
        "region": "EU",
        "signed_at": "2026-03-02T10:00:00Z",
        "start_date": "2026-04-01",
        "purchase_order": {"number": "PO-1", "valid_until": None},
        "documents": [
            {"kind": kind, "name": f"{kind}.pdf", "reference": f"/{kind}", "valid_until": None}
            for kind in ("statement_of_work", "purchase_order")
        ],
        "milestones": [],
    }


def session_of(user: User, tenant: Tenant) -> str:
    """Sign the person in; return the key of the session."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[SESSION_REALM] = f"tenant:{tenant.id}"
    session.create()
    return str(session.session_key)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
