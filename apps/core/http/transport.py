"""Connections whose reads end at the call's deadline, however slowly the other side drips."""

import io
import socket
import ssl
import threading
import time
from http.client import HTTPResponse
from typing import Any

import certifi
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

_call = threading.local()


def set_deadline(at: float) -> None:
    """Set when (``time.monotonic``) the reads of this thread's present call have to end."""
    _call.deadline = at


class _Raw(io.RawIOBase):
    """The socket's raw stream, its time-out shortened to what is left before every read."""

    def __init__(self, raw: Any, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = float(_call.deadline)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline of the call has passed")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)  # type: ignore[no-any-return]

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_Raw(raw, sock))


class _Connection(HTTPConnection):
    response_class = _Response


class _TlsConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def pool_manager() -> PoolManager:
    """Return a thread-safe manager of kept-alive connections, trusting the system's and certifi's authorities."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    manager = PoolManager(num_pools=128, maxsize=16, block=False, ssl_context=context)
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
    return manager
