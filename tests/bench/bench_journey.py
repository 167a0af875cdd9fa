"""A whole check-in, from the card on the reader to the ticket that the printer confirms, with no patient to wait for.

The server is the real one with its sample hospital, a process of its own; reader and printer are the wire-level
simulators at the speed of the real ones: the reader on a serial line of 115,200 baud, the printer at 150 mm of paper a
second, on the network and on a serial line of 115,200 baud. The floor is what the lines and the paper take: every byte
of every frame, and every row of dots; what is above it is ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from virtual_lobby.processes import WITH_ITS_PARENT

from drivers.identity_card.driver import ResidentIdReader
from drivers.receipt_printer.commands import cut, raster_units
from drivers.receipt_printer.driver import EscPosPrinter
from drivers.receipt_printer.profile import DOTS_PER_MM, PROFILES
from drivers.receipt_printer.raster import default_fonts, render, rows_of_ink
from drivers.supervisor import Supervisor
from kiosk import log
from kiosk.attendant import Attendant
from kiosk.clock import SystemClock
from kiosk.data import DataFolder
from kiosk.devices import KioskDevices, Printer, Reader
from kiosk.durations import Durations
from kiosk.lobby_client import LobbyClient, enrol, make_client
from kiosk.screen import Drawing, Kind, Screen, Tap
from kiosk.ticket_document import ticket_document
from kiosk.visit import World
from kiosk.voice import SilentVoice
from kiosk.words import Catalogue, Language
from queue_server.config import load
from queue_server.contract import HallInfo
from queue_server.hospital.sample import SampleHospital

ROOT = Path(__file__).parents[2]
ROUNDS = 7
BAUD = 115_200
BITS = 10
"""Of a byte on the line, with start and stop."""
SOFTWARE_S = 0.150
JOURNEY_S = 2.5
"""With the printer on the network; a serial line takes the time that its bytes take."""
READER_FLOOR_S = BITS / BAUD * sum((10, 15, 10, 15, 10, 19, 10, 1302))
"""Find, find again, select and read, each command (10 bytes) and its answer, as the protocol's documents give them."""


class Hasty:
    """A patient without hands or eyes: everything is answered at once. Notes when the ticket is there."""

    def __init__(self) -> None:
        self._taps: asyncio.Queue[Tap] = asyncio.Queue()
        self._serial = 0
        self.asked_for_card = asyncio.Event()
        self.done: asyncio.Future[tuple[float, Screen]] = asyncio.get_running_loop().create_future()
        self.asked_to_take_card = asyncio.Event()
        self.printing_from = 0.0

    def show(self, screen: Screen) -> int:
        self._serial += 1
        match screen.kind:
            case Kind.START:
                self._tap("start")
            case Kind.CHOOSE:
                self._tap("choose", 0)
            case Kind.CONFIRM:
                self._tap("confirm")
            case Kind.TICKET | Kind.OUTCOME:
                if not self.done.done():
                    self.done.set_result((time.monotonic(), screen))
                self._tap("finish")
            case Kind.PROGRESS if screen.drawing is Drawing.TAKE_PAPER:
                self.printing_from = time.monotonic()
            case Kind.PROMPT if screen.drawing is Drawing.LAY_CARD:
                self.asked_for_card.set()
            case Kind.PROMPT:
                self.asked_to_take_card.set()
            case _:
                pass
        return self._serial

    def _tap(self, verb: str, index: int = -1) -> None:
        self._taps.put_nowait(Tap(verb, self._serial, index))

    async def tapped(self) -> Tap:
        return await self._taps.get()

    async def scanned(self) -> str:
        """Nobody scans."""
        never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        return await never

    def count_down(self, left: int | None) -> None:
        """Nobody is slow here."""

    def prefer(self, language: Language, *, senior: bool) -> None:
        """Nobody prefers anything."""

    def help(self, *, shown: bool) -> None:
        """Nobody asks."""

    def place(self, hall: HallInfo | None) -> None:
        """Nobody looks."""

    def wipe(self) -> None:
        """There is nothing to see."""


