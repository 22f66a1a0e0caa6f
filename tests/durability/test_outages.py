"""What counts against work and what does not; and that a mail server away for long does not breed exceptions."""

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError
from psycopg import errors

from apps.core.actor import Actor
from apps.core.outages import is_outage
from apps.dispatch.dispatcher import batches
from apps.dispatch.types import ClaimedItem
from apps.ledger.services import unit_of_work
from apps.messaging.choices import MessageStatus
from apps.messaging.models import Message
from apps.messaging.services.sending import EXCEPTION_KEY, _note
from apps.messaging.transport import Refused
from apps.workflows.models import ExceptionCase
from tenants.types import TenantRef

pytestmark = pytest.mark.durability


def failure(cause: type[Exception] | None, kind: type[Exception] = OperationalError) -> Exception:
    error = kind("failed")
    error.__cause__ = cause("failed") if cause else None
    return error


@pytest.mark.parametrize(
    "cause", [errors.DiskFull, errors.DeadlockDetected, errors.AdminShutdown, errors.ConnectionFailure, None]
)
def test_the_databases_troubles_do_not_count(cause: type[Exception] | None) -> None:
    assert is_outage(failure(cause))
    assert is_outage(InterfaceError("connection already closed"))


@pytest.mark.parametrize(
    "error", [failure(errors.QueryCanceled), failure(errors.LockNotAvailable), IntegrityError("x")]
)
def test_what_may_be_the_works_own_doing_counts(error: Exception) -> None:
    assert not is_outage(error)
    assert not is_outage(ValueError("x"))


def test_suspects_travel_alone() -> None:
    """What was begun twice without a word may kill its worker; nobody else's work is to die with it."""
    items = [ClaimedItem(number, None, "workflows.timer", None, 1, number % 4) for number in range(8)]  # type: ignore[arg-type]
    sizes = sorted((len(batch), max(item.attempt for item in batch)) for batch in batches(items))
    assert sizes == [(1, 2), (1, 2), (1, 3), (1, 3), (4, 1)]


@pytest.mark.parametrize(("key", "cases"), [("customer-welcome", 1), (EXCEPTION_KEY, 0)])
def test_a_lost_mail_about_an_exception_is_no_exception_of_its_own(
    in_alpha: TenantRef, key: str, cases: int
) -> None:
    message = Message.objects.create(key=key, to_email="ada@c.example", subject="x", text="x", html="x")
    with unit_of_work(Actor.system("test")):
        assert _note(message, Refused("no such mailbox"), attempt=1)
    assert message.status == MessageStatus.FAILED
    assert ExceptionCase.objects.filter(code="message_undeliverable").count() == cases
