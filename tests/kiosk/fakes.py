"""Ports that a test holds in its hands: nothing here waits for time, paper or a network."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from drivers.device import CompletionCode, DeviceError, DeviceState, PaperSupply, PrintOutcome
from kiosk.durations import Durations
from kiosk.ports import (
    Away,
    CabinetReport,
    CardHolder,
    Face,
    PartState,
    Printed,
    PrinterReport,
    PrintReport,
    Shown,
    VoiceState,
)
from kiosk.screen import Kind, Part, Screen, Shine, Tap
from kiosk.visit import World
from kiosk.words import Language, Words
from queue_server.contract import DeviceReport, GuideSlip, HallInfo, Identify, IdentifyReply, TicketView, WhyReply
from tests.kiosk import people

HOLDER = CardHolder(number="999999194912310025", name="王秀英", expired=False)
EXPIRED = CardHolder(number="999999194912310025", name="王秀英", expired=True)
DEADLINE = 30.0
"""Seconds of real time after which a test that waits for something that never comes fails."""


class FakeClock:
    """Time that stands until a test moves it."""

    def __init__(self) -> None:
        self._now = 0.0
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self._now + seconds, next(self._order), done))
        await done

    async def pass_time(self, seconds: float) -> None:
        """Move on, waking each sleeper at its moment and letting it act."""
        end = self._now + seconds
        await settle()
        while self._waiting and self._waiting[0][0] <= end:
            moment, _, done = heapq.heappop(self._waiting)
            self._now = max(self._now, moment)
            if not done.done():
                done.set_result(None)
            await settle()
        self._now = end
        await settle()


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


class FakeUi:
    """A screen that remembers what it was told."""

    def __init__(self) -> None:
        self.screens: list[Screen] = []
        self.counts: list[int | None] = []
        self.language: Language = "zh"
        self.senior = False
        self.help_shown = False
        self.hall: HallInfo | None = None
        self.wiped = 0
        self._taps: asyncio.Queue[Tap] = asyncio.Queue()
        self._scans: asyncio.Queue[str] = asyncio.Queue()
        self._news = asyncio.Event()

    @property
    def screen(self) -> Screen:
        return self.screens[-1]

    @property
    def serial(self) -> int:
        return len(self.screens)

    def show(self, screen: Screen) -> int:
        self.screens.append(screen)
        self._news.set()
        return self.serial

    async def tapped(self) -> Tap:
        return await self._taps.get()

    async def scanned(self) -> str:
        return await self._scans.get()

    def count_down(self, left: int | None) -> None:
        self.counts.append(left)

    def prefer(self, language: Language, *, senior: bool) -> None:
        self.language, self.senior = language, senior

    def help(self, *, shown: bool) -> None:
        self.help_shown = shown

    def place(self, hall: HallInfo | None) -> None:
        self.hall = hall

    def wipe(self) -> None:
        self.wiped += 1
        self.screens = []
        self.language, self.senior, self.help_shown = "zh", False, False
        while not self._taps.empty():
            self._taps.get_nowait()
        while not self._scans.empty():
            self._scans.get_nowait()

    # -- a test's hands

    def tap(self, verb: str, index: int = -1, *, serial: int | None = None) -> None:
        self._taps.put_nowait(Tap(verb, self.serial if serial is None else serial, index))

    def scan(self, code: str) -> None:
        self._scans.put_nowait(code)

    async def until(self, fits: Callable[[Screen], bool]) -> Screen:
        """Wait until the screen that stands fits."""
        async with asyncio.timeout(DEADLINE):
            while not self.screens or not fits(self.screen):
                self._news.clear()
                await self._news.wait()
        return self.screen

    async def until_key(self, key: str) -> Screen:
        """Wait for the screen whose title is the phrase ``key``."""
        return await self.until(lambda screen: getattr(screen.title, "key", None) == key)

    async def until_kind(self, kind: Kind) -> Screen:
        return await self.until(lambda screen: screen.kind is kind)


def device_error(error: str, code: CompletionCode = CompletionCode.COMMAND_ERROR) -> DeviceError:
    return DeviceError(code, error, f"{error}, said the fake.")


class FakeReader:
    """A reader on which a test lays cards. ``faults`` are raised in turn, by the command named."""

    name = "id-card"

    def __init__(self) -> None:
        self.holder = HOLDER
        self.faults: dict[str, deque[DeviceError]] = {"wait": deque(), "read": deque(), "removed": deque()}
        self._lies = asyncio.Event()
        self._gone = asyncio.Event()
        self._gone.set()
        self.no_card_in_time = 0
        self.mute = False
        """It answers nothing when asked whether a card lies there."""
        self.present = DeviceState.ONLINE

    def lay(self, holder: CardHolder = HOLDER) -> None:
        self.holder = holder
        self._gone.clear()
        self._lies.set()

    def take(self) -> None:
        self._lies.clear()
        self._gone.set()

    def fail(self, command: str, error: str) -> None:
        self.faults[command].append(device_error(error))

    def _raise(self, command: str) -> None:
        if self.faults[command]:
            raise self.faults[command].popleft()

    async def wait_for_card(self, seconds: float) -> bool:
        del seconds
        self._raise("wait")
        if self.no_card_in_time:
            self.no_card_in_time -= 1
            return False
        await self._lies.wait()
        return True

    async def read(self) -> CardHolder:
        self._raise("read")
        return self.holder

    async def wait_removed(self, seconds: float) -> bool:
        self._raise("removed")
        if self.mute:
            await asyncio.Event().wait()
        if seconds > 0:
            await self._gone.wait()
        return self._gone.is_set()

    def state(self) -> DeviceState:
        return self.present


class FakeCards:
    """Readers for other cards, in which a test shows cards."""

    def __init__(self) -> None:
        self.ways: frozenset[str] = frozenset({"social", "hospital"})
        self.fitted = self.ways
        self.states = {"chip_card": DeviceState.ONLINE, "magnetic_stripe": DeviceState.ONLINE}
        self.forgotten = 0
        self._cards: asyncio.Queue[Shown | DeviceError] = asyncio.Queue()
        self._gone = asyncio.Event()
        self._gone.set()

    @property
    def parts(self) -> list[PartState]:
        return [PartState(kind, kind, state) for kind, state in self.states.items()]

    def show(self, card: Shown | DeviceError) -> None:
        if isinstance(card, Shown) and card.stays:
            self._gone.clear()
        self._cards.put_nowait(card)

    def take(self) -> None:
        self._gone.set()

    async def shown(self) -> Shown:
        card = await self._cards.get()
        if isinstance(card, DeviceError):
            raise card
        return card

    async def wait_removed(self, seconds: float) -> bool:
        if seconds > 0:
            await self._gone.wait()
        return self._gone.is_set()

    def forget(self) -> None:
        self.forgotten += 1


class FakePrinter:
    """A printer that remembers its tickets. ``results`` are given in turn, then every ticket comes out.

    A print of which nothing is known is confirmed once a test says so: ``confirmations`` are given in turn.
    """

    name = "receipt-printer"

    def __init__(self) -> None:
        self.tickets: list[tuple[Face, Language, bool]] = []
        self.results: deque[Printed] = deque()
        self.mistakes: deque[Exception] = deque()
        self.present = PrinterReport(PaperSupply.FULL, None)
        self.hold = asyncio.Event()
        self.hold.set()
        self.confirmations: asyncio.Queue[bool] = asyncio.Queue()
        self.asked_to_confirm: list[str] = []

    async def print(self, face: Face, language: Language, *, reprint: bool) -> Printed:
        await self.hold.wait()
        if self.mistakes:
            raise self.mistakes.popleft()
        self.tickets.append((face, language, reprint))
        return self.results.popleft() if self.results else Printed(PrintOutcome.DONE)

    async def confirmed(self, job: str, seconds: float) -> bool:
        del seconds
        self.asked_to_confirm.append(job)
        return await self.confirmations.get()

    def confirm(self, *, came: bool) -> None:
        self.confirmations.put_nowait(came)

    async def report(self) -> PrinterReport:
        return self.present


class FakeDevices:
    def __init__(self) -> None:
        self.reader = FakeReader()
        self.printer = FakePrinter()


class FakeCabinet:
    """A cabinet that remembers how it was lit, and whose contacts a test moves."""

    name = "cabinet"

    def __init__(self) -> None:
        self.lit: list[dict[Part, Shine]] = []
        self.present = CabinetReport(DeviceState.ONLINE)
        self._news = asyncio.Condition()

    def shine(self, lights: Mapping[Part, Shine]) -> None:
        self.lit.append(dict(lights))

    def report(self) -> CabinetReport:
        return self.present

    async def changed(self) -> None:
        async with self._news:
            await self._news.wait()

    async def move(self, present: CabinetReport) -> None:
        self.present = present
        async with self._news:
            self._news.notify_all()


class FakeLobby:
    """A server in which a test puts the answers. ``failures`` are raised in turn by the call named."""

    def __init__(self) -> None:
        self.away_because: Away | None = None
        self.away_since: datetime | None = None
        self.hall: HallInfo | None = people.HALL
        self.version = 1
        self.answer: IdentifyReply = people.reply(people.patient(appointments=[people.appointment()]))
        self.tickets: dict[str, TicketView] = {"t1": people.ticket()}
        self.hold = asyncio.Event()
        """Cleared, a ticket that is asked for does not come."""
        self.hold.set()
        self.rejoined: TicketView | None = None
        self.because: WhyReply = people.why()
        self.ahead: GuideSlip = people.slip(given=False)
        self.slip: GuideSlip = people.slip()
        self.failures: dict[str, deque[Exception]] = {}
        self.calls: list[tuple[str, tuple[object, ...]]] = []
        self.prints: list[tuple[str, PrintReport, bool]] = []
        self.devices: list[Sequence[DeviceReport]] = []
        self.visits = 0
        self.time = people.at(9, 41)
        self._news = asyncio.Event()
        self._intents = itertools.count(1)

    @property
    def online(self) -> bool:
        return self.away_because is None

    def turn(self, *, online: bool, because: Away = Away.UNREACHED) -> None:
        self.away_because = None if online else because
        self.version += 1
        self._news.set()

    def fail(self, call: str, *errors: Exception) -> None:
        self.failures.setdefault(call, deque()).extend(errors)

    def called(self, call: str) -> list[tuple[object, ...]]:
        return [values for name, values in self.calls if name == call]

    async def changed(self, since: int) -> None:
        while self.version == since:
            self._news.clear()
            await self._news.wait()

    def new_intent(self) -> str:
        return f"intent-{next(self._intents)}"

    def _take(self, call: str, *values: object) -> None:
        self.calls.append((call, values))
        if self.failures.get(call):
            raise self.failures[call].popleft()

    async def identify(self, asked: Identify) -> IdentifyReply:
        self._take("identify", asked.kind, asked.value, asked.name)
        return self.answer

    async def check_in(self, intent: str, person: str, appointment: str) -> TicketView:
        self._take("check_in", intent, person, appointment)
        return self.tickets["t1"]

    async def join(self, intent: str, queue: str, person: str | None, registration: str | None) -> TicketView:
        self._take("join", intent, queue, person, registration)
        return self.tickets["t1"]

    async def rejoin(self, intent: str, ticket: str) -> TicketView:
        self._take("rejoin", intent, ticket)
        return self.rejoined or people.ticket(ticket, ahead=9)

    async def ticket(self, ticket: str) -> TicketView:
        self._take("ticket", ticket)
        await self.hold.wait()
        return self.tickets[ticket]

    async def why(self, one: str, other: str) -> WhyReply:
        self._take("why", one, other)
        return self.because

    async def look_ahead(self, person: str) -> GuideSlip:
        self._take("look_ahead", person)
        return self.ahead

    async def guide_slip(self, person: str) -> GuideSlip:
        self._take("guide_slip", person)
        return self.slip

    async def take_slip(self, intent: str, person: str, orders: Sequence[str]) -> GuideSlip:
        self._take("take_slip", intent, person, tuple(orders))
        return self.slip

    def settle_print(self, ticket: str, outcome: PrintReport, *, reprint: bool) -> None:
        self.prints.append((ticket, outcome, reprint))

    def visit_over(self) -> None:
        self.visits += 1

    def now(self) -> datetime:
        return self.time

    def tell_devices(self, devices: Sequence[DeviceReport]) -> None:
        self.devices.append(devices)


class FakeVoice:
    """A voice that remembers what it said and when it was silenced."""

    state = VoiceState.SPEAKING

    def __init__(self) -> None:
        self.said: list[tuple[Words, Language]] = []
        self.silenced = 0

    def say(self, words: Words, language: Language) -> None:
        self.said.append((words, language))

    def silence(self) -> None:
        self.silenced += 1
        self.said = []


class Room:
    """A whole world of fakes."""

    def __init__(self) -> None:
        self.ui = FakeUi()
        self.devices = FakeDevices()
        self.lobby = FakeLobby()
        self.voice = FakeVoice()
        self.clock = FakeClock()
        self.world = World(self.ui, self.devices, self.lobby, self.voice, self.clock, Durations())

    @property
    def reader(self) -> FakeReader:
        return self.devices.reader

    @property
    def printer(self) -> FakePrinter:
        return self.devices.printer
