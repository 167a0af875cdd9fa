"""What desk, station and kiosk do with a ticket besides calling it."""

from __future__ import annotations

import uuid
from collections import Counter

import msgspec
import pytest

from queue_server.engine.commands import UpdateSessions
from queue_server.engine.reasons import REASONS
from tests.queue_server.api.rig import command

MINUTE = 60_000_000


async def desk(client, action, **fields):
    return await client.post(f"/api/desk/{action}", json=command(**fields))


async def at_station(client, action, **fields):
    return await client.post(f"/api/station/{action}", json=command(**fields))


async def shown(client, station):
    return (await client.get(f"/api/station/{station}")).raise_for_status().json()


async def waiting(site, count=3):
    """A nurse and some tickets of one doctor, in their order, and the station that calls them."""
    nurse = await site.staff()
    bookings = site.bookings()
    open_now = {i: one for i, (_, one) in enumerate(bookings) if one.slot_start <= site.clock.now() + 60 * MINUTE}
    session, _ = Counter(one.session for one in open_now.values()).most_common(1)[0]
    chosen = [i for i, one in open_now.items() if one.session == session][:count]
    tickets = [await site.check_in(nurse, index, "desk") for index in chosen]
    return nurse, tickets, await site.open_for(nurse, tickets[0])


async def serving(site, count=2):
    nurse, _, station = await waiting(site, count)
    (await at_station(nurse, "call-next", station=station)).raise_for_status()
    (await at_station(nurse, "start", station=station)).raise_for_status()
    current = (await shown(nurse, station))["current"]
    return nurse, current, station


async def test_the_reasons_are_codes_with_words(site):
    nurse = await site.staff()
    listed = (await nurse.get("/api/desk/reasons")).json()
    assert {use: [one["id"] for one in choices] for use, choices in listed.items()} == {
        use: list(codes) for use, codes in REASONS.items()
    }
    assert all(one["name"]["zh"] and one["name"]["en"] for choices in listed.values() for one in choices)


async def test_sent_for_exams_and_back_at_the_kiosk(site):
    nurse, current, station = await serving(site)
    (await at_station(nurse, "send-for-exams", station=station, current=current["ticket"])).raise_for_status()
    console = await shown(nurse, station)
    assert (console["current"], [one["number"] for one in console["away"]]) == (None, [current["number"]])
    kiosk = await site.device("kiosk")
    answer = await kiosk.post("/api/kiosk/return", json=command(ticket=current["ticket"]))
    assert answer.status_code == 200, answer.text
    ticket = answer.json()["ticket"]
    assert ticket["status"] == "waiting"
    assert ticket["history"][-1]["sentence"]["zh"].startswith("回诊")
    console = await shown(nurse, station)
    assert console["away"] == []
    assert next(row for row in console["waiting"] if row["ticket"] == current["ticket"])["kind"]["zh"] == "回诊"


async def test_a_station_takes_a_return_and_a_seen_patient_returns_too(site):
    nurse, current, station = await serving(site)
    (await at_station(nurse, "finish", station=station)).raise_for_status()
    answer = await at_station(nurse, "return", station=station, ticket=current["ticket"])
    assert answer.status_code == 200, answer.text
    assert site.state.tickets[current["ticket"]].status == "waiting"
    assert (await shown(nurse, station))["done"] == []


async def test_stepping_away_keeps_the_place_until_the_time_is_over(site):
    nurse, tickets, station = await waiting(site)
    order = [row["ticket"] for row in (await shown(nurse, station))["waiting"]]
    kiosk = await site.device("kiosk")
    answer = await kiosk.post("/api/kiosk/step-away", json=command(ticket=order[0], minutes=10))
    assert answer.status_code == 200, answer.text
    assert answer.json()["ticket"]["back_at"] == "2026-11-23T09:00:00+08:00"
    assert [row["ticket"] for row in (await shown(nurse, station))["waiting"]] == order[1:]
    back = await kiosk.post("/api/kiosk/step-back", json=command(ticket=order[0]))
    assert back.json()["ticket"]["status"] == "waiting"
    assert [row["ticket"] for row in (await shown(nurse, station))["waiting"]] == order
    (await desk(nurse, "step-away", ticket=order[0], minutes=10)).raise_for_status()
    site.clock.advance(11 * MINUTE)
    (await desk(nurse, "join", queue="enquiry")).raise_for_status()
    assert [row["ticket"] for row in (await shown(nurse, station))["waiting"]] == order
    again = await desk(nurse, "step-back", ticket=order[0])
    assert (again.status_code, again.json()["code"]) == (409, "not_away")
    assert len(tickets) == 3


