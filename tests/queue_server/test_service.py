"""A command's way: once only, answered after the commit, seen by every subscriber in order."""

from __future__ import annotations

import asyncio
import threading
from uuid import UUID, uuid4

import pytest

from queue_server.clock import SECOND
from queue_server.engine.canonical import canonical
from queue_server.engine.commands import CallNext, CheckInWalkIn, OpenStation, Recall, StartService
from queue_server.engine.events import Called, TicketIssued
from queue_server.engine.refusals import Refusal
from queue_server.log import snapshots
from queue_server.log.errors import LogUnusableError
from queue_server.log.people import Identity, PersonRecord, new_person
from queue_server.log.sqlite import SqliteLog
from queue_server.service import Conflict, Service, Unavailable
from queue_server.subscription import SUBSCRIBER_HOLDS
from tests.queue_server.services import SITE, TAKE_NUMBER, command_id, do, morning, open_lobby, running


class Gate:
    """Holds the writer's next transaction open until the test lets it go."""

    def __init__(self, service):
        self._service = service
        self._reached = asyncio.Event()
        self._go = threading.Event()
        self._loop = asyncio.get_running_loop()

    async def __aenter__(self):
        self._held = asyncio.create_task(self._service.write(self._wait))
        await self._reached.wait()
        return self

    def _wait(self, _database):
        self._loop.call_soon_threadsafe(self._reached.set)
        assert self._go.wait(30)

    async def __aexit__(self, *_):
        self._go.set()
        await self._held


def events_of(service):
    return list(service._log.read(0))


async def test_an_answer_names_position_and_ticket(service):
    before = service.committed.position
    done = await do(service, TAKE_NUMBER, command_id=command_id(7))
    assert done.command_id == UUID(command_id(7))
    assert done.position == before + 1 == service.committed.position
    assert done.ticket in service.committed.tickets


async def test_the_answer_leaves_after_the_commit_only(service):
    position = service.committed.position
    async with Gate(service):
        asked = asyncio.create_task(do(service, TAKE_NUMBER))
        await asyncio.sleep(0)
        assert service._commits.ahead.position == position + 1
        assert service.committed.position == position
        assert not asked.done()
    await asked
    assert service.committed.position == position + 1


async def test_a_repeat_gets_the_recorded_outcome(service):
    first = await do(service, TAKE_NUMBER, command_id=command_id(1))
    await do(service, TAKE_NUMBER)
    position = service.committed.position
    assert await do(service, TAKE_NUMBER, command_id=command_id(1)) == first
    assert service.committed.position == position


async def test_a_repeat_after_a_restart_gets_the_recorded_outcome(tmp_path):
    async with running(tmp_path / "data") as service:
        await open_lobby(service)
        first = await do(service, TAKE_NUMBER, command_id=command_id(1))
    async with running(tmp_path / "data") as service:
        assert await do(service, TAKE_NUMBER, command_id=command_id(1)) == first


async def test_the_same_id_with_another_body_is_a_conflict(service):
    await do(service, TAKE_NUMBER, command_id=command_id(1))
    position = service.committed.position
    with pytest.raises(Conflict):
        await service.submit(TAKE_NUMBER, actor="d1", command_id=command_id(1), digest="another body")
    assert service.committed.position == position


async def test_the_same_id_of_another_actor_is_another_command(service):
    first = await do(service, TAKE_NUMBER, actor="d1", command_id=command_id(1))
    second = await do(service, TAKE_NUMBER, actor="d2", command_id=command_id(1))
    assert first.ticket != second.ticket


async def test_a_repeat_in_flight_awaits_the_same_result(service):
    async with Gate(service):
        asked = [asyncio.create_task(do(service, TAKE_NUMBER, command_id=command_id(1))) for _ in range(5)]
        await asyncio.sleep(0)
        with pytest.raises(Conflict):
            await service.submit(TAKE_NUMBER, actor="d1", command_id=command_id(1), digest="another body")
    answers = await asyncio.gather(*asked)
    assert len(set(map(repr, answers))) == 1
    assert sum(isinstance(recorded.event, TicketIssued) for recorded in events_of(service)) == 1


async def test_a_client_that_goes_away_cancels_nobody_else(service):
    async with Gate(service):
        gone = asyncio.create_task(do(service, TAKE_NUMBER, command_id=command_id(1)))
        stays = asyncio.create_task(do(service, TAKE_NUMBER, command_id=command_id(1)))
        await asyncio.sleep(0)
        gone.cancel()
    assert (await stays).position == service.committed.position


