"""Work that is not urgent comes due at the moments of its schema."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.dispatch.moments import moment_after
from tenants.types import TenantRef

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.usefixtures("in_alpha")
def test_what_is_due_within_a_while_comes_together_and_not_early() -> None:
    times = [NOON + timedelta(milliseconds=70 * number) for number in range(1_000)]
    moments = [moment_after(at, every_seconds=5) for at in times]
    assert all(
        -0.001 < (moment - at).total_seconds() < 5.001 for at, moment in zip(times, moments, strict=True)
    )
    assert len(set(moments)) in (14, 15), "70 s hold 14 distances of 5 s"


def test_without_a_distance_it_is_the_time_itself(in_alpha: TenantRef) -> None:
    assert moment_after(NOON, every_seconds=0) == NOON
