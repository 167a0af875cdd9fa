"""Server-sent events over real sockets: beginnings, changes, resuming, ends."""

from __future__ import annotations

from contextlib import AsyncExitStack

from queue_server.api.feed import MOST_FRAMES, Listener
from tests.queue_server.api.rig import command, feed, listening


async def call_somebody(site, nurse, index=0):
    """Check somebody in and call them; the ticket and the station."""
    ticket = await site.check_in(nurse, index, "desk")
    station = await site.open_for(nurse, ticket)
    answer = await nurse.post("/api/station/call-next", json=command(station=station))
    assert answer.status_code == 200, answer.text
    return ticket, station


def in_main(site):
    """The index of a booking whose queue is in the main hall."""
    halls = {queue.id: queue.hall for queue in site.configuration.site.queues}
    bookings = site.bookings()
    sessions = site.state.sessions
    return next(at for at, (_, one) in enumerate(bookings) if halls[sessions[one.session].queue] == "main")


async def test_a_board_begins_with_a_snapshot_and_goes_on_with_changes(live):
    board, nurse = await live.device("board"), await live.staff()
    index = in_main(live)
    async with feed(board, "/api/board/main/feed") as events:
        kind, position, view = await events.next()
        assert (kind, position, view["calls"]) == ("snapshot", live.state.position, [])
        ticket, station = await call_somebody(live, nurse, index)
        kind, position, change = await events.next("change")
        while change["kind"] != "Called":
            kind, position, change = await events.next("change")
        assert change["number"] == ticket["number"]
        assert change["position"] == position
        assert change["call"]["call"] == position
        assert change["call"]["masked_name"] == ticket["masked_name"]
        assert change["station"] == station
        kind, position, view = await events.next("view")
        assert [one["number"] for one in view["calls"]] == [ticket["number"]]
        assert position == live.state.position


async def test_a_board_hears_nothing_of_another_hall_but_its_position(tmp_path):
    async with listening(tmp_path / "data", feed_heartbeat_s=1) as live:
        board, kiosk = await live.device("board", "second"), await live.device("kiosk")
        async with feed(board, "/api/board/second/feed") as events:
            await events.next("snapshot")
            await kiosk.post("/api/kiosk/join", json=command(queue="enquiry"))
            kind, position, beat = await events.next()
            while position < live.state.position:
                kind, position, beat = await events.next()
            assert kind == "heartbeat"
            assert beat["position"] == position == live.state.position
            assert beat["server_time"].startswith("2026-11-23T08:50")


async def test_a_kiosk_hears_that_no_numbers_are_issued_and_that_they_are_again(tmp_path):
    async with listening(tmp_path / "data", feed_heartbeat_s=1) as live:
        kiosk = await live.device("kiosk")
        assert (await kiosk.get("/api/kiosk/hall")).json()["issuing"] is True
        jumped = 13 * 3_600_000_000
        async with feed(kiosk, "/api/kiosk/feed") as events:
            live.clock._base += jumped  # as a machine that slept: no event tells of it
            await kiosk.post("/api/kiosk/join", json=command(queue="enquiry"))
            while (await events.next("heartbeat"))[2]["issuing"]:
                pass
            assert (await kiosk.get("/api/kiosk/hall")).json()["issuing"] is False
            live.clock._base -= jumped
            await kiosk.post("/api/kiosk/join", json=command(queue="enquiry"))
            while not (await events.next("heartbeat"))[2]["issuing"]:
                pass
        assert (await kiosk.get("/api/kiosk/hall")).json()["issuing"] is True


async def test_no_feed_carries_a_full_name_or_a_link(live):
    board, nurse = await live.device("board"), await live.staff()
    index = in_main(live)
    person, _ = live.bookings()[index]
    name = live.lobby.service.people.name(person)
    async with feed(board, "/api/board/main/feed") as events:
        ticket, _ = await call_somebody(live, nurse, index)
        link = live.state.tickets[ticket["ticket"]].link
        seen = []
        while not (seen and seen[-1][0] == "view" and seen[-1][2]["calls"]):
            seen.append(await events.next())
        assert name not in str(seen)
        assert link not in str(seen)
        assert person not in str(seen)
        assert ticket["masked_name"] in str(seen)


async def test_a_client_that_comes_back_gets_what_it_missed(live):
    kiosk, board = await live.device("kiosk"), await live.device("board")
    async with feed(board, "/api/board/main/feed") as events:
        _, cursor, _ = await events.next("snapshot")
    numbers = [
        (await kiosk.post("/api/kiosk/join", json=command(queue="enquiry"))).json()["ticket"]["number"]
        for _ in range(3)
    ]
    async with feed(board, "/api/board/main/feed", cursor) as events:
        missed = [await events.next() for _ in numbers]
        assert [(kind, change["kind"]) for kind, _, change in missed] == [("change", "TicketIssued")] * 3
        assert [change["number"] for _, _, change in missed] == numbers
        assert (await events.next())[0] == "view"
    async with feed(board, f"/api/board/main/feed?after={missed[1][1]}") as events:
        assert (await events.next("change"))[2]["number"] == numbers[2]
    async with feed(board, "/api/board/main/feed", live.state.position + 1000) as events:
        assert (await events.next())[0] == "snapshot", "a cursor of another log"