async def test_next_with_nobody_waiting_settles_the_one_before_and_names_nobody(service):
    await do(service, TAKE_NUMBER)
    called = await do(service, CallNext("w1"), actor="nurse")
    again = await do(service, CallNext("w1"), actor="nurse")
    assert again.ticket is None
    assert service.committed.tickets[called.ticket].status == "finished"
    assert service.committed.stations["w1"].current is None
    refused = await service.submit(CallNext("w1"), actor="nurse", command_id=command_id(9), digest="body")
    assert refused.code == "nobody_waiting"


async def test_refusals_are_not_recorded(service):
    asked = {"actor": "nurse", "command_id": command_id(1), "digest": "body"}
    refused = await service.submit(CallNext("w1"), **asked)
    assert isinstance(refused, Refusal)
    assert refused.code == "nobody_waiting"
    await do(service, TAKE_NUMBER)
    called = await service.submit(CallNext("w1"), **asked)
    assert not isinstance(called, Refusal)


async def test_a_refusal_waits_for_what_it_rests_on(service):
    await do(service, TAKE_NUMBER)
    async with Gate(service):
        opened = asyncio.create_task(do(service, OpenStation("s1", "nurse-1"), actor="nurse-1"))
        await asyncio.sleep(0)
        refused = asyncio.create_task(
            service.submit(OpenStation("s1", "nurse-2"), actor="nurse-2", command_id=command_id(2))
        )
        await asyncio.sleep(0)
        assert not refused.done()
    await opened
    assert (await refused).code == "station_open"


async def test_a_late_command_is_not_carried_out(service):
    position = service.committed.position
    late = await service.submit(TAKE_NUMBER, actor="d1", command_id=command_id(1), expires_at=service.clock.now() - 1)
    assert late.code == "expired"
    assert service.committed.position == position
    in_time = await service.submit(TAKE_NUMBER, actor="d1", command_id=command_id(1), expires_at=service.clock.now())
    assert not isinstance(in_time, Refusal)


async def test_a_late_repeat_still_gets_the_recorded_outcome(service):
    deadline = service.clock.now()
    first = await do(service, TAKE_NUMBER, command_id=command_id(1))
    service.clock.advance(SECOND)
    again = await service.submit(TAKE_NUMBER, actor="d1", command_id=command_id(1), digest="body", expires_at=deadline)
    assert again == first


async def test_next_names_the_ticket_it_called(service):
    first = await do(service, TAKE_NUMBER)
    second = await do(service, TAKE_NUMBER)
    assert (await do(service, CallNext("w1"), actor="nurse")).ticket == first.ticket
    await do(service, StartService("w1"), actor="nurse")
    done = await do(service, CallNext("w1"), actor="nurse")
    assert done.ticket == second.ticket
    assert service.committed.tickets[first.ticket].status == "finished"


async def test_subscribers_see_every_event_once_in_order(service):
    begun = service.committed.position
    with service.subscribe() as news:
        assert news.position == begun
        await asyncio.gather(*(do(service, TAKE_NUMBER) for _ in range(200)))
        seen = []
        while len(seen) < 200:
            seen += [recorded.position for recorded in await anext(news)]
    assert seen == list(range(begun + 1, begun + 201))


async def test_many_commands_share_a_commit(service):
    with service.subscribe() as news:
        async with Gate(service):
            asked = [asyncio.create_task(do(service, TAKE_NUMBER)) for _ in range(50)]
            await asyncio.sleep(0)
        await asyncio.gather(*asked)
        assert len(await anext(news)) == 50


async def test_a_subscriber_that_falls_behind_is_cut_off(service):
    slow = service.subscribe()
    for _ in range(SUBSCRIBER_HOLDS + 1):
        await do(service, TAKE_NUMBER)
    assert slow.overflowed
    assert [batch async for batch in slow] == []
    assert slow not in service._subscribers


async def test_a_closed_subscription_ends(service):
    news = service.subscribe()
    await do(service, TAKE_NUMBER)
    news.close()
    assert len([batch async for batch in news]) == 1


async def test_what_one_turn_of_the_loop_decides_is_one_transaction(service, monkeypatch):
    sizes = []
    append = SqliteLog.append

    def counting(log, work):
        sizes.append(len(work))
        append(log, work)

    monkeypatch.setattr(SqliteLog, "append", counting)
    done = await asyncio.gather(*(do(service, TAKE_NUMBER) for _ in range(5)))
    assert len({one.ticket for one in done}) == 5
    assert sizes == [5]


async def test_recent_events_are_at_hand_until_they_are_too_old(service):
    await do(service, TAKE_NUMBER)
    everything = events_of(service)
    assert service.since(0) == everything
    assert service.since(2) == everything[2:]
    assert service.since(service.committed.position) == []
    assert service.since(service.committed.position + 1) is None


