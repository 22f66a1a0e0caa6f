"""The plainest reading of a `generic-rest` connection: what `connection.yaml` means, without retries or safeguards."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from apps.core.expressions import resolve
from tests.tryton.server import TrytonServer

CONNECTION = yaml.safe_load((Path(__file__).parent / "connection.yaml").read_text())


class Refused(Exception):
    """The system answered, and its answer was no success."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


@dataclass
class Reference:
    """Carries out operations of the connection against a running server."""

    server: TrytonServer
    key: str = ""

    def perform(self, operation: str, **input: Any) -> dict[str, Any]:
        """The result of an operation. Raises `Refused`."""
        spec = CONNECTION["operations"][operation]
        scope = self._call(spec, input)
        if not resolve(spec["success"], scope):
            raise Refused(scope["response"]["status"], scope["response"]["body"])
        result: dict[str, Any] = resolve(spec["result"], scope)
        return result

    def look_up(self, operation: str, **input: Any) -> dict[str, Any] | None:
        """What the operation's lookup finds, or None."""
        lookup = CONNECTION["operations"][operation]["idempotency"]["lookup"]
        scope = self._call(lookup, input)
        if not resolve(lookup["found"], scope):
            return None
        result: dict[str, Any] = resolve(lookup["result"], scope)
        return result

    def _call(self, spec: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        scope: dict[str, Any] = {
            "input": values,
            "connection": {"config": self.server.config},
            "key": "unused",
        }
        headers = resolve(CONNECTION["headers"], scope)
        headers["Authorization"] = f"Bearer {self.key or self.server.key}"
        response = httpx.request(
            spec["method"],
            self.server.url + resolve(spec["path"], scope),
            json=resolve(spec["body"], scope) if "body" in spec else None,
            headers=headers,
            timeout=30,
        )
        is_json = response.headers.get("content-type", "").startswith("application/json")
        body = response.json() if is_json else response.text
        scope["response"] = {"status": response.status_code, "headers": dict(response.headers), "body": body}
        return scope
