"""The journey with the real drivers, and simulators of the devices as processes of their own at the wire."""

from __future__ import annotations

import pytest
from PIL import Image

from drivers.device import PrintOutcome
from drivers.receipt_printer.logo import load_logo
from kiosk.devices import Printer
from kiosk.screen import Kind
from kiosk.ticket_face import face_of
from kiosk.words import Catalogue
from tests.kiosk import people
from tests.kiosk.rig import Glass, Table, open_screens
from tests.kiosk.wire import CARD, DEADLINE, FarEnds, wired, wired_devices


@pytest.fixture(scope="module")
def far_ends(tmp_path_factory):
    far_ends = FarEnds(tmp_path_factory.mktemp("line"))
    yield far_ends
    far_ends.end()


@pytest.fixture
async def room(far_ends):
    async with wired(far_ends) as room:
        yield room


async def test_from_the_card_to_the_ticket(far_ends, room):
    await room.to_card()
    room.lay()
    await room.ui.until_kind(Kind.CONFIRM)
    ((kind, number, name),) = room.lobby.called("identify")
    assert (kind, name) == ("id_card", "王秀英")
    assert number[6:14] == "19491231"
    await room.ticket()
    assert room.lobby.prints == [("t1", "done", False)]
    assert far_ends.tickets() == [True]
    room.ui.tap("finish")
    await room.ui.until_key("take_card.title")
    far_ends.reader.tell("remove")
    await room.ui.until_kind(Kind.START)


async def test_an_expired_card_is_told(room):
    await room.to_card()
    room.lay(CARD | {"valid_to": "20250101"})
    screen = await room.ui.until_kind(Kind.CONFIRM)
    assert screen.notice.key == "notice.card_expired"


class RealTable(Table):
    """The real screens and the real devices together."""

    def __init__(self, far_ends):
        super().__init__()
        self.far_ends = far_ends

    async def serve(self, ui):
        async with wired_devices(self.far_ends) as devices:
            self.real_devices = devices
            await super().serve(ui)


def test_by_taps_on_the_glass(qtbot, far_ends):
    far_ends.clear()
    table = RealTable(far_ends)
    screens = open_screens()
    screens.bridge.start(table.serve)
    try:
        assert table.ready.wait(DEADLINE)
        glass = Glass(screens)

        def until(name):
            qtbot.waitUntil(lambda: glass.find(name) is not None, timeout=1000 * DEADLINE)
            glass.rest()

        until("action.start")
        glass.tap("action.start")
        until("action.no_card")
        far_ends.reader.tell("lay", document=CARD)
        until("action.confirm")
        glass.tap("action.confirm")
        until("number")
        assert "A012" in glass.texts()
        assert table.lobby.prints == [("t1", "done", False)]
        far_ends.reader.tell("remove")
        glass.tap("action.finish")
        until("action.start")
    finally:
        screens.close()
    assert screens.warnings == []


async def test_the_logo_stands_at_the_head_of_the_paper(far_ends, tmp_path):
    Image.new("L", (160, 80)).save(tmp_path / "logo.png")
    far_ends.clear()
    heights = []
    async with wired_devices(far_ends) as devices:
        for logo in (None, load_logo(tmp_path / "logo.png", 576)):
            printer = Printer(devices.printer_driver, devices.supervisor, Catalogue.load(), logo)
            printed = await printer.print(face_of(people.ticket()), "zh", reprint=False)
            assert printed.outcome is PrintOutcome.DONE
            heights.append(far_ends.printer.tell("jobs")["jobs"][-1]["height"])
    assert heights[1] - heights[0] == 80 + 8  # the logo, and a millimetre below it
    assert far_ends.tickets() == [True, True]
