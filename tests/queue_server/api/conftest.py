"""A server of its own for each test."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from tests.queue_server.api.rig import in_process, listening


@pytest.fixture
async def site(tmp_path):
    async with in_process(tmp_path / "data") as running:
        yield running


@pytest.fixture
async def live(tmp_path):
    async with listening(tmp_path / "data") as running:
        yield running


@pytest.fixture
def request_log():
    """The lines that the server logs during the test."""
    with capture_logs() as lines:
        yield lines
