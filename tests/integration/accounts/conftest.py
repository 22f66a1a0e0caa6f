"""Browsers on hosts, and the mails that signing in causes."""

import pytest
from django.test import Client

from apps.accounts import mail
from apps.accounts.types import AccountMail


class Browser(Client):
    """A client on one host, with its cookies."""

    def __init__(self, host: str, **more):
        super().__init__(HTTP_HOST=host, enforce_csrf_checks=False, **more)


@pytest.fixture
def outbox(monkeypatch):
    """The account mails handed over, instead of being sent."""
    sent: list[AccountMail] = []
    monkeypatch.setattr(mail._place, "sender", sent.append)
    return sent


@pytest.fixture
def at_alpha(alpha):
    return Browser("alpha.localhost:8000")


@pytest.fixture
def at_beta(beta):
    return Browser("beta.localhost:8000")


@pytest.fixture
def at_partner(alpha):
    return Browser("northmsp.localhost:8000")
