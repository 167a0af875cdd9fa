"""The kiosk with a scanner that has a driver: on a serial line, and typing where the kernel reads it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from drivers.device import DeviceState
from drivers.registry import ConfigurationError, DeviceEntry
from drivers.scanner.driver import KeyboardScanner, SerialScanner, Timing
from drivers.supervisor import Supervisor
from kiosk.attendant import Attendant
from kiosk.device_watch import DeviceWatch
from kiosk.ports import CodeScanner
from kiosk.scanner import DriverScanner, make_scanner
from kiosk.screen import Kind
from tests.drivers.conftest import SimulatorProcess
from tests.kiosk import people
from tests.kiosk.fakes import Room
from tests.kiosk.wire import AT_ONCE, DEADLINE

CODE = "HZ:7Hq2mXw9Kc4RbT1z"
OTHER = "HZ:000000000000000"
KINDS = ["serial", "keyboard"]


@pytest.fixture(scope="session")
def scanners(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scanners")
    ends = {
        "serial": SimulatorProcess("drivers.scanner.simulator", "--link", str(folder / "serial"), "--fast"),
        "keyboard": SimulatorProcess(
            "drivers.scanner.simulator", "--keyboard", "--link", str(folder / "event5"), "--fast"
        ),
    }
    yield ends
    for end in ends.values():
        assert end.end() == 0


@pytest.fixture(params=KINDS)
def far_end(request, scanners):
    end = scanners[request.param]
    end.tell("clear_fault")
    end.tell("plug")
    return end


class Counter(Room):
    """A kiosk of fakes but for its scanner, and the hand that holds codes to it."""

    def __init__(self, far_end: SimulatorProcess, scanner: SerialScanner | KeyboardScanner) -> None:
        super().__init__()
        self.far_end = far_end
        self.scanner = scanner
        self.listening = asyncio.Event()
        self.supervisor: Supervisor
        listen = scanner.listen

        @contextlib.asynccontextmanager
        async def watched():
            async with listen() as listener:
                self.listening.set()
                yield listener

        scanner.listen = watched
        self.judged = asyncio.Event()
        judge = scanner._found

        def judged(*item, **when):
            judge(*item, **when)
            self.judged.set()

        scanner._found = judged

    async def hold(self, text: str) -> None:
        """Hold a code to the scanner until somebody has read it: one that began before the listening is nobody's."""
        before = self.scanner.counts.delivered
        async with asyncio.timeout(DEADLINE):
            await self.listening.wait()
            while self.scanner.counts.delivered == before:
                self.send(text)
                await self.news()

    def send(self, text: str) -> None:
        self.judged.clear()
        self.far_end.tell("scan", text=text)

    async def news(self) -> None:
        """Wait until the driver has judged what was sent last."""
        async with asyncio.timeout(DEADLINE):
            await self.judged.wait()

    async def number(self) -> None:
        await self.ui.until_kind(Kind.TICKET)

    def asked(self) -> list[object]:
        return [values[1] for values in self.lobby.called("identify")]

    async def until(self, device: str, kind: str) -> None:
        async with asyncio.timeout(DEADLINE):
            async for event in self.supervisor.events():
                if (event.device, event.kind) == (device, kind):
                    return


@pytest.fixture
async def room(far_end, request):
    if request.node.callspec.params["far_end"] == "serial":
        scanner = SerialScanner("scanner", far_end.url, timing=Timing(idle=0.3))
    else:
        node = far_end.url.replace("serial:", "input:").split("?")[0]
        scanner = KeyboardScanner("scanner", f"{node}?grab=0")
    room = Counter(far_end, scanner)
    room.lobby.answer = people.reply(people.patient(tickets=[people.ticket(qr=CODE)]))
    async with Supervisor([scanner], pace=AT_ONCE) as supervisor:
        room.supervisor = supervisor
        await supervisor.device("scanner")
        room.world = replace(room.world, line_scanner=DriverScanner(scanner, supervisor))
        yield room


