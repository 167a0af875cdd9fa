"""The lobby itself: starts what a hospital would have running, and lets the demo page and the check play with it."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from virtual_lobby import power
from virtual_lobby.call_boards import configuration_with_boards
from virtual_lobby.cards import Hands
from virtual_lobby.client import Acknowledged, LobbyClient, Record, told_to_kiosk
from virtual_lobby.clock import MorningClock
from virtual_lobby.codes import code_on
from virtual_lobby.crowd import Crowd, Pace, Staff
from virtual_lobby.display import HEIGHT, WIDTH, Display, machine_display, virtual_display
from virtual_lobby.equipment import Equipment
from virtual_lobby.morning import HALL, read_morning
from virtual_lobby.ports import free_port
from virtual_lobby.processes import Program, ProgramError, Programs, command, first_line
from virtual_lobby.staff_news import StaffNews

ROOT = Path(__file__).parents[2]
ZONE = "Asia/Shanghai"
ACCOUNT = re.compile(r"^  (\S+)  (\S+)  \((\w+)\)$", re.MULTILINE)
BOARDS = 3
VOUCHERS = """
[[code]]
kind = "insurance_code"
pattern = "[0-9]{28}"

[[code]]
kind = "health_card"
pattern = "HZJK[0-9A-F]{28}:[0-9]"
"""
"""How the sample hospital's electronic vouchers look, for the kiosk."""


@dataclass(frozen=True)
class Options:
    """How the demo is started.

    Attributes:
        data: where everything it makes is kept.
        clock: ``HH:MM``, the time of day at which the morning begins.
        server_port: where the queue server should be; another free port is taken where this one is not.
        crowd: whether simulated patients come.
        faults: a fault plan for the devices, in TOML; ``None``: all are well until somebody switches.
    """

    data: Path
    clock: str = "08:50"
    server_port: int = 0
    crowd: bool = True
    faults: Path | None = None


@dataclass(frozen=True)
class LogIn:
    """An account the server made at its first start."""

    name: str
    password: str


