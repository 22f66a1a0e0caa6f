"""The outbound client against servers that behave, dawdle, drip, lie and hang up."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from apps.core.http import (
    HttpConnectionError,
    HttpRefused,
    HttpTimeout,
    HttpTooLarge,
    SafeClient,
)

Script = Callable[[socket.socket, bytes], None]


@contextmanager
def serving(script: Script) -> Iterator[tuple[str, list[bytes]]]:
    """Serve connections on loopback with ``script``; yield the base URL and the heads of the requests seen."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen: list[bytes] = []

    def talk(peer: socket.socket) -> None:
        with peer:
            while head := _read_head(peer):
                seen.append(head)
                try:
                    script(peer, head)
                except OSError:
                    return

    def accept() -> None:
        while True:
            try:
                peer, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(peer,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
    finally:
        listener.close()


def _read_head(peer: socket.socket) -> bytes:
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            piece = peer.recv(4096)
            if not piece:
                return b""
            data += piece
    except OSError:
        return b""
    return data


def client_of(base: str) -> SafeClient:
    return SafeClient(allowed_private=lambda: [base.removeprefix("http://")])


def answer(body: bytes, *headers: str, status: str = "200 OK") -> Script:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return lambda peer, head: peer.sendall("\r\n".join(lines).encode() + body)


def test_answer_is_returned_whatever_its_status_and_the_connection_is_kept():
    with serving(answer(b'{"a":1}', "X-One: 1", status="503 Busy")) as (base, seen):
        client = client_of(base)
        replies = [
            client.send("POST", f"{base}/a?b=1", body=b"{}", headers={"X-Sent": "yes"}) for _ in range(2)
        ]
    assert [reply.status for reply in replies] == [503, 503]
    assert replies[0].body == b'{"a":1}'
    assert replies[0].headers["x-one"] == "1"
    assert len(seen) == 2
    assert seen[0].startswith(b"POST /a?b=1 HTTP/1.1\r\n")
    assert b"X-Sent: yes" in seen[0]
    assert b"Accept-Encoding: identity" in seen[0]


def test_connections_are_reused():
    ports: set[int] = set()

    def script(peer: socket.socket, head: bytes) -> None:
        ports.add(peer.getpeername()[1])
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with serving(script) as (base, _seen):
        client = client_of(base)
        for _ in range(5):
            client.send("GET", base + "/")
    assert len(ports) == 1


def test_redirects_are_not_followed():
    with serving(answer(b"", "Location: http://127.0.0.1:1/", status="302 Found")) as (base, seen):
        assert client_of(base).send("GET", base + "/").status == 302
    assert len(seen) == 1


def test_proxies_of_the_environment_are_ignored(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving(answer(b"ok")) as (base, _seen):
        assert client_of(base).send("GET", base + "/").body == b"ok"


def test_silence_after_the_request_is_a_timeout_of_unknown_outcome():
    with serving(lambda peer, head: time.sleep(3)) as (base, _seen):
        started = time.monotonic()
        with pytest.raises(HttpTimeout) as caught:
            client_of(base).send("POST", base + "/", body=b"{}", timeout=0.3)
    assert caught.value.sent is True
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize("where", ["head", "body"])
def test_dripping_answer_ends_at_the_deadline(where):
    prefix = (
        b"HTTP/1.1 200 OK\r\nX-Slow: "
        if where == "head"
        else b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
    )

    def drip(peer: socket.socket, head: bytes) -> None:
        peer.sendall(prefix)
        for _ in range(40):
            peer.sendall(b"x")
            time.sleep(0.1)

    with serving(drip) as (base, _seen):
        started = time.monotonic()
        with pytest.raises(HttpTimeout) as caught:
            client_of(base).send("GET", base + "/", timeout=0.5)
    assert caught.value.sent is True
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("declared", [True, False])
def test_large_answer_is_cut_off(declared):
    def script(peer: socket.socket, head: bytes) -> None:
        length = b"Content-Length: 500000\r\n" if declared else b"Connection: close\r\n"
        peer.sendall(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n" + b"x" * 500_000)
        peer.close()

    with serving(script) as (base, _seen), pytest.raises(HttpTooLarge) as caught:
        client_of(base).send("GET", base + "/", max_bytes=1000)
    assert caught.value.status == 200


def test_answer_of_exactly_the_cap_is_read():
    with serving(answer(b"x" * 1000)) as (base, _seen):
        assert len(client_of(base).send("GET", base + "/", max_bytes=1000).body) == 1000


def test_compressed_answer_is_refused():
    with (
        serving(answer(b"\x1f\x8b", "Content-Encoding: gzip")) as (base, _seen),
        pytest.raises(HttpConnectionError),
    ):
        client_of(base).send("GET", base + "/")


def test_connection_cut_after_the_request_has_an_unknown_outcome():
    with (
        serving(lambda peer, head: peer.close()) as (base, _seen),
        pytest.raises(HttpConnectionError) as caught,
    ):
        client_of(base).send("POST", base + "/", body=b"{}")
    assert caught.value.sent is True


def test_connection_cut_within_the_body_has_an_unknown_outcome():
    def script(peer: socket.socket, head: bytes) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
        peer.close()

    with serving(script) as (base, _seen), pytest.raises(HttpConnectionError) as caught:
        client_of(base).send("GET", base + "/")
    assert caught.value.sent is True


def test_refused_connection_was_not_sent():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(HttpConnectionError) as caught:
        client_of(f"http://127.0.0.1:{port}").send("POST", f"http://127.0.0.1:{port}/", body=b"{}")
    assert caught.value.sent is False


@pytest.mark.parametrize("header", ["a\r\nHost: other", "a\nb"])
def test_line_breaks_in_headers_are_not_sent(header):
    with serving(answer(b"")) as (base, seen), pytest.raises(HttpConnectionError) as caught:
        client_of(base).send("GET", base + "/", headers={"X-Evil": header})
    assert caught.value.sent is False
    assert not seen


def test_loopback_that_is_not_allowed_is_refused_before_connecting():
    with serving(answer(b"secret")) as (base, seen), pytest.raises(HttpRefused):
        SafeClient().send("GET", base.replace("http:", "https:") + "/")
    assert not seen
