"""The pages beside the main job, each judged at both widths."""

import pytest

from tests.e2e.conftest import Arrive
from tests.e2e.product import Product


def test_records_and_templates(played: Product, arrive: Arrive) -> None:
    admin = arrive.staff("tenant_admin")
    for path in ("/runs/", "/projects/", "/exceptions/", "/audit/", "/events/"):
        admin.open(path)
    admin.open("/templates/")
    admin.open("/templates/contract-to-project/")


def test_settings(played: Product, arrive: Arrive) -> None:
    admin = arrive.staff("tenant_admin")
    for section in ("", "connections/", "hooks/", "webhooks/", "keys/", "users/"):
        admin.open(f"/settings/{section}")
    admin.page.goto(f"{admin.base}/settings/hooks/")
    admin.click("E-signature", role="link")
    admin.look()


def test_api_reference(played: Product, arrive: Arrive) -> None:
    arrive.staff("auditor").open("/api/v1/docs/")


@pytest.mark.parametrize("path", ["/sign-in/", "/sign-in/code/", "/password/reset/"])
def test_doors(product: Product, arrive: Arrive, path: str) -> None:
    arrive.at(product.tenant["host"]).open(path)
    arrive.at(product.partner["host"]).open(path)


def test_page_that_is_not_there(product: Product, arrive: Arrive) -> None:
    """Also on a host that belongs to nobody, whose page is neutral."""
    for host in (product.tenant["host"], "nobody.localhost"):
        visitor = arrive.at(host)
        answer = visitor.page.goto(f"{visitor.base}/no/such/page/")
        assert answer is not None
        assert answer.status == 404
        visitor.faults.clear()  # the browser calls every 404 an error
        visitor.look()
