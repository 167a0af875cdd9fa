"""The power goes: what was acknowledged is on the disk. The same check must fail where commits are not synced."""

from __future__ import annotations

import random

import pytest

from queue_server.log.data import DATABASE
from queue_server.log.maintenance import rebuild
from tests.queue_server.client_process import Client, faults
from tests.queue_server.power_cut.disk import Disk, build_shim


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    return build_shim(tmp_path_factory.mktemp("shim"))


def live_through_power_cuts(folder, shim, cuts, seed, synchronous):
    """As many lives as ``cuts``, each ended by a power cut, then a last one that answers everything."""
    rng = random.Random(seed)
    client = Client(folder / "data")
    client.live(1)
    disk = Disk(client.data, folder / "journal", shim)
    for _ in range(cuts):
        disk.begin()
        client.live(rng.randrange(50, 400), synchronous=synchronous, environment=disk.environment)
        syncs = disk.cut(rng)
        assert syncs > 0 or synchronous != "FULL"
    client.live(None)
    return client


def test_acknowledged_commands_survive_power_cuts(tmp_path, shim):
    client = live_through_power_cuts(tmp_path, shim, 2, seed=1, synchronous="FULL")
    assert faults(client) == set()
    rebuild(client.data)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(2, 10))
def test_acknowledged_commands_survive_many_power_cuts(tmp_path, shim, seed):
    client = live_through_power_cuts(tmp_path, shim, 25, seed, synchronous="FULL")
    assert faults(client) == set()
    rebuild(client.data)


@pytest.mark.parametrize("synchronous", ["NORMAL", pytest.param("OFF", marks=pytest.mark.slow)])
def test_the_same_check_fails_where_commits_are_not_synced(tmp_path, shim, synchronous):
    client = live_through_power_cuts(tmp_path, shim, 2, seed=1, synchronous=synchronous)
    assert "acknowledged and lost" in faults(client)


def test_the_shim_sees_every_write(tmp_path, shim):
    """With everything kept, the image is the file as it is: no call of SQLite's goes past the shim."""
    client = Client(tmp_path / "data")
    client.live(1)
    disk = Disk(client.data, tmp_path / "journal", shim)
    disk.begin()
    client.live(200, environment=disk.environment)
    as_it_is = {name: (client.data / name).read_bytes() for name in (DATABASE, f"{DATABASE}-wal")}

    class KeepsAll(random.Random):
        def random(self):
            return 0.5

    disk.cut(KeepsAll())
    assert {name: (client.data / name).read_bytes() for name in as_it_is} == as_it_is
