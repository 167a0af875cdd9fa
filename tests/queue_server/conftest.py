"""A running service."""

from __future__ import annotations

import pytest

from tests.queue_server.services import open_lobby, running


@pytest.fixture
async def service(tmp_path):
    async with running(tmp_path / "data") as service:
        await open_lobby(service)
        yield service
