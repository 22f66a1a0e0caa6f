"""Finding a Chromium."""

from pathlib import Path

import pytest

from config.local.browser import find_browser


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_one_that_is_named_wins(tmp_path: Path) -> None:
    named = executable(tmp_path / "mine")
    assert find_browser({"CHROMIUM": str(named)}) == named
    assert find_browser({"CHROMIUM": str(tmp_path / "gone")}) is None


def test_then_one_on_the_path_then_the_newest_of_playwright(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(tmp_path / "cache/chromium-1100/chrome-linux/chrome")
    newest = executable(tmp_path / "cache/chromium-1200/chrome-linux64/chrome")
    environ = {"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path / "cache")}
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_browser(environ) == newest
    installed = executable(tmp_path / "bin/chromium")
    assert find_browser(environ) == installed
    installed.unlink()
    assert find_browser({"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path / "none")}) is None
