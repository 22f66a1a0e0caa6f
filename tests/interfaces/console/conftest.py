"""A partner's administrator at the console."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.core.actor import Actor
from tenants.context import platform_context
from tenants.models import Domain, Partner
from tests.interfaces.pages import signed_in_partner

SYSTEM = Actor.system("test")


@pytest.fixture
def on_platform(db: None) -> Iterator[None]:
    """The test runs in the platform's schema, as the console does."""
    with platform_context():
        yield


@pytest.fixture
def partner(on_platform: None) -> Partner:
    return Partner.objects.get(slug="northmsp")


@pytest.fixture
def host(partner: Partner) -> str:
    return Domain.objects.get(partner=partner, is_primary=True).domain


@pytest.fixture
def person(on_platform: None) -> Callable[..., User]:
    """Makes a person of a partner: ``person("northmsp", "partner_admin")``."""

    def make(slug: str = "northmsp", *roles: str, email: str = "") -> User:
        partner = Partner.objects.get(slug=slug)
        return create_user(
            email=email or f"admin@{slug}.example",
            name="Pat",
            roles=roles,
            partner_id=partner.id,
            actor=SYSTEM,
        )

    return make


@pytest.fixture
def pat(person: Callable[..., User], host: str) -> Client:
    """Pat administers the first partner."""
    return signed_in_partner(person("northmsp", "partner_admin"), host)
