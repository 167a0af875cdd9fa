"""A slip is scanned at a kiosk that talks to the real server: waiting, missed, ended, and codes of nobody."""

from __future__ import annotations

import asyncio
import contextlib
import re

import pytest

from kiosk.attendant import Attendant
from kiosk.clock import SystemClock
from kiosk.codes import CodeRule, CodeRules
from kiosk.data import DataFolder
from kiosk.lobby_client import LobbyClient, make_client
from kiosk.screen import Kind
from kiosk.visit import World
from queue_server.masking import mask
from tests.kiosk.fakes import Room
from tests.kiosk.rig import STILL
from tests.queue_server.api.rig import command, listening


class Kiosk(Room):
    """A kiosk whose screen and devices are fakes and whose server is real."""

    def __init__(self, lobby: LobbyClient) -> None:
        super().__init__()
        codes = CodeRules([CodeRule("insurance_code", re.compile("[0-9]{28}"))])
        self.world = World(self.ui, self.devices, lobby, self.voice, self.clock, STILL, codes=codes)

    async def scan(self, code: str) -> None:
        await self.ui.until_kind(Kind.START)
        self.ui.scan(code)


@pytest.fixture
async def site(tmp_path):
    async with listening(tmp_path / "server") as site:
        yield site


@pytest.fixture
async def kiosk(site, tmp_path):
    token = (await site.device("kiosk")).headers["Authorization"].removeprefix("Bearer ")
    async with make_client(str(site.client().base_url), None, token, None) as http:
        lobby = LobbyClient(http, DataFolder(tmp_path / "kiosk"), SystemClock())
        kiosk = Kiosk(lobby)
        tasks = [asyncio.ensure_future(one) for one in (lobby.run(), Attendant(kiosk.world).run())]
        yield kiosk
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def loose_ticket(nurse):
    """A number of an open queue: nobody is behind it."""
    return (await nurse.post("/api/desk/join", json=command(queue="enquiry"))).json()["ticket"]


async def test_a_patients_slip_is_shown_again(site, kiosk):
    ticket = await site.check_in(await site.staff(), audience="desk")
    await kiosk.scan(ticket["qr"])
    screen = await kiosk.ui.until_kind(Kind.TICKET)
    assert (screen.ticket.number, screen.ticket.masked_name) == (ticket["number"], ticket["masked_name"])


async def test_a_missed_number_of_an_open_queue_waits_again(site, kiosk):
    nurse = await site.staff()
    ticket = await loose_ticket(nurse)
    station = await site.open_for(nurse, ticket)
    for action in ("call-next", "missed"):
        assert (await nurse.post(f"/api/station/{action}", json=command(station=station))).status_code == 200
    await kiosk.scan(ticket["qr"])
    screen = await kiosk.ui.until_kind(Kind.TICKET)
    assert (screen.ticket.number, screen.primary.verb) == (ticket["number"], "rejoin")
    kiosk.ui.tap("rejoin")
    await kiosk.ui.until(lambda one: one.kind is Kind.TICKET and one.primary.verb == "finish")
    assert site.state.tickets[ticket["ticket"]].status == "waiting"


async def test_a_number_that_has_ended_says_so(site, kiosk):
    nurse = await site.staff()
    ticket = await loose_ticket(nurse)
    body = command(ticket=ticket["ticket"], reason="patient")
    assert (await nurse.post("/api/desk/cancel", json=body)).status_code == 200
    await kiosk.scan(ticket["qr"])
    await kiosk.ui.until_key("fault.ticket_over.title")


async def test_a_booking_is_checked_in_by_its_number(site, kiosk):
    _, booking = site.bookings()[0]
    await kiosk.scan(booking.id)
    await kiosk.ui.until_kind(Kind.CONFIRM)
    kiosk.ui.tap("confirm")
    screen = await kiosk.ui.until_kind(Kind.TICKET)
    assert [one.number for one in site.state.tickets.values()] == [screen.ticket.number]


async def test_a_voucher_leads_to_its_holder_by_way_of_the_hospital(site, kiosk):
    card = next(one for one in site.cards if one.patient == "P00001")
    await kiosk.scan(card.insurance_code)
    screen = await kiosk.ui.until_kind(Kind.CONFIRM)
    assert mask(card.face.name) in {fact.value for fact in screen.facts}
    kiosk.ui.tap("home")
    site.lobby.mirror._hospital.away = True
    await kiosk.scan(card.insurance_code)
    screen = await kiosk.ui.until_kind(Kind.OUTCOME)
    assert "电子凭证现在无法核验" in screen.title.zh


async def test_a_code_of_nobody_is_not_found(site, kiosk):
    assert site.state.tickets == {}
    await kiosk.scan("HZ:guessed")
    await kiosk.ui.until_key("fault.code_unknown.title")