class Simulator:
    """A simulator as a process, with its control channel."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", *arguments, "--parent-stdin"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        said = json.loads(self.process.stdout.readline())
        self.url: str = said["url"]
        self._host, _, self._port = str(said["control"]).removeprefix("tcp://").rpartition(":")

    async def tell(self, verb: str, **values: Any) -> dict[str, Any]:
        reader, writer = await asyncio.open_connection(self._host, int(self._port), limit=1 << 24)
        writer.write(json.dumps({"verb": verb, **values}).encode() + b"\n")
        await writer.drain()
        answer: dict[str, Any] = json.loads(await reader.readline())
        writer.close()
        if not answer["ok"]:
            raise RuntimeError(f"The simulator refused {verb}: {answer}")
        return answer

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=20)


@contextlib.contextmanager
def lobby(folder: Path) -> Any:
    """The real server at nine in the morning; yields its address and a kiosk's enrolment code."""
    ready = folder / "ready"
    command = [sys.executable, "-m", "queue_server.cli"]
    process = subprocess.Popen(
        [*WITH_ITS_PARENT,
         *command, "serve", "--config", "config", "--data", str(folder / "server"), "--port", "0", "--clock", "09:00",
         "--ready-file", str(ready)],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while not ready.exists() or not ready.read_text(encoding="utf-8").strip():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("The server did not come up.")
            time.sleep(0.05)
        code = subprocess.run(
            [*command, "enrol-code", "--data", str(folder / "server"), "--kind", "kiosk", "--hall", "main"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout.split()[-1]  # fmt: skip
        yield ready.read_text(encoding="utf-8").split()[0], code
    finally:
        process.terminate()
        process.wait(timeout=20)


async def cards() -> list[dict[str, str]]:
    """The cards of patients who may check in at nine: booked from eight to ten, and each leads to one file only."""
    configuration = load(ROOT / "config")
    hospital = SampleHospital(ROOT / "config" / "sample_hospital", configuration.zone, seed=1)
    today = datetime.now(UTC).astimezone(configuration.zone).date().isoformat()
    booked = [
        card.face
        for card in hospital.cards(today)
        if card.note.startswith(("预约 08:", "预约 09:", "预约 10:"))
        and len(await hospital.patients("id_card", card.face.number)) == 1
    ]
    return [
        {
            "kind": "resident",
            "name": face.name,
            "number": face.number,
            "birth": face.birth,
            "sex": "2" if face.sex == "女" else "1",
        }
        for face in booked
    ]


@contextlib.asynccontextmanager
async def kiosk_world(
    url: str, code: str, folder: Path, reader_url: str, printer_url: str
) -> AsyncIterator[tuple[World, LobbyClient]]:
    """Everything behind the glass of a kiosk, in earnest."""
    clock = SystemClock()
    data = DataFolder(folder)
    data.keep_credential(await enrol(url, None, code, "bench"))
    reader = ResidentIdReader("reader", reader_url)
    printer = EscPosPrinter("printer", printer_url, PROFILES["80mm"])
    async with (
        Supervisor([reader, printer]) as supervisor,
        make_client(url, None, data.credential().token, None) as http,
    ):
        await supervisor.device("reader")
        await supervisor.device("printer")
        client = LobbyClient(http, data, clock)
        running = asyncio.ensure_future(client.run())
        try:
            while not client.online:
                await client.changed(client.version)
            devices = KioskDevices(
                Reader(reader, supervisor, lambda: client.now().date()), Printer(printer, supervisor, Catalogue.load())
            )
            yield World(Hasty(), devices, client, SilentVoice(), clock, Durations()), client
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def paper_floor(screen: Screen, *, serial: bool) -> float:
    """Seconds that the printer's line and the paper take for this ticket, each row printed as soon as it is there."""
    if screen.ticket is None:
        raise RuntimeError("The patient got no ticket.")
    profile = PROFILES["80mm"]
    document = ticket_document(screen.ticket, Catalogue.load(), "zh", reprint=False)
    picture = render(document, profile.dots, default_fonts())
    carried = printed = 0.0
    for unit in (*raster_units(rows_of_ink(picture)), cut(profile)):
        carried += len(unit.data) * BITS / BAUD if serial else 0.0
        printed = max(printed + unit.rows / DOTS_PER_MM / profile.speed_mm_s, carried)
    return printed


async def _measure(*printer: str) -> list[tuple[float, float, float]]:
    """Of each round: seconds from the card to the print, of the print, and the print's floor."""
    serial = "--pty" in printer
    rounds: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory() as folder, lobby(Path(folder)) as (url, code):
        reader_far = Simulator("drivers.identity_card.simulator", "--pty", "--baud", str(BAUD))
        printer_far = Simulator("drivers.receipt_printer.simulator", *printer)
        baud = f"?baud={BAUD}"
        try:
            async with kiosk_world(
                url, code, Path(folder) / "kiosk",
                reader_far.url if "?" in reader_far.url else reader_far.url + baud,
                printer_far.url if not serial or "?" in printer_far.url else printer_far.url + baud,
            ) as (world, _):  # fmt: skip
                for card in (await cards())[:ROUNDS]:
                    reading, printing, screen = await _one(world, reader_far, card)
                    rounds.append((reading, printing, paper_floor(screen, serial=serial)))
        finally:
            reader_far.end()
            printer_far.end()
    return rounds


async def _one(world: World, reader: Simulator, card: dict[str, str]) -> tuple[float, float, Screen]:
    hasty = Hasty()
    visit = World(hasty, world.devices, world.lobby, world.voice, world.clock, world.durations)
    attending = asyncio.ensure_future(Attendant(visit).attend())
    await hasty.asked_for_card.wait()
    await reader.tell("lay", document=card)
    began = time.monotonic()
    ended, screen = await hasty.done
    await reader.tell("remove")
    await attending
    return hasty.printing_from - began, ended - hasty.printing_from, screen


def run() -> Iterable[dict[str, Any]]:
    """All rows."""
    log.set_up()  # to the error stream: this one is for rows
    for name, printer, most in (
        ("printer on the network", ("--tcp", "127.0.0.1:0", "--speed", "150"), JOURNEY_S),
        ("printer on a serial line of 115,200 baud", ("--pty", "--baud", str(BAUD), "--speed", "150"), None),
    ):
        rounds = asyncio.run(_measure(*printer))
        whole = [reading + printing for reading, printing, _ in rounds]
        floors = [READER_FLOOR_S + paper for _, _, paper in rounds]
        yield _row(name, "card on the reader to ticket confirmed", whole, floors, most=most)
        yield _row(
            name, "from the card to the print", [one[0] for one in rounds], [READER_FLOOR_S] * len(rounds), most=None
        )
        yield _row(name, "print", [one[1] for one in rounds], [one[2] for one in rounds], most=None)
        ours = [one - floor for one, floor in zip(whole, floors, strict=True)]
        yield _row(name, "of it neither line nor paper", ours, None, most=SOFTWARE_S)


def _row(
    case: str, figure: str, values: list[float], floors: list[float] | None, *, most: float | None
) -> dict[str, Any]:
    middle = median(values)
    return {
        "bench": "journey",
        "case": case,
        "figure": figure,
        "unit": "s",
        "median": round(middle, 3),
        "floor": None if floors is None else round(median(floors), 3),
        "ratio": None
        if floors is None
        else round(median(one / floor for one, floor in zip(values, floors, strict=True)), 2),
        "target": None if most is None else f"<= {most:g} s",
        "holds": None if most is None else middle <= most,
        "rounds": len(values),
    }