async def test_resuming_works_across_a_restart_and_a_finished_call_is_not_announced(tmp_path):
    async with listening(tmp_path / "data") as live:
        board, nurse = await live.device("board"), await live.staff()
        cursor = live.state.position
        index = in_main(live)
        done, station = await call_somebody(live, nurse, index)
        await nurse.post("/api/station/start", json=command(station=station))
        await nurse.post("/api/station/finish", json=command(station=station))
        headers, clock = {"Authorization": board.headers["Authorization"]}, live.clock
        numbers = [done["number"]]
    async with listening(tmp_path / "data", clock) as live:
        board = live.client(headers=headers)
        async with feed(board, "/api/board/main/feed", cursor) as events:
            kinds, calls = [], []
            while (event := await events.next())[0] == "change":
                kinds.append(event[2]["kind"])
                calls.append(event[2]["call"])
                assert event[2]["number"] in {None, *numbers}
            assert [kind for kind in kinds if kind in {"TicketIssued", "Called", "Finished"}] == [
                "TicketIssued", "Called", "Finished",
            ]  # fmt: skip
            assert set(calls) == {None}
            assert event[0] == "view"


async def test_a_withdrawn_device_is_cut_off_at_once(live):
    board, administrator = await live.device("board"), await live.staff("administrator")
    async with feed(board, "/api/board/main/feed") as events:
        await events.next("snapshot")
        answer = await administrator.delete(f"/api/admin/devices/{board.device}")
        assert answer.status_code == 204
        assert await events.next() is None
    assert (await board.get("/api/board/main/feed")).status_code == 401


async def test_logging_out_ends_the_consoles_feed(live):
    nurse = await live.staff()
    async with feed(nurse, "/api/station/r101/feed") as events:
        kind, _, view = await events.next()
        assert (kind, view["station"]) == ("snapshot", "r101")
        await nurse.post("/api/station/open", json=command(station="r101"))
        assert (await events.next("view"))[2]["is_open"] is True
        await nurse.post("/api/auth/log-out")
        assert await events.next() is None


async def test_a_kiosk_and_a_patient_hear_of_the_ticket(live):
    kiosk, nurse, patient = await live.device("kiosk"), await live.staff(), live.client()
    ticket = await live.check_in(kiosk, in_main(live))
    link = ticket["qr"].removeprefix("HZ:")
    assert (await patient.get(f"/api/ticket/{link}")).json()["number"] == ticket["number"]
    async with feed(kiosk, "/api/kiosk/feed") as at_kiosk, feed(patient, f"/api/ticket/{link}/feed") as at_home:
        assert (await at_kiosk.next("snapshot"))[2]["hall"] == "main"
        assert (await at_home.next("snapshot"))[2]["status"] == "waiting"
        await kiosk.post("/api/kiosk/print", json=command(ticket=ticket["ticket"], outcome="done"))
        assert (await at_kiosk.next("change"))[2]["kind"] == "PrintReported"
        station = await live.open_for(nurse, ticket)
        await nurse.post("/api/station/call-next", json=command(station=station))
        view = (await at_home.next("view"))[2]
        while view["status"] == "waiting":
            view = (await at_home.next("view"))[2]
        assert (view["status"], view["room"] is not None) == ("called", True)


async def test_others_on_the_ticket_page_stay_unknown(live):
    kiosk, patient = await live.device("kiosk"), live.client()
    ticket = (await kiosk.post("/api/kiosk/join", json=command(queue="enquiry"))).json()["ticket"]
    async with feed(patient, f"/api/ticket/{ticket['qr'].removeprefix('HZ:')}/feed") as events:
        await events.next("snapshot")
        await kiosk.post("/api/kiosk/join", json=command(queue="enquiry"))
        kind, _, view = await events.next()
        assert (kind, view["number"]) == ("view", ticket["number"])


async def test_a_listener_that_does_not_keep_up_is_closed(live):
    await live.device("board")
    hub = live.lobby.hub
    listener = Listener("device:slow", 0)
    for _ in range(MOST_FRAMES):
        listener.push(b"x")
    assert listener.closed is False
    listener.push(b"x")
    assert listener.closed is True
    assert await listener.take() is None
    assert hub.listeners == 0


async def test_stopping_ends_the_feeds_and_leaves_nothing_open(tmp_path):
    async with listening(tmp_path / "data") as live:
        board = await live.device("board")
        response = await board.send(board.build_request("GET", "/api/board/main/feed"), stream=True)
        assert live.lobby.hub.listeners == 1
        hub = live.lobby.hub
        live_lines = response.aiter_lines()
        assert (await anext(live_lines)).startswith("id: ")
        hub.close_all()
        assert [line async for line in live_lines][-1] == ""
    assert hub.listeners == 0


async def test_a_cursor_that_is_no_position_is_told(live):
    board = await live.device("board")
    for answer in (
        await board.get("/api/board/main/feed", headers={"Last-Event-ID": "yesterday"}),
        await board.get("/api/board/main/feed?after=yesterday"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


async def test_one_feed_too_many_of_an_owner_ends_the_oldest(tmp_path):
    async with listening(tmp_path / "data", feeds_per_owner=2) as site:
        kiosk, other = await site.device("kiosk"), await site.device("kiosk")
        async with AsyncExitStack() as stack:
            others = await stack.enter_async_context(feed(other, "/api/kiosk/feed"))
            feeds = [await stack.enter_async_context(feed(kiosk, "/api/kiosk/feed")) for _ in range(3)]
            assert await feeds[0].next("none") is None, "it has ended"
            for one in (feeds[1], feeds[2], others):
                assert await one.next("snapshot")
            await kiosk.post("/api/kiosk/join", json=command(queue="enquiry"))
            for one in (feeds[1], feeds[2], others):
                assert await one.next("view")
