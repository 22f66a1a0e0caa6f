"""Scanners open every link of every mail and chat message before its reader does. Nothing may come of it."""

import re
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.db import connection as default_connection
from django.test import Client

from apps.approvals.models import EvidenceShare
from apps.approvals.selectors.shares import share_url
from apps.messaging.models import Message
from apps.messaging.services.chats import chat_text
from tenants.context import tenant_context
from tests.interfaces.pages import browser
from tests.isolation.conftest import World
from tests.isolation.test_matrix import as_of
from tests.isolation.world import Place

pytestmark = [pytest.mark.django_db, pytest.mark.isolation]
_LINK = re.compile(r"https?://[^\s\"'<>]+")
# A scanner that follows the link to a new password gets a session of its own, which nobody else ever sees.
OWN_OF_THE_VISITOR = {"django_session"}


def links_of(place: Place) -> dict[str, set[str]]:
    """Every address in every mail and chat message that leads to the workspace, by kind; and shared evidence.

    A chat is given each message that its reader wants there too: all of them are looked at as if.
    """
    found: dict[str, set[str]] = {}
    with tenant_context(place.ref):
        for message in Message.objects.all():
            chat = chat_text(message)
            assert set(chat) == {"text", "title", "url", "to", "name"}
            for link in _LINK.findall(
                f"{message.text} {unescape(message.html)} {chat['text']} {chat['url']}"
            ):
                parts = urlsplit(link.rstrip(".,)"))
                if parts.hostname == place.host.split(":")[0]:
                    found.setdefault(message.key, set()).add(
                        parts.path + (f"?{parts.query}" if parts.query else "")
                    )
        for share in EvidenceShare.objects.all():
            page = urlsplit(share_url(share)).path
            found.setdefault("shared evidence", set()).update((page, f"{page}packet.zip"))
    return found


def state_of(place: Place) -> dict[str, str]:
    """A hash of each table of the workspace, and of those that it shares with others."""
    found = {}
    with tenant_context(place.ref), default_connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
            "AND (table_schema = %s OR table_schema = 'public')",
            [place.ref.schema_name],
        )
        for schema, table in cursor.fetchall():
            if table in OWN_OF_THE_VISITOR:
                continue
            cursor.execute(
                f"SELECT count(*) || md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), '')) "
                f'FROM "{schema}"."{table}" AS t'
            )
            found[f"{schema}.{table}"] = cursor.fetchone()[0]
    return found


def test_opening_every_link_of_every_mail_and_chat_message_changes_nothing(world: World) -> None:
    place = world.here
    asked = browser(place.host).post("/password/reset/", {"email": f"staff@{place.word}.example"})
    assert asked.status_code == 302
    links = links_of(place)
    assert {"approval-requested", "customer-welcome", "milestone-acceptance", "password-reset"} <= set(links)
    before = state_of(place)
    assert len(before) > 80
    for kind, paths in links.items():
        for path in sorted(paths):
            for visitor in visitors(place):
                for ask in (visitor.get, visitor.head):
                    assert ask(path, follow=True).status_code < 500, f"{path} of {kind}"
    after = state_of(place)
    assert {table for table in after if after[table] != before.get(table)} == set()


def visitors(place: Place) -> list[Client]:
    """Nobody, as scanners are; and browsers of people that fetch ahead."""
    return [browser(place.host), as_of(place.staff, place), as_of(place.customer, place)]
