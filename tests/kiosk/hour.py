"""A hospital's hour at one kiosk: patients, one after the other, while staff and chance play with its devices.

The kiosk is the whole of it but its window, with the times it has in a hospital; its server is real. Every device is a
simulator at the wire, which can be muted, unplugged, left without paper or started anew while a patient stands there.
"""

from __future__ import annotations

import asyncio
import gc
import random
import re
import resource
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from kiosk.faults import FAULTS
from kiosk.screen import Drawing, Kind, Screen
from queue_server.engine.entries import Ticket
from queue_server.engine.events import PrintReported, Recorded
from tests.drivers.conftest import SimulatorProcess
from tests.kiosk.fakes import FakeUi
from tests.queue_server.api.rig import Site

AWAY = {FAULTS[name].code for name in ("printer_offline", "reader_offline")}
PATIENCE = 90.0
"""Seconds of real time in which a screen has to change, whatever is wrong."""
MOST_SCREENS = 30
CARD = 0.3
"""How many of the patients lay a card, where it does not matter."""


class FarEnds:
    """Every device's simulator, each of which can be ended and started anew where it was."""

    def __init__(self, folder: Path) -> None:
        links = {name: folder / name for name in ("reader", "scanner", "cabinet")}
        self.commands = {
            "reader": ["drivers.identity_card.simulator", "--pty", "--link", str(links["reader"]), "--fast"],
            "printer": ["drivers.receipt_printer.simulator", "--tcp", "127.0.0.1:0", "--fast"],
            "scanner": ["drivers.scanner.simulator", "--link", str(links["scanner"]), "--fast"],
            "cabinet": ["drivers.cabinet.simulator", "--pty", "--link", str(links["cabinet"]), "--fast"],
        }
        self.ends = {name: SimulatorProcess(*command) for name, command in self.commands.items()}
        self.urls = {name: end.url for name, end in self.ends.items()}
        at = urlsplit(self.urls["printer"])
        self.commands["printer"][2] = f"{at.hostname}:{at.port}"
        self._printed_before = 0

    def tell(self, device: str, verb: str, **arguments: object) -> dict[str, object]:
        return self.ends[device].tell(verb, **arguments)

    def restart(self, device: str) -> None:
        """End the process and start another: what it held is lost, as with a device that lost its power."""
        if device == "printer":
            self._printed_before = self.printed()
        self.ends[device].end()
        self.ends[device] = SimulatorProcess(*self.commands[device])

    def printed(self) -> int:
        """How many whole tickets came out so far."""
        return self._printed_before + sum(job["complete"] for job in self.tell("printer", "jobs")["jobs"])

    def mend(self) -> None:
        """Do what staff do: all is plugged in, loaded, closed and free, and no fault stands."""
        for name in self.ends:
            self.tell(name, "clear_fault")
            self.tell(name, "plug")
        for verb, state in (("paper", "load"), ("cover", "closed"), ("cutter", "free")):
            self.tell("printer", verb, state=state)
        for number in (0, 1):
            self.tell("cabinet", "contact", number=number, state="closed")

    def end(self) -> None:
        for end in self.ends.values():
            end.end()


@dataclass(frozen=True)
class Mishap:
    """Something that goes wrong. ``at``: the screen that stands when it does; ``START``: as the visit begins."""

    name: str
    act: Callable[[FarEnds], object]
    at: Kind = Kind.START


def fault(device: str, action: str, at: Kind = Kind.START, **values: object) -> Mishap:
    name = f"{device} {action} {values.get('on', '')}".strip()
    return Mishap(name, lambda ends: ends.tell(device, "fault", action=action, **values), at)


def hand(device: str, verb: str, at: Kind = Kind.START, **values: object) -> Mishap:
    name = f"{device} {verb} {values.get('state', '')}".strip()
    return Mishap(name, lambda ends: ends.tell(device, verb, **values), at)


def restart(device: str, at: Kind = Kind.START) -> Mishap:
    return Mishap(f"{device} restarted", lambda ends: ends.restart(device), at)


def spew(ends: FarEnds) -> None:
    """A scanner that has gone mad: four kilobytes without an end, and noise."""
    for action in ("overlong", "garbage_prefix", "no_suffix"):
        ends.tell("scanner", "fault", action=action, on="scan")
        ends.tell("scanner", "scan", text="HZ:0000000000000000000000")


