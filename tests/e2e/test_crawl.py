"""Every page somebody can click his way to is there, answers, and never names the platform."""

import pytest

from config.demo import credentials
from config.demo.people import Person
from tests.e2e.product import Product
from tests.e2e.web import Crawl, Reader

STAFF = (
    "tenant_admin",
    "delivery_manager",
    "resource_manager",
    "delivery_director",
    "finance",
    "auditor",
)


def crawl(person: Person, *paths: str) -> Crawl:
    crawling = Crawl(Reader(person))
    crawling.run(*paths)
    assert not crawling.faults, "\n".join(crawling.faults)
    return crawling


@pytest.mark.parametrize("role", STAFF)
def test_staff_meet_no_dead_link(played: Product, role: str) -> None:
    login = credentials.user(played.tenant, role)
    person = Person(played.tenant["host"], played.stack.web_port)
    person.sign_in(login["email"], login["password"])
    read = crawl(person, "/", "/status/", "/api/v1/docs/", "/api/v1/openapi.json").read
    assert any("/projects/" in url for url in read)
    assert len(read) > 25


def test_customer_meets_no_dead_link(played: Product) -> None:
    person = Person(played.tenant["host"], played.stack.web_port)
    person.sign_in_by_code(played.tenant["contacts"][0]["email"], played.mail)
    read = crawl(person, "/status/").read
    assert any("/status/documents/" in url for url in read)


def test_partner_meets_no_dead_link(played: Product) -> None:
    login = credentials.user(played.partner, "partner_admin")
    person = Person(played.partner["host"], played.stack.web_port)
    person.sign_in(login["email"], login["password"])
    read = crawl(person, "/", "/api/v1/docs/", "/api/v1/openapi.json").read
    assert any("/tenants/" in url for url in read)
    assert any("/brand/" in url for url in read)


def test_stranger_meets_no_dead_link(played: Product) -> None:
    for host in (played.tenant["host"], played.partner["host"]):
        read = crawl(Person(host, played.stack.web_port), "/", "/sign-in/").read
        assert any("/password/reset/" in url for url in read)


def test_errors_do_not_name_the_platform(played: Product) -> None:
    """Also on hosts that belong to nobody, whose pages carry no brand."""
    for host in (played.tenant["host"], played.partner["host"], "nobody.localhost", "localhost"):
        reader = Reader(Person(host, played.stack.web_port))
        for path in ("/no/such/page", "/api/v1/no-such-thing", "/hooks/no-such-hook", "/livez", "/readyz"):
            answer = reader.get(f"{reader.home}{path}")
            assert answer.status == (200 if path in {"/livez", "/readyz"} else 404), (host, path)
            assert list(answer.faults()) == ([] if answer.status == 200 else ["answers 404"]), (host, path)
