"""SIGKILL at any moment: what was acknowledged is in the log once, and the feed sees every event once, in order."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from queue_server.engine.events import TicketIssued
from queue_server.log.data import DATABASE
from queue_server.log.maintenance import rebuild
from queue_server.log.sqlite import SqliteLog
from tests.queue_server.client_process import Client
from tests.queue_server.services import SITE


def faults(client):
    """What of the promises was broken."""
    log = SqliteLog(client.data / DATABASE, SITE, read_only=True)
    events = list(log.read(0))
    log.close()
    issues = [recorded for recorded in events if isinstance(recorded.event, TicketIssued)]
    issued = {recorded.command_id: (recorded.position, recorded.event.ticket) for recorded in issues}
    broken = {
        "answered twice, differently": client.contradictions,
        "carried out twice": [name for name, times in Counter(one.command_id for one in issues).items() if times > 1],
        "acknowledged and lost": [name for name in client.answers if name not in issued],
        "acknowledged as something else": [
            name for name, answer in client.answers.items() if issued.get(name, answer) != answer
        ],
        "one number for two": [no for no, times in Counter(one.event.number for one in issues).items() if times > 1],
        "feed is not the log": client.events != [(recorded.position, recorded.command_id) for recorded in events],
    }
    return {fault for fault, found in broken.items() if found}


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
    kill_often(tmp_path, 2, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(2, 7))
def test_two_hundred_kills_and_more(tmp_path, seed):
    kill_often(tmp_path, 50, seed)