MISHAPS = [
    hand("reader", "unplug", Kind.PROMPT),
    hand("printer", "unplug", Kind.CHOOSE),
    hand("scanner", "unplug"),
    hand("cabinet", "unplug"),
    hand("cabinet", "power_cycle"),
    hand("cabinet", "contact", number=1, state="open"),
    restart("reader"),
    restart("printer"),
    restart("scanner"),
    restart("cabinet"),
    fault("reader", "mute", Kind.PROMPT, times=0),
    fault("reader", "garbage_prefix", times=0),
    fault("reader", "half_frame", on="read"),
    fault("reader", "false_length", on="read"),
    fault("reader", "pulled", on="read"),
    fault("reader", "close_line", on="read"),
    fault("printer", "near_end", on="row", after=40),
    fault("printer", "paper_out", on="row", after=80),
    fault("printer", "cover_open", on="row", after=80),
    fault("printer", "cutter_jam", on="cut"),
    fault("printer", "late", on="process_id", times=2, value=8),
    fault("printer", "mute", on="process_id", times=2),
    fault("printer", "lose_job", on="job"),
    fault("printer", "close_line", on="process_id", times=2),
    fault("printer", "garbage_prefix", on="status", times=0),
    fault("printer", "mute", Kind.CHOOSE, times=0),
    fault("printer", "stop_reading", Kind.CHOOSE),
    hand("printer", "paper", state="out"),
    hand("printer", "cover", Kind.CHOOSE, state="open"),
    hand("printer", "cutter", state="jam"),
    Mishap("scanner spews", spew),
]


