"""Reads pages without a browser: follows links, and says what is wrong with an answer."""

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx

from config.demo.people import Person
from tests.e2e.addresses import PLATFORM, sort_of

TEXT = re.compile(r"^(text/|application/(json|javascript|problem\+json|openapi|manifest\+json)|image/svg)")
LINKS = {"a": "href", "link": "href", "img": "src", "script": "src", "iframe": "src", "use": "href"}
ALIKE = 2
"""How many pages of one sort are read: one project's page and another's."""


@dataclass(frozen=True)
class Answer:
    """The last answer to a request, after redirects."""

    url: str
    status: int
    kind: str
    headers: str
    text: str

    def faults(self) -> Iterator[str]:
        if self.status != 200:
            yield f"answers {self.status}"
        if PLATFORM.search(self.headers):
            yield "names the platform in its headers"
        if PLATFORM.search(self.text):
            yield "names the platform"


class Reader:
    """A program that reads the product's hosts in the name of one person, who is known on one of them."""

    def __init__(self, person: Person) -> None:
        self.client = person.client
        self.home = f"http://{self.client.headers['Host']}"
        self.stranger = httpx.Client(base_url=self.client.base_url, timeout=self.client.timeout)

    def get(self, url: str) -> Answer:
        """Fetch an address of any of the hosts, following redirects."""
        for _hop in range(8):
            parts = urlsplit(url)
            here = f"{parts.scheme}://{parts.netloc}" == self.home
            client = self.client if here else self.stranger
            address = parts._replace(scheme="", netloc="").geturl() or "/"
            response = client.get(address, headers={"Host": parts.netloc})
            if not response.is_redirect:
                break
            url = urljoin(url, response.headers["Location"])
        kind = response.headers.get("Content-Type", "")
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        return Answer(url, response.status_code, kind, headers, response.text if TEXT.match(kind) else "")


@dataclass
class Crawl:
    """What was read from some pages on, and what was wrong with it."""

    reader: Reader
    limit: int = 150
    read: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def run(self, *paths: str) -> None:
        """Follow every link to our own hosts, breadth first, ``ALIKE`` of each sort and ``limit`` in all."""
        start = [f"{self.reader.home}{path}" for path in paths]
        domain = urlsplit(self.reader.home).netloc.partition(".")[2]
        waiting = deque((url, "the beginning") for url in start)
        known, alike = set(start), Counter[str]()
        while waiting and len(self.read) < self.limit:
            url, source = waiting.popleft()
            alike[sort_of(url)] += 1
            if alike[sort_of(url)] > ALIKE:
                continue
            answer = self.reader.get(url)
            self.read.append(url)
            self.faults += [f"{url} (from {source}) {fault}" for fault in answer.faults()]
            for link in links_of(answer):
                if link not in known and urlsplit(link).netloc.endswith(domain):
                    known.add(link)
                    waiting.append((link, url))


def links_of(answer: Answer) -> Iterator[str]:
    """Return the addresses an HTML page leads to by GET, in full and without fragment."""
    if not answer.kind.startswith("text/html"):
        return
    parser = _Links()
    parser.feed(answer.text)
    for link in parser.links:
        url = urldefrag(urljoin(answer.url, link))[0]
        if urlsplit(url).scheme in {"http", "https"}:
            yield url


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        wanted = {LINKS.get(tag, ""), "hx-get"}
        self.links += [value for name, value in given.items() if name in wanted and value]
        if tag == "form" and (given.get("method") or "get").lower() == "get" and given.get("action"):
            self.links.append(str(given["action"]))
