"""API keys: where they work, how long, and for what."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.choices import Role
from apps.accounts.keys import hash_secret, new_key, parse_key
from apps.accounts.models import ApiKey
from apps.accounts.services import revoke_api_key
from apps.core.clock import now
from apps.ledger.models import AuditEntry
from tenants import configuration
from tenants.context import tenant_context
from tests.integration.accounts.people import SYSTEM
from tests.interfaces.api.conftest import Program, make_key


def parts_of(text):
    parts = parse_key(text)
    assert parts is not None
    return parts


@given(
    st.sampled_from(["live", "test"]),
    st.integers(min_value=0, max_value=54),
    st.characters(min_codepoint=33, max_codepoint=126),
)
def test_a_key_mistyped_in_one_place_is_no_key(environment, place, other):
    parts, text = new_key(environment)
    assert parse_key(text) == parts
    assert len(parts.secret) * 5.95 > 128, "bits of chance"
    wrong = text[:place] + other + text[place + 1 :]
    assert wrong == text or parse_key(wrong) is None


def test_a_key_says_who_it_is(program):
    me = program.get("me").json()
    assert (me["kind"], me["roles"], me["scopes"]) == ("key", ["tenant_admin"], ["*"])


@pytest.mark.isolation
def test_a_key_is_unknown_on_another_tenants_host(alpha_key, beta):
    answer = Program("beta.localhost:8000", alpha_key).get("me")
    assert answer.status_code == 401
    assert answer.json()["code"] == "invalid_key"
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer x", "Basic YTpi", "Bearer key_live_00000000_0", "nonsense"]
)
def test_worthless_headers(alpha, header):
    answer = Program("alpha.localhost:8000").get("me", Authorization=header)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_a_key_in_the_address_is_no_key(alpha_key):
    assert Program("alpha.localhost:8000").get(f"me?key={alpha_key}&api_key={alpha_key}").status_code == 401


def test_expired_and_revoked_keys_are_dead(program, alpha, alpha_key):
    public_id = parts_of(alpha_key).public_id
    with tenant_context(alpha):
        row = ApiKey.objects.get(public_id=public_id)
        ApiKey.objects.filter(pk=row.pk).update(expires_at=now())
    assert program.get("me").status_code == 401
    with tenant_context(alpha):
        ApiKey.objects.filter(pk=row.pk).update(expires_at=now() + timedelta(days=1))
    assert program.get("me").status_code == 200
    with tenant_context(alpha):
        revoke_api_key(key_id=row.pk, actor=SYSTEM)
    assert program.get("me").status_code == 401


def test_last_use_is_noted_once_a_minute(program, alpha, alpha_key):
    def used():
        with tenant_context(alpha):
            return ApiKey.objects.get(public_id=parts_of(alpha_key).public_id).last_used_at

    assert used() is None
    program.get("me")
    first = used()
    program.get("me")
    assert used() == first
    with tenant_context(alpha):
        ApiKey.objects.update(last_used_at=first - timedelta(seconds=61))
    # Another process, which has not seen the key lately.
    configuration.forget_all()
    program.get("me")
    assert used() > first


def test_scopes_narrow_and_never_widen(alpha):
    reader = Program("alpha.localhost:8000", make_key(alpha, scopes=["users:read"]))
    assert reader.get("users").status_code == 200
    refused = reader.get("api-keys")
    assert refused.status_code == 403
    assert refused.json()["action"] == "keys:manage"
    auditor = Program("alpha.localhost:8000", make_key(alpha, Role.AUDITOR, ["*"], "auditor"))
    assert auditor.get("audit-entries").status_code == 200
    assert auditor.post("users", {"email": "x@example.com"}).status_code == 403


def test_the_secret_is_shown_once_and_kept_nowhere(program, alpha):
    asked = {"name": "Warehouse", "scopes": ["events:read"], "days": 30}
    made = program.post("api-keys", asked, Idempotency_Key="make-1")
    assert made.status_code == 201
    text = made.json()["key"]
    assert text.startswith("key_live_")
    assert text.startswith(made.json()["prefix"])
    again = program.post("api-keys", asked, Idempotency_Key="make-1")
    assert again["Idempotent-Replayed"] == "true"
    assert (again.json()["id"], again.json()["key"]) == (made.json()["id"], None)
    shown = program.get(f"api-keys/{made.json()['id']}").json()
    assert "key" not in shown
    assert "secret" not in str(shown)
    with tenant_context(alpha):
        row = ApiKey.objects.get(pk=made.json()["id"])
        assert row.secret_hash == hash_secret(parts_of(text).secret)
        assert text.rsplit("_", 1)[1] not in str(
            AuditEntry.objects.get(action="api_key.create", subject_id=row.pk).after
        )
    assert Program("alpha.localhost:8000", text).get("events").status_code == 200
    assert program.post(f"api-keys/{row.pk}/revoke", {"reason": "lost"}).json()["revoked_at"]
    assert Program("alpha.localhost:8000", text).get("events").status_code == 401


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"days": 366}, "/days"),
        ({"days": 0}, "/days"),
        ({"scopes": ["runs:fly"]}, "/scopes/0"),
        ({"scopes": []}, "/scopes"),
        ({"user_id": "0198c2f0-0000-7000-8000-000000000000"}, "/user_id"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_what_a_key_cannot_be(program, change, pointer):
    answer = program.post("api-keys", {"name": "k", "scopes": ["events:read"], **change})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
