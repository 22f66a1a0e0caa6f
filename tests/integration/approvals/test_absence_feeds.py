"""Absences out of calendars: taken over, followed, ended with their entries; problems are said, addresses are secret."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from apps.approvals.exceptions import UnknownFeed
from apps.approvals.models import AbsenceFeed, Delegation
from apps.approvals.services import feeds
from apps.approvals.services.delegations import create_delegation
from apps.approvals.services.feeds import FEED_KIND, delete_feed, save_feed
from apps.core.clock import now
from apps.core.errors import Forbidden, Invalid
from apps.core.http import HttpResponse, HttpTimeout
from apps.dispatch.models import Lane, WorkItem
from apps.ledger.models import AuditEntry
from tests.integration.approvals.conftest import Staff

SECRET = "https://calendar.example/private-abc123/basic.ics"


def entry(uid: str, begins: float, ends: float, title: str = "Holiday") -> str:
    stamps = [f"{now() + timedelta(days=at):%Y%m%dT%H0000Z}" for at in (begins, ends)]
    return f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART:{stamps[0]}\r\nDTEND:{stamps[1]}\r\nSUMMARY:{title}\r\nEND:VEVENT"


def calendar(*entries: str) -> str:
    return "\r\n".join(("BEGIN:VCALENDAR", *entries, "END:VCALENDAR", ""))


class Web:
    """What answers in the place of other people's calendars."""

    def __init__(self) -> None:
        self.answer: Any = calendar()
        self.asked: list[str] = []

    def send(self, method: str, url: str, **_options: Any) -> HttpResponse:
        self.asked.append(f"{method} {url}")
        if isinstance(self.answer, Exception):
            raise self.answer
        status, text = self.answer if isinstance(self.answer, tuple) else (200, self.answer)
        return HttpResponse(status, {}, text.encode(), 1.0)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Web:
    found = Web()
    monkeypatch.setattr(feeds, "outbound_client", lambda: found)
    monkeypatch.setattr(feeds, "check_url", lambda url, **_options: url)
    return found


def live(feed: AbsenceFeed) -> list[tuple[str, str]]:
    rows = Delegation.objects.filter(feed=feed, withdrawn_at=None).order_by("begins_at")
    return [(row.source, row.taker.label if row.taker else "") for row in rows]


def again(drain: Callable[..., int]) -> None:
    """The next day has come."""
    WorkItem.objects.filter(kind=FEED_KIND).update(run_at=now())
    Lane.objects.update(next_due=now())
    drain()


def test_a_calendar_is_followed(staff: Staff, web: Web, drain: Callable[..., int]) -> None:
    web.answer = calendar(
        entry("a", 1, 3), entry("b", 10, 12), entry("c", -9, -8), entry("m", 1, 2, "Meeting")
    )
    feed = save_feed(actor=staff.actor("Rita"), url=SECRET, taker_id=staff.user("Mona").pk, keyword="holiday")
    drain()
    assert live(feed) == [("feed", "Mona"), ("feed", "Mona")]
    first = Delegation.objects.filter(feed=feed).earliest("begins_at")
    web.answer = calendar(entry("a", 1, 3), entry("d", 20, 21))
    again(drain)
    assert len(live(feed)) == 2
    first.refresh_from_db()
    assert first.withdrawn_at is None
    assert Delegation.objects.filter(feed=feed).exclude(withdrawn_at=None).count() == 1
    assert web.asked == [f"GET {SECRET}"] * 2
    assert WorkItem.objects.get(kind=FEED_KIND).run_at > now() + timedelta(hours=23)


