"""Patients with several orders, and the guide slips issued for them."""

from __future__ import annotations

from tests.queue_server.api.orders import orders
from tests.queue_server.api.rig import command


def patient(site):
    """Somebody with a blood draw, an ultrasound and an ECG, all paid."""
    return next(one for one in orders(site, queue="blood") if any(o.person == one.person for o in sonos(site))).person


def sonos(site):
    return orders(site, queue="ultrasound")


async def issued(site, client, audience="kiosk", **fields):
    person = patient(site)
    answer = await client.post(f"/api/{audience}/itinerary", json=command(person=person, **fields))
    assert answer.status_code == 200, answer.text
    return answer.json()["slip"]
