"""One running product for the tests of this directory, and one browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from config.demo import credentials
from config.demo.scenario import play
from tests.e2e.browser import DESK, PHONE, Visitor, running_browser
from tests.e2e.product import Product, running_product

HERE = Path(__file__).parent
SECONDS = 600


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this directory, and give them time for what they start."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(SECONDS))


@pytest.fixture(scope="package")
def product(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product with the demo's partners, tenants and people."""
    with running_product(tmp_path_factory.mktemp("e2e")) as running:
        yield running


@pytest.fixture(scope="package")
def played(product: Product) -> Product:
    """The product after the demo's scenario, which holds or raises."""
    said: list[str] = []
    play(product.stack, product.content, said.append)
    assert any("checks held" in line for line in said)
    return product


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture
def arrive(browser: Browser, product: Product) -> Iterator["Arrive"]:
    """Bring people to the product's hosts, each with a browser profile of his own."""
    arriving = Arrive(browser, product)
    yield arriving
    for visitor in arriving.visitors:
        visitor.leave()


class Arrive:
    """Makes visitors and keeps them, to see them off."""

    def __init__(self, browser: Browser, product: Product) -> None:
        self.browser = browser
        self.product = product
        self.visitors: list[Visitor] = []

    def at(self, host: str, width: int = DESK) -> Visitor:
        """Somebody nobody knows, at a host."""
        visitor = Visitor.arrive(self.browser, self.product.url(host, ""), width)
        self.visitors.append(visitor)
        return visitor

    def staff(self, role: str, width: int = DESK) -> Visitor:
        """A member of the tenant's staff with the role, signed in."""
        login = credentials.user(self.product.tenant, role)
        visitor = self.at(self.product.tenant["host"], width)
        visitor.sign_in(login["email"], login["password"])
        return visitor

    def customer(self, email: str, path: str = "/status/") -> Visitor:
        """A customer's contact with a phone, signed in by mail code."""
        visitor = self.at(self.product.tenant["host"], PHONE)
        visitor.sign_in_by_code(path, email, self.product.mail)
        return visitor