async def test_a_later_place_and_giving_up(site):
    nurse, _, station = await waiting(site)
    order = [row["ticket"] for row in (await shown(nurse, station))["waiting"]]
    answer = await desk(nurse, "postpone", ticket=order[0], behind=1)
    assert answer.status_code == 200, answer.text
    assert [row["ticket"] for row in (await shown(nurse, station))["waiting"]] == [order[1], order[0], order[2]]
    kiosk = await site.device("kiosk")
    (await kiosk.post("/api/kiosk/postpone", json=command(ticket=order[1], behind=9))).raise_for_status()
    assert [row["ticket"] for row in (await shown(nurse, station))["waiting"]] == [order[0], order[2], order[1]]
    gone = await kiosk.post("/api/kiosk/abandon", json=command(ticket=order[0]))
    assert gone.json()["ticket"]["status"] == "cancelled"
    assert gone.json()["ticket"]["history"][-1]["sentence"]["en"] == "The patient gave up waiting"


async def test_moved_forward_for_a_reason_that_those_behind_can_read(site):
    nurse, _, station = await waiting(site)
    order = [row["ticket"] for row in (await shown(nurse, station))["waiting"]]
    lock = site.state.index.queues[site.state.tickets[order[0]].queue].stamps.lock
    refused = await desk(nurse, "move-forward", ticket=order[-1], reason="because")
    assert (refused.status_code, refused.json()["code"]) == (409, "unknown_reason")
    answer = await desk(nurse, "move-forward", ticket=order[-1], reason="frail")
    if lock >= len(order) - 1:
        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_gain")
        return
    assert answer.status_code == 200, answer.text
    overtaken = order[lock:-1]
    assert [row["ticket"] for row in (await shown(nurse, station))["waiting"]] == [*order[:lock], order[-1], *overtaken]
    for ticket in overtaken:
        assert site.state.history[ticket][-1][1].en.endswith("was moved in front by a nurse (too frail to wait long)")


async def test_sent_on_out_of_the_service_and_taken_back(site):
    nurse, current, station = await serving(site)
    held = site.state.tickets[current["ticket"]]
    target = next(
        session
        for session in site.state.sessions.values()
        if session.queue != held.queue and session.status == "open" and session.ends_at > site.clock.now()
    )
    fields = {"station": station, "ticket": held.id, "queue": target.queue, "doctor": target.doctor}
    answer = await at_station(nurse, "transfer", **fields, reason="wrong_department")
    assert answer.status_code == 200, answer.text
    moved = site.state.tickets[held.id]
    assert (moved.queue, moved.doctor, moved.status, moved.stamp.key) == (
        target.queue,
        target.doctor,
        "waiting",
        held.stamp.key,
    )
    console = await shown(nurse, station)
    assert console["current"] is None
    assert (await at_station(nurse, "undo", station=station, position=console["undo"]["position"])).status_code == 200
    assert site.state.tickets[held.id].number == held.number
    assert (await shown(nurse, station))["current"]["ticket"] == held.id
    referred = await at_station(nurse, "refer", **fields, reason="needs_other_care")
    assert referred.status_code == 200, referred.text
    assert site.state.tickets[held.id].stamp.rule == "referred"
    # Where it is by now, the station has it no more.
    again = await at_station(nurse, "transfer", **fields, reason="wrong_department")
    assert (again.status_code, again.json()["code"]) == (409, "nobody_called")


async def test_the_desk_transfers_assigns_and_grants(site):
    nurse, tickets, _ = await waiting(site, 1)
    held = site.state.tickets[tickets[0]["ticket"]]
    answer = await desk(nurse, "assign", ticket=held.id, doctor=None, reason="doctor_absent")
    if held.doctor is not None:
        assert answer.status_code == 200, answer.text
        assert site.state.tickets[held.id].doctor is None
    queue = site.state.index.queues[held.queue]
    credit = max(queue.stamps.credits, key=queue.stamps.credits.__getitem__)
    granted = await desk(nurse, "credit", ticket=held.id, credit=credit, reason="document_seen")
    assert granted.status_code == 200, granted.text
    assert credit in site.state.tickets[held.id].credits
    for action in ("transfer", "refer"):
        refused = await desk(nurse, action, ticket=held.id, queue="none", reason="wrong_department")
        assert (refused.status_code, refused.json()["code"]) == (409, "unknown_queue")


