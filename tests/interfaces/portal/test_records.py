"""Events and audit: what happened, who did it and why."""

from apps.ledger.models import AuditEntry


def test_events_by_type_and_subject(office, run, admin):
    page = admin.get("/events/")
    assert page.has("contract.signed", "run.started", "approval.requested", "by ")
    only = admin.get("/events/", type="exception.raised")
    assert only.has("Automation stopped and a person is needed.")
    assert "contract.signed by" not in only.words
    assert admin.get("/events/", subject="contract/C-1001").has("contract.signed")
    assert admin.get("/events/", subject="nothing/1").has("No such event yet", "Show all events")
    assert admin.cost("/events/") <= 5


def test_the_audit_says_who_what_why_and_the_change(office, run, manager, admin):
    manager.post(f"/runs/{run.id}/", {"command": "cancel", "reason": "Signed by mistake"})
    page = admin.get("/audit/", subject=f"run/{run.id}")
    assert page.has(
        "Cancel: run",
        "Delivery Manager",
        "“Signed by mistake”",
        "Status: running → cancelled",
        f"run/{run.id}",
    )
    assert admin.get("/audit/", subject=str(run.id)).has("Cancel: run")
    assert admin.get("/audit/", actor="delivery").has("Signed by mistake")
    assert admin.get("/audit/", actor="nobody of that name").has("Nothing fits", "Show everything")
    assert admin.get("/audit/", action="run.cancel").has("Cancel: run")
    assert admin.get("/audit/", subject="\x00").status == 200


def test_the_audit_pages_by_cursor_and_asks_few_queries(office, run, admin):
    assert AuditEntry.objects.count() > 25
    page = admin.get("/audit/")
    assert 'rel="next"' in page.html
    assert admin.cost("/audit/", limit=5) == admin.cost("/audit/") <= 5