@pytest.fixture
async def attended(room):
    """Patients are served, one after the other."""
    serving = asyncio.ensure_future(Attendant(room.world).run())
    yield room
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_a_scanned_slip_shows_its_number_again(attended):
    await attended.ui.until_kind(Kind.START)
    await attended.hold(f" {CODE} ")
    await attended.number()
    assert attended.asked() == [CODE]


async def test_what_is_scanned_between_two_patients_is_nobodys(room):
    room.send(OTHER)
    await room.news()  # its line is read whether or not somebody listens
    assert room.scanner.counts.delivered == 0
    serving = asyncio.ensure_future(Attendant(room.world).run())
    await room.ui.until_kind(Kind.START)
    await room.hold(CODE)
    await room.number()
    assert room.asked() == [CODE]
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


@pytest.mark.parametrize("fault", ["overlong", "no_suffix", "half_frame"])
async def test_what_is_no_code_leads_nowhere_and_the_next_is_read(attended, fault):
    await attended.ui.until_kind(Kind.START)
    async with asyncio.timeout(DEADLINE):
        await attended.listening.wait()
    attended.far_end.tell("fault", action=fault, on="scan")
    attended.send(OTHER)
    await attended.news()
    assert attended.scanner.counts.delivered == 0
    await attended.hold(CODE)
    await attended.number()
    assert attended.asked() == [CODE]


async def test_one_that_is_gone_is_told_to_staff_and_on_the_card_prompt_and_is_read_again(attended):
    assert attended.world.tells_of_scanner
    await attended.ui.until_kind(Kind.START)
    watch = DeviceWatch(attended.devices, attended.lobby, attended.clock, scanner=attended.world.line_scanner)
    await watch.look()
    with capture_logs() as logs:
        gone, back = (asyncio.ensure_future(attended.until("scanner", kind)) for kind in ("gone", "back"))
        await asyncio.sleep(0)
        async with asyncio.timeout(DEADLINE):
            await attended.listening.wait()
        attended.listening.clear()
        attended.far_end.tell("unplug")
        await gone
        assert not attended.world.tells_of_scanner
        attended.ui.tap("start")
        screen = await attended.ui.until_key("card.title")
        assert screen.detail is None
        assert dict(screen.notice.values)["what"].key == "card.way_scan"
        await watch.look()
        [told] = [one for one in attended.lobby.devices[-1] if one.kind == "scanner"]
        assert (told.name, told.trouble) == ("scanner", "offline")
        attended.far_end.tell("plug")
        await back
    await watch.look()
    assert [one.trouble for one in attended.lobby.devices[-1] if one.kind == "scanner"] == [None]
    assert attended.world.tells_of_scanner
    await attended.hold(CODE)
    await attended.number()
    assert [log["event"] for log in logs if log["event"] in {"device_needs_help", "device_gone", "device_back"}] == [
        "device_gone",
        "device_needs_help",
        "device_back",
    ]
    assert not any(CODE in str(log) for log in logs)


def test_a_scanner_is_made_where_there_is_one():
    def entry(driver, kind="scanner", **options):
        return DeviceEntry(name="x", kind=kind, driver=driver, url="tcp://127.0.0.1:1", options=options, where="here")

    assert make_scanner([]) is None
    assert make_scanner([entry("escpos", "receipt_printer")]) is None
    assert isinstance(make_scanner([entry("serial_scanner")]), SerialScanner)
    with pytest.raises(ConfigurationError, match=r"here: kind = .scanner., but driver .zvt. is for"):
        make_scanner([entry("zvt")])


async def test_a_kiosk_whose_scanner_types_into_the_window_tells_of_it_as_it_is_configured():
    room = Room()
    assert room.world.tells_of_scanner
    assert not replace(room.world, scanner=False).tells_of_scanner


class Known:
    """A scanner in a given state."""

    name = "scanner"

    def __init__(self, state: DeviceState) -> None:
        self._state = state

    def state(self) -> DeviceState:
        return self._state


@pytest.mark.parametrize("state", DeviceState)
async def test_patients_are_told_of_a_scanner_that_works(state):
    scanner: CodeScanner = Known(state)
    works = state in {DeviceState.ONLINE, DeviceState.STARTING}
    assert replace(Room().world, line_scanner=scanner).tells_of_scanner == works
