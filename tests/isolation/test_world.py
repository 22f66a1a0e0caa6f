"""What the scenario leaves behind in both tenants: rows of every model, events as catalogued, histories that replay."""

from collections.abc import Iterator

import jsonschema
import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import models

from apps.ledger.events import get_event_type
from apps.ledger.models import AuditEntry, OutboxMessage
from apps.workflows.engine.evolve import replay
from apps.workflows.engine.history import HistoryEvent
from apps.workflows.models import HistoryEntry, Run
from tenants import cache as tenant_cache
from tenants.context import tenant_context
from tenants.db import connection
from tenants.exceptions import NoTenant
from tests.interfaces.pages import browser
from tests.isolation.conftest import World
from tests.isolation.test_matrix import UNSAFE, as_of, probes, routes_of
from tests.isolation.world import Place

pytestmark = [pytest.mark.django_db, pytest.mark.isolation]

# Rows that live for moments, between two transactions.
FLEETING = {"workflows.EventArrival", "api.IdempotencyRecord", "ledger.UnsealedEntries"}


def tenant_models() -> list[type[models.Model]]:
    return [
        model
        for config in apps.get_app_configs()
        if config.name in settings.TENANT_APPS and config.name.startswith("apps.")
        for model in config.get_models()
    ]


@pytest.fixture(params=["here", "there"])
def place(request: pytest.FixtureRequest, world: World) -> Iterator[Place]:
    found: Place = getattr(world, request.param)
    with tenant_context(found.ref):
        yield found


@pytest.mark.parametrize("model", tenant_models(), ids=lambda model: model._meta.label)
def test_there_are_rows_of_every_model(model: type[models.Model], place: Place) -> None:
    if model._meta.label in FLEETING:
        assert model._default_manager.count() >= 0
    else:
        assert model._default_manager.exists(), f"the isolation tests have no {model._meta.label} to look for"


def test_no_row_of_a_tenant_holds_words_of_the_other(world: World) -> None:
    for place, other in ((world.here, world.there), (world.there, world.here)):
        with tenant_context(place.ref), connection.cursor() as cursor:
            for model in tenant_models():
                cursor.execute(
                    f"SELECT count(*) FROM {model._meta.db_table} t WHERE t::text LIKE %s",
                    [f"%{other.word}%"],
                )
                assert cursor.fetchone() == (0,), model._meta.label


def test_every_event_is_as_catalogued(place: Place) -> None:
    messages = list(OutboxMessage.objects.exclude(subject__startswith="contract/none-"))
    assert len({message.type for message in messages}) > 15
    for message in messages:
        known = get_event_type(message.type)
        assert known is not None, f"{message.type} is not in the catalogue"
        jsonschema.validate(message.data, dict(known.schema))


def test_every_message_was_delivered(place: Place) -> None:
    assert not OutboxMessage.objects.filter(delivered_at=None).exists()


def test_every_history_replays_to_its_state(place: Place) -> None:
    runs = list(Run.objects.all())
    assert len(runs) >= 4
    for run in runs:
        facts = list(HistoryEntry.objects.filter(run=run).order_by("seq"))
        assert [fact.seq for fact in facts] == list(range(1, run.history_length + 1))
        events = [HistoryEvent(fact.kind, fact.visit, fact.at, fact.data) for fact in facts]
        assert replay(events).to_json() == {**run.state, "start": run.start}


def test_reading_changes_nothing(place: Place) -> None:
    """A GET by somebody who may see everything leaves no trace but the session's and the key's last use."""
    tables = [model for model in tenant_models() if model._meta.label != "accounts.ApiKey"]

    def state() -> dict[str, tuple[int, int]]:
        with tenant_context(place.ref), connection.cursor() as cursor:
            found = {}
            for model in tables:
                cursor.execute(
                    f"SELECT count(*), coalesce(sum(hashtext(t::text)::bigint), 0) FROM {model._meta.db_table} t"
                )
                found[model._meta.label] = cursor.fetchone()
            return found

    before = state()
    for route in routes_of("config.urls.tenant"):
        for method, path, _body in probes(route, place.ids):
            # Password resets, codes and hand-overs begin something by being looked at; who takes a bundle away is noted.
            begins = route.pattern.startswith(("password/", "access/", "sign-"))
            if method not in UNSAFE and not begins and "/export" not in path:
                as_of(place.staff, place).get(path)
    after = state()
    assert {name for name in before if before[name] != after[name]} == set()


def test_cache_keys_belong_to_a_tenant(world: World) -> None:
    for place in (world.here, world.there):
        with tenant_context(place.ref):
            cache.set("isolation", place.word, 30)
    for place in (world.here, world.there):
        with tenant_context(place.ref):
            assert cache.get("isolation") == place.word
    connection.set_schema_to_nobody()
    with pytest.raises(NoTenant):
        cache.get("isolation")
    with pytest.raises(NoTenant):
        tenant_cache.make_key("isolation", "", 1)


def test_errors_of_every_sort_stay_neutral(world: World) -> None:
    """What goes wrong is told without the platform's name and without anything of anybody."""
    host = world.here.host
    client = browser(host)
    answers = [
        client.get("/no-such-page"),
        client.get("/api/v1/no-such-thing"),
        client.post("/api/v1/runs", "{", content_type="application/json"),
        client.post("/hooks/not-an-id"),
        client.get("/", headers={"host": "unknown.example"}),
        as_of(world.here.staff, world.here).get("/runs/?cursor=%00"),
        as_of(world.here.staff, world.here).get("/operator/"),
    ]
    for answer in answers:
        text = f"{answer.content.decode()} {dict(answer.headers)}".lower()
        assert 400 <= answer.status_code < 500
        assert "throughline" not in text
        for place in (world.here, world.there):
            assert place.word not in text


def test_the_audit_tells_who_began_what(place: Place) -> None:
    labels = set(AuditEntry.objects.values_list("actor_kind", flat=True))
    assert {"user", "system", "connector"} <= labels
