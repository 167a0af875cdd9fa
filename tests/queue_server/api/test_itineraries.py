"""Guide slips at the kiosk and at the desk."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from tests.queue_server.api.itineraries import issued, patient
from tests.queue_server.api.orders import change, orders, until
from tests.queue_server.api.rig import command

MINUTE = 60_000_000


async def test_a_slip_says_where_to_go_in_which_order_and_why(site):
    kiosk = await site.device("kiosk")
    slip = await issued(site, kiosk)
    stops = slip["stops"]
    assert [stop["order"] for stop in stops] == [1, 2, 3]
    assert [stop["status"] for stop in stops] == ["now", "later", "later"]
    assert all(stop["why"]["zh"] and stop["why"]["en"] for stop in stops)
    assert {stop["number"] for stop in stops} == {"U001", "V001", "Z001"}
    sono = next(stop for stop in stops if stop["number"] == "V001")
    assert (sono["name"]["zh"], sono["area"]["zh"]) == ("腹部彩超", "二楼超声科")
    assert sono["preparation"]["zh"].startswith("检查前饮水")
    assert sono["ready_at"] == "2026-11-23T09:30:00+08:00"
    assert slip["masked_name"]
    assert slip["hospital"]["zh"] == "云岭示范医院"
    assert slip["desk"]["zh"] == "一楼人工窗口"
    shown = await kiosk.get(f"/api/kiosk/itinerary/{slip['person']}")
    assert shown.json()["stops"] == stops


async def test_a_repeat_gives_the_same_slip_and_no_second_numbers(site):
    kiosk, nurse = await site.device("kiosk"), await site.staff()
    body = command(person=patient(site))
    first = await kiosk.post("/api/kiosk/itinerary", json=body)
    again = await kiosk.post("/api/kiosk/itinerary", json=body)
    assert again.json()["done"] == first.json()["done"]
    count = len(site.state.tickets)
    other = await nurse.post("/api/desk/itinerary", json=command(person=patient(site)))
    assert other.json()["slip"]["slip"] == first.json()["slip"]["slip"]
    assert len(site.state.tickets) == count


async def test_when_a_stop_is_over_the_next_one_is_now(site):
    kiosk, nurse = await site.device("kiosk"), await site.staff()
    slip = await issued(site, nurse, "desk")
    first = slip["stops"][0]
    station = await site.open_for(nurse, first)
    for action in ("call-next", "start", "finish"):
        answer = await nurse.post(f"/api/station/{action}", json=command(station=station))
        assert answer.status_code == 200, answer.text
    shown = (await kiosk.get(f"/api/kiosk/itinerary/{slip['person']}")).json()
    assert [stop["status"] for stop in shown["stops"]] == ["done", "now", "later"]
    assert shown["stops"][0]["stop"] == first["stop"]
    assert shown["stops"][0]["why"] is None


async def test_a_slip_is_planned_again_on_demand(site):
    kiosk = await site.device("kiosk")
    slip = await issued(site, kiosk)
    site.clock.advance(5 * MINUTE)
    answer = await kiosk.post("/api/kiosk/itinerary/plan", json=command(person=slip["person"]))
    assert answer.status_code == 200, answer.text
    before, after = (one["stops"][0]["begins"] for one in (slip, answer.json()["slip"]))
    assert after["earliest"] > before["earliest"], "the waits are told from now on"


async def test_a_slip_tells_ranges_and_the_first_one_is_its_tickets(site):
    kiosk = await site.device("kiosk")
    slip = await issued(site, kiosk)
    for expected in [*(stop["begins"] for stop in slip["stops"]), slip["ends"]]:
        assert expected["earliest"] < expected["latest"]
    link = site.state.tickets[slip["stops"][0]["ticket"]].link
    wait = (await site.client().get(f"/api/ticket/{link}")).json()["wait"]
    told = [datetime.fromisoformat(slip["stops"][0]["begins"][end]) for end in ("earliest", "latest")]
    now = datetime.fromisoformat(slip["server_time"]).replace(second=0, microsecond=0)
    assert now + timedelta(minutes=wait["low_min"]) == told[0]
    assert told[1] - now - timedelta(minutes=wait["high_min"]) <= timedelta(minutes=1)


async def test_while_a_queue_stands_still_its_stop_and_the_end_have_no_time(site):
    kiosk, nurse = await site.device("kiosk"), await site.staff()
    slip = await issued(site, kiosk)
    held = site.state.tickets[slip["stops"][1]["ticket"]]
    await nurse.post("/api/desk/pause", json=command(queues=[held.queue], reason="equipment"))
    shown = (await kiosk.get(f"/api/kiosk/itinerary/{slip['person']}")).json()
    assert [stop["begins"] is not None for stop in shown["stops"]] == [True, False, False]
    assert shown["ends"] is None


async def test_a_withdrawn_order_leaves_the_slip(site):
    kiosk = await site.device("kiosk")
    slip = await issued(site, kiosk)
    last = slip["stops"][-1]
    await change(site, last["stop"], "withdrawn")
    await until(site, lambda: site.state.tickets[last["ticket"]].status == "cancelled")
    shown = (await kiosk.get(f"/api/kiosk/itinerary/{slip['person']}")).json()
    assert {stop["stop"]: stop["status"] for stop in shown["stops"]}[last["stop"]] == "dropped"


async def test_the_identity_tells_of_the_slip_and_that_its_orders_have_numbers(site):
    kiosk = await site.device("kiosk")
    slip = await issued(site, kiosk)
    ticket = site.state.tickets[slip["stops"][0]["ticket"]]
    reply = (await kiosk.post("/api/kiosk/identify", json={"kind": "code", "value": f"HZ:{ticket.link}"})).json()
    (found,) = reply["patients"]
    assert found["slip"] == slip["slip"]
    assert {one["problem"]["code"] for one in found["orders"]} == {"already_checked_in"}


async def test_a_slip_for_chosen_orders_only(site):
    kiosk = await site.device("kiosk")
    mine = [one for one in orders(site) if one.person == patient(site)]
    slip = await issued(site, kiosk, orders=[mine[0].id])
    assert [stop["stop"] for stop in slip["stops"]] == [mine[0].id]


async def test_there_may_be_nothing_to_show_or_to_put_on_a_slip(site):
    kiosk = await site.device("kiosk")
    person = patient(site)
    for answer, status, code in (
        (await kiosk.get(f"/api/kiosk/itinerary/{person}"), 404, "no_slip"),
        (await kiosk.post("/api/kiosk/itinerary/plan", json=command(person=person)), 409, "no_slip"),
        (await kiosk.post("/api/kiosk/itinerary", json=command(person="nobody")), 409, "no_stops"),
        (await kiosk.post("/api/kiosk/itinerary", json=command(person=person, orders=["none"])), 404, "unknown_order"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_the_slip_is_looked_at_before_its_numbers_are_taken(site):
    kiosk = await site.device("kiosk")
    person, before = patient(site), site.state.position
    shown = (await kiosk.get(f"/api/kiosk/itinerary/{person}/ahead")).json()
    assert site.state.position == before
    assert (shown["qr"], {stop["number"] for stop in shown["stops"]}) == ("", {""})
    assert {stop["ticket"] for stop in shown["stops"]} == {""}
    slip = await issued(site, kiosk, orders=[stop["stop"] for stop in shown["stops"]])
    plain = ("stop", "status", "why", "begins", "ahead", "preparation")
    assert [[stop[key] for key in plain] for stop in slip["stops"]] == [
        [stop[key] for key in plain] for stop in shown["stops"]
    ]


async def test_a_slip_looked_at_again_has_the_numbers_that_are_given_and_none_for_what_is_new(site):
    kiosk = await site.device("kiosk")
    mine = [one for one in orders(site) if one.person == patient(site)]
    await issued(site, kiosk, orders=[mine[0].id])
    shown = (await kiosk.get(f"/api/kiosk/itinerary/{patient(site)}/ahead")).json()
    assert {stop["stop"] for stop in shown["stops"]} == {one.id for one in mine}
    assert {stop["stop"] for stop in shown["stops"] if stop["number"]} == {mine[0].id}


async def test_every_stop_says_how_many_are_ahead(site):
    kiosk, nurse = await site.device("kiosk"), await site.staff()
    mine = {one.queue: one for one in orders(site) if one.person == patient(site)}
    other = next(one for one in orders(site, queue="blood") if one.person != patient(site))
    answer = await nurse.post("/api/desk/check-in-order", json=command(person=other.person, order=other.id))
    assert answer.status_code == 200, answer.text
    slip = await issued(site, kiosk)
    ahead = {stop["stop"]: stop["ahead"] for stop in slip["stops"]}
    assert ahead == {mine["blood"].id: 1, mine["ultrasound"].id: 0, mine["ecg"].id: 0}
    now = next(stop for stop in slip["stops"] if stop["status"] == "now")
    view = (await kiosk.get(f"/api/kiosk/tickets/{now['ticket']}")).json()
    assert (view["ahead"], view["qr"]) == (now["ahead"], slip["qr"])
    by_code = (await kiosk.post("/api/kiosk/identify", json={"kind": "code", "value": slip["qr"]})).json()
    assert by_code["patients"][0]["slip"] == slip["slip"]


async def test_what_is_not_paid_is_left_out_with_its_reason(site):
    kiosk = await site.device("kiosk")
    person = next(one for one in orders(site, queue="mri")).person
    ecg = next(one for one in orders(site, queue="ecg") if one.person == person)
    await change(site, ecg.id, "open")
    shown = (await kiosk.get(f"/api/kiosk/itinerary/{person}/ahead")).json()
    assert ecg.id not in {stop["stop"] for stop in shown["stops"]}
    assert [(one["order"], one["problem"]["code"]) for one in shown["left_out"]] == [(ecg.id, "order_unpaid")]


async def test_what_needs_something_unpaid_is_left_out_and_the_rest_goes_on(site):
    kiosk, person = await site.device("kiosk"), patient(site)
    mine = {one.queue: one for one in orders(site) if one.person == person}
    hospital = site.lobby.mirror._hospital
    needy = msgspec.structs.replace(hospital._order(mine["ecg"].id), needs=[mine["blood"].id])
    hospital._changed_orders[needy.id] = needy
    await change(site, mine["blood"].id, "open")
    slip = (await kiosk.post("/api/kiosk/itinerary", json=command(person=person))).json()["slip"]
    assert [stop["stop"] for stop in slip["stops"]] == [mine["ultrasound"].id]
    assert {one["order"]: one["problem"]["code"] for one in slip["left_out"]} == {
        mine["blood"].id: "order_unpaid",
        mine["ecg"].id: "needs_missing",
    }


async def test_the_kiosk_that_issued_a_slip_is_asked_about_its_paper(site):
    kiosk, other = await site.device("kiosk"), await site.device("kiosk")
    slip = await issued(site, kiosk)
    pending = (await kiosk.get("/api/kiosk/pending-prints")).json()
    assert {one["ticket"] for one in pending} == {stop["ticket"] for stop in slip["stops"]}
    assert (await other.get("/api/kiosk/pending-prints")).json() == []
    for one in pending:
        answer = await kiosk.post("/api/kiosk/print", json=command(ticket=one["ticket"], outcome="done"))
        assert answer.status_code == 200, answer.text
    assert (await kiosk.get("/api/kiosk/pending-prints")).json() == []


async def test_who_was_sent_for_exams_sees_the_return_to_the_doctor_behind_them(site):
    kiosk, person = await site.device("kiosk"), patient(site)
    booked = next(one for one in site.lobby.mirror.appointments_of(person) if one.status == "booked")
    site.clock.set(max(site.clock.now(), booked.slot_start))
    nurse = await site.staff()
    answer = await nurse.post("/api/desk/check-in", json=command(person=person, appointment=booked.id))
    assert answer.status_code == 200, answer.text
    visit = answer.json()["ticket"]
    station = await site.open_for(nurse, visit)
    for action in ("call-next", "start", "send-for-exams"):
        answer = await nurse.post(f"/api/station/{action}", json=command(station=station))
        assert answer.status_code == 200, answer.text
    shown = (await kiosk.get(f"/api/kiosk/itinerary/{person}/ahead")).json()
    *exams, last = shown["stops"]
    assert (last["kind"], last["number"], last["ticket"]) == ("visit", visit["number"], visit["ticket"])
    assert {stop["number"] for stop in exams} == {""}
    assert "结果" in last["why"]["zh"]
    slip = await issued(site, kiosk, orders=[stop["stop"] for stop in exams])
    assert [stop["stop"] for stop in slip["stops"]] == [stop["stop"] for stop in shown["stops"]]
    assert site.state.tickets[visit["ticket"]].away is not None
