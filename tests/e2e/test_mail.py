"""Every mail the product sent carries the brand, leads where it says, and looking there changes nothing."""

import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from urllib.parse import urlsplit

from config.demo import credentials
from config.demo.people import Person
from tests.e2e.addresses import PLATFORM
from tests.e2e.product import Product
from tests.e2e.web import Answer, Reader, links_of

URL = re.compile(r"https?://[^\s<>\"')\]]+")


def mails(product: Product) -> list[EmailMessage]:
    """Return all mails, oldest first."""
    parser = BytesParser(policy=policy.default)
    paths = sorted(product.stack.mail_dir.glob("*.eml"))
    return [parser.parsebytes(path.read_bytes()) for path in paths]  # type: ignore[misc]


def bodies(mail: EmailMessage) -> Iterator[tuple[str, str]]:
    """Return type and decoded content of each readable part."""
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            yield part.get_content_type(), part.get_content()


def links(mail: EmailMessage) -> set[str]:
    """Return the addresses in a mail, from its text and from its HTML."""
    found: set[str] = set()
    for kind, body in bodies(mail):
        if kind == "text/html":
            found.update(links_of(Answer("", 200, kind, "", body)))
        else:
            found.update(match.rstrip(".,;") for match in URL.findall(body))
    return found


def recipient(product: Product, mail: EmailMessage) -> Person:
    """Return the recipient at his browser: staff signed in, customers as they come."""
    address = str(mail["To"])
    person = Person(product.tenant["host"], product.stack.web_port)
    login = next((login for login in product.tenant["users"] if login["email"] in address), None)
    if login is not None:
        person.sign_in(login["email"], login["password"])
    return person


def test_mails_never_name_the_platform(played: Product) -> None:
    sent = mails(played)
    assert len(sent) > 10
    for mail in sent:
        headers = "\n".join(f"{name}: {value}" for name, value in mail.items())
        assert not PLATFORM.search(headers), headers
        texts = dict(bodies(mail))
        assert {"text/plain", "text/html"} <= set(texts), f"{mail['Subject']}: only {set(texts)}"
        for kind, text in texts.items():
            assert not PLATFORM.search(text), f"{mail['Subject']}, {kind}"
            assert "Nordic Managed Services" in text, f"{mail['Subject']}, {kind}"
        assert "Nordic Managed Services" in str(mail["From"])


def test_links_of_mails_resolve_and_change_nothing(played: Product) -> None:
    """A mail scanner that opens every link, or a person who only looks, does nothing by it."""
    at_first = played.rows()
    readers: dict[str, Reader] = {}
    wanted: dict[tuple[str, str], str] = {}
    for mail in mails(played):
        address = str(mail["To"])
        for link in links(mail):
            wanted[address, link] = str(mail["Subject"])
        if address not in readers:
            readers[address] = Reader(recipient(played, mail))
    assert len(wanted) > 10
    stranger = Reader(Person(played.tenant["host"], played.stack.web_port))
    domain = credentials.tenant(played.content, played.tenant["slug"])["url"].rstrip("/")
    before = played.rows()
    assert before != at_first, "signing in is recorded, so what was changed would be seen"
    for (address, link), subject in wanted.items():
        assert urlsplit(link).netloc == urlsplit(domain).netloc, f"{subject}: {link}"
        for reader in (readers[address], stranger):
            answer = reader.get(link)
            assert list(answer.faults()) == [], f"{subject} to {address}: {link}"
    after = played.rows()
    assert {name: (before.get(name), rows) for name, rows in after.items() if before.get(name) != rows} == {}
