"""Due dates as calendars read them."""

from datetime import UTC, datetime
from uuid import UUID

from apps.inbox.calendar_text import DueEntry, calendar_text

AT = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)


def text_of(title):
    entry = DueEntry(UUID(int=7), title, AT, "https://alpha.example/approvals/7/")
    return calendar_text([entry], name="Alpha: due dates", host="alpha.example", at=AT)


def unfolded(text):
    return text.replace("\r\n ", "")


def test_titles_deadlines_and_links_and_nothing_else():
    lines = unfolded(text_of("Approve the team")).split("\r\n")
    assert "DTEND:20260312T150000Z" in lines
    assert "DTSTART:20260312T144500Z" in lines
    assert "SUMMARY:Approve the team" in lines
    assert "URL:https://alpha.example/approvals/7/" in lines
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]


def test_what_people_type_cannot_break_out_of_its_line():
    text = unfolded(text_of("A, b; c\\d\r\nEND:VEVENT\nX:1\x07"))
    assert "SUMMARY:A\\, b\\; c\\\\d\\nEND:VEVENT\\nX:1\r\n" in text
    assert text.count("END:VEVENT\r\n") == 1


def test_long_lines_are_folded_by_bytes_and_read_back():
    title = "Größe " * 40
    text = text_of(title)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert f"SUMMARY:{title}\r\n" in unfolded(text)