class Glass(FakeUi):
    """The screen, with a count of all that was ever shown, which a wipe leaves as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0
        self.changed = asyncio.Condition()
        self._telling: set[asyncio.Task[None]] = set()

    def show(self, screen: Screen) -> int:
        self.total += 1
        serial = super().show(screen)
        task = asyncio.ensure_future(self._tell())
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)
        return serial

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def next(self, seen: int) -> Screen:
        """The screen that stands, once more than ``seen`` were shown."""
        async with asyncio.timeout(PATIENCE), self.changed:
            await self.changed.wait_for(lambda: self.total > seen and bool(self.screens))
        return self.screen


@dataclass
class Visited:
    """What came of one visit."""

    mishap: str
    happened: bool = False
    ends_with: str = ""
    number: str | None = None
    told: list[str] = field(default_factory=list)
    printed: int = 0


class Patient:
    """Somebody who does what the screens say, with a card or without."""

    def __init__(self, ui: Glass, ends: FarEnds, visited: Visited, document: dict[str, str] | None) -> None:
        self.ui, self.ends, self.visited, self.document = ui, ends, visited, document
        self._has_begun = self._has_laid = False

    def has_left(self, screen: Screen) -> bool:
        return self._has_begun and screen.kind is Kind.START

    def answer(self, screen: Screen) -> None:
        """Do what the screen asks for; a card that was not read is not tried again."""
        acts = {
            Kind.START: self._begin,
            Kind.CHOOSE: lambda _: self.ui.tap("choose", 0 if self.document is not None else 1),
            Kind.PROMPT: self._handle_card,
            Kind.CONFIRM: lambda _: self.ui.tap("confirm"),
            Kind.TICKET: self._take_ticket,
            Kind.WAIT: lambda _: None,
        }
        acts.get(screen.kind, self._go)(screen)

    def _begin(self, _: Screen) -> None:
        self._has_begun = True
        self.ui.tap("start")

    def _handle_card(self, screen: Screen) -> None:
        if screen.drawing is Drawing.TAKE_CARD:
            self.ends.tell("reader", "remove")
        elif screen.drawing is Drawing.LAY_CARD and self.document is not None:
            if not self._has_laid:  # the prompt comes again as other readers die and come back
                self._has_laid = True
                self.ends.tell("reader", "lay", document=self.document)
        elif screen.drawing is not Drawing.HOLD_CARD:
            self._go(screen)

    def _take_ticket(self, screen: Screen) -> None:
        self.visited.number = screen.ticket.number
        self.visited.ends_with = screen.staff_code
        self.ends.tell("reader", "remove")
        self.ui.tap("finish")

    def _go(self, screen: Screen) -> None:
        self.visited.ends_with = screen.staff_code
        self.ui.tap("home" if screen.home else "finish")


class Hour:
    """The patients of an hour, and what they, the server and the printer saw."""

    def __init__(self, site: Site, ends: FarEnds, ui: Glass, seed: int) -> None:
        self.site, self.ends, self.ui = site, ends, ui
        self.rng = random.Random(seed)
        self.visits: list[Visited] = []
        self.reports: list[PrintReported] = []
        self.cards = [card for card in site.cards if re.fullmatch(r"预约 (08|09):\d\d \S+", card.note)]
        self.rng.shuffle(self.cards)
        self._batches = site.lobby.service.subscribe()
        self._listening = asyncio.ensure_future(self._listen())
        self._news = asyncio.Condition()

    async def _listen(self) -> None:
        async for batch in self._batches:
            self.reports += [one.event for one in batch if _is_report(one)]
            async with self._news:
                self._news.notify_all()

    def close(self) -> None:
        self._batches.close()
        self._listening.cancel()

    def mishaps(self, count: int) -> list[Mishap]:
        """So many, every one of them before any comes again."""
        chosen: list[Mishap] = []
        while len(chosen) < count:
            chosen += self.rng.sample(MISHAPS, len(MISHAPS))
        return chosen[:count]

    async def visit(self, mishap: Mishap | None) -> Visited:
        """One patient comes, does what the screens say, and leaves; staff mend what is broken."""
        visited = Visited("nothing" if mishap is None else mishap.name)
        self.visits.append(visited)
        before, reported = self.ends.printed(), len(self.reports)
        needs_card = mishap is not None and mishap.name.startswith("reader")
        card = self.cards.pop() if self.cards and (needs_card or self.rng.random() < CARD) else None
        document = None
        if card is not None:
            face = card.face
            document = {
                "kind": "resident", "name": face.name, "number": face.number, "birth": face.birth,
                "sex": "1" if face.sex == "男" else "2", "valid_to": "20400101",
            }  # fmt: skip
        await self._walk(visited, mishap, document)
        self.ends.tell("reader", "remove")
        if visited.number is not None:
            async with asyncio.timeout(PATIENCE), self._news:
                await self._news.wait_for(lambda: self._told(visited, reported))
            visited.told = self._told(visited, reported)
        self.ends.mend()
        await self.ui.until_kind(Kind.START)
        visited.printed = self.ends.printed() - before
        return visited

    async def recover(self) -> Visited:
        """Patients without a card come until the printer was found again; the last of them."""
        cards, self.cards = self.cards, []
        while (visited := await self.visit(None)).ends_with in AWAY:
            pass
        self.cards = cards
        return visited

    async def _walk(self, visited: Visited, mishap: Mishap | None, document: dict[str, str] | None) -> None:
        patient = Patient(self.ui, self.ends, visited, document)
        seen = 0
        await self.ui.until_kind(Kind.START)
        for _ in range(MOST_SCREENS):
            screen = await self.ui.next(seen)
            seen = self.ui.total
            if mishap is not None and screen.kind is mishap.at:
                await asyncio.to_thread(mishap.act, self.ends)
                mishap, visited.happened = None, True
                if self.ui.total > seen:
                    continue
            if patient.has_left(screen):
                return
            patient.answer(screen)
        raise AssertionError(f"{visited}: no end after {MOST_SCREENS} screens, the last was {self.ui.screen}")

    def _told(self, visited: Visited, since: int) -> list[str]:
        """What the kiosk has told of the visit's paper. Of another's it may tell meanwhile: a printer confirms late."""
        ticket = self.ticket(visited)
        return [one.outcome for one in self.reports[since:] if one.ticket == ticket.id]

    def ticket(self, visited: Visited) -> Ticket:
        return next(one for one in self.site.state.tickets.values() if one.number == visited.number)


def _is_report(recorded: Recorded) -> bool:
    return isinstance(recorded.event, PrintReported)


def held(secrets: list[str]) -> list[str]:
    """Which objects of kiosk and drivers hold one of these texts."""
    gc.collect()
    found = []
    for one in gc.get_objects():
        if not type(one).__module__.startswith(("kiosk.", "drivers.")):
            continue
        slots = [name for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ())]
        values = [*getattr(one, "__dict__", {}).values(), *(getattr(one, name, None) for name in slots)]
        if any(isinstance(value, str) and secret in value for value in values for secret in secrets):
            found.append(type(one).__qualname__)
    return found


@dataclass(frozen=True)
class Resources:
    """What the process has in hand, but for the threads of the event loop's own pool."""

    threads: int
    descriptors: int
    objects: int
    megabytes: float
    """Of memory in use, the server's included."""

    @classmethod
    def now(cls) -> Resources:
        gc.collect()
        own = sum(type(one).__module__.startswith(("kiosk.", "drivers.")) for one in gc.get_objects())
        threads = [one for one in threading.enumerate() if not one.name.startswith("asyncio_")]
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        megabytes = pages * resource.getpagesize() / 2**20
        return cls(len(threads), len(list(Path("/proc/self/fd").iterdir())), own, megabytes)
