"""A program that uses a tenant's REST API with a key, and waits for things to happen."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

Json = dict[str, Any]
T = TypeVar("T")


class NotYet(RuntimeError):
    """What was waited for did not happen in time."""


class Api:
    """The API of one tenant; ``port`` is where it listens on loopback."""

    def __init__(self, host: str, port: int, key: str) -> None:
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}/api/v1/",
            headers={"Host": f"{host}:{port}", "Authorization": f"Bearer {key}"},
            timeout=20,
        )

    def get(self, path: str, **query: str) -> Json:
        response = self.client.get(path, params=query)
        response.raise_for_status()
        body: Json = response.json()
        return body

    def list(self, path: str, **query: str) -> list[Json]:
        """Return the first page of a list."""
        results: list[Json] = self.get(path, **query)["results"]
        return results

    def post(self, path: str, body: Json | None = None, key: str = "") -> httpx.Response:
        """Send a command; ``key`` is its Idempotency-Key."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.client.post(path, json=body or {}, headers=headers)

    def do(self, path: str, body: Json | None = None, key: str = "") -> Json:
        """Send a command that must be accepted; return its answer."""
        response = self.post(path, body, key)
        if response.is_error:
            raise RuntimeError(f"POST {path} answered {response.status_code}: {response.text[:600]}")
        answer: Json = response.json() if response.content else {}
        return answer


def wait_for(what: str, look: Callable[[], T | None], seconds: float = 30) -> T:
    """Call ``look`` until it returns something; raise NotYet naming ``what``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise NotYet(f"waited {seconds:.0f} s in vain: {what}")