async def test_a_write_beside_the_log_returns_what_it_returned(service):
    def put(database):
        database.execute("INSERT INTO settings VALUES ('a', 'b')")
        return "written"

    assert await service.write(put) == "written"
    assert service.reader.execute("SELECT value FROM settings").fetchone() == ("b",)


async def test_an_error_in_a_write_comes_out_and_spoils_nobody(service):
    def spoil(_database):
        raise LookupError("no")

    async with Gate(service):
        ticket = asyncio.create_task(do(service, TAKE_NUMBER))
        await asyncio.sleep(0)
        spoilt = asyncio.create_task(service.write(spoil))
        await asyncio.sleep(0)
    with pytest.raises(LookupError):
        await spoilt
    assert (await ticket).position == service.committed.position


async def test_people_ride_in_the_same_transaction(service):
    person = PersonRecord(new_person(), "王芳", "P1", 1990, [Identity("id_card", "11010519900101002x")])
    await service.submit(
        CheckInWalkIn(queue="q-ask", person=person.person), actor="d1", command_id=str(uuid4()), people=[person]
    )
    assert service.people.name(person.person) == "王芳"
    assert [found.person for found in service.people.find_by_identity("id_card", "11010519900101002X")] == [
        person.person
    ]


async def test_a_stopped_service_refuses_and_ends_its_feeds(tmp_path):
    async with running(tmp_path / "data") as service:
        await open_lobby(service)
        news = service.subscribe()
    assert [batch async for batch in news] == []
    with pytest.raises(Unavailable, match="stopping"):
        await service.submit(TAKE_NUMBER, actor="d1", command_id=command_id(1))


async def test_what_is_decided_without_a_pause_is_one_transaction(tmp_path):
    async with running(tmp_path) as service:
        await open_lobby(service)
        taken = service.subscribe()

        async def turns_later(turns):
            for _ in range(turns):
                await asyncio.sleep(0)
            return await do(service, TAKE_NUMBER)

        done = await asyncio.gather(*(turns_later(turns) for turns in range(4)))
        batch = await anext(taken)
    assert {one.position for one in done} <= {recorded.position for recorded in batch}


async def test_stopping_finishes_the_batch_in_hand(tmp_path):
    async with running(tmp_path / "data") as service:
        await open_lobby(service)
        async with Gate(service):
            asked = [asyncio.create_task(do(service, TAKE_NUMBER)) for _ in range(20)]
            await asyncio.sleep(0)
            stopping = asyncio.create_task(service.stop())
            await asyncio.sleep(0)
        await stopping
        tickets = {(await one).ticket for one in asked}
    async with running(tmp_path / "data") as service:
        assert tickets == set(service.committed.tickets)


async def test_two_services_never_share_a_data_directory(tmp_path, service):
    with pytest.raises(LogUnusableError, match="Another process"):
        await Service.start(tmp_path / "data", site=SITE, clock=morning())
    await do(service, TAKE_NUMBER)


@pytest.mark.parametrize("lose_snapshot", [False, True])
async def test_a_restart_gives_the_same_state(tmp_path, lose_snapshot):
    async with running(tmp_path / "data") as service:
        await open_lobby(service)
        await asyncio.gather(*(do(service, TAKE_NUMBER) for _ in range(30)))
        for _ in range(5):
            await do(service, CallNext("w1"), actor="nurse")
            await do(service, Recall("w1"), actor="nurse")
            await do(service, StartService("w1"), actor="nurse")
        before = canonical(service.committed)
    if lose_snapshot:
        async with running(tmp_path / "data") as service:
            await service.write(lambda database: database.execute("DELETE FROM snapshots").rowcount)
    async with running(tmp_path / "data") as service:
        assert canonical(service.committed) == before
        assert canonical(service._commits.ahead) == before


async def test_ahead_and_committed_are_the_same_once_all_is_written(service):
    await asyncio.gather(*(do(service, TAKE_NUMBER) for _ in range(30)))
    await do(service, CallNext("w1"), actor="nurse")
    assert canonical(service._commits.ahead) == canonical(service.committed) == canonical(snapshots.fold(service._log))


async def test_a_defect_while_folding_leaves_the_state_whole(service, monkeypatch):
    await do(service, TAKE_NUMBER)
    before = canonical(service._commits.ahead)
    evolve = service._commits.fold.__globals__["evolve"]

    def broken(state, recorded):
        evolve(state, recorded)
        if isinstance(recorded.event, Called):
            raise ZeroDivisionError

    monkeypatch.setattr("queue_server.commits.evolve", broken)
    with pytest.raises(ZeroDivisionError):
        await service.submit(CallNext("w1"), actor="nurse", command_id=command_id(1))
    assert canonical(service._commits.ahead) == before
    monkeypatch.undo()
    await do(service, CallNext("w1"), actor="nurse")