def test_an_unchanged_calendar_changes_nothing(staff: Staff, web: Web, drain: Callable[..., int]) -> None:
    web.answer = calendar(entry("a", 1, 3))
    feed = save_feed(actor=staff.actor("Rita"), url=SECRET)
    drain()
    number = AuditEntry.objects.filter(action__startswith="delegation.").count()
    again(drain)
    assert AuditEntry.objects.filter(action__startswith="delegation.").count() == number == 1
    assert live(feed) == [("feed", "")]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (HttpTimeout("calendar.example did not answer in time.", sent=True), "did not answer in time"),
        ((404, "no"), "calendar.example answered 404."),
        ("<html>", "no iCalendar text"),
    ],
    ids=["timeout", "missing", "no calendar"],
)
def test_what_cannot_be_read_is_said_and_tried_again(
    staff: Staff, web: Web, drain: Callable[..., int], answer: Any, words: str
) -> None:
    web.answer = calendar(entry("a", 1, 3))
    feed = save_feed(actor=staff.actor("Rita"), url=SECRET)
    drain()
    web.answer = answer
    again(drain)
    feed.refresh_from_db()
    assert words in feed.problem
    # What is known stays known.
    assert len(live(feed)) == 1
    web.answer = calendar(entry("a", 1, 3))
    again(drain)
    feed.refresh_from_db()
    assert feed.problem == ""


def test_the_address_is_a_secret(staff: Staff, web: Web, drain: Callable[..., int]) -> None:
    feed = save_feed(actor=staff.actor("Rita"), url="webcal://calendar.example/private-abc123/basic.ics")
    drain()
    assert feed.host == "calendar.example"
    assert web.asked == [f"GET {SECRET}"]
    assert "abc123" not in feed.sealed_url
    assert not any("abc123" in f"{entry.before}{entry.after}" for entry in AuditEntry.objects.all())


def test_a_ring_leaves_the_deputy_out_and_says_so(staff: Staff, web: Web) -> None:
    create_delegation(
        actor=staff.actor("Mona"),
        begins_at=now(),
        ends_at=now() + timedelta(days=30),
        taker_id=staff.user("Rita").pk,
    )
    feed = save_feed(
        actor=staff.actor("Rita"), text=calendar(entry("a", 1, 3)), taker_id=staff.user("Mona").pk
    )
    assert live(feed) == [("feed", "")]
    assert "Nobody would be left to decide" in feed.problem


def test_a_file_is_taken_once_and_a_new_one_replaces_it(staff: Staff) -> None:
    feed = save_feed(actor=staff.actor("Rita"), text=calendar(entry("a", 1, 3), entry("b", 5, 6)))
    assert len(live(feed)) == 2
    feed = save_feed(actor=staff.actor("Rita"), text=calendar(entry("c", 1, 3)))
    assert len(live(feed)) == 1
    assert not WorkItem.objects.filter(kind=FEED_KIND).exists()


def test_forgetting_ends_what_is_planned(staff: Staff) -> None:
    feed = save_feed(actor=staff.actor("Rita"), text=calendar(entry("a", 1, 3)))
    with pytest.raises(UnknownFeed):
        delete_feed(feed_id=feed.id, actor=staff.actor("Mona"))
    delete_feed(feed_id=feed.id, actor=staff.actor("Tina"))
    assert not AbsenceFeed.objects.exists()
    assert not Delegation.objects.filter(withdrawn_at=None).exists()
    assert Delegation.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({}, "/url"),
        ({"url": SECRET, "text": "x"}, "/url"),
        ({"url": "https://127.0.0.1/a.ics"}, "/url"),
        ({"url": "ftp://calendar.example/a.ics"}, "/url"),
        ({"text": "nothing"}, "/text"),
    ],
    ids=["neither", "both", "private", "scheme", "no calendar"],
)
def test_what_cannot_be_taken_is_named(staff: Staff, values: dict[str, str], pointer: str) -> None:
    with pytest.raises(Invalid) as caught:
        save_feed(actor=staff.actor("Rita"), **values)
    assert caught.value.errors[0].pointer == pointer
    assert not AbsenceFeed.objects.exists()


def test_others_calendars_are_for_who_leads(staff: Staff) -> None:
    with pytest.raises(Forbidden):
        save_feed(actor=staff.actor("Mona"), user_id=staff.user("Rita").pk, text=calendar())
    assert (
        save_feed(actor=staff.actor("Tina"), user_id=staff.user("Rita").pk, text=calendar()).user.name
        == "Rita"
    )
