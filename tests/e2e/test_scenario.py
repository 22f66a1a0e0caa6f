"""What `make demo` plays holds, every check of it."""

from config.demo import credentials, world
from tests.e2e.product import Product


def test_demo_plays_from_signature_to_invoice_and_out_of_trouble(played: Product) -> None:
    """Playing raised nothing; the customers who signed in on the way are in the credentials."""
    tenant = credentials.tenant(played.content, world.EU.slug)
    assert [contact["status_url"] for contact in tenant["contacts"]] == [f"{tenant['url']}status/"]
