"""Commands sent twice are done once."""

import threading
import time

import pytest
from django.db import connection

from apps.accounts import services
from apps.accounts.models import User
from apps.api.models import IdempotencyRecord
from tenants.context import tenant_context
from tests.interfaces.api.conftest import Program, make_key


def count(tenant, email):
    with tenant_context(tenant):
        return User.objects.filter(email=email).count()


def test_the_first_answer_is_given_again(program, alpha):
    asked = {"email": "once@people.example", "roles": ["approver"]}
    first = program.post("users", asked, Idempotency_Key="k-1")
    second = program.post("users", asked, Idempotency_Key="k-1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second["Location"] == first["Location"]
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert count(alpha, "once@people.example") == 1


def test_the_same_key_for_something_else_is_refused(program, alpha):
    program.post("users", {"email": "a@people.example"}, Idempotency_Key="k-2")
    answer = program.post("users", {"email": "b@people.example"}, Idempotency_Key="k-2")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert count(alpha, "b@people.example") == 0


def test_keys_of_different_actors_do_not_meet(program, alpha):
    program.post("users", {"email": "a@people.example"}, Idempotency_Key="k-3")
    other = Program("alpha.localhost:8000", make_key(alpha, name="other"))
    assert other.post("users", {"email": "b@people.example"}, Idempotency_Key="k-3").status_code == 201


def test_a_refused_command_leaves_its_key_free(program, alpha):
    refused = program.post(
        "users", {"email": "c@people.example", "roles": ["emperor"]}, Idempotency_Key="k-4"
    )
    assert refused.status_code == 422
    mended = program.post("users", {"email": "c@people.example"}, Idempotency_Key="k-4")
    assert mended.status_code == 201
    assert "Idempotent-Replayed" not in mended


@pytest.mark.parametrize("key", ["x" * 201, "ü", "tab\there"])
def test_unreadable_keys(program, key):
    answer = program.post("users", {"email": "d@people.example"}, Idempotency_Key=key)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_idempotency_key")


def test_a_defect_keeps_nothing(program, alpha, monkeypatch):
    asked = {"email": "e@people.example"}

    def broken(*_args, **_more):
        raise RuntimeError("broken after the command")

    with monkeypatch.context() as patch:
        patch.setattr("apps.accounts.api.views.Users.respond", broken)
        assert program.post("users", asked, Idempotency_Key="k-5").status_code == 500
    assert count(alpha, "e@people.example") == 0, "command and answer are one transaction"
    assert program.post("users", asked, Idempotency_Key="k-5").status_code == 201


def test_the_same_command_from_eight_places_at_once_is_done_once(fresh_tenant):
    host = f"{fresh_tenant.slug}.localhost:8000"
    key = make_key(fresh_tenant)
    asked = {"email": "race@people.example"}
    start, answers = threading.Barrier(8), []

    def send():
        program = Program(host, key)
        start.wait()
        try:
            answers.append(program.post("users", asked, Idempotency_Key="race"))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 8
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer for answer in answers) == 7
    assert count(fresh_tenant, "race@people.example") == 1


def test_a_second_request_waits_for_the_first(fresh_tenant, monkeypatch):
    program = Program(f"{fresh_tenant.slug}.localhost:8000", make_key(fresh_tenant))
    original, entered = services.create_user, threading.Event()

    def slow(**given):
        made = original(**given)
        entered.set()
        time.sleep(0.4)
        return made

    monkeypatch.setattr(services, "create_user", slow)
    first = []

    def send():
        try:
            first.append(program.post("users", {"email": "slow@people.example"}, Idempotency_Key="slow"))
        finally:
            connection.close()

    thread = threading.Thread(target=send)
    thread.start()
    assert entered.wait(5)
    second = Program(program.client.defaults["HTTP_HOST"], program.key).post(
        "users", {"email": "slow@people.example"}, Idempotency_Key="slow"
    )
    thread.join()
    assert second.json() == first[0].json()
    assert second["Idempotent-Replayed"] == "true"


def test_old_answers_are_forgotten(program, alpha, monkeypatch):
    from datetime import timedelta  # noqa: PLC0415

    monkeypatch.setattr("apps.api.services.commands._CLEAN_ONE_IN", 1)
    program.post("users", {"email": "f@people.example"}, Idempotency_Key="old")
    with tenant_context(alpha):
        IdempotencyRecord.objects.filter(key="old").update(
            created_at=IdempotencyRecord.objects.get(key="old").created_at - timedelta(days=8)
        )
    program.post("users", {"email": "g@people.example"}, Idempotency_Key="new")
    with tenant_context(alpha):
        assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == ["new"]
