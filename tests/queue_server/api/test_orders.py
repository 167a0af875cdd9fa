"""Numbers with the hospital's orders: at the kiosk, at the desk, and by themselves once they are paid."""

from __future__ import annotations

from queue_server.order_keeper import OrderKeeper
from tests.queue_server.api.orders import change, orders, ticket_of, until
from tests.queue_server.api.rig import command


async def test_the_identity_lists_a_patients_open_orders(site):
    kiosk = await site.device("kiosk")
    person = orders(site, queue="blood")[0].person
    (patient_id,) = site.lobby.mirror._references.patients_of(person)
    card = next(card for card in site.cards if card.patient == patient_id)
    reply = (await kiosk.post("/api/kiosk/identify", json={"kind": "id_card", "value": card.face.number})).json()
    shown = {one["queue"]: one for patient in reply["patients"] for one in patient["orders"]}
    blood = shown["blood"]
    assert (blood["kind"], blood["is_paid"], blood["problem"]) == ("blood", True, None)
    assert blood["area"]["zh"] == "二楼检验科"
    assert blood["preparation"]["zh"].startswith("空腹")


async def test_kiosk_and_desk_give_a_number_with_an_order_once(site):
    kiosk, nurse = await site.device("kiosk"), await site.staff()
    first, second = orders(site)[:2]
    body = command(person=first.person, order=first.id)
    answer = await kiosk.post("/api/kiosk/check-in-order", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["ticket"]["number"] == f"{site.state.index.queues[first.queue].prefix}001"
    again = await kiosk.post("/api/kiosk/check-in-order", json=body)
    assert again.json()["done"] == answer.json()["done"]
    twice = await nurse.post("/api/desk/check-in-order", json=command(person=first.person, order=first.id))
    assert (twice.status_code, twice.json()["code"]) == (409, "already_checked_in")
    other = await nurse.post("/api/desk/check-in-order", json=command(person=second.person, order=second.id))
    assert other.status_code == 200, other.text
    assert ticket_of(site, second.id).channel == "desk"


async def test_somebody_elses_order_is_as_good_as_none(site):
    kiosk = await site.device("kiosk")
    one = orders(site)[0]
    stranger = next(other.person for other in orders(site) if other.person != one.person)
    answers = [
        await kiosk.post("/api/kiosk/check-in-order", json=command(person=stranger, order=order))
        for order in (one.id, "none")
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "unknown_order")] * 2


async def test_what_was_paid_a_minute_ago_is_asked_for(site):
    kiosk = await site.device("kiosk")
    unpaid = orders(site, "open", "ultrasound")[0]
    body = {"person": unpaid.person, "order": unpaid.id}
    answer = await kiosk.post("/api/kiosk/check-in-order", json=command(**body))
    assert (answer.status_code, answer.json()["code"]) == (409, "order_unpaid")
    site.lobby.mirror._hospital.set_order(unpaid.id, "paid")
    answer = await kiosk.post("/api/kiosk/check-in-order", json=command(**body))
    assert answer.status_code == 200, answer.text


async def test_a_prescription_that_is_paid_makes_its_ticket_by_itself_and_once(site):
    drugs = orders(site, "open", "pharmacy")[0]
    await change(site, drugs.id, "paid")
    await until(site, lambda: ticket_of(site, drugs.id) is not None)
    ticket = ticket_of(site, drugs.id)
    assert (ticket.channel, ticket.number, ticket.person) == ("hospital", "Y001", drugs.person)
    nurse = await site.staff()
    assert (await nurse.post("/api/desk/cancel", json=command(ticket=ticket.id))).status_code == 200
    position = site.state.position
    lobby = site.lobby
    await OrderKeeper(lobby.service, lobby.mirror, site.clock).catch_up()
    assert ticket_of(site, drugs.id) is None
    assert site.state.position == position, "cancelled at the desk, it is not given again by itself"


async def test_a_withdrawn_order_ends_its_ticket(site):
    kiosk = await site.device("kiosk")
    one = orders(site, queue="ct")[0]
    answer = await kiosk.post("/api/kiosk/check-in-order", json=command(person=one.person, order=one.id))
    ticket = answer.json()["ticket"]["ticket"]
    await change(site, one.id, "withdrawn")
    await until(site, lambda: site.state.tickets[ticket].status == "cancelled")
    assert site.state.history[ticket][-1][1].zh == "医生已撤销医嘱，已取消"
