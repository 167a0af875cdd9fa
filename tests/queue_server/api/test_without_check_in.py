"""A clinic that needs no check-in: whoever is booked or registered waits by themselves; and its own hall's kiosks."""

from __future__ import annotations

import uuid

import msgspec

from queue_server.config import digest
from queue_server.engine.commands import ActivateConfiguration
from queue_server.order_keeper import OrderKeeper
from tests.queue_server.api.rig import command, microseconds

replace = msgspec.structs.replace


async def configure(site, clinic, **fields):
    """The clinic is configured otherwise from now on."""
    configured = site.configuration.site
    clinics = [replace(one, **fields) if one.id == clinic else one for one in configured.clinics]
    changed = replace(configured, clinics=clinics)
    result = await site.lobby.service.submit(
        ActivateConfiguration(changed, digest(changed)), actor="test", command_id=str(uuid.uuid4())
    )
    assert hasattr(result, "position"), result


async def keep(site):
    await OrderKeeper(site.lobby.service, site.lobby.mirror, site.clock).catch_up()


def booked_in(site, clinic):
    sessions = site.state.sessions
    return [
        one
        for one in site.lobby.mirror.appointments
        if one.session in sessions and sessions[one.session].clinic == clinic
    ]


def tickets_of(site, clinic):
    return {one.origin_ref: one for one in site.state.tickets.values() if one.clinic == clinic}


async def test_the_booked_and_the_registered_wait_when_the_time_has_come(site):
    now = site.clock.now()
    await keep(site)
    assert tickets_of(site, "internal") == {}
    await configure(site, "internal", needs_check_in=False, check_in_opens_min=30)
    await keep(site)
    there = tickets_of(site, "internal")
    due = [
        one for one in booked_in(site, "internal") if one.status == "booked" and one.slot_start <= now + 1_800_000_000
    ]
    open_sessions = {one.id for one in site.state.sessions.values() if one.status == "open"}
    expected = {one.id for one in due if one.session in open_sessions}
    registered = {
        one.id
        for one in site.lobby.mirror.registrations
        if one.status == "paid"
        and one.session in open_sessions
        and site.state.sessions[one.session].clinic == "internal"
    }
    assert expected
    assert set(there) == expected | registered
    assert {one.channel for one in there.values()} == {"hospital"}
    assert {one.stamp.rule for one in there.values() if one.origin == "appointment"} == {"appointment"}
    position = site.state.position
    await keep(site)
    assert site.state.position == position
    site.clock.set(microseconds("2026-11-23T09:40:00+08:00"))
    await keep(site)
    later = set(tickets_of(site, "internal"))
    assert later > set(there)


async def test_whom_an_earlier_fee_covers_owes_nothing_and_waits_too(site):
    free, owing = (
        next(
            one
            for one in site.lobby.mirror.registrations
            if one.status == "unpaid"
            and bool(one.paid) == covered
            and site.state.sessions[one.session].status == "open"
        )
        for covered in (True, False)
    )
    for one in (free, owing):
        await configure(site, site.state.sessions[one.session].clinic, needs_check_in=False)
        await keep(site)
    given = {ticket.origin_ref for ticket in site.state.tickets.values()}
    assert (free.id in given, owing.id in given) == (True, False)


async def test_who_gives_a_booking_back_waits_no_more(site):
    await configure(site, "internal", needs_check_in=False)
    await keep(site)
    ticket = next(one for one in tickets_of(site, "internal").values() if one.origin == "appointment")
    booked = site.lobby.mirror.appointment(ticket.origin_ref)
    site.lobby.mirror._today.put(replace(booked, status="cancelled"))
    await keep(site)
    assert site.state.tickets[ticket.id].status == "cancelled"
    position = site.state.position
    await keep(site)
    assert site.state.position == position


async def test_a_kiosk_of_another_hall_sends_to_the_clinics_own(site):
    await configure(site, "internal", check_in_at="own_hall")
    internal = next(one for one in site.configuration.site.clinics if one.id == "internal")
    here, elsewhere = await site.device("kiosk", internal.hall), await site.device("kiosk", "women_children")
    person, booked = next(
        (person, one)
        for person, one in site.bookings()
        if one in booked_in(site, "internal") and one.status == "booked"
    )
    body = command(person=person, appointment=booked.id)
    refused = await elsewhere.post("/api/kiosk/check-in", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "other_hall")
    answer = await here.post("/api/kiosk/check-in", json=command(person=person, appointment=booked.id))
    assert answer.status_code == 200, answer.text
