"""The unit of work: all or nothing, one entry and one message a move."""

from collections.abc import Callable, Iterator

import pytest
from django.db import DatabaseError, transaction

from apps.core.actor import Actor
from apps.dispatch.models import WorkItem
from apps.ledger import events
from apps.ledger.exceptions import IllegalTransition, NoUnitOfWork, StaleVersion
from apps.ledger.models import AuditEntry, OutboxMessage, SubscriberRetry
from apps.ledger.services import attempt, emit, record, transition, unit_of_work
from apps.ledger.types import DomainEvent, StoredEvent
from apps.workflows.models import ExceptionCase
from tenants.types import TenantRef

ANN = Actor.system("Ann")
BOB = Actor.system("Bob")


def make_case() -> ExceptionCase:
    return ExceptionCase.objects.create(subject="thing/1", title="t", code="c", message="m")


def resolve_twice(case: ExceptionCase) -> None:
    transition(case, "resolve")
    transition(case, "resolve")


@pytest.mark.usefixtures("in_alpha")
class TestUnitOfWork:
    def test_a_move_writes_row_audit_entry_message_and_work_item(self) -> None:
        case = make_case()
        with unit_of_work(ANN, reason="because"):
            transition(case, "resolve")
        entry = AuditEntry.objects.get(subject_id=str(case.id))
        assert (entry.action, entry.before, entry.after) == (
            "exception.resolve",
            {"status": "open"},
            {"status": "resolved"},
        )
        assert (entry.actor_label, entry.reason) == ("Ann", "because")
        message = OutboxMessage.objects.get(subject=f"exception/{case.id}")
        assert WorkItem.objects.filter(ref=message.batch, kind="ledger.outbox").count() == 1

    def test_what_fails_leaves_nothing(self) -> None:
        case = make_case()
        with pytest.raises(IllegalTransition), unit_of_work(ANN):
            resolve_twice(case)
        assert not AuditEntry.objects.filter(subject_id=str(case.id)).exists()
        assert ExceptionCase.objects.get(pk=case.pk).status == "open"

    def test_an_attempt_that_fails_is_forgotten_and_the_unit_goes_on(self) -> None:
        kept, dropped = make_case(), make_case()
        with unit_of_work(ANN):
            transition(kept, "resolve")
            with pytest.raises(IllegalTransition), attempt():
                resolve_twice(dropped)
        subjects = set(AuditEntry.objects.values_list("subject_id", flat=True))
        assert str(kept.id) in subjects
        assert str(dropped.id) not in subjects

    def test_inner_units_join_with_their_own_actor(self) -> None:
        case = make_case()
        with unit_of_work(ANN):
            record("thing.note", case)
            with unit_of_work(BOB):
                record("thing.note", case)
            record("thing.note", case)
        labels = (
            AuditEntry.objects.filter(subject_id=str(case.id))
            .order_by("id")
            .values_list("actor_label", flat=True)
        )
        assert list(labels) == ["Ann", "Bob", "Ann"]

    def test_refuses_moves_outside_of_a_unit_and_of_the_table(self) -> None:
        case = make_case()
        with pytest.raises(NoUnitOfWork):
            transition(case, "resolve")
        with unit_of_work(ANN):
            transition(case, "resolve")
        with pytest.raises(IllegalTransition), unit_of_work(ANN):
            transition(case, "resolve")

    def test_refuses_a_row_that_somebody_else_changed(self) -> None:
        case = make_case()
        ExceptionCase.objects.filter(pk=case.pk).update(version=7)
        with pytest.raises(StaleVersion), unit_of_work(ANN):
            transition(case, "resolve")

    def test_nobody_writes_a_status_by_hand(self) -> None:
        case = make_case()
        with pytest.raises(TypeError, match="only through"):
            case.status = "resolved"

    @pytest.mark.parametrize("change", [lambda rows: rows.update(reason="x"), lambda rows: rows.delete()])
    def test_audit_entries_are_never_changed(self, change: Callable[..., object]) -> None:
        with unit_of_work(ANN):
            record("thing.note", make_case())
        with pytest.raises(DatabaseError), transaction.atomic():
            change(AuditEntry.objects.all())


class TestDelivery:
    @pytest.fixture
    def heard(self) -> Iterator[list[StoredEvent]]:
        heard: list[StoredEvent] = []
        events.subscribe("thing.happened", "test.listener", heard.append)
        yield heard
        events._subscribers.pop("thing.happened")

    def test_subscribers_hear_each_event_once(
        self, in_alpha: TenantRef, heard: list[StoredEvent], drain: Callable[..., int]
    ) -> None:
        with unit_of_work(ANN):
            emit(DomainEvent("thing.happened", "thing/1", {"n": 1}))
            emit(DomainEvent("thing.happened", "thing/2", {"n": 2}))
        drain()
        assert [event.data["n"] for event in heard] == [1, 2]
        drain(until=3600)
        assert len(heard) == 2

    def test_a_failing_subscriber_is_retried_alone(
        self, in_alpha: TenantRef, heard: list[StoredEvent], drain: Callable[..., int]
    ) -> None:
        tries: list[int] = []

        def fail_today(event: StoredEvent) -> None:
            tries.append(1)
            if len(tries) <= 2:
                raise RuntimeError("not today")

        events.subscribe("thing.happened", "test.flaky", fail_today)
        with unit_of_work(ANN):
            emit(DomainEvent("thing.happened", "thing/1"))
        drain()
        # Once together, where one failure takes back what all have done, and once apart.
        assert (len({event.id for event in heard}), len(heard), len(tries)) == (1, 2, 2)
        assert SubscriberRetry.objects.get().subscriber == "test.flaky"
        drain(until=3600)
        assert (len(heard), len(tries)) == (2, 3)
        assert not SubscriberRetry.objects.exists()
