"""What is remembered of a schema's configuration is never older than its last change."""

from typing import Any

import pytest
from django.db import connection as plain
from django.db import transaction
from django.test.utils import CaptureQueriesContext

from apps.accounts.selectors import users_with_role
from apps.accounts.selectors.keys import find_live_key
from apps.accounts.services import create_api_key, create_user, deactivate_user, revoke_api_key
from apps.core.actor import Actor
from tenants import configuration
from tenants.context import tenant_context
from tenants.types import TenantRef

SYSTEM = Actor.system("test")


def _user(name: str) -> Any:
    return create_user(email=f"{name}@configuration.example", name=name, roles=["approver"], actor=SYSTEM)


def _queries(work: Any) -> int:
    with CaptureQueriesContext(plain) as captured:
        work()
    return len(captured)


def test_what_stands_costs_no_query(alpha: TenantRef) -> None:
    with tenant_context(alpha.id):
        _user("ada")
    with tenant_context(alpha.id):
        assert [user.name for user in users_with_role("approver")][-1] == "ada"
        assert _queries(lambda: users_with_role("approver")) == 0
    with tenant_context(alpha.id):
        assert _queries(lambda: users_with_role("approver")) == 0


def test_a_change_is_seen_in_its_own_transaction_and_with_the_next_activation(alpha: TenantRef) -> None:
    with tenant_context(alpha.id):
        before = len(users_with_role("approver"))
        _user("bert")
        assert len(users_with_role("approver")) == before + 1
    with tenant_context(alpha.id):
        assert len(users_with_role("approver")) == before + 1


def test_a_revoked_key_is_dead_at_once(alpha: TenantRef) -> None:
    with tenant_context(alpha.id):
        row, text = create_api_key(user_id=_user("cleo").pk, name="k", scopes=["*"], actor=SYSTEM)
    with tenant_context(alpha.id):
        assert find_live_key(text) is not None
        revoke_api_key(key_id=row.pk, actor=SYSTEM)
        assert find_live_key(text) is None
    with tenant_context(alpha.id):
        assert find_live_key(text) is None


def test_a_closed_account_takes_its_keys_along(alpha: TenantRef) -> None:
    with tenant_context(alpha.id):
        user = _user("dina")
        text = create_api_key(user_id=user.pk, name="k", scopes=["*"], actor=SYSTEM)[1]
    with tenant_context(alpha.id):
        assert find_live_key(text) is not None
    with tenant_context(alpha.id):
        deactivate_user(user_id=user.pk, actor=SYSTEM)
    with tenant_context(alpha.id):
        assert find_live_key(text) is None


def test_what_was_rolled_back_is_not_remembered(alpha: TenantRef) -> None:
    with tenant_context(alpha.id):
        before = len(users_with_role("approver"))
    with transaction.atomic():
        with tenant_context(alpha.id):
            _user("emil")
        with tenant_context(alpha.id):
            assert len(users_with_role("approver")) == before + 1
        transaction.set_rollback(True)
    with tenant_context(alpha.id):
        assert len(users_with_role("approver")) == before
    with tenant_context(alpha.id):
        _user("fred")
    with tenant_context(alpha.id):
        assert [user.name for user in users_with_role("approver")][-1] == "fred"


def test_tenants_do_not_share_memory(alpha: TenantRef, beta: TenantRef) -> None:
    with tenant_context(alpha.id):
        _user("gina")
    with tenant_context(alpha.id):
        names = {user.name for user in users_with_role("approver")}
    with tenant_context(beta.id):
        assert "gina" in names
        assert "gina" not in {user.name for user in users_with_role("approver")}


def test_nothing_is_kept_for_what_does_not_exist(alpha: TenantRef) -> None:
    with tenant_context(alpha.id):
        asked = []
        for _ in range(2):
            configuration.remembered("nothing", lambda: asked.append(1))
    assert asked == [1, 1]


@pytest.mark.parametrize("model", sorted(configuration.list_configuration(), key=str))
def test_every_table_that_is_remembered_raises_the_number(model: Any, alpha: TenantRef) -> None:
    with tenant_context(alpha.id), plain.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgname = 'raise_configuration' AND tgrelid = %s::regclass",
            [model._meta.db_table],
        )
        assert cursor.fetchone()[0] == 1
