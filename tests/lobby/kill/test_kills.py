"""The server killed and stopped under load, over HTTP: nothing acknowledged is lost, nothing is done or seen twice."""

from __future__ import annotations

import signal

import pytest

from queue_server.engine.events import Called, Finished, ServiceStarted, TicketIssued, Undone
from tests.lobby.kill.audit import check_snapshot
from tests.lobby.kill.lobby import opened

AT_READINESS = 5
"""Every so many kills the next life is killed the moment it is ready, before anybody is let in."""


async def kill_often(folder, kills, seed):
    print(f"seed {seed}")  # noqa: T201 - shown with a failure
    async with opened(folder, seed) as lobby:
        for kill in range(kills):
            assert await lobby.lose_the_server(lobby.rng.randrange(2, 200)) == -signal.SIGKILL
            if kill % AT_READINESS == AT_READINESS - 1:
                await lobby.start_in_vain()
            await lobby.get_it_back()
        await lobby.settle()
    print(lobby.told())  # noqa: T201 - shown with -s
    return lobby


@pytest.mark.timeout(300)
async def test_a_few_kills(tmp_path):
    lobby = await kill_often(tmp_path, kills=5, seed=1)  # and one at readiness
    assert lobby.record.repeated > 0
    happened = {type(recorded.event) for recorded in lobby.audit.events}
    assert happened >= {TicketIssued, Called, ServiceStarted, Finished, Undone}


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(2, 6))
async def test_two_hundred_kills_and_more(tmp_path, seed):
    lobby = await kill_often(tmp_path, kills=50, seed=seed)
    assert lobby.record.repeated >= 50


async def stop_often(folder, stops, seed):
    async with opened(folder, seed) as lobby:
        for _ in range(stops):
            assert await lobby.lose_the_server(lobby.rng.randrange(100, 300), signal.SIGTERM) == 0
            assert [screen.sittings[-1].was_ended for screen in lobby.screens] == [True] * len(lobby.screens)
            lobby.audit.check(lobby.record)
            check_snapshot(lobby.server.data, lobby.audit.state)
            await lobby.get_it_back()
        await lobby.settle()
    print(lobby.told())  # noqa: T201 - shown with -s


@pytest.mark.timeout(300)
async def test_asked_to_stop_it_keeps_all_it_said_and_ends_well(tmp_path):
    await stop_often(tmp_path, stops=1, seed=6)  # and once more at the end of the day


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_asked_to_stop_again_and_again_it_keeps_all_it_said(tmp_path):
    await stop_often(tmp_path, stops=10, seed=7)
