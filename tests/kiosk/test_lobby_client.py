"""The client of the lobby's server: repeats, refusals, the feed, and what became of paper."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections import deque
from datetime import timedelta

import httpx
import msgspec
import pytest

from kiosk.data import DataFolder
from kiosk.lobby_client import LobbyClient, enrol, make_client
from kiosk.ports import AnswerLostError, Away, AwayError, CredentialError, RefusedError
from queue_server.contract import Credential, Done, Identify, SlipDone, TicketDone
from tests.kiosk import people
from tests.kiosk.fakes import DEADLINE, FakeClock, settle

INTENT = "6f1d7a52-0f0e-4e0b-9a1c-2f8b7a1d4c11"


class Feed(httpx.AsyncByteStream):
    """A feed that a test writes."""

    def __init__(self):
        self.chunks = asyncio.Queue()

    async def __aiter__(self):
        while (chunk := await self.chunks.get()) is not None:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    def say(self, event, **data):
        self.chunks.put_nowait(f"event: {event}\ndata: {json.dumps(data)}\nid: 7\n\n".encode())

    def end(self):
        self.chunks.put_nowait(None)


class Server(httpx.AsyncBaseTransport):
    """A server of canned answers. ``answers`` by path are given in turn; the last one stays."""

    def __init__(self):
        self.asked = []
        self.feed = Feed()
        self.up = True
        self.answers = {
            "/api/kiosk/hall": deque([people.HALL]),
            "/api/kiosk/pending-prints": deque([[]]),
            "/api/kiosk/print": deque([Done(command_id=INTENT, position=1)]),
            "/api/kiosk/devices": deque([httpx.Response(204)]),
        }

    def answer(self, path, *answers):
        self.answers[path] = deque(answers)

    def bodies(self, path):
        return [json.loads(body) for asked, body in self.asked if asked == path]

    def looks(self):
        return sum(path == "/api/kiosk/pending-prints" for path, _ in self.asked)

    async def handle_async_request(self, request):
        path = request.url.path
        self.asked.append((path, await request.aread()))
        if not self.up:
            raise httpx.ConnectError("refused")
        if path == "/api/kiosk/feed":
            return httpx.Response(200, stream=self.feed)
        answers = self.answers[path]
        answer = answers.popleft() if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(200, content=msgspec.json.encode(answer))


def refusal(problem):
    return httpx.Response(problem.status, content=msgspec.json.encode(problem))


class Line:
    """A client and its server."""

    def __init__(self, folder):
        self.server = Server()
        self.clock = FakeClock()
        self.folder = DataFolder(folder)
        self.http = make_client("http://lobby", None, "secret", self.server)
        self.client = LobbyClient(self.http, self.folder, self.clock)
        self.running = None

    def run(self):
        self.running = asyncio.ensure_future(self.client.run())

    async def until(self, fits):
        async with asyncio.timeout(DEADLINE):
            while not fits():
                await settle()

    async def stop(self):
        if self.running is not None:
            self.running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.running
        await self.http.aclose()


@pytest.fixture
async def line(tmp_path):
    line = Line(tmp_path)
    yield line
    await line.stop()


async def asked(line, coroutine):
    """Await a question while time passes as it must."""
    task = asyncio.ensure_future(coroutine)
    async with asyncio.timeout(DEADLINE):
        while not task.done():
            await line.clock.pass_time(1)
    return await task


async def test_a_lost_answer_is_asked_for_again_with_the_same_bytes(line):
    done = TicketDone(Done(command_id=INTENT, position=3), people.ticket())
    line.server.answer("/api/kiosk/check-in", httpx.ReadTimeout("late"), httpx.RemoteProtocolError("cut"), done)
    ticket = await asked(line, line.client.check_in(INTENT, "p1", "a1"))
    assert ticket.number == "A012"
    bodies = line.server.bodies("/api/kiosk/check-in")
    assert len(bodies) == 3
    assert bodies[0] == bodies[1] == bodies[2]
    assert bodies[0]["command_id"] == INTENT


async def test_answers_lost_to_the_end_are_unknown_and_never_a_no(line):
    line.server.answer("/api/kiosk/check-in", httpx.ReadTimeout("late"))
    with pytest.raises(AnswerLostError):
        await asked(line, line.client.check_in(INTENT, "p1", "a1"))


async def test_a_server_never_reached_means_that_nothing_happened(line):
    line.server.up = False
    with pytest.raises(AwayError):
        await asked(line, line.client.check_in(INTENT, "p1", "a1"))


async def test_a_question_whose_answer_was_lost_did_nothing(line):
    line.server.answer("/api/kiosk/tickets/t1", httpx.ReadTimeout("late"))
    with pytest.raises(AwayError):
        await asked(line, line.client.ticket("t1"))


async def test_a_problem_is_a_refusal_with_its_code(line):
    line.server.answer("/api/kiosk/check-in", refusal(people.TOO_EARLY))
    with pytest.raises(RefusedError) as refused:
        await asked(line, line.client.check_in(INTENT, "p1", "a1"))
    assert refused.value.problem == people.TOO_EARLY


async def test_a_refusal_that_is_no_problem_document_did_nothing(line):
    line.server.answer("/api/kiosk/check-in", httpx.Response(404, content=b"<html>not here</html>"))
    with pytest.raises(AwayError):
        await asked(line, line.client.check_in(INTENT, "p1", "a1"))


async def test_an_unknown_kiosk_is_told_so(line):
    line.server.answer("/api/kiosk/identify", httpx.Response(401))
    with pytest.raises(CredentialError):
        await asked(line, line.client.identify(Identify(kind="id_card", value="1")))


async def test_each_question_carries_what_it_must(line):
    done = TicketDone(Done(command_id=INTENT, position=3), people.ticket())
    line.server.answer("/api/kiosk/identify", people.reply(people.patient()))
    line.server.answer("/api/kiosk/join", done)
    line.server.answer("/api/kiosk/rejoin", done)
    assert (await line.client.identify(Identify(kind="id_card", value="1", name="n"))).patients[0].person == "p1"
    await line.client.join(INTENT, "ent", person=None, registration=None)
    await line.client.rejoin(INTENT, "t1")
    assert line.server.bodies("/api/kiosk/join")[0]["queue"] == "ent"
    assert line.server.bodies("/api/kiosk/rejoin")[0]["reason"] == "patient"


async def test_it_is_online_once_it_knows_the_hall_and_away_when_the_feed_ends(line):
    assert not line.client.online
    line.run()
    await line.until(lambda: line.client.online)
    assert line.client.hall == people.HALL
    line.server.up = False
    line.server.feed.end()
    await line.until(lambda: not line.client.online)
    line.server.up = True
    line.server.feed = Feed()
    async with asyncio.timeout(DEADLINE):
        while not line.client.online:
            await line.clock.pass_time(1)


async def test_a_server_that_is_not_there_at_the_start_is_told_at_once(line):
    line.server.up = False
    line.run()
    changed = asyncio.ensure_future(line.client.changed(0))
    async with asyncio.timeout(DEADLINE):
        while not changed.done():
            await line.clock.pass_time(1)
    assert not line.client.online


async def test_a_server_that_issues_nothing_is_as_good_as_away(line):
    line.server.answer("/api/kiosk/hall", msgspec.structs.replace(people.HALL, issuing=False))
    line.run()
    await line.until(lambda: line.client.version > 0)
    assert (line.client.online, line.client.away_because) == (False, Away.NOT_ISSUING)
    line.server.feed.say("heartbeat", position=7, server_time=str(people.at(9, 41)), issuing=True)
    await line.until(lambda: line.client.online)
    assert line.client.away_because is None
    version = line.client.version
    line.server.feed.say("heartbeat", position=7, server_time=str(people.at(9, 41)), issuing=False)
    await line.until(lambda: line.client.version > version)
    assert line.client.away_because is Away.NOT_ISSUING


async def test_a_server_that_no_longer_knows_the_kiosk_says_so_until_it_does(line):
    line.server.answer("/api/kiosk/hall", httpx.Response(401), people.HALL)
    line.run()
    await line.until(lambda: line.client.version > 0)
    assert line.client.away_because is Away.NOT_ENROLLED
    async with asyncio.timeout(DEADLINE):
        while not line.client.online:
            await line.clock.pass_time(1)


async def test_since_when_the_server_is_away_is_told_by_its_own_time(line):
    line.run()
    await line.until(lambda: line.client.online)
    assert line.client.away_since is None
    await line.clock.pass_time(600)
    line.server.up = False
    line.server.feed.end()
    await line.until(lambda: not line.client.online)
    assert line.client.away_since == people.at(9, 51)
    await line.clock.pass_time(600)
    assert line.client.away_since == people.at(9, 51)


async def test_a_server_never_heard_has_no_time_to_tell(line):
    line.server.up = False
    line.run()
    await asked(line, line.client.changed(0))
    assert (line.client.away_because, line.client.away_since) == (Away.UNREACHED, None)


async def test_the_hall_is_known_after_a_restart_without_a_server(line, tmp_path):
    line.run()
    await line.until(lambda: line.client.online)
    again = Line(tmp_path)
    again.server.up = False
    again.run()
    await asked(again, again.client.changed(0))
    assert (again.client.hall, again.client.online, again.client.away_since) == (people.HALL, False, None)
    await again.stop()


async def test_a_hall_that_only_moved_on_in_time_is_not_written_again(line, tmp_path):
    line.run()
    await line.until(lambda: line.client.online)
    (tmp_path / "hall.json").unlink()
    line.server.feed.say("heartbeat", position=9, server_time=str(people.at(11)))
    await line.until(lambda: line.client.now() == people.at(11))
    assert line.folder.hall() is None


async def test_the_servers_clock_is_followed(line):
    line.run()
    await line.until(lambda: line.client.online)
    version = line.client.version
    await line.clock.pass_time(10)
    assert line.client.now() == people.HALL.server_time + timedelta(seconds=10)
    line.server.feed.say("heartbeat", position=7, server_time=str(people.at(9, 41) + timedelta(seconds=10)))
    await settle()
    assert line.client.version == version
    line.server.feed.say("heartbeat", position=7, server_time=str(people.at(11)))
    await line.until(lambda: line.client.version > version)
    assert line.client.now() == people.at(11)


async def test_what_became_of_paper_is_reported_and_then_forgotten(line):
    line.run()
    await line.until(lambda: line.client.online)
    line.client.settle_print("t1", "done", reprint=False)
    await line.until(lambda: line.server.bodies("/api/kiosk/print") != [])
    await line.until(lambda: line.folder.prints() == [])
    body = line.server.bodies("/api/kiosk/print")[0]
    assert (body["ticket"], body["outcome"], body["reprint"]) == ("t1", "done", False)


async def test_paper_of_an_hour_without_server_is_reported_after_a_restart(line, tmp_path):
    line.client.settle_print("t1", "not_done", reprint=False)
    kept = line.folder.prints()
    assert [one.outcome for one in kept] == ["not_done"]
    again = Line(tmp_path)
    again.server.answer("/api/kiosk/pending-prints", [people.ticket("t1")])
    again.run()
    await again.until(lambda: again.server.bodies("/api/kiosk/print") != [])
    await again.until(lambda: again.folder.prints() == [])
    reported = again.server.bodies("/api/kiosk/print")
    assert [(one["command_id"], one["outcome"]) for one in reported] == [(str(kept[0].command_id), "not_done")]
    await again.stop()


async def test_a_ticket_whose_paper_nobody_knows_of_is_unknown_after_a_restart(line):
    line.server.answer("/api/kiosk/pending-prints", [people.ticket("t9")])
    line.run()
    await line.until(lambda: line.server.bodies("/api/kiosk/print") != [])
    assert [(one["ticket"], one["outcome"]) for one in line.server.bodies("/api/kiosk/print")] == [("t9", "unknown")]


async def lose_the_answer(line):
    """A patient presses confirm, the number is issued, and the answer never arrives."""
    line.run()
    await line.until(lambda: line.client.online)
    line.server.answer("/api/kiosk/check-in", httpx.ReadTimeout("late"))
    with pytest.raises(AnswerLostError):
        await asked(line, line.client.check_in(INTENT, "p1", "a1"))
    line.server.answer("/api/kiosk/pending-prints", [people.ticket("t9")])


async def test_a_number_whose_answer_was_lost_has_unknown_paper_once_the_patient_is_gone(line):
    await lose_the_answer(line)
    assert line.server.bodies("/api/kiosk/print") == []  # the patient may ask for it again, and have it printed
    line.client.visit_over()
    await line.until(lambda: line.server.bodies("/api/kiosk/print") != [])
    assert [(one["ticket"], one["outcome"]) for one in line.server.bodies("/api/kiosk/print")] == [("t9", "unknown")]
    line.client.visit_over()
    await settle()
    assert len(line.server.bodies("/api/kiosk/print")) == 1


async def test_a_number_that_was_had_at_last_is_not_told_as_unknown(line):
    await lose_the_answer(line)
    line.server.answer("/api/kiosk/check-in", TicketDone(Done(command_id=INTENT, position=3), people.ticket("t9")))
    await line.client.check_in(INTENT, "p1", "a1")
    looks = line.server.looks()
    line.client.visit_over()
    await line.until(lambda: line.server.looks() > looks)
    line.client.settle_print("t9", "done", reprint=False)
    await line.until(lambda: line.folder.prints() == [] and line.server.bodies("/api/kiosk/print") != [])
    assert [(one["ticket"], one["outcome"]) for one in line.server.bodies("/api/kiosk/print")] == [("t9", "done")]


async def test_a_report_that_is_refused_for_good_is_not_repeated_for_ever(line):
    line.server.answer("/api/kiosk/print", refusal(people.problem("unknown_ticket", "没有", "none")))
    line.run()
    await line.until(lambda: line.client.online)
    line.client.settle_print("t1", "done", reprint=False)
    await line.until(lambda: line.folder.prints() == [] and len(line.server.bodies("/api/kiosk/print")) == 1)


@pytest.mark.parametrize("code", ["stopping", "clock_jump"])
async def test_a_report_that_has_to_wait_is_made_again_while_the_feed_lives(line, code):
    status = 503 if code == "stopping" else 409
    waits = msgspec.structs.replace(people.problem(code, "等", "wait"), status=status)
    line.server.answer("/api/kiosk/print", *[refusal(waits)] * 6, Done(command_id=INTENT, position=1))
    line.run()
    await line.until(lambda: line.client.online)
    line.client.settle_print("t1", "done", reprint=False)
    async with asyncio.timeout(DEADLINE):
        while line.folder.prints():
            await line.clock.pass_time(1)
    assert line.client.online
    bodies = line.server.bodies("/api/kiosk/print")
    assert len(bodies) == 7
    assert all(body == bodies[0] for body in bodies)


async def test_enrolling_gives_a_credential():
    server = Server()
    server.answer("/api/devices/enrol", Credential(device="d1", kind="kiosk", token="t"))
    credential = await enrol("http://lobby", None, "K7PQ", "一楼 1 号", server)
    assert credential.token == "t"
    assert server.bodies("/api/devices/enrol") == [{"code": "K7PQ", "name": "一楼 1 号"}]


async def test_enrolling_without_a_server_says_so():
    server = Server()
    server.up = False
    with pytest.raises(AwayError):
        await enrol("http://lobby", None, "K7PQ", "k", server)


async def test_a_guide_slip_is_looked_at_taken_and_shown(line):
    ahead, slip = people.slip(given=False), people.slip()
    line.server.answer("/api/kiosk/itinerary/p1/ahead", ahead)
    line.server.answer("/api/kiosk/itinerary/p1", slip)
    line.server.answer("/api/kiosk/itinerary", SlipDone(Done(uuid.UUID(INTENT), 7, None), slip))
    assert await asked(line, line.client.look_ahead("p1")) == ahead
    assert await asked(line, line.client.take_slip(INTENT, "p1", ["o1", "o2"])) == slip
    assert await asked(line, line.client.guide_slip("p1")) == slip
    (body,) = line.server.bodies("/api/kiosk/itinerary")
    assert (body["command_id"], body["person"], body["orders"]) == (INTENT, "p1", ["o1", "o2"])


async def test_two_codes_are_compared_and_neither_is_in_the_log(line, capsys):
    line.server.answer("/api/kiosk/why", people.why())
    assert await asked(line, line.client.why("HZ:first-link", "HZ:second-link")) == people.why()
    assert line.server.bodies("/api/kiosk/why") == [{"one": "HZ:first-link", "other": "HZ:second-link"}]
    assert "link" not in "".join(capsys.readouterr())
