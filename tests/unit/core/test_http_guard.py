"""What the outbound client refuses to call."""

import pytest

from apps.core.http import HttpConnectionError, HttpRefused, check_url

PUBLIC = ["93.184.215.14"]
HOSTILE_URLS = [
    # other notations of loopback
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://0x7f000001/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://127.0.0.1.:443/",
    "https://0/",
    "https://0.0.0.0/",
    "https://127.255.255.254/",
    # private, link-local, metadata, carrier-grade NAT, others that are not global
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://169.254.170.2/v2/credentials",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://198.51.100.7/",
    "https://203.0.113.9/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    # IPv6 and IPv4 in disguise
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[::ffff:0:127.0.0.1]/",
    # names of private networks
    "https://localhost/",
    "https://LOCALHOST./",
    "https://api.localhost/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://printer.local/",
    "https://intranet/",
    "https://1.0.0.127.in-addr.arpa/",
    # confusing URLs
    "https://public.example@127.0.0.1/",
    "https://user:secret@public.example/",
    "https://127.0.0.1\\@public.example/",
    "https://public.example\\.evil.example/",
    "https://public.example\t.evil/",
    "https://public.example/a b",
    "https://public.example/\r\nHost: x",
    "https://public.example:0/",
    "https://public.example:99999/",
    "https://public.example:port/",
    "https://[::1/",
    "https:///path",
    "https://",
    "//public.example/",
    "public.example/",
    "",
    "https://１２７.０.０.１/",
    "https://ⓛocalhost/",
    "https://public。example/",
    "https://%31%32%37.0.0.1/",
    "https://exa$mple.example/",
    # other schemes, and http in the clear
    "file:///etc/passwd",
    "gopher://public.example/",
    "ftp://public.example/",
    "javascript:alert(1)",
    "data:text/plain,x",
    "http://public.example/",
    "HTTP://PUBLIC.EXAMPLE/",
    "https://public.example/" + "a" * 5000,
]


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_hostile_url_is_refused(url):
    with pytest.raises(HttpRefused):
        check_url(url, resolver=lambda host, port: PUBLIC)


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["169.254.169.254"], ["::1"], ["10.1.2.3"], [*PUBLIC, "10.0.0.1"], ["2002:a00:1::1"]],
)
def test_name_that_resolves_to_a_private_address_is_refused(addresses):
    with pytest.raises(HttpRefused):
        check_url("https://public.example/", resolver=lambda host, port: addresses)


def test_name_without_address_was_not_sent():
    with pytest.raises(HttpConnectionError) as caught:
        check_url("https://public.example/", resolver=lambda host, port: [])
    assert caught.value.sent is False


def test_target_is_pinned_to_the_address_that_was_checked():
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return PUBLIC if len(asked) == 1 else ["127.0.0.1"]

    target = check_url("https://Public.Example:8443/a/b?c=%20d#part", resolver=resolver)
    assert asked == ["public.example"]
    assert (target.host, target.port, target.address) == ("public.example", 8443, PUBLIC[0])
    assert target.path == "/a/b?c=%20d"
    assert target.host_header == "public.example:8443"


@pytest.mark.parametrize("address", ["8.8.8.8", "[2606:4700:4700::1111]"])
def test_public_addresses_are_called(address):
    assert check_url(f"https://{address}/").port == 443


def test_only_the_named_pair_of_host_and_port_may_be_private():
    allowed = ["127.0.0.1:9001", "systems.internal:9002"]
    assert check_url("http://127.0.0.1:9001/x", allowed_private=allowed).address == "127.0.0.1"
    named = check_url(
        "http://systems.internal:9002/", allowed_private=allowed, resolver=lambda h, p: ["10.0.0.9"]
    )
    assert named.address == "10.0.0.9"
    for other in (
        "http://127.0.0.1:9002/",
        "http://127.0.0.2:9001/",
        "http://localhost:9001/",
        "http://127.1:9001/",
    ):
        with pytest.raises(HttpRefused):
            check_url(other, allowed_private=allowed)