class Lobby:
    """A running lobby. ``start`` and ``stop`` bracket its life."""

    def __init__(self, options: Options, programs: Programs) -> None:
        self.options = options
        self.programs = programs
        self.clock = MorningClock(options.clock, ZONE)
        self.record = Record()
        self.display: Display | None = None
        self.devices = Equipment(options.data, programs, options.faults)
        self.hands = Hands(self.devices)
        self.news = StaffNews(ROOT / "queue_server" / "web" / "words.json")
        self.last_count: power.Count | None = None
        self._cutting = asyncio.Lock()
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._clients: list[LobbyClient] = []
        self._as_administrator: asyncio.Future[LobbyClient] | None = None
        self._server: Program | None = None
        self._port = free_port(options.server_port)
        self.screens: list[power.Screen] = []
        self.crowd: Crowd | None = None
        self.trouble = ""

    @property
    def url(self) -> str:
        """The queue server's address."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def is_cut(self) -> bool:
        """Whether the power is cut and not yet back."""
        return self._cutting.locked()

    @property
    def database(self) -> Path:
        """The server's database."""
        return self.options.data / "server" / "houzhen.sqlite3"

    @property
    def configuration(self) -> Path:
        """The queue server's configuration: the shipped one, with the LED boards."""
        return self.options.data / "config"

    # -- starting and ending

    async def start(self) -> None:
        """Start everything but the crowd."""
        await self.start_devices()
        await self.start_server()
        await self.read_hospital()
        await self.start_screens()
        await self.start_kiosk()
        await self.start_news()

    async def start_server(self) -> None:
        """Start the queue server at the lobby's present, and wait until it answers."""
        # It says itself that it listens: at its port somebody else might answer, and not it.
        read_end, write_end = os.pipe()
        try:
            command_line = [*self._server_command(), "--ready-fd", str(write_end)]
            self._server = await self.programs.start("server", command_line, pass_fds=(write_end,))
        finally:
            os.close(write_end)
        if not await first_line(read_end, power.WAIT_SECONDS):
            raise ProgramError(f"the queue server did not start:\n{self._server.tail()}")
        answer = await power.answered(self.url)
        if not hasattr(self, "nurse"):
            self._read_accounts(self._server)
            self.clock.set(datetime.fromisoformat(answer["server_time"]))

    def _server_command(self) -> list[str]:
        return [
            command("houzhen-server"), "serve", "--config", str(self.configuration),
            "--data", str(self.database.parent), "--port", str(self._port),
            "--clock", "continue" if self.database.exists() else self.options.clock,
        ]  # fmt: skip

    async def start_devices(self) -> None:
        """Start the simulators, and write the configuration with the LED boards in it."""
        await self.devices.start()
        configuration_with_boards(ROOT / "config", self.configuration, self.devices.server_toml())

    def _read_accounts(self, program: Program) -> None:
        """Take the log-ins that the server made and printed at its first start."""
        made = {role: (name, password) for name, password, role in ACCOUNT.findall(program.log.read_text())}
        self.nurse, self.administrator = LogIn(*made["nurse"]), LogIn(*made["administrator"])

    async def enrolment_code(self, kind: str) -> str:
        """A one-time code for a new device of ``kind`` in the hall."""
        administrator = await self.as_administrator()
        made = await administrator.ask("/api/admin/enrolment-codes", {"kind": kind, "place": HALL})
        return str(made["code"])

    async def as_administrator(self) -> LobbyClient:
        """A client that is logged in as the administrator: one for all that is done so."""
        known = self._as_administrator
        if known is None or (known.done() and (known.cancelled() or known.exception() is not None)):
            known = self._as_administrator = asyncio.ensure_future(self.staff(self.administrator))
        return await asyncio.shield(known)  # whoever gives up waiting does so alone

    async def device(self, kind: str, name: str) -> LobbyClient:
        """A client with a device credential of its own."""
        anonymous = LobbyClient(self.url, self.record)
        credential = await anonymous.ask("/api/devices/enrol", {"code": await self.enrolment_code(kind), "name": name})
        await anonymous.close()
        client = LobbyClient(self.url, self.record, credential["token"])
        self._clients.append(client)
        return client

    async def staff(self, account: LogIn) -> LobbyClient:
        """A client that is logged in."""
        client = LobbyClient(self.url, self.record)
        self._clients.append(client)
        await client.log_in(account.name, account.password)
        return client

    def kiosk_configuration(self) -> Path:
        """A copy of the kiosk's configuration that points at this lobby's server and simulators."""
        folder = self.options.data / "kiosk-config"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "devices.toml").write_text(self.devices.kiosk_toml(), encoding="utf-8")
        shipped = (ROOT / "config" / "kiosk.toml").read_text(encoding="utf-8")
        (folder / "kiosk.toml").write_text(
            shipped.replace("http://127.0.0.1:8600", self.url) + VOUCHERS, encoding="utf-8"
        )
        return folder

    async def enrol_kiosk(self, configuration: Path) -> None:
        """Give the kiosk its credential."""
        await self.programs.run(
            "houzhen-kiosk enrol",
            [
                command("houzhen-kiosk"), "enrol", await self.enrolment_code("kiosk"), "--config", str(configuration),
                "--data", str(self.options.data / "kiosk"),
            ],
        )  # fmt: skip

    async def start_kiosk(self) -> None:
        """Start the kiosk on the machine's display, or on a virtual one."""
        configuration = self.kiosk_configuration()
        await self.enrol_kiosk(configuration)
        self.display = machine_display() or await virtual_display(self.programs, self.options.data)
        kiosk = await self.programs.start(
            "kiosk",
            [
                command("houzhen-kiosk"), "run", "--config", str(configuration),
                "--data", str(self.options.data / "kiosk"), "--windowed", "--size", f"{WIDTH}x{HEIGHT}",
            ],
            environment={"DISPLAY": self.display.name, "QT_QPA_PLATFORM": "xcb", "QT_QUICK_BACKEND": "software"},
        )  # fmt: skip
        self._keep(self._watch(kiosk))

    async def _watch(self, program: Program) -> None:
        """Say so when a program ends that should run; the page shows it too."""
        await program.process.wait()
        raise ProgramError(f"{program.name} ended by itself:\n{program.tail()}")

    async def read_hospital(self) -> None:
        """Learn who can lay a card on the reader today, and who comes in the morning and when."""
        self.morning = await read_morning(self.configuration, self.clock)

    async def start_screens(self) -> None:
        """Follow the hall's board as its screens do, to see how fast they catch up."""
        clients = await asyncio.gather(*(self.device("board", f"demo board {n + 1}") for n in range(BOARDS)))
        for client in clients:
            screen = power.Screen(client, f"/api/board/{HALL}/feed")
            self.screens.append(screen)
            self._keep(screen.run())
        await asyncio.gather(*(screen.connected.wait() for screen in self.screens))

    async def start_news(self) -> None:
        """Follow what staff are told of the devices."""
        self._keep(self.news.follow(await self.as_administrator()))

    async def start_crowd(self) -> None:
        """Let the morning's patients come, and staff call them at every station but the visitor's."""
        pace = Pace.of(len(self.morning.rooms))
        kiosk = await self.device("kiosk", "demo crowd")
        crowd = Crowd(kiosk, self.morning.arrivals)
        self.crowd = crowd
        await crowd.opening()
        self._keep(crowd.run(pace))
        nurse = await self.staff(self.nurse)
        for number, (station, doctor) in enumerate(self.morning.rooms.items()):
            self._keep(Staff(nurse, station, doctor, seed=number).run(pace))

    async def others_for_the_visitors_doctor(self) -> int:
        """Those who are booked with the visitor's doctor check in; returns how many could."""
        crowd = Crowd(await self.device("kiosk", "demo others"), [])
        for identity in self.morning.same_doctor:
            await crowd.arrive(identity)
        return crowd.arrived

    async def ticket_page(self, number: str) -> str:
        """The address of the ticket page of the story's patient, as the QR code on paper leads to it."""
        kiosk = await self.device("kiosk", "demo reader of codes")
        face = self.morning.cards[0].face
        found = await kiosk.ask("/api/kiosk/identify", {"kind": "id_card", "value": face.number, "name": face.name})
        code: str = next(
            ticket["qr"] for patient in found["patients"] for ticket in patient["tickets"] if ticket["number"] == number
        )
        return f"{self.url}/t/{code.removeprefix('HZ:')}" if code.startswith("HZ:") else code

    def _keep(self, work: Any) -> None:  # noqa: ANN401 -- any coroutine
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.trouble = str(error)
            print(f"Trouble in the lobby: {error}", flush=True)

    async def stop(self) -> None:
        """End all that was started here."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in self._clients:
            await client.close()
        await self.programs.stop()

    # -- what the page and the check do

    async def show(self, means: str, patient: str) -> None:
        """Show at the kiosk who one is, by one of the ``means`` that ``cards.Hands`` knows."""
        await self.hands.show(means, next(card for card in self.morning.cards if card.patient == patient))

    async def scan(self, paper: str) -> None:
        """Hold a printed slip to the scanner: what it reads is what is really on the paper."""
        code = await asyncio.to_thread(code_on, self.devices.papers / Path(paper).name)
        await self.devices["scanner"].ask("scan", text=code)

    def kill_server(self) -> float:
        """Kill the server without warning; returns the moment on the measuring clock."""
        if self._server is None or not self._server.running:
            raise ProgramError("the server is not running")
        self._server.kill()
        return power.now()

    def acknowledged(self) -> list[Acknowledged]:
        """Every command that the server acknowledged: to the crowd, to staff and to the kiosk."""
        return [*self.record, *told_to_kiosk(self.options.data / "logs" / "kiosk.log")]

    async def restart_server(self, killed_at: float) -> power.Count:
        """Start it again, wait for the screens, and count."""
        if self._server is not None:
            await self._server.process.wait()
        await self.start_server()
        back = power.now() - killed_at
        position = int((await power.answered(self.url))["position"])
        async with asyncio.timeout(power.WAIT_SECONDS):
            await asyncio.gather(*(screen.reaches(position) for screen in self.screens))
        self.last_count = power.count(
            self.acknowledged(), self.database, back_seconds=back, caught_up_seconds=power.now() - killed_at
        )
        return self.last_count

    async def cut_power(self) -> power.Count:
        """Kill the server, start it again, and count. One at a time."""
        if self.is_cut:
            raise ProgramError("服务器已断电，正在恢复 · The power is cut already; the server is coming back.")
        async with self._cutting:
            return await self.restart_server(self.kill_server())

    async def let_board_in(self, code: str) -> None:
        """Confirm the code that a board shows, as an administrator would."""
        administrator = await self.as_administrator()
        await administrator.ask("/api/admin/devices/confirm", {"screen_code": code.strip(), "place": HALL})

    async def act(self, action: str, value: str) -> dict[str, Any]:
        """Carry out what was pressed on the demo page.

        Raises:
            ValueError: the action is unknown, or the paper carries no code.
            SimulatorError: a simulator refused.
            RefusedError: the server did.
        """
        match action:
            case "show_card":
                await self.show(*value.split(":", 1))
            case "take_card":
                await self.hands.take()
            case "scan":
                await self.scan(value)
            case "fault":
                await self.devices.switch(*value.split(":", 1))
            case "power":
                await self.cut_power()
            case "let_in":
                await self.let_board_in(value)
            case _:
                raise ValueError(f"There is no action called {action}.")
        async with self._changed:
            self._changed.notify_all()
        return {"done": True}

    async def changed(self) -> None:
        """Wait for something to show: an action, or half a second of the lobby's own life."""
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait(), 0.5)
            except TimeoutError:
                return
