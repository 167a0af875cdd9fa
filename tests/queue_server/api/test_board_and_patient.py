"""What boards and patients may read."""

from __future__ import annotations

from tests.queue_server.api.rig import command


async def test_a_board_reads_its_own_hall_only(site):
    board = await site.device("board", "second")
    assert (await board.get("/api/board/second")).json()["hall"] == "second"
    for hall in ("main", "none"):
        answer = await board.get(f"/api/board/{hall}")
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_board_shows_who_is_called_next_and_missed(site):
    board, nurse = await site.device("board"), await site.staff()
    numbers = []
    for _ in range(3):
        joined = await nurse.post("/api/desk/join", json=command(queue="enquiry"))
        numbers.append(joined.json()["ticket"]["number"])
    station = next(one.id for one in site.configuration.site.stations if "enquiry" in one.queues)
    view = (await board.get("/api/board/main")).json()
    assert [one["number"] for one in view["next_up"]] == numbers[:2]
    await nurse.post("/api/station/open", json=command(station=station))
    await nurse.post("/api/station/call-next", json=command(station=station))
    view = (await board.get("/api/board/main")).json()
    assert [one["number"] for one in view["calls"]] == numbers[:1]
    assert [one["number"] for one in view["next_up"]] == numbers[1:]
    assert view["waiting"] == 2
    await nurse.post("/api/station/missed", json=command(station=station))
    view = (await board.get("/api/board/main")).json()
    assert (view["calls"], [one["number"] for one in view["missed"]]) == ([], numbers[:1])


async def test_the_chime_is_there_and_no_other_file_is(site):
    board = await site.device("board")
    chime = await board.get("/api/board/voice/chime.wav")
    assert (chime.status_code, chime.headers["content-type"], chime.content[:4]) == (200, "audio/wav", b"RIFF")
    for name in ("x.wav", "..%2Fhouzhen.sqlite3", "0" * 64 + ".wav"):
        answer = await board.get(f"/api/board/voice/{name}")
        assert answer.status_code == 404, name
        assert answer.json()["code"] in {"voice_missing", "not_found"}


async def test_a_ticket_page_needs_its_link(site):
    kiosk, patient = await site.device("kiosk"), site.client()
    ticket = await site.check_in(kiosk)
    shown = await patient.get(f"/api/ticket/{ticket['qr'].removeprefix('HZ:')}")
    assert shown.json()["number"] == ticket["number"]
    assert shown.json()["history"]
    for guess in (ticket["ticket"], "guess"):
        answer = await patient.get(f"/api/ticket/{guess}")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_ticket")
        answer = await patient.get(f"/api/ticket/{guess}/feed")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_ticket")


async def test_guessing_links_is_slowed_down(site):
    patient = site.client()
    statuses = [(await patient.get("/api/ticket/guess")).status_code for _ in range(61)]
    assert statuses == [404] * 60 + [429]


async def test_a_whole_hall_behind_one_address_reads_its_tickets(site):
    kiosk, patient = await site.device("kiosk"), site.client()
    link = (await site.check_in(kiosk))["qr"].removeprefix("HZ:")
    assert {(await patient.get(f"/api/ticket/{link}")).status_code for _ in range(200)} == {200}
    for _ in range(61):
        await patient.get("/api/ticket/guess")
    assert (await patient.get(f"/api/ticket/{link}")).status_code == 200
