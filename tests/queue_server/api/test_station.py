"""What a station's console and the nurse desk do."""

from __future__ import annotations

import pytest

from tests.queue_server.api.rig import command, microseconds


async def called(site):
    """A nurse, a station, and the ticket that was called there."""
    nurse = await site.staff()
    ticket = await site.check_in(nurse, audience="desk")
    station = await site.open_for(nurse, ticket)
    answer = await nurse.post("/api/station/call-next", json=command(station=station))
    assert answer.status_code == 200, answer.text
    assert answer.json()["ticket"] == ticket["ticket"]
    return nurse, station, ticket


async def post(client, action, **fields):
    return await client.post(f"/api/station/{action}", json=command(**fields))


async def view(client, station):
    answer = await client.get(f"/api/station/{station}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_choices_are_the_configured_stations_and_doctors(site):
    nurse = await site.staff()
    choices = (await nurse.get("/api/station/choices")).json()
    assert {one["id"] for one in choices["stations"]} == {one.id for one in site.configuration.site.stations}
    assert {one["id"] for one in choices["doctors"]} == {one.id for one in site.configuration.site.doctors}
    assert choices["doctor_due"]["r101"] == "d101"
    ticket = await site.check_in(nurse, audience="desk")
    station = await site.open_for(nurse, ticket)
    choices = (await nurse.get("/api/station/choices")).json()
    note = next(one["note"] for one in choices["stations"] if one["id"] == station)
    assert note == {"zh": "nurse 使用中", "en": "in use by nurse"}


async def test_a_visit_from_call_to_finish(site):
    nurse, station, ticket = await called(site)
    shown = await view(nurse, station)
    assert shown["current"]["number"] == ticket["number"]
    assert shown["current"]["status"] == "called"
    assert shown["staff"] == "nurse"
    assert shown["undo"]["label"]["zh"]
    assert (await post(nurse, "recall", station=station)).status_code == 200
    assert (await view(nurse, station))["current"]["calls"] == 2
    assert (await post(nurse, "start", station=station)).status_code == 200
    assert (await post(nurse, "finish", station=station)).status_code == 200
    shown = await view(nurse, station)
    assert (shown["current"], [one["number"] for one in shown["done"]]) == (None, [ticket["number"]])
    assert (await post(nurse, "close", station=station)).status_code == 200
    assert (await view(nurse, station))["is_open"] is False


async def test_a_missed_patient_comes_back_at_the_desk(site):
    nurse, station, ticket = await called(site)
    assert (await post(nurse, "missed", station=station)).status_code == 200
    assert [one["number"] for one in (await view(nurse, station))["missed"]] == [ticket["number"]]
    answer = await nurse.post("/api/desk/rejoin", json=command(ticket=ticket["ticket"]))
    assert answer.status_code == 200, answer.text
    assert answer.json()["ticket"]["status"] == "waiting"
    assert (await view(nurse, station))["missed"] == []


async def test_a_number_that_was_seen_is_found_at_the_desk_and_says_so(site):
    """Whoever asks about it is not told that there is nothing today."""
    nurse, station, ticket = await called(site)
    for verb in ("start", "finish"):
        assert (await post(nurse, verb, station=station)).status_code == 200
    found = await nurse.post("/api/desk/find", json={"kind": "number", "value": ticket["number"]})
    (patient,) = found.json()["patients"]
    assert [(one["number"], one["status"]) for one in patient["tickets"]] == [(ticket["number"], "finished")]


async def test_a_call_can_be_taken_back(site):
    nurse, station, ticket = await called(site)
    undo = (await view(nurse, station))["undo"]
    assert (await post(nurse, "undo", station=station, position=undo["position"])).status_code == 200
    shown = await view(nurse, station)
    assert (shown["current"], [one["number"] for one in shown["waiting"]]) == (None, [ticket["number"]])
    again = await post(nurse, "undo", station=station, position=undo["position"])
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_undo")


async def test_the_next_call_asks_what_became_of_the_last_one(site):
    nurse, station, _ = await called(site)
    answer = await post(nurse, "call-next", station=station)
    assert (answer.status_code, answer.json()["code"]) == (409, "last_call_open")
    answer = await post(nurse, "call-next", station=station, last_was="missed")
    assert (answer.status_code, answer.json()["ticket"]) == (200, None), "nobody else is waiting: the last is settled"


async def test_who_checked_in_and_was_seen_on_paper_is_entered_though_the_session_is_over(site):
    """As while the server was away for the rest of the morning."""
    person, booked = site.bookings()[0]
    site.clock.set(microseconds("2026-11-23T12:20:00+08:00"))
    nurse = await site.staff()
    for fields, status in ({}, 409), ({"from_paper": True}, 200):
        asked = command(person=person, appointment=booked.id, **fields)
        answer = await nurse.post("/api/desk/check-in", json=asked)
        assert answer.status_code == status, answer.text
    ticket = answer.json()["ticket"]
    station = await site.open_for(nurse, ticket)
    row = (await view(nurse, station))["waiting"][0]
    assert (row["ticket"], row["backfilled"]) == (ticket["ticket"], True)
    assert "（补录）" in ticket["history"][0]["sentence"]["zh"]
    assert "entered from paper" in ticket["history"][0]["sentence"]["en"]
    fields = {"station": station, "ticket": ticket["ticket"], "outcome": "seen"}
    answer = await post(nurse, "paper-call", called_at="2026-11-23T09:15:00+08:00", **fields)
    assert answer.status_code == 200, answer.text
    asked = command(queue="enquiry", from_paper=True)
    answer = await nurse.post("/api/desk/join", json=asked)
    assert answer.status_code == 200, answer.text
    assert site.state.tickets[answer.json()["ticket"]["ticket"]].backfilled


async def test_a_kiosk_enters_nothing_from_paper(site):
    kiosk = await site.device("kiosk")
    person, booked = site.bookings()[0]
    site.clock.set(microseconds("2026-11-23T12:20:00+08:00"))
    asked = command(person=person, appointment=booked.id, from_paper=True)
    answer = await kiosk.post("/api/kiosk/check-in", json=asked)
    assert (answer.status_code, answer.json()["code"]) == (409, "session_over")


async def test_a_call_made_on_paper_is_entered_afterwards(site):
    nurse = await site.staff()
    ticket = await site.check_in(nurse, audience="desk")
    station = await site.open_for(nurse, ticket)
    fields = {"station": station, "ticket": ticket["ticket"], "outcome": "seen"}
    too_early = await post(nurse, "paper-call", called_at="2026-11-23T08:00:00+08:00", **fields)
    assert (too_early.status_code, too_early.json()["code"]) == (409, "bad_time")
    site.clock.advance(10 * 60_000_000)
    answer = await post(nurse, "paper-call", called_at="2026-11-23T08:55:00+08:00", **fields)
    assert answer.status_code == 200, answer.text
    assert site.state.tickets[ticket["ticket"]].status == "finished"


@pytest.mark.parametrize(
    ("action", "fields", "code"),
    [
        ("call-next", {"station": "none"}, "unknown_station"),
        ("call-next", {"station": "r101"}, "station_closed"),
        ("recall", {"station": "r101"}, "station_closed"),
        ("close", {"station": "r101"}, "station_closed"),
        ("open", {"station": "r101", "doctor": "nobody"}, "unknown_doctor"),
        ("open", {"station": "r101", "queues": ["none"]}, "unknown_queue"),
    ],
)
async def test_the_engines_refusals_are_conflicts_with_their_code(site, action, fields, code):
    answer = await post(await site.staff(), action, **fields)
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert answer.json()["message"]["zh"]
    assert answer.json()["message"]["en"]


async def test_an_open_station_with_nobody_waiting_says_so(site):
    nurse = await site.staff()
    await post(nurse, "open", station="r101")
    answers = {
        action: await post(nurse, action, station="r101") for action in ("call-next", "recall", "start", "finish")
    }
    assert {action: answer.json()["code"] for action, answer in answers.items()} == {
        "call-next": "nobody_waiting",
        "recall": "nobody_called",
        "start": "nobody_called",
        "finish": "nobody_in_service",
    }


async def test_a_station_that_is_not_configured_is_not_found(site):
    nurse = await site.staff()
    for answer in (
        await nurse.get("/api/station/none"),
        await nurse.get("/api/station/none/feed"),
        await post(nurse, "undo", station="none", position=1),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_station")


async def test_the_desk_finds_people_by_number_name_code_and_card(site):
    nurse = await site.staff()
    card = next(card for card in site.cards if card.patient == "P00001")
    by_card = await nurse.post("/api/desk/find", json={"kind": "id_card", "value": card.face.number})
    (person,) = (patient["person"] for patient in by_card.json()["patients"])
    (appointment,) = by_card.json()["patients"][0]["appointments"]
    body = command(person=person, appointment=appointment["appointment"])
    ticket = (await nurse.post("/api/desk/check-in", json=body)).json()["ticket"]
    for kind, value in (
        ("number", ticket["number"].lower()),
        ("name", card.face.name),
        ("code", ticket["qr"]),
        ("hospital_card", card.hospital_card),
    ):
        found = await nurse.post("/api/desk/find", json={"kind": kind, "value": value})
        assert found.status_code == 200, found.text
        assert person in [patient["person"] for patient in found.json()["patients"]], kind
        assert card.face.name not in found.text
    none = await nurse.post("/api/desk/find", json={"kind": "name", "value": "查无此人"})
    assert none.json()["patients"] == []


async def test_the_desk_joins_and_cancels(site):
    nurse = await site.staff()
    ticket = (await nurse.post("/api/desk/join", json=command(queue="enquiry"))).json()["ticket"]
    answer = await nurse.post("/api/desk/cancel", json=command(ticket=ticket["ticket"], reason="patient"))
    assert answer.json()["ticket"]["status"] == "cancelled"
    again = await nurse.post("/api/desk/cancel", json=command(ticket=ticket["ticket"], reason="patient"))
    assert (again.status_code, again.json()["code"]) == (409, "ticket_over")


async def test_a_position_of_another_station_is_not_taken_back_here(site):
    nurse, station, _ = await called(site)
    (await post(nurse, "open", station="r102", doctor="d102")).raise_for_status()
    position = (await view(nurse, station))["undo"]["position"]
    answer = await post(nurse, "undo", station="r102", position=position)
    assert (answer.status_code, answer.json()["code"]) == (403, "other_station")
    body = command(station=station, position=position)
    first = await nurse.post("/api/station/undo", json=body)
    assert first.status_code == 200, first.text
    assert (await nurse.post("/api/station/undo", json=body)).json() == first.json(), "a repeat of what was done"
    answer = await post(nurse, "undo", station=station, position=position)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_undo")


async def test_a_computer_enrolled_for_a_station_calls_there_only(site):
    nurse = await site.staff()
    enrol = {"code": await site.code("station", "r101"), "name": "一诊室"}
    enrolled = await nurse.post("/api/devices/enrol", json=enrol)
    assert "path=/api/station" in enrolled.headers["set-cookie"].lower()
    choices = await nurse.get("/api/station/choices")
    assert choices.json()["bound"] == "r101"
    assert "houzhen_device" in choices.headers["set-cookie"], "renewed whenever it is used"
    for action, more in (
        ("open", {}), ("close", {}), ("call-next", {}), ("recall", {}), ("missed", {}), ("start", {}), ("finish", {}),
        ("undo", {"position": 1}),
        ("paper-call", {"ticket": "t", "called_at": "2026-11-23T08:45:00+08:00", "outcome": "seen"}),
    ):  # fmt: skip
        answer = await post(nurse, action, station="r102", **more)
        assert (answer.status_code, answer.json()["code"]) == (403, "other_station"), action
    assert (await post(nurse, "open", station="r101", doctor="d101")).status_code == 200
    # The same nurse at another computer is as free as before.
    elsewhere = await site.staff()
    assert (await elsewhere.get("/api/station/choices")).json()["bound"] is None
    assert (await post(elsewhere, "open", station="r102", doctor="d102")).status_code == 200
    # And the computer is free once its enrolment is withdrawn.
    administrator = await site.staff("administrator")
    assert (await administrator.delete(f"/api/admin/devices/{enrolled.json()['device']}")).status_code == 204
    assert (await nurse.get("/api/station/choices")).json()["bound"] is None
    assert (await post(nurse, "close", station="r102")).status_code == 200


async def test_a_stations_computer_alone_may_do_nothing(site):
    computer = await site.device("station", "r101")
    for answer in (await computer.get("/api/station/choices"), await post(computer, "open", station="r101")):
        assert (answer.status_code, answer.json()["code"]) == (401, "log_in_needed")
