"""Who is told of an approval, and that reading the mail decides nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.approvals.models import ApprovalRequest
from apps.approvals.services import decide_request
from apps.core.clock import now
from apps.dispatch.models import Lane, WorkItem
from apps.messaging.models import Message
from apps.workflows.models import ExceptionCase
from tenants.types import TenantRef
from tests.integration.approvals.conftest import Staff, begin, publish, request_of


@pytest.fixture(autouse=True)
def _no_server(settings: Any) -> None:
    """Messages stay queued here; that they arrive is shown in the tests of messaging."""
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1


def mailed(key: str) -> list[str]:
    return sorted(Message.objects.filter(key=key).values_list("to_email", flat=True))


def bring_forward(request: ApprovalRequest) -> None:
    WorkItem.objects.filter(ref=request.id).update(run_at=now())
    Lane.objects.update(next_due=now())


def test_each_approver_of_a_stage_is_mailed_when_it_opens(staff: Staff, drain: Callable[..., int]) -> None:
    publish()
    request = request_of(begin(amount="60000.00"))
    drain()
    assert mailed("approval-requested") == ["rita@staff.example", "rolf@staff.example"]
    message = Message.objects.filter(key="approval-requested").earliest("to_email")
    assert message.subject == "Please decide: Approve staffing"
    assert "Amount: 60,000.00 EUR" in message.text
    assert f"/approvals/{request.id}/" in message.text
    decide_request(request_id=request.id, actor=staff.actor("Rita"), outcome="approved")
    drain()
    assert mailed("approval-requested")[0] == "dora@staff.example"
    assert len(mailed("approval-requested")) == 3


def test_nobody_is_mailed_for_what_is_decided_already(staff: Staff, drain: Callable[..., int]) -> None:
    publish()
    request = request_of(begin())
    decide_request(request_id=request.id, actor=staff.actor("Rita"), outcome="approved")
    drain()
    assert mailed("approval-requested") == []


def test_an_overdue_request_reminds_and_comes_back(
    staff: Staff, in_alpha: TenantRef, drain: Callable[..., int]
) -> None:
    publish()
    request = request_of(begin())
    assert request.due_at is not None
    assert WorkItem.objects.get(ref=request.id, kind="approvals.remind").run_at == request.due_at
    bring_forward(request)
    drain()
    assert mailed("approval-reminder") == ["rita@staff.example", "rolf@staff.example"]
    again = WorkItem.objects.get(ref=request.id, kind="approvals.remind")
    assert again.run_at > now() + timedelta(hours=23)
    decide_request(request_id=request.id, actor=staff.actor("Rita"), outcome="approved")
    bring_forward(request)
    drain()
    assert len(mailed("approval-reminder")) == 2
    assert ApprovalRequest.objects.get(pk=request.pk).reminders == 1


def test_the_owner_of_an_exception_is_mailed(staff: Staff, drain: Callable[..., int]) -> None:
    publish()
    begin(region="APAC")
    drain()
    assert mailed("exception-raised") == ["mona@staff.example"]
    case = ExceptionCase.objects.get()
    assert f"/exceptions/{case.id}/" in Message.objects.get(key="exception-raised").text


def test_fetching_every_link_of_every_mail_changes_nothing(
    staff: Staff, in_alpha: TenantRef, drain: Callable[..., int], client: Client
) -> None:
    publish()
    request = request_of(begin())
    drain()
    before = request_of(request.run).version
    for message in list(Message.objects.all()):
        for word in message.text.split():
            if word.startswith("http://"):
                path = "/" + word.split("/", 3)[3]
                for method in (client.get, client.head):
                    response = method(path, headers={"host": f"{in_alpha.primary_host}:8000"})
                    assert response.status_code < 500
    connection.set_schema(in_alpha.schema_name)  # type: ignore[attr-defined]
    after = request_of(request.run)
    assert (after.status, after.version, after.decisions.count()) == ("open", before, 0)
