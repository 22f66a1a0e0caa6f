"""Which URLs and addresses may be called: parse once, resolve once, pin the address.

Whatever is not globally routable is refused, in every notation and in every IPv6 disguise of an IPv4 address.
The exceptions are host:port pairs that the operator names. Plain http is for those only.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass

from requests_hardened.ip_filter import EXTRA_BLOCKED_NET_RANGES
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from apps.core.http.errors import HttpConnectionError, HttpRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], list[str]]

MAX_URL = 4096
_UNWANTED = re.compile(r"[\x00-\x20\x7f\\]")
_HOST_NAME = re.compile(r"^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*$")
_NUMERIC_LABEL = re.compile(r"^(0x[0-9a-f]*|[0-9]+)$")
_LOCAL_NAMES = (
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "arpa",
    "onion",
)
_PORTS = {"http": 80, "https": 443}

# Beyond what the standard library and requests-hardened call private: translations that reach IPv4 through IPv6,
# and networks that lead to infrastructure.
_ALSO_BLOCKED = tuple(
    ipaddress.ip_network(net)
    for net in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "224.0.0.0/3",
        "168.63.129.16/32",
        "::/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2002::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
_BLOCKED = (*_ALSO_BLOCKED, *EXTRA_BLOCKED_NET_RANGES)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes: the name for the Host header and TLS, the pinned address, and the request target."""

    scheme: str
    host: str
    port: int
    address: str
    path: str

    @property
    def host_header(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _PORTS[self.scheme] else f"{name}:{self.port}"


def check_url(url: str, *, allowed_private: Collection[str] = (), resolver: Resolver | None = None) -> Target:
    """Return the pinned target of ``url``; raise HttpRefused if it must not be called.

    ``allowed_private`` holds ``host:port`` pairs that may be private and may be called over plain http. Raises
    HttpConnectionError (not sent) if the name does not resolve.
    """
    scheme, host, port, path = _parse(url)
    allowed = f"{host}:{port}" in allowed_private
    if scheme == "http" and not allowed:
        raise HttpRefused("Only https is called.")
    literal = _literal(host)
    if literal is None and not allowed:
        _check_name(host)
    addresses = [str(literal)] if literal is not None else (resolver or resolve)(host, port)
    if not addresses:
        raise HttpConnectionError(f"{host} has no address.", sent=False)
    if not allowed and any(is_blocked(ipaddress.ip_address(address)) for address in addresses):
        raise HttpRefused(f"{host} is not a public address.")
    return Target(scheme=scheme, host=host, port=port, address=addresses[0], path=path)


def is_blocked(address: Address) -> bool:
    """Return whether the address, or the IPv4 address hidden in it, is anything but globally routable unicast."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return True
        mapped = address.ipv4_mapped
        if mapped is not None:
            return is_blocked(mapped)
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified:
        return True
    return any(address.version == net.version and address in net for net in _BLOCKED)


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of the name, IPv4 first; raise HttpConnectionError if it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise HttpConnectionError(f"{host} does not resolve.", sent=False) from error
    return [str(entry[4][0]) for entry in sorted(found, key=lambda entry: entry[0] != socket.AF_INET)]


def _parse(url: str) -> tuple[str, str, int, str]:
    if len(url) > MAX_URL or not url.isascii() or _UNWANTED.search(url):
        raise HttpRefused("The URL holds characters that do not belong into one, or is too long.")
    try:
        parts = parse_url(url)
    except (LocationParseError, ValueError) as error:
        raise HttpRefused("The URL is not readable.") from error
    scheme = (parts.scheme or "").lower()
    if scheme not in _PORTS:
        raise HttpRefused("The URL must begin with https://.")
    if parts.auth is not None or "@" in (parts.netloc or ""):
        raise HttpRefused("The URL must not hold a user name or password.")
    host = (parts.host or "").lower().removeprefix("[").removesuffix("]").removesuffix(".")
    port = parts.port if parts.port is not None else _PORTS[scheme]
    if not host or not 0 < port < 65536:
        raise HttpRefused("The URL has no usable host or port.")
    path = parts.path or "/"
    return scheme, host, port, f"{path}?{parts.query}" if parts.query is not None else path


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _check_name(host: str) -> None:
    """Refuse other notations of addresses (``0x7f.1``, ``2130706433``) and names that only private networks know."""
    labels = host.split(".")
    if not _HOST_NAME.match(host) or _NUMERIC_LABEL.match(labels[-1]):
        raise HttpRefused("The host is neither a name nor an address in the usual notation.")
    if labels[-1] in _LOCAL_NAMES or len(labels) == 1:
        raise HttpRefused(f"{host} is a name of a private network.")
