"""`local.env` and port choice."""

import socket
from pathlib import Path

import pytest

from config.local.env import export_lines, read_env, update_env, write_env
from config.local.ports import free_port, is_free


@pytest.mark.parametrize("value", ["plain", "with space", "it's", 'say "x"', "$HOME `id`", "a=b#c", ""])
def test_values_come_back_as_they_were_written(tmp_path: Path, value: str) -> None:
    path = tmp_path / "local.env"
    write_env(path, {"KEY": value, "OTHER": "1"})
    assert read_env(path) == {"KEY": value, "OTHER": "1"}
    assert update_env(path, OTHER="2") == {"KEY": value, "OTHER": "2"}
    assert read_env(path)["OTHER"] == "2"


def test_export_lines_are_safe_in_a_shell() -> None:
    assert export_lines({"KEY": "a b; rm"}) == "export KEY='a b; rm'\n"


def test_a_taken_port_gives_the_next_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert not is_free(port)
        chosen = free_port(port)
        assert chosen != port
        assert is_free(chosen)
