"""The product with the world around it, as the demo runs it, on a database of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from config.demo import credentials, world
from config.demo.credentials import Json
from config.demo.people import MailBox
from config.demo.scenario.checks import Checks
from config.demo.scenario.stage import Stage, set_stage
from config.demo.stack import Stack, prepare, running_services, start_product
from config.local.paths import Layout
from tests.database import drop_database, migrations_digest

# Set by the settings of the test suite; the stack has its own Redis, port and files.
NOT_OURS = ("REDIS_URL", "BASE_DOMAIN", "VAR_DIR")
# The scenario decides at once, and its mails are to be looked at all the same.
OURS = {"APPROVAL_MAIL_AFTER_SECONDS": "0"}


@dataclass(frozen=True)
class Product:
    """What runs: the stack, everybody's logins, and the address of the database behind it."""

    stack: Stack
    content: Json
    database_url: str

    @property
    def tenant(self) -> Json:
        """The tenant in which the main job happens."""
        return credentials.tenant(self.content, world.EU.slug)

    @property
    def partner(self) -> Json:
        """The partner of that tenant."""
        found: Json = next(
            part for part in self.content["partners"] if part["slug"] == self.tenant["partner"]
        )
        return found

    @property
    def mail(self) -> MailBox:
        return MailBox(self.stack.mail_dir)

    def url(self, host: str, path: str = "/") -> str:
        """Return the address of a page on one of the hosts, as its people type it."""
        return f"http://{host}:{self.stack.web_port}{path}"

    def stage(self) -> Stage:
        """Return a new playing of the scenario: contracts of its own in the same tenant."""
        return set_stage(self.stack, self.content, Checks(lambda _text: None))

    def rows(self) -> dict[str, str]:
        """Return number and digest of the rows of every table, except what only says who is here and what is due.

        Sealing the audit goes on by itself and adds nothing that the audit entries do not say.
        """
        with psycopg.connect(self.database_url, autocommit=True) as reader:
            found = reader.execute(
                "SELECT schemaname, tablename FROM pg_tables "
                "WHERE schemaname <> 'information_schema' AND schemaname !~ '^pg_' "
                "AND tablename NOT LIKE 'dispatch%%' AND tablename <> ALL(%s) ORDER BY 1, 2",
                [list(_GOES_ON)],
            ).fetchall()
            return {f"{schema}.{table}": _digest(reader, schema, table) for schema, table in found}


_GOES_ON = ("django_session", "ledger_auditseal", "ledger_unsealedentries", "ledger_auditcheckpoint")


def _digest(reader: psycopg.Connection[tuple[object, ...]], schema: str, table: str) -> str:
    statement = sql.SQL(
        "SELECT count(*) || ' rows, ' || coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {} t"
    ).format(sql.Identifier(schema, table))
    row = reader.execute(statement).fetchone()
    assert row is not None
    return str(row[0])


@contextmanager
def running_product(directory: Path) -> Iterator[Product]:
    """Run web, dispatcher, worker, mail sink and the systems of record; the template database must exist."""
    layout = Layout(directory)
    with database_of_its_own() as url:
        environ = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        with (
            patch.dict(os.environ, environ | OURS | {"DATABASE_URL": url}, clear=True),
            running_services(layout, lambda _text: None, preferred_port=None) as stack,
        ):
            prepare(stack)
            start_product(stack)
            content = credentials.read(directory / "credentials.json")
            yield Product(stack, content, url)


@contextmanager
def database_of_its_own() -> Iterator[str]:
    """Make a database from the suite's template and drop it afterwards; its address."""
    server = os.environ["DATABASE_URL"]
    name = f"e2e_{os.getpid()}"
    template = f"tpl_{migrations_digest()}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(4711)")
        drop_database(admin, name)
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        admin.execute("SELECT pg_advisory_unlock(4711)")
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            drop_database(admin, name)
