"""The ERP for the tests of this directory, started once a session."""

from collections.abc import Iterator

import pytest

from tests.tryton.server import TrytonServer, running_server


@pytest.fixture(scope="session")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    """A running ERP with a company, chart of accounts, fiscal year and an integration user."""
    with running_server(tmp_path_factory.mktemp("tryton")) as server:
        yield server
