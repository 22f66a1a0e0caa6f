"""Logs and error reports hold no secrets."""

from apps.core.logs import drop_secrets, scrub_event


def test_log_lines_mask_what_is_named_a_secret() -> None:
    line = drop_secrets(
        None, "info", {"event": "x", "api_key": "k", "Authorization": "Bearer k", "path": "/"}
    )
    assert line == {"event": "x", "api_key": "***", "Authorization": "***", "path": "/"}


def test_error_reports_lose_bodies_cookies_and_secrets() -> None:
    event = {
        "request": {
            "url": "/x",
            "data": "{}",
            "cookies": {"session": "s"},
            "headers": {"Authorization": "Bearer k"},
        },
        "extra": {"list": [{"client_secret": "s", "n": 1}]},
    }
    scrubbed = scrub_event(event, {})
    assert scrubbed["request"] == {"url": "/x", "headers": {"Authorization": "***"}}
    assert scrubbed["extra"] == {"list": [{"client_secret": "***", "n": 1}]}
