"""Addresses that lead to the tenant's own host and nowhere else."""

from typing import Any

import pytest

from tenants.links import Place, with_port
from tenants.types import BrandRef

BRAND = BrandRef("N", "#000000", "#000000", "", "", "", 1, "/brand.css")


def test_hosts_below_the_base_domain_get_its_port(settings: Any) -> None:
    settings.BASE_DOMAIN, settings.URL_SCHEME = "localhost:8000", "http"
    assert (
        Place("alpha.localhost", "Alpha", BRAND).url("/approvals/1/")
        == "http://alpha.localhost:8000/approvals/1/"
    )
    assert with_port("portal.customer.example") == "portal.customer.example"
    assert with_port("evillocalhost") == "evillocalhost"
    settings.BASE_DOMAIN = "apps.example"
    assert with_port("alpha.apps.example") == "alpha.apps.example"


@pytest.mark.parametrize("path", ["", "x", "//evil.example", "/\\evil.example", "https://evil.example"])
def test_only_paths_become_addresses(path: str) -> None:
    with pytest.raises(ValueError, match="not a path"):
        Place("alpha.localhost", "Alpha", BRAND).url(path)
