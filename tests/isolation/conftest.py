"""The world of two tenants, made once for all tests of this package."""

import itertools
import json
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import LazySettings, settings

from apps.dispatch.models import Lane, WorkItem
from tenants import directory
from tenants.context import platform_context
from tenants.db import connection
from tenants.models import AccessLease, Domain, Tenant
from tenants.services.schemas import drop_schema
from tests.isolation.words import brand_word
from tests.isolation.world import Console, Place, make_console, make_place
from tests.systems.conftest import Program

_numbers = itertools.count(1)


@dataclass
class World:
    """``here`` is where requests go, ``there`` what must never be seen from here."""

    here: Place
    there: Place
    console_here: Console
    console_there: Console

    @property
    def foreign_words(self) -> tuple[str, ...]:
        return (self.there.word, brand_word(self.there.word))


@pytest.fixture(scope="package")
def world(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[World]:
    directory_of_systems = Path(tempfile.mkdtemp(prefix="isolation-"))
    systems = Program("config.demo.systems", ["--data", str(directory_of_systems)])
    systems.start()
    tokens = json.loads((directory_of_systems / "tokens.json").read_text())
    url = f"http://127.0.0.1:{systems.port}"
    held, settings.OUTBOUND_ALLOWED_PRIVATE = settings.OUTBOUND_ALLOWED_PRIVATE, [f"127.0.0.1:{systems.port}"]
    # A fixture of the package comes before those of its first test: nothing may be left of tests before.
    directory.forget()
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        # Modules of other packages may run in between; then the world is made once more, under other names.
        number = next(_numbers)
        north, south = f"canarynorth{number}", f"canarysouth{number}"
        console_here, console_there = make_console(north), make_console(south)
        here = make_place(north, console_here, url, tokens)
        there = make_place(south, console_there, url, tokens)
        connection.set_schema_to_nobody()
        connection.close()
    settings.OUTBOUND_ALLOWED_PRIVATE = held
    yield World(here, there, console_here, console_there)
    systems.stop(signal.SIGKILL)
    shutil.rmtree(directory_of_systems, ignore_errors=True)
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        directory.forget()
        for place in (here, there):
            _remove(place)
        connection.set_schema_to_nobody()
        connection.close()


def _remove(place: Place) -> None:
    with platform_context():
        drop_schema(place.ref.schema_name)
        WorkItem.objects.filter(tenant_id=place.ref.id).delete()
        Lane.objects.filter(tenant_id=place.ref.id).delete()
        AccessLease.objects.filter(tenant_id=place.ref.id).delete()
        Domain.objects.filter(tenant_id=place.ref.id).delete()
        Tenant.objects.filter(pk=place.ref.id).delete()


@pytest.fixture(autouse=True)
def _no_rate(settings: LazySettings) -> None:
    """The same few people send some thousand requests here: what they are refused is not because there are many."""
    settings.API_RATE_PER_MINUTE = 1_000_000
