"""Codes of authenticator apps against the examples of RFC 6238, and when one is taken."""

import base64
from datetime import UTC, datetime

from apps.accounts.one_time_codes import (
    code_at,
    counter_of,
    matching_counter,
    new_recovery_codes,
    new_secret,
    otpauth_url,
    plain,
)

SECRET = base64.b32encode(b"12345678901234567890").decode()


def test_the_codes_are_those_of_the_standard() -> None:
    for seconds, code in (
        (59, "287082"),
        (1111111109, "081804"),
        (1234567890, "005924"),
        (20000000000, "353130"),
    ):
        at = datetime.fromtimestamp(seconds, UTC)
        assert code_at(SECRET, counter_of(at)) == code


def test_a_code_holds_for_its_period_and_those_beside_it() -> None:
    at = datetime(2026, 3, 1, 9, 0, 10, tzinfo=UTC)
    here = counter_of(at)
    for apart in (-1, 0, 1):
        assert matching_counter(SECRET, code_at(SECRET, here + apart), at) == here + apart
    for apart in (-2, 2):
        assert matching_counter(SECRET, code_at(SECRET, here + apart), at) is None


def test_a_used_code_and_those_before_it_are_not_taken() -> None:
    at = datetime(2026, 3, 1, 9, 0, 10, tzinfo=UTC)
    here = counter_of(at)
    assert matching_counter(SECRET, code_at(SECRET, here), at, after=here) is None
    assert matching_counter(SECRET, code_at(SECRET, here - 1), at, after=here) is None
    assert matching_counter(SECRET, code_at(SECRET, here + 1), at, after=here) == here + 1


def test_codes_are_read_as_people_type_them() -> None:
    assert plain(" 123 456 ") == "123456"
    assert plain("k7q2m-9xwpa") == "K7Q2M9XWPA"
    assert matching_counter(SECRET, "\N{ARABIC-INDIC DIGIT ONE}23456", datetime.now(UTC)) is None


def test_secrets_and_recovery_codes_are_all_different() -> None:
    assert len({new_secret() for _ in range(50)}) == 50
    assert len(set(new_recovery_codes())) == 10
    assert "issuer=Nord%20%26%20S%C3%BCd" in otpauth_url(SECRET, issuer="Nord & Süd", account="a@b.example")
