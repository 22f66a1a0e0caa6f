"""What waits for one person: in the documented order, in pages, with honest numbers."""

import random
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.approvals.services import decide_request
from apps.core.clock import now
from apps.core.errors import DomainError
from apps.inbox.exceptions import BadCursor, BadUntil, NothingWaits, NotSnoozable
from apps.inbox.models import Mark
from apps.inbox.selectors import count_waiting, next_decision, page_waiting, sources, total_waiting
from apps.inbox.services import mark_read, snooze_items, wake_items
from apps.inbox.types import Wanted
from tests.integration.approvals.conftest import Staff
from tests.integration.inbox.conftest import Ask, actor, in_hours, money

ALL = Wanted()


def titles(who, wanted=ALL, **more):
    return [entry.title for entry in page_waiting(who, wanted, **more).entries]


def test_the_most_urgent_comes_first(staff: Staff, ask: Ask) -> None:
    ask("later", due_at=in_hours(48))
    ask("later and large", due_at=in_hours(48), **money(250_000))
    ask("undated")
    ask("overdue", due_at=in_hours(-2))
    ask("a customer sees it", due_at=in_hours(30), audience="customer")
    ask("soon", due_at=in_hours(20))
    ask("not mine", who=("Rita",), due_at=in_hours(-9))
    dora = actor(staff, "Dora")
    assert titles(dora) == ["overdue", "a customer sees it", "soon", "later and large", "later", "undated"]


def test_sql_and_the_pure_ranking_agree(staff: Staff, ask: Ask) -> None:
    chance = random.Random(7)
    for number in range(60):
        ask(
            f"r{number}",
            due_at=in_hours(chance.uniform(-90, 200)) if chance.random() < 0.7 else None,
            audience=chance.choice(["internal", "customer"]),
            age=timedelta(hours=chance.uniform(0, 400)),
            **(
                money(chance.choice([0, 9_999, 10_000, 99_999, 10**5, 10**6, 10**7, 10**9]))
                if chance.random() < 0.8
                else {}
            ),
        )
    entries = page_waiting(actor(staff, "Dora"), ALL, limit=100).entries
    assert len(entries) == 60
    assert [entry.id for entry in entries] == [
        entry.id for entry in sorted(entries, key=lambda entry: (entry.urgent_at, entry.id))
    ]


