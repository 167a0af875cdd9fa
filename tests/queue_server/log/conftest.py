"""An empty database of today's shape."""

from __future__ import annotations

import pytest

from queue_server.log.database import open_database
from queue_server.log.migrations import migrate


@pytest.fixture
def database(tmp_path):
    database = open_database(tmp_path / "log.sqlite3")
    migrate(database)
    yield database
    database.close()
