"""The part that is to be used is lit and the door is told of; the kiosk goes on without a board."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs
from virtual_lobby.devices import devices_toml

from drivers.cabinet.codec import Pattern
from drivers.cabinet.driver import CabinetBoard, Plan
from drivers.cabinet.line import Timing as BoardTiming
from drivers.device import DeviceState, PrintOutcome
from drivers.registry import ConfigurationError, DeviceEntry
from drivers.supervisor import Supervisor
from kiosk.cabinet import BoardCabinet, make_cabinet
from kiosk.config import Configuration
from kiosk.data import DataFolder
from kiosk.device_watch import LOOK, DeviceWatch, cabinet_trouble
from kiosk.panel import Panel
from kiosk.ports import CabinetReport, Printed
from kiosk.screen import Kind, Part, Shine
from kiosk.serving import serve
from queue_server.contract import Credential
from tests.drivers.conftest import SimulatorProcess, tell
from tests.kiosk.conftest import Visitor
from tests.kiosk.fakes import DEADLINE, FakeCabinet, FakeUi, settle
from tests.kiosk.gallery import every_screen
from tests.kiosk.rig import STILL
from tests.kiosk.wire import AT_ONCE, FarEnds
from tests.queue_server.api.rig import listening

CARD, PAPER, SCANNER = Part.IDENTITY_CARD, Part.RECEIPT_PRINTER, Part.SCANNER
ONLINE = CabinetReport(DeviceState.ONLINE)


@pytest.fixture
async def cabinet(room):
    cabinet = FakeCabinet()
    room.world = replace(room.world, cabinet=cabinet)
    return cabinet


# -- lights


async def test_the_part_that_is_to_be_used_is_lit_from_the_card_to_the_paper(room, cabinet):
    visitor = Visitor(room)
    await visitor.confirm()
    await room.ui.until_kind(Kind.TICKET)
    room.ui.tap("finish")
    await room.ui.until_key("take_card.title")
    room.reader.take()
    await visitor.ended()
    seen = [
        lights for number, lights in enumerate(cabinet.lit) if lights != (cabinet.lit[number - 1] if number else {})
    ]
    assert seen == [
        {CARD: Shine.SLOW, SCANNER: Shine.SLOW},
        {CARD: Shine.STEADY},
        {},
        {PAPER: Shine.STEADY},
        {PAPER: Shine.QUICK},
        {CARD: Shine.QUICK},
        {},
    ]


async def test_no_light_leads_to_paper_that_did_not_come(room, cabinet):
    room.printer.results.append(Printed(PrintOutcome.NOT_DONE, "paper_out"))
    visitor = Visitor(room)
    await visitor.confirm()
    await room.ui.until_kind(Kind.TICKET)
    assert cabinet.lit[-1] == {}
    visitor.task.cancel()
    await asyncio.gather(visitor.task, return_exceptions=True)
    assert cabinet.lit[-1] == {}


def test_no_light_is_left_burning_on_a_screen_that_asks_for_no_part():
    screens = every_screen()
    assert screens["start"].lights == {}
    assert screens["confirm"].lights == {}
    assert screens["card_no_scanner"].lights == {CARD: Shine.SLOW}
    assert screens["ticket"].lights == {PAPER: Shine.QUICK}
    assert screens["ticket_paper_out"].lights == screens["ticket_unknown"].lights == {}


# -- contacts


@pytest.mark.parametrize(
    ("report", "trouble"),
    [
        (ONLINE, None),
        (CabinetReport(DeviceState.STARTING), None),
        (CabinetReport(DeviceState.UNKNOWN), "offline"),
        (CabinetReport(DeviceState.ONLINE, door_open=True), "door_open"),
        (CabinetReport(DeviceState.ONLINE, door_open=True, tampered=True), "tampered"),
        (CabinetReport(DeviceState.NO_DEVICE, tampered=True), "tampered"),
    ],
)
def test_every_state_of_the_cabinet_has_its_code(report, trouble):
    assert cabinet_trouble(report) == trouble


async def test_an_open_door_is_told_at_once_and_not_at_the_next_look(room, cabinet):
    watch = DeviceWatch(room.devices, room.lobby, room.clock, cabinet)
    await watch.look()
    looking = asyncio.ensure_future(watch.run())
    await settle()
    await cabinet.move(CabinetReport(DeviceState.ONLINE, door_open=True))
    await settle()
    assert [[one.trouble for one in told] for told in room.lobby.devices] == [[None] * 3, [None, None, "door_open"]]
    (*_, door) = room.lobby.devices[-1]
    assert (door.name, door.kind, door.state) == ("cabinet", "cabinet", "online")
    cabinet.present = ONLINE
    await room.clock.pass_time(LOOK)
    assert room.lobby.devices[-1][-1].trouble is None
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)


# -- at the wire


PLAN = Plan(("identity_card", "receipt_printer"), ("door", "tamper", "service_key"), frozenset({"service_key"}), 5)


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    link = tmp_path_factory.mktemp("line") / "cabinet"
    simulator = SimulatorProcess("drivers.cabinet.simulator", "--pty", "--link", str(link), "--fast")
    yield simulator
    assert simulator.end() == 0


@asynccontextmanager
async def wired(board):
    """The port on the simulated board, everything at rest."""
    board.tell("clear_fault")
    board.tell("plug")
    for number in range(3):
        board.tell("contact", number=number, state="open" if number == 2 else "closed")
    board.tell("power_cycle")
    driver = CabinetBoard("cabinet", board.url, PLAN, timing=BoardTiming(connect=10, answer=5))
    async with Supervisor([driver], pace=AT_ONCE) as supervisor:
        await supervisor.device("cabinet")
        cabinet = BoardCabinet(driver, supervisor)
        running = asyncio.ensure_future(cabinet.run())
        await settle()
        try:
            yield cabinet, supervisor
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_lights_follow_the_screens_and_come_back_with_the_board(board):
    async with wired(board) as (cabinet, supervisor):
        cabinet.shine({CARD: Shine.SLOW, SCANNER: Shine.SLOW})  # there is no light at the scanner
        await tell(board, "wait_light", number=0, pattern=Pattern.SLOW)
        cabinet.shine({PAPER: Shine.QUICK})
        await tell(board, "wait_light", number=1, pattern=Pattern.QUICK)
        await tell(board, "wait_light", number=0, pattern=Pattern.OFF)
        events = supervisor.events()
        await tell(board, "unplug")
        supervisor.report_lost("cabinet")
        cabinet.shine({CARD: Shine.STEADY})
        async with asyncio.timeout(DEADLINE):
            while (await anext(events)).kind != "gone":
                pass
        assert cabinet.report().state is not DeviceState.ONLINE
        await tell(board, "plug")
        await tell(board, "wait_light", number=0, pattern=Pattern.CONTINUOUS)
        await tell(board, "wait_light", number=1, pattern=Pattern.OFF)


async def test_door_and_tamper_are_reported_until_they_are_seen_to(board):
    async with wired(board) as (cabinet, _):
        assert cabinet.report() == ONLINE

        async def moved(number, state):
            waiting = asyncio.ensure_future(cabinet.changed())
            await settle()
            await tell(board, "contact", number=number, state=state)
            async with asyncio.timeout(DEADLINE):
                await waiting
            return cabinet.report()

        with capture_logs() as logs:
            assert await moved(0, "open") == replace(ONLINE, door_open=True)
            assert await moved(1, "open") == replace(ONLINE, door_open=True, tampered=True)
            assert await moved(2, "closed") == replace(ONLINE, door_open=True, tampered=True)  # the loop is open still
            assert await moved(2, "open") == replace(ONLINE, door_open=True, tampered=True)
            assert await moved(1, "closed") == replace(ONLINE, door_open=True, tampered=True)  # it stays, though whole
            assert await moved(0, "closed") == replace(ONLINE, tampered=True)
            assert await moved(2, "closed") == ONLINE  # the service key is turned
        assert [one["contact"] for one in logs if one["event"] == "cabinet_alarm_cleared"] == ["tamper"]
        assert logs[0] == {
            "event": "cabinet_contact", "contact": "door", "state": "active", "times": 1, "log_level": "warning"
        }  # fmt: skip


async def test_the_watchdog_is_fed_and_put_off(board):
    async with wired(board) as (cabinet, _):
        await cabinet.feed(60)
        assert (await tell(board, "status"))["watchdog"] == 60
        await cabinet.feed(0)
        assert (await tell(board, "status"))["watchdog"] == 0


async def test_a_board_that_refuses_is_told_of_once(board):
    async with wired(board) as (cabinet, _):
        await tell(board, "fault", action="refuse", on="watchdog", times=0, value=4)
        with capture_logs() as logs:
            await cabinet.feed(60)
            await cabinet.feed(60)
        assert [one["event"] for one in logs] == ["cabinet_watchdog_not_fed"]
        await tell(board, "clear_fault")
        await cabinet.feed(0)


async def test_a_board_that_is_away_keeps_nobody_waiting():
    driver = CabinetBoard("cabinet", "serial:///dev/does-not-exist", PLAN)
    async with Supervisor([driver], pace=AT_ONCE) as supervisor:
        cabinet = BoardCabinet(driver, supervisor)
        cabinet.shine({CARD: Shine.SLOW})
        await cabinet.feed(60)
        report = cabinet.report()
        assert report.state in {DeviceState.STARTING, DeviceState.NO_DEVICE}
        assert not report.door_open


# -- from configuration


def entry(**changes):
    return DeviceEntry(**{"name": "c", "kind": "cabinet", "driver": "cabinet_board", "url": "tcp://h:1"} | changes)


def test_a_kiosk_needs_no_cabinet_and_takes_the_first():
    assert make_cabinet([]) is None
    with pytest.raises(ConfigurationError, match=r"cabinet.watchdog = 60, and no device of the kind cabinet"):
        make_cabinet([], 60)
    assert make_cabinet([entry(), entry(name="d")]).info.name == "c"


def test_the_names_that_the_kiosk_knows_and_those_that_are_others_are_taken():
    options = {"lights": ["scanner", "other_logo"], "contacts": ["tamper", "other_fan", "door"]}
    assert make_cabinet([entry(options=options)]).plan.contacts == ("tamper", "other_fan", "door")


@pytest.mark.parametrize(
    ("key", "names", "sentence"),
    [
        ("contacts", ["door", "tampr"], r"devices.toml: device 3 \(c\): contacts names 'tampr'.*mean 'tamper'"),
        ("contacts", ["fan"], r"contacts names 'fan'.*door, tamper, service_key.*'other_fan'"),
        ("lights", ["receipt-printer"], r"lights names 'receipt-printer'.*mean 'receipt_printer'"),
        ("lights", ["other_"], r"lights names 'other_'"),
    ],
)
def test_a_name_that_the_kiosk_would_never_use_is_told_at_start(key, names, sentence):
    wrong = entry(options={key: names}, where="devices.toml: device 3 (c)")
    with pytest.raises(ConfigurationError, match=sentence):
        make_cabinet([wrong])


def test_a_driver_of_somebody_elses_is_refused(monkeypatch):
    monkeypatch.setattr("kiosk.entries.make_device", lambda _: object())
    with pytest.raises(ConfigurationError, match="cannot use the driver cabinet_board as cabinet"):
        make_cabinet([entry()])


# -- through the whole kiosk but its window, with a real server

OPTIONS = {"contacts": ["door", "tamper", "service_key"], "normally_open": ["service_key"], "debounce_ms": 5}


@pytest.fixture(scope="module")
def far_ends(tmp_path_factory):
    far_ends = FarEnds(tmp_path_factory.mktemp("line"))
    yield far_ends
    far_ends.end()


async def test_the_kiosk_lights_its_parts_and_staff_read_of_the_door(far_ends, board, tmp_path, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "600000")  # it feeds every 0.2 seconds
    far_ends.clear()
    for number in range(3):
        board.tell("contact", number=number, state="open" if number == 2 else "closed")
    board.tell("power_cycle")
    devices = tmp_path / "devices.toml"
    urls = {"reader": far_ends.reader.url, "printer": far_ends.printer.url, "cabinet": board.url}
    devices.write_text(devices_toml(urls, {"cabinet": OPTIONS}), encoding="utf-8")
    async with listening(tmp_path / "server") as site:
        kiosk, nurse = await site.device("kiosk"), await site.staff()
        folder = DataFolder(tmp_path / "kiosk")
        token = kiosk.headers["Authorization"].removeprefix("Bearer ")
        folder.keep_credential(Credential(device=kiosk.device, kind="kiosk", token=token))
        server = str(site.client().base_url)
        configuration = Configuration(
            "1 号机", server, None, devices, "zh", scanner=True, panel=Panel(), durations=STILL, watchdog=60
        )

        async def cabinet_until(trouble):
            async with asyncio.timeout(DEADLINE):
                while True:
                    for one in (await nurse.get("/api/desk/devices")).json():
                        for report in one["reports"]:
                            if (report["kind"], report["trouble"]) == ("cabinet", trouble):
                                return report

        ui = FakeUi()
        serving = asyncio.ensure_future(serve(ui, configuration, folder))
        try:
            await ui.until_kind(Kind.START)
            ui.tap("start")
            await ui.until_kind(Kind.CHOOSE)
            ui.tap("choose", 0)
            await ui.until_key("card.title")
            await tell(board, "wait_light", number=0, pattern=Pattern.SLOW)
            await tell(board, "wait_watchdog", seconds=60)
            await tell(board, "contact", number=0, state="open")
            report = await cabinet_until("door_open")
            assert (report["name"], report["state"]) == ("cabinet", "online")
            await tell(board, "contact", number=1, state="open")
            await cabinet_until("tampered")
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
        assert (await tell(board, "status"))["watchdog"] == 0, "who ends on purpose is not restarted"
    far_ends.mend()
