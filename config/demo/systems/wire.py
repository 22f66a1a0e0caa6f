"""A small HTTP/1.1 server on asyncio: one thread, keep-alive, answers in well under a millisecond.

Hand-written because the demo's benchmarks share two cores with it: the standard library's threading
server spends ten times as much on a request.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from typing_extensions import override

from config.demo.systems.messages import Answer, Request

MAX_HEAD = 64 * 1024
MAX_BODY = 2 * 1024 * 1024
# epoll waits whole milliseconds, rounded up: half of one is one on the clock.
STUB_LATENCY = 0.0005
STUB_ANSWER = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"status":"ok"}'
)
REASONS = {status.value: status.phrase for status in HTTPStatus}


class BadMessage(Exception):
    """The bytes are no HTTP request this server takes; the connection is closed after `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(REASONS[status])
        self.status = status


def parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    """Splits a request head into method, target and headers. Raises `BadMessage`."""
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[1].startswith("/"):
        raise BadMessage(400)
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadMessage(400)
        headers[name.strip().lower()] = value.strip()
    return parts[0], parts[1], headers


def body_length(headers: dict[str, str]) -> int:
    """The declared body length in bytes. Raises `BadMessage` for chunked, silly or too large bodies."""
    if "transfer-encoding" in headers:
        raise BadMessage(411)
    declared = headers.get("content-length", "0")
    if not declared.isdigit():
        raise BadMessage(400)
    if int(declared) > MAX_BODY:
        raise BadMessage(413)
    return int(declared)


def render(answer: Answer) -> bytes:
    """The bytes of an answer, head and body."""
    body = answer.encoded()
    head = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Unknown')}"]
    if body:
        head.append("Content-Type: application/json")
    if answer.status != 204:
        head.append(f"Content-Length: {len(body)}")
    head.extend(f"{name}: {value}" for name, value in answer.headers.items())
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


class Connection(asyncio.Protocol):
    """One client connection; requests on it are answered strictly one after another."""

    def __init__(self, handle: Callable[[Request], Answer], on_stub: Callable[[], None]) -> None:
        self._handle = handle
        self._on_stub = on_stub
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._busy = False
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._advance()

    def _advance(self) -> None:
        while self._transport is not None and not self._busy:
            try:
                request = self._next_request()
            except BadMessage as error:
                self._transport.write(render(Answer(error.status, headers={"Connection": "close"})))
                self._transport.close()
                return
            if request is None:
                return
            self._serve(request)

    def _next_request(self) -> Request | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD:
                raise BadMessage(431)
            return None
        method, target, headers = parse_head(bytes(self._buffer[:end]))
        length = body_length(headers)
        if len(self._buffer) < end + 4 + length:
            if headers.get("expect", "").lower() == "100-continue" and len(self._buffer) == end + 4:
                self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return None
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        return Request(method, target, headers, body)

    def _serve(self, request: Request) -> None:
        if request.method == "POST" and request.target.startswith("/stub/"):
            self._on_stub()
            self._finish_later(STUB_LATENCY, STUB_ANSWER, close=False)
            return
        answer = self._handle(request)
        if answer.cut:
            self._abort()
        elif answer.hang:
            self._busy = True
        else:
            close = request.headers.get("connection", "").lower() == "close"
            self._finish_later(answer.delay, render(answer), close=close)

    def _finish_later(self, delay: float, data: bytes, *, close: bool) -> None:
        if delay <= 0:
            self._write(data, close=close)
            return
        self._busy = True
        self._loop.call_later(delay, self._finish, data, close)

    def _finish(self, data: bytes, close: bool) -> None:
        self._busy = False
        self._write(data, close=close)
        self._advance()

    def _write(self, data: bytes, *, close: bool = False) -> None:
        if self._transport is None:
            return
        self._transport.write(data)
        if close:
            self._transport.close()

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
