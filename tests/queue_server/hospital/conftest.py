"""The mirror and what it joins."""

from __future__ import annotations

import pytest

from queue_server.hospital.day_store import FolderStore
from queue_server.hospital.mirror import Mirror
from tests.queue_server.hospital.wards import CONFIGURATION, START, NapClock, Table, Ward


@pytest.fixture
def ward():
    return Ward()


@pytest.fixture
def table():
    return Table()


@pytest.fixture
def clock():
    return NapClock(START)


@pytest.fixture
async def make(ward, table, clock, tmp_path):
    made = []

    def mirror(**times):
        one = Mirror(ward, table, FolderStore(tmp_path / "days"), clock, CONFIGURATION.service_day, **times)
        made.append(one)
        return one

    yield mirror
    for one in made:
        await one.stop()


@pytest.fixture
async def mirror(make):
    one = make()
    await one.start()
    return one
