"""One clock counts: the database's, where a machine's is off."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.core import clock

TRUE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_machine_an_hour_off_goes_by_the_database(monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    monkeypatch.setattr(clock, "_machine", lambda: TRUE + timedelta(hours=hours))
    monkeypatch.setattr(clock, "_apart", timedelta(0))
    assert clock.now() == TRUE + timedelta(hours=hours)
    clock.agree(TRUE)
    assert clock.now() == TRUE


def test_the_way_to_the_database_does_not_move_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_machine", lambda: TRUE)
    monkeypatch.setattr(clock, "_apart", timedelta(hours=1))
    clock.agree(TRUE - timedelta(milliseconds=900))
    assert clock.now() == TRUE
