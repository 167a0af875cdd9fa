"""Orders at a kiosk that talks to the real server: the stops, their numbers, the slip's paper, and a restart."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from kiosk.attendant import Attendant
from kiosk.clock import SystemClock
from kiosk.data import DataFolder
from kiosk.lobby_client import LobbyClient, make_client
from kiosk.ports import CardHolder
from kiosk.screen import Kind
from tests.kiosk.test_scan_with_server import Kiosk
from tests.queue_server.api.itineraries import patient
from tests.queue_server.api.orders import orders
from tests.queue_server.api.rig import command, listening


@pytest.fixture
async def site(tmp_path):
    async with listening(tmp_path / "server") as site:
        yield site


@contextlib.asynccontextmanager
async def kiosk_of(site, token, folder):
    async with make_client(str(site.client().base_url), None, token, None) as http:
        lobby = LobbyClient(http, DataFolder(folder), SystemClock())
        kiosk = Kiosk(lobby)
        tasks = [asyncio.ensure_future(one) for one in (lobby.run(), Attendant(kiosk.world).run())]
        try:
            yield kiosk
        finally:
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


async def test_a_patients_orders_become_a_slip_with_its_numbers_and_its_paper(site, tmp_path):
    device, nurse = await site.device("kiosk"), await site.staff()
    person = patient(site)
    mine = [one for one in orders(site) if one.person == person]
    other = next(one for one in orders(site, queue="blood") if one.person != person)
    body = command(person=other.person, order=other.id)
    assert (await nurse.post("/api/desk/check-in-order", json=body)).status_code == 200
    (patient_id,) = site.lobby.mirror._references.patients_of(person)
    face = next(card.face for card in site.cards if card.patient == patient_id)
    token = device.headers["Authorization"].removeprefix("Bearer ")
    async with kiosk_of(site, token, tmp_path / "kiosk") as kiosk:
        await kiosk.ui.until_kind(Kind.START)
        kiosk.ui.tap("start")
        await kiosk.ui.until_key("service.title")
        kiosk.ui.tap("choose", 0)
        await kiosk.ui.until_key("card.title")
        kiosk.reader.lay(CardHolder(number=face.number, name=face.name, expired=False))
        plan = await kiosk.ui.until(lambda one: one.kind in {Kind.GUIDE, Kind.CHOOSE})
        if plan.kind is Kind.CHOOSE:
            at = next(n for n, one in enumerate(plan.choices) if getattr(one.title, "key", "") == "visit.orders")
            kiosk.ui.tap("choose", at)
            plan = await kiosk.ui.until_kind(Kind.GUIDE)
        assert len(plan.slip.stops) == len(mine)
        assert site.state.slips == {}
        kiosk.ui.tap("take")
        shown = await kiosk.ui.until(lambda one: one.kind is Kind.GUIDE and one.primary.verb == "finish")
        held = {ticket.number for ticket in site.state.tickets.values() if ticket.person == person}
        assert {stop.number for stop in shown.slip.stops} <= held
        async with asyncio.timeout(20):
            with site.lobby.service.subscribe() as news:
                slip = site.state.slips[person]
                while {site.state.tickets[stop.ticket].print for stop in slip.stops} != {"done"}:
                    await anext(news)
    assert len(kiosk.printer.tickets) == 1


async def test_a_kiosk_that_begins_anew_says_that_nobody_knows_of_the_slips_paper(site, tmp_path):
    device = await site.device("kiosk")
    answer = await device.post("/api/kiosk/itinerary", json=command(person=patient(site)))
    tickets = [stop["ticket"] for stop in answer.json()["slip"]["stops"]]
    token = device.headers["Authorization"].removeprefix("Bearer ")
    async with kiosk_of(site, token, tmp_path / "kiosk"), asyncio.timeout(20):
        with site.lobby.service.subscribe() as news:
            while {site.state.tickets[one].print for one in tickets} != {"unknown"}:
                await anext(news)
