"""Readiness probes for supervised processes."""

import http.client
import socket
from collections.abc import Mapping

from config.local.ports import LOOPBACK


def tcp_ready(port: int, host: str = LOOPBACK) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=2):
            return True
    except OSError:
        return False


def http_ready(
    port: int, path: str, *, host: str = LOOPBACK, headers: Mapping[str, str] | None = None, status: int = 200
) -> bool:
    """Whether a GET is answered with the status; `headers` may carry the Host a virtual host wants."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        return connection.getresponse().status == status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