async def test_picked_out_of_turn(site):
    nurse, _, station = await waiting(site)
    order = [row["ticket"] for row in (await shown(nurse, station))["waiting"]]
    answer = await at_station(nurse, "pick", station=station, ticket=order[2], reason="results_ready")
    assert answer.status_code == 200, answer.text
    assert answer.json()["ticket"] == order[2]
    assert (await shown(nurse, station))["current"]["ticket"] == order[2]
    assert "提前叫号" in site.state.history[order[2]][-1][1].zh


async def test_a_queue_stands_still_and_the_wait_says_so(site):
    nurse, tickets, station = await waiting(site, 1)
    ticket = site.state.tickets[tickets[0]["ticket"]]
    answer = await desk(nurse, "pause", clinic=ticket.clinic, reason="equipment")
    assert answer.status_code == 200, answer.text
    refused = await at_station(nurse, "call-next", station=station)
    assert (refused.status_code, refused.json()["code"]) == (409, "queue_paused")
    view = (await site.client().get(f"/api/ticket/{ticket.link}")).json()
    assert view["wait"] is None
    assert view["paused"]["en"].startswith("Nobody is called for now (equipment is out of order)")
    assert (await shown(nurse, station))["paused"]
    (await desk(nurse, "resume", queues=[ticket.queue])).raise_for_status()
    assert (await at_station(nurse, "call-next", station=station)).status_code == 200
    assert (await site.client().get(f"/api/ticket/{ticket.link}")).json()["paused"] is None


async def test_a_cancelled_session_is_told_to_those_who_wait_and_on_the_board(site):
    _, tickets, _ = await waiting(site, 1)
    held = site.state.tickets[tickets[0]["ticket"]]
    hall = site.configuration.site.halls[0].id
    board = await site.device("board", hall)
    off = msgspec.structs.replace(site.state.sessions[held.session], status="cancelled")
    await site.lobby.service.submit(UpdateSessions([off]), actor="hospital", command_id=str(uuid.uuid4()))
    view = (await site.client().get(f"/api/ticket/{held.link}")).json()
    desk_name = site.configuration.site.desk
    assert view["paused"]["zh"] == f"这个门诊停诊，请到{desk_name.zh}改到其他门诊或退号。"
    assert (view["wait"], view["ahead"]) == (None, None)
    (said,) = (await board.get(f"/api/board/{hall}")).json()["cancelled"]
    assert said["zh"].endswith("停诊")
    assert said["zh"].split()[0] == view["clinic"]["zh"]
    site.clock.set(off.ends_at)
    assert (await board.get(f"/api/board/{hall}")).json()["cancelled"] == []


async def test_a_text_stands_on_the_board_for_its_time(site):
    nurse = await site.staff()
    hall = site.configuration.site.halls[0].id
    board = await site.device("board", hall)
    answer = await desk(nurse, "broadcast", hall=hall, zh="请戴口罩", en="Please wear a mask", minutes=5)
    assert answer.status_code == 200, answer.text
    (text,) = (await board.get(f"/api/board/{hall}")).json()["broadcasts"]
    assert (text["text"]["zh"], text["until"]) == ("请戴口罩", "2026-11-23T08:55:00+08:00")
    ended = await desk(nurse, "end-broadcast", hall=hall, broadcast=text["broadcast"])
    assert ended.status_code == 200, ended.text
    assert (await board.get(f"/api/board/{hall}")).json()["broadcasts"] == []
    (await desk(nurse, "broadcast", hall=hall, zh="请戴口罩", minutes=5)).raise_for_status()
    site.clock.advance(6 * MINUTE)
    (await desk(nurse, "join", queue="enquiry")).raise_for_status()
    assert (await board.get(f"/api/board/{hall}")).json()["broadcasts"] == []
    long = await desk(nurse, "broadcast", hall=hall, zh="长" * 61, minutes=5)
    assert (long.status_code, long.json()["code"]) == (400, "invalid_request")


async def test_a_session_has_to_be_cancelled_before_it_is_released(site):
    nurse, tickets, _ = await waiting(site, 1)
    held = site.state.tickets[tickets[0]["ticket"]]
    row = next(one for one in (await nurse.get("/api/desk/sessions")).json() if one["session"] == held.session)
    assert (row["status"], row["waiting"], row["issued"] >= 1, row["extra"]) == ("open", 1, True, 0)
    refused = await desk(nurse, "release-session", session=held.session)
    assert (refused.status_code, refused.json()["code"]) == (409, "session_open")


