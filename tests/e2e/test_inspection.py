"""Those who look and those who read find what is wrong."""

import pytest

from config.demo.people import Person
from tests.e2e.addresses import PLATFORM
from tests.e2e.conftest import Arrive
from tests.e2e.product import Product
from tests.e2e.web import Crawl, Reader

NAME = "Through" + "line"
BAD = f"""<!doctype html><html><head><title>Bad</title></head><body><main><h1>Bad</h1>
<img src="data:,"><p style="width: 2000px">Wide</p><!-- {NAME} --></main></body></html>"""


def test_everything_wrong_with_a_page_is_said(product: Product, arrive: Arrive) -> None:
    visitor = arrive.at(product.tenant["host"])
    visitor.page.set_content(BAD)
    visitor.page.evaluate("console.error('out of order')")
    with pytest.raises(AssertionError) as caught:
        visitor.look()
    said = str(caught.value)
    for fault in ("names the platform", "image-alt", "html-has-lang", "sideways", "out of order"):
        assert fault in said, said


def test_content_policy_is_heard(product: Product, arrive: Arrive) -> None:
    visitor = arrive.at(product.tenant["host"])
    visitor.open("/sign-in/")
    visitor.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'let a = 1'}))"
    )
    with pytest.raises(AssertionError, match="Content Security Policy"):
        visitor.look()


def test_dead_link_is_found(product: Product) -> None:
    crawl = Crawl(Reader(Person(product.tenant["host"], product.stack.web_port)))
    crawl.run("/sign-in/", "/no/such/page/")
    assert [fault.partition("(from the beginning) ")[2] for fault in crawl.faults] == ["answers 404"]
    assert PLATFORM.search(NAME.upper())
