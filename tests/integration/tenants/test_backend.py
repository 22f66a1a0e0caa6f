"""The backend fails closed: a statement runs in the chosen schema or not at all."""

import threading
import time
from unittest.mock import patch

import psycopg
import pytest
from django.db import DatabaseError, ProgrammingError, transaction
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.core.actor import Actor
from tenants.context import current_tenant, platform_context, tenant_context
from tenants.db import connection
from tenants.exceptions import NoTenant, UnknownTenant
from tenants.types import TenantRef

SYSTEM = Actor.system("test")


def path_now() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        return str(cursor.fetchone()[0])


def make_user(tenant: TenantRef, email: str) -> None:
    with tenant_context(tenant):
        create_user(email=email, actor=SYSTEM)


def fail_in(tenant: TenantRef) -> None:
    assert path_now() == tenant.schema_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM no_such_table")


def test_without_a_tenant_nothing_of_a_tenant_is_reachable(db: None) -> None:
    connection.set_schema_to_nobody()
    with pytest.raises(ProgrammingError), transaction.atomic():
        User.objects.count()
    with pytest.raises(NoTenant):
        current_tenant()


def test_the_path_holds_one_schema_and_never_public_behind_it(alpha: TenantRef) -> None:
    with tenant_context(alpha):
        assert path_now() == alpha.schema_name
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM tenants_partner")
    with platform_context():
        assert path_now() == "public"


def test_each_tenant_sees_its_own_rows(alpha: TenantRef, beta: TenantRef) -> None:
    make_user(alpha, "only@alpha.example")
    with tenant_context(beta):
        assert not User.objects.filter(email="only@alpha.example").exists()
        with tenant_context(alpha):
            assert User.objects.filter(email="only@alpha.example").exists()
        assert not User.objects.filter(email="only@alpha.example").exists()


def test_an_error_while_setting_the_path_stops_the_statement(alpha: TenantRef, beta: TenantRef) -> None:
    with tenant_context(alpha):
        User.objects.count()
    real = connection._send_path

    def fail(cursor: object) -> None:
        raise DatabaseError("cancelled")

    with tenant_context(beta):
        with patch.object(connection, "_send_path", fail), pytest.raises(DatabaseError, match="cancelled"):
            User.objects.count()
        connection._send_path = real  # type: ignore[method-assign]
        User.objects.count()
        assert path_now() == beta.schema_name


def test_a_rollback_that_takes_the_path_back_is_noticed(alpha: TenantRef, beta: TenantRef) -> None:
    with tenant_context(alpha):
        User.objects.count()
        with pytest.raises(ProgrammingError), transaction.atomic(), tenant_context(beta):
            fail_in(beta)
        assert path_now() == alpha.schema_name


def test_work_of_an_unknown_tenant_is_refused(alpha: TenantRef) -> None:
    with pytest.raises(UnknownTenant), tenant_context(SYSTEM.lease_id or alpha.partner_id):
        pass
    assert connection.schema_name == "nobody"


def test_a_pooled_connection_forgets_whose_it_was(fresh_tenant: TenantRef) -> None:
    with tenant_context(fresh_tenant):
        User.objects.count()
    connection.close()
    pool = connection.pool
    deadline = time.monotonic() + 5
    seen = ""
    while time.monotonic() < deadline:
        with pool.connection() as raw:
            seen = str(raw.execute("SHOW search_path").fetchone()[0])
        if seen == "nobody":
            break
    assert seen == "nobody"


@pytest.mark.django_db(transaction=True)
def test_a_connection_of_the_pool_is_nobodys_before_anything_was_sent() -> None:
    connection.close()
    connection.close_pool()
    for _made_then_reset in range(2):
        connection.set_schema_to_nobody()
        with CaptureQueriesContext(connection) as captured:
            assert path_now() == "nobody"
        assert [query["sql"] for query in captured.captured_queries] == ["SHOW search_path"]
        connection.set_schema_to_public()
        assert path_now() == "public"
        connection.close()


def test_cancelled_statements_never_show_another_tenants_rows(
    fresh_tenant: TenantRef, alpha: TenantRef
) -> None:
    """Statements of two tenants alternate while a second session cancels whatever runs; none may be answered wrongly."""
    make_user(fresh_tenant, "canary@fresh.example")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    wrong, cancelled, stop = 0, 0, threading.Event()

    def cancel() -> None:
        held = connection.settings_dict
        with psycopg.connect(
            dbname=held["NAME"],
            user=held["USER"] or None,
            host=held["HOST"] or None,
            port=held["PORT"] or None,
            password=held["PASSWORD"] or None,
            autocommit=True,
        ) as admin:
            while not stop.is_set():
                admin.execute("SELECT pg_cancel_backend(%s)", [pid])

    thread = threading.Thread(target=cancel)
    thread.start()
    try:
        for turn in range(3000):
            tenant = fresh_tenant if turn % 2 else alpha
            try:
                with tenant_context(tenant):
                    found = User.objects.filter(email="canary@fresh.example").exists()
                wrong += found != (tenant is fresh_tenant)
            except DatabaseError:
                cancelled += 1
    finally:
        stop.set()
        thread.join()
    assert wrong == 0
    assert cancelled > 0