async def test_somebody_checks_in_for_the_patient(site):
    nurse = await site.staff()
    person, appointment = site.bookings()[0]
    body = command(person=person, appointment=appointment.id, by_proxy=True)
    ticket = (await nurse.post("/api/desk/check-in", json=body)).raise_for_status().json()["ticket"]
    assert ticket["history"][0]["sentence"]["zh"].endswith("（由他人代为签到）")
    station = await site.open_for(nurse, ticket)
    assert (await shown(nurse, station))["waiting"][0]["by_proxy"] is True


@pytest.mark.parametrize("action", ["pick", "send-for-exams", "return", "transfer", "refer"])
async def test_another_stations_computer_may_not(site, action):
    nurse = await site.staff()
    enrol = {"code": await site.code("station", "r101"), "name": "一诊室"}
    (await nurse.post("/api/devices/enrol", json=enrol)).raise_for_status()
    fields = {"ticket": "t", "reason": "condition", "queue": "q"}
    answer = await at_station(nurse, action, station="r102", **fields)
    assert (answer.status_code, answer.json()["code"]) == (403, "other_station")


async def two_stages(site):
    """Three patients of one doctor of a clinic in two stages, of whom two are at the door of the doctor's room."""
    nurse = await site.staff()
    opens = site.clock.now() + 60 * MINUTE
    booked = {i: one for i, (_, one) in enumerate(site.bookings()) if one.slot_start <= opens}
    here = [i for i, one in booked.items() if site.state.sessions[one.session].queue == "orthopaedics"]
    session, _ = Counter(booked[i].session for i in here).most_common(1)[0]
    mine = [i for i in here if booked[i].session == session]
    tickets = [await site.check_in(nurse, index, "desk") for index in mine[:3]]
    station = await site.open_for(nurse, tickets[0])
    return nurse, [site.state.tickets[one["ticket"]] for one in tickets], station


async def test_in_two_stages_everybody_is_told_the_stage_and_the_door(site):
    nurse, tickets, station = await two_stages(site)
    views = site.lobby.views
    stages = sorted((views.ticket(site.state.tickets[one.id]).stage, one.id) for one in tickets)
    assert [stage for stage, _ in stages] == ["door", "door", "hall"]
    hall, at_door = stages[-1][1], stages[0][1]
    shown = views.ticket(site.state.tickets[at_door])
    room = site.configuration.site
    name = next(each.name.zh for each in room.rooms if each.id == station)
    assert shown.door.zh == name
    assert shown.door_since is not None
    assert views.ticket(site.state.tickets[hall]).door is None
    board = {one.ticket: (one.stage, one.room and one.room.zh) for one in views.board("main").next_up}
    assert board[at_door] == ("door", name)
    console = (await nurse.get(f"/api/station/{station}")).json()
    assert [row["stage"] for row in console["waiting"]] == ["door", "door", "hall"]


async def test_a_second_stage_call_is_told_with_its_voice_and_only_while_it_stands(site):
    nurse, tickets, station = await two_stages(site)
    log = site.lobby.service.since(0)
    assigned = [one for one in log if type(one.event).__name__ == "RoomAssigned"]
    assert len(assigned) == 2
    views = site.lobby.views
    told = [views.change(one.position, one.event).door for one in assigned]
    assert [door.at for door in told] == [one.position for one in assigned]
    assert {door.room.zh for door in told} == {"11号诊室"}
    (await nurse.post("/api/station/call-next", json=command(station=station))).raise_for_status()
    called = site.state.stations[station].current
    again = [views.change(one.position, one.event).door for one in assigned if one.event.ticket == called]
    assert again == [None]
    assert tickets


async def test_the_desk_assigns_to_a_room_by_the_same_command(site):
    nurse, tickets, station = await two_stages(site)
    hall = next(one for one in tickets if site.state.tickets[one.id].door is None)
    body = {"ticket": hall.id, "station": station, "reason": "patient_request"}
    both = await desk(nurse, "assign", **body, doctor="d-lin")
    assert (both.status_code, both.json()["code"]) == (400, "invalid_request"), "neither is left out unsaid"
    answer = await desk(nurse, "assign", **body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["ticket"]["stage"] == "door"
    again = await desk(nurse, "assign", **body)
    assert (again.status_code, again.json()["code"]) == (409, "same_place")
    back = await desk(nurse, "assign", **{**body, "station": None})
    assert back.json()["code"] == "rooms_fill_themselves"