def test_pages_by_cursor_forwards_and_back(staff: Staff, ask: Ask) -> None:
    for number in range(23):
        ask(f"r{number:02}", due_at=in_hours(number // 3))
    dora = actor(staff, "Dora")
    whole = titles(dora, limit=100)
    first = page_waiting(dora, ALL, limit=10)
    second = page_waiting(dora, ALL, limit=10, cursor=first.next)
    third = page_waiting(dora, ALL, limit=10, cursor=second.next)
    found = [entry.title for page in (first, second, third) for entry in page.entries]
    assert found == whole
    assert (first.previous, third.next) == ("", "")
    back = page_waiting(dora, ALL, limit=10, cursor=third.previous)
    assert [entry.title for entry in back.entries] == whole[10:20]
    with pytest.raises(BadCursor):
        page_waiting(dora, ALL, cursor="nonsense")


def test_counts_are_honest_and_one_statement(staff: Staff, ask: Ask) -> None:
    dora = actor(staff, "Dora")
    seen = ask("seen", due_at=in_hours(4))
    asleep = ask("asleep", due_at=in_hours(40))
    ask("overdue", due_at=in_hours(-4), age=timedelta(days=3))
    mark_read(item_ids=[seen.id], actor=dora)
    snooze_items(item_ids=[asleep.id], until=in_hours(3), actor=dora)
    with CaptureQueriesContext(connection) as captured:
        counts = count_waiting(dora)
    assert len(captured) == 1
    held = counts.of("decision")
    assert (held.waiting, held.snoozed, held.unread, held.overdue) == (2, 1, 1, 1)
    assert held.oldest is not None
    assert now() - held.oldest > timedelta(days=2)
    assert total_waiting(dora) == counts.all.waiting == 2
    assert titles(dora, Wanted(show="unread")) == ["overdue"]
    assert titles(dora, Wanted(show="overdue")) == ["overdue"]
    assert titles(dora, Wanted(show="snoozed")) == ["asleep"]


def test_the_statement_that_is_kept_is_the_one_that_is_made(staff: Staff, ask: Ask) -> None:
    at = now()
    kept = {}
    for name in ("Rita", "Dora", "Tina", "Mona"):
        sql, values = sources.waiting_sql(staff.actor(name), ALL)
        made, others = sources._statement(staff.actor(name), ALL, at)
        assert sql == made
        assert [str(value) for value in values if not isinstance(value, datetime)] == [
            str(value) for value in others if not isinstance(value, datetime)
        ]
        moments = [value for value in values if isinstance(value, datetime)]
        assert all(at <= value <= now() for value in moments)
        assert len(moments) == len([value for value in others if isinstance(value, datetime)])
        kept[name] = values
    assert kept["Rita"] != kept["Dora"]


def test_the_pulse_changes_with_whatever_the_list_shows(staff: Staff, ask: Ask) -> None:
    dora = actor(staff, "Dora")
    request = ask("one", due_at=in_hours(4))
    pulses = [count_waiting(dora).pulse, count_waiting(dora).pulse]
    assert pulses[0] == pulses[1]
    mark_read(item_ids=[request.id], actor=dora)
    pulses.append(count_waiting(dora).pulse)
    request.due_at = in_hours(5)
    request.save(update_fields=["due_at"])
    pulses.append(count_waiting(dora).pulse)
    ask("two", due_at=in_hours(6))
    pulses.append(count_waiting(dora).pulse)
    assert len(set(pulses)) == 4


def test_what_is_snoozed_comes_back_by_itself(staff: Staff, ask: Ask) -> None:
    dora = actor(staff, "Dora")
    request = ask("one", due_at=in_hours(40))
    snooze_items(item_ids=[request.id], until=in_hours(2), actor=dora)
    assert titles(dora) == []
    Mark.objects.update(snoozed_until=now() - timedelta(seconds=1))
    assert titles(dora) == ["one"]


def test_nothing_overdue_is_hidden(staff: Staff, ask: Ask) -> None:
    dora = actor(staff, "Dora")
    soon, late = ask("soon", due_at=in_hours(1)), ask("late", due_at=in_hours(-1))
    assert snooze_items(item_ids=[soon.id, late.id], until=in_hours(30), actor=dora) == [soon.id]
    assert titles(dora) == ["late"]
    soon.due_at = now() - timedelta(minutes=1)
    soon.save(update_fields=["due_at"])
    assert titles(dora) == ["late", "soon"]
    with pytest.raises(NotSnoozable):
        snooze_items(item_ids=[late.id], until=in_hours(2), actor=dora)


def test_snoozing_touches_one_person_alone(staff: Staff, ask: Ask) -> None:
    request = ask("for both", who=("Dora", "Rita"), due_at=in_hours(9))
    snooze_items(item_ids=[request.id], until=in_hours(2), actor=actor(staff, "Dora"))
    assert titles(actor(staff, "Dora")) == []
    assert "for both" in titles(actor(staff, "Rita"))
    assert wake_items(item_ids=[request.id], actor=actor(staff, "Rita")) == 0
    assert wake_items(item_ids=[request.id], actor=actor(staff, "Dora")) == 1
    assert titles(actor(staff, "Dora")) == ["for both"]


def test_refusals_of_snoozing(staff: Staff, ask: Ask) -> None:
    dora, request = actor(staff, "Dora"), ask("one", who=("Rita",))
    with pytest.raises(NothingWaits):
        snooze_items(item_ids=[request.id], until=in_hours(2), actor=dora)
    for hours in (-1, 24 * 61):
        with pytest.raises(BadUntil):
            snooze_items(item_ids=[request.id], until=in_hours(hours), actor=dora)
    assert not Mark.objects.exists()


def test_search_and_filters(staff: Staff, ask: Ask) -> None:
    ask("Approve the team", about="Nordwind ERP", show={"customer": {"name": "Nordwind GmbH"}})
    ask("Approve the price", requested_by_label="Mona", show={"customer": "Südwind"})
    ask("Approve nothing")
    dora = actor(staff, "Dora")
    assert titles(dora, Wanted(search="nordwind")) == ["Approve the team"]
    assert titles(dora, Wanted(search="südwind")) == ["Approve the price"]
    assert titles(dora, Wanted(search="mona")) == ["Approve the price"]
    assert titles(dora, Wanted(search="100%")) == []
    assert titles(dora, Wanted(customer="Nordwind GmbH")) == ["Approve the team"]
    assert len(titles(dora, Wanted(template="staffing"))) == 3
    assert titles(dora, Wanted(kind="task")) == []
    assert count_waiting(dora, Wanted(search="nordwind")).all.waiting == 1


def test_groups(staff: Staff, ask: Ask) -> None:
    ask("b", show={"customer": "Beta"}, due_at=in_hours(1))
    ask("a late", show={"customer": {"name": "Alpha"}}, due_at=in_hours(200))
    ask("a", show={"customer": "Alpha"}, due_at=in_hours(-5))
    ask("none")
    dora = actor(staff, "Dora")
    entries = page_waiting(dora, Wanted(group="customer")).entries
    assert [(entry.group, entry.title) for entry in entries] == [
        ("", "none"),
        ("Alpha", "a"),
        ("Alpha", "a late"),
        ("Beta", "b"),
    ]
    by_due = page_waiting(dora, Wanted(group="due")).entries
    assert [entry.group for entry in by_due] == sorted(entry.group for entry in by_due)
    assert (by_due[0].group, by_due[-1].group) == ("1", "5")
    assert {entry.group for entry in page_waiting(dora, Wanted(group="template")).entries} == {"staffing"}
    first = page_waiting(dora, Wanted(group="customer"), limit=2)
    rest = page_waiting(dora, Wanted(group="customer"), limit=2, cursor=first.next)
    assert [entry.title for entry in rest.entries] == ["a late", "b"]


def test_the_next_decision(staff: Staff, ask: Ask) -> None:
    first, second = ask("one", due_at=in_hours(1)), ask("two", due_at=in_hours(2))
    dora = actor(staff, "Dora")
    assert next_decision(dora, after=first.id) == second.id
    assert next_decision(dora, after=second.id) == first.id
    snooze_items(item_ids=[first.id], until=in_hours(1), actor=dora)
    assert next_decision(dora, after=second.id) is None


def test_statements_do_not_grow_with_what_waits(staff: Staff, ask: Ask) -> None:
    dora = actor(staff, "Dora")
    ask("first")

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            page_waiting(dora, ALL)
            count_waiting(dora)
        return len(captured)

    before = cost()
    for number in range(30):
        ask(f"r{number}")
    assert cost() == before == 4


def test_a_decided_request_leaves_the_list(staff: Staff, run, ask: Ask) -> None:  # type: ignore[no-untyped-def]
    rita = actor(staff, "Rita")
    entry = page_waiting(rita, ALL).entries[0]
    assert (entry.title, entry.about, entry.customer, entry.asks_as) == (
        "Approve staffing",
        "Nordwind ERP",
        "Nordwind",
        "Resource manager of the region",
    )
    decide_request(request_id=entry.id, actor=rita, outcome="approved", show_hash=entry.show_hash)
    assert page_waiting(rita, ALL).entries == []
    with pytest.raises(DomainError):
        snooze_items(item_ids=[entry.id], until=in_hours(1), actor=rita)
