"""The client: one call, one answer, or one typed error."""

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from urllib3 import BaseHTTPResponse, Timeout
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from apps.core.http.errors import HttpConnectionError, HttpError, HttpTimeout, HttpTooLarge
from apps.core.http.guard import Resolver, Target, check_url
from apps.core.http.transport import pool_manager, set_deadline

CONNECT_SECONDS = 5.0
_CHUNK = 16 * 1024


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer, read to its end; header names are lower case, of repeated ones the values are joined."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed_ms: float


class SafeClient:
    """Calls public https targets, and the private ``host:port`` pairs it is given; safe to share between threads.

    No redirects are followed, no proxies or credentials are taken from the environment, no cookies are kept, and
    answers must not be compressed.
    """

    def __init__(
        self, *, allowed_private: Callable[[], list[str]] | None = None, resolver: Resolver | None = None
    ) -> None:
        self._allowed_private = allowed_private or list
        self._resolver = resolver
        self._pools = pool_manager()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 10.0,
        max_bytes: int = 64 * 1024,
    ) -> HttpResponse:
        """Send the request and return the answer, whatever its status.

        ``timeout`` in seconds bounds the whole call from connecting to the last byte; ``max_bytes`` the body of the
        answer. Raises HttpRefused, HttpTimeout, HttpConnectionError or HttpTooLarge.
        """
        started = time.monotonic()
        target = check_url(url, allowed_private=self._allowed_private(), resolver=self._resolver)
        deadline = started + timeout
        set_deadline(deadline)
        response = self._open(target, method, headers or {}, body, timeout)
        try:
            content = _read(response, deadline, max_bytes)
        except BaseException:
            response.close()
            raise
        response.release_conn()
        return HttpResponse(
            status=response.status,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=content,
            elapsed_ms=(time.monotonic() - started) * 1000,
        )

    def _open(
        self, target: Target, method: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> BaseHTTPResponse:
        sent = {"Accept-Encoding": "identity", **headers, "Host": target.host_header}
        try:
            return self._pool(target).urlopen(
                method,
                target.path,
                body=body,
                headers=sent,
                retries=False,
                redirect=False,
                assert_same_host=False,
                timeout=Timeout(connect=min(CONNECT_SECONDS, timeout), read=timeout),
                preload_content=False,
                decode_content=False,
            )
        except (HTTPError, OSError, ValueError) as error:
            raise _typed(error, target) from error

    def _pool(self, target: Target) -> HTTPConnectionPool:
        """Return the pool of the pinned address; for TLS, name and certificate are still those of the host."""
        tls = (
            {"assert_hostname": target.host, "server_hostname": target.host}
            if target.scheme == "https"
            else None
        )
        return self._pools.connection_from_host(target.address, target.port, target.scheme, pool_kwargs=tls)


@cache
def outbound_client() -> SafeClient:
    """Return the process's client, which may reach what ``settings.OUTBOUND_ALLOWED_PRIVATE`` names."""
    return SafeClient(allowed_private=lambda: settings.OUTBOUND_ALLOWED_PRIVATE)


def _read(response: BaseHTTPResponse, deadline: float, max_bytes: int) -> bytes:
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise HttpConnectionError("The answer is compressed, which was not asked for.", sent=True)
    declared = response.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > max_bytes:
        raise HttpTooLarge(f"The answer is larger than {max_bytes} bytes.", status=response.status)
    chunks: list[bytes] = []
    size = 0
    try:
        while chunk := response.read(min(_CHUNK, max_bytes + 1 - size), decode_content=False):
            chunks.append(chunk)
            size += len(chunk)
            if size > max_bytes:
                raise HttpTooLarge(f"The answer is larger than {max_bytes} bytes.", status=response.status)
    except (ReadTimeoutError, TimeoutError) as error:
        raise HttpTimeout("The answer did not end in time.", sent=True) from error
    except (HTTPError, OSError) as error:
        if time.monotonic() >= deadline:
            raise HttpTimeout("The answer did not end in time.", sent=True) from error
        raise HttpConnectionError("The connection broke within the answer.", sent=True) from error
    return b"".join(chunks)


def _typed(error: Exception, target: Target) -> HttpError:
    where = f"{target.host}:{target.port}"
    if isinstance(error, ConnectTimeoutError) and not isinstance(error, NewConnectionError):
        return HttpTimeout(f"{where} did not accept a connection in time.", sent=False)
    if isinstance(error, NewConnectionError):
        return HttpConnectionError(f"{where} does not accept connections.", sent=False)
    if isinstance(error, SSLError):
        # A bad certificate ends the handshake; any other TLS failure may come after the request.
        certificate = isinstance(error.args[0], ssl.SSLCertVerificationError) if error.args else False
        return HttpConnectionError(f"No trusted TLS connection to {where}: {error}", sent=not certificate)
    if isinstance(error, (ReadTimeoutError, TimeoutError)):
        return HttpTimeout(f"{where} did not answer in time.", sent=True)
    if isinstance(error, ValueError):
        # http.client refuses line breaks in headers and targets before anything is sent.
        return HttpConnectionError(f"The request to {where} is not valid HTTP: {error}", sent=False)
    return HttpConnectionError(f"{where} closed the connection without an answer.", sent=True)
