"""SIGKILL at any moment: what was acknowledged is in the log once, and the feed sees every event once, in order."""

from __future__ import annotations

import random

import pytest

from queue_server.log.maintenance import rebuild
from tests.queue_server.client_process import Client, faults


def kill_often(folder, kills, seed):
    rng = random.Random(seed)
    client = Client(folder / "data")
    for _ in range(kills):
        client.live(rng.randrange(1, 400))
    client.live(None)
    assert faults(client) == set()
    assert len(client.answers) > kills
    rebuild(client.data)


def test_a_few_kills(tmp_path):
    kill_often(tmp_path, 5, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(2, 7))
def test_two_hundred_kills_and_more(tmp_path, seed):
    kill_often(tmp_path, 50, seed)
