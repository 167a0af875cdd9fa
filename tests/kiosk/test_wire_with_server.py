"""What simulated devices do at the wire ends at the server: troubles on staff's list, and paper confirmed late."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from kiosk.attendant import Attendant
from kiosk.clock import SystemClock
from kiosk.config import Configuration
from kiosk.data import DataFolder
from kiosk.lobby_client import LobbyClient, make_client
from kiosk.panel import Panel
from kiosk.screen import Kind
from kiosk.serving import serve
from kiosk.visit import World
from queue_server.contract import Credential
from queue_server.engine.events import PrintReported
from tests.kiosk.fakes import FakeUi
from tests.kiosk.rig import STILL
from tests.kiosk.wire import DEADLINE, FarEnds, WiredRoom, wired_devices
from tests.queue_server.api.rig import listening


@pytest.fixture(scope="module")
def far_ends(tmp_path_factory):
    far_ends = FarEnds(tmp_path_factory.mktemp("line"))
    yield far_ends
    far_ends.end()


@pytest.fixture
async def site(tmp_path):
    async with listening(tmp_path / "server") as site:
        yield site


@asynccontextmanager
async def kiosk_of(site, far_ends, folder):
    """A kiosk whose devices are simulated at the wire and whose server is real."""
    far_ends.clear()
    token = (await site.device("kiosk")).headers["Authorization"].removeprefix("Bearer ")
    async with (
        make_client(str(site.client().base_url), None, token, None) as http,
        wired_devices(far_ends) as devices,
    ):
        lobby = LobbyClient(http, DataFolder(folder), SystemClock())
        room = WiredRoom(far_ends, devices)
        room.world = World(room.ui, devices, lobby, room.voice, room.clock, STILL)
        tasks = [asyncio.ensure_future(one) for one in (lobby.run(), Attendant(room.world).run())]
        try:
            yield room
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    far_ends.mend()


@pytest.fixture
async def room(site, far_ends, tmp_path):
    async with kiosk_of(site, far_ends, tmp_path / "kiosk") as room:
        yield room


async def test_paper_near_its_end_is_on_staffs_list_with_its_time_until_it_is_loaded(site, far_ends, room):
    nurse = await site.staff()

    async def printer_until(trouble):
        async with asyncio.timeout(DEADLINE):
            while True:
                await room.clock.pass_time(10)  # the kiosk looks again
                for kiosk in (await nurse.get("/api/desk/devices")).json():
                    for report in kiosk["reports"]:
                        if (report["kind"], report["trouble"]) == ("receipt_printer", trouble):
                            return kiosk, report

    await printer_until(None)
    far_ends.printer.tell("paper", state="near_end")
    kiosk, report = await printer_until("paper_low")
    assert kiosk["lost_since"] is None
    assert report["since"].startswith("2026-11-23T08:50:")
    far_ends.printer.tell("cover", state="open")
    await printer_until("cover_open")
    far_ends.mend()
    await printer_until(None)


DEVICES = """
[[device]]
name = "reader"
kind = "identity_card"
driver = "resident_id"
url = "{reader_url}"

[[device]]
name = "printer"
kind = "receipt_printer"
driver = "escpos"
url = "{printer_url}"
"""


async def test_paper_confirmed_8_s_late_ends_as_done_at_the_server(site, far_ends, tmp_path):
    """Through the whole kiosk but its window, with the times it has in a hospital."""
    far_ends.clear()
    folder = DataFolder(tmp_path / "kiosk")
    kiosk = await site.device("kiosk")
    token = kiosk.headers["Authorization"].removeprefix("Bearer ")
    folder.keep_credential(Credential(device=kiosk.device, kind="kiosk", token=token))
    devices = tmp_path / "devices.toml"
    urls = {"reader_url": far_ends.reader.url, "printer_url": far_ends.printer.url}
    devices.write_text(DEVICES.format(**urls), encoding="utf-8")
    server = str(site.client().base_url)
    configuration = Configuration("1 号机", server, None, devices, "zh", scanner=True, panel=Panel(), durations=STILL)
    ui = FakeUi()
    batches = site.lobby.service.subscribe()
    serving = asyncio.ensure_future(serve(ui, configuration, folder))
    try:
        await ui.until_kind(Kind.START)
        far_ends.printer.tell("fault", action="late", on="process_id", times=2, value=8)
        ui.tap("start")
        await ui.until_kind(Kind.CHOOSE)
        ui.tap("choose", 1)  # an open queue: no card
        assert (await ui.until_kind(Kind.TICKET)).staff_code == "P-06"
        told = []
        async with asyncio.timeout(DEADLINE):
            async for batch in batches:
                told += [one.event.outcome for one in batch if isinstance(one.event, PrintReported)]
                if "done" in told:
                    break
        assert told == ["unknown", "done"]
        (ticket,) = site.state.tickets.values()
        assert (ticket.print, ticket.copies) == ("done", 0)
        screen = await ui.until(lambda one: one.kind is Kind.TICKET and one.notice is None)
        assert screen.lead.key == "ticket.done_take_paper"
        assert far_ends.tickets() == [True]
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        far_ends.mend()
