"""The simulated printer: receive buffer, head, cutter, sensors and status."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.faults import LINE_ACTIONS, Delivery, Fault, FaultPlan, deliver
from drivers.receipt_printer.simulator.interpreter import Interpreter
from drivers.receipt_printer.simulator.paper import Paper, ticket_name
from drivers.receipt_printer.simulator.realtime import RealTimeFilter
from drivers.receipt_printer.simulator.sensors import Sensors
from drivers.simulator import ControlError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from pathlib import Path

    from drivers.simulator import DeviceLine

OWN_ACTIONS = frozenset(
    {
        "paper_out", "near_end", "cover_open", "cutter_jam", "head_hot", "unrecoverable", "lose_job", "no_process_id",
    }
)  # fmt: skip
"""Faults of the printer itself. ``on`` is ``row`` of dots (so ``after`` places it in a ticket), ``cut`` or ``job``;
answers are named ``status``, ``automatic``, ``sensor``, ``process_id`` and ``cleared``."""

_PACE_ROWS = 16
_WIDTHS = {80: 576, 58: 384}


class _ClearedError(Exception):
    """The buffers were cleared while a command was being read."""


@dataclass(frozen=True, slots=True)
class Make:
    """What kind of printer is simulated.

    Attributes:
        paper_mm: 80 or 58.
        speed_mm_s: paper speed; None = as fast as the machine goes.
        buffer: bytes of receive buffer.
        basic: a clone: no process-id response, no ``DLE DC4 8``, ``DLE ENQ 2`` for cutter errors only.
        directory: where pictures of the tickets are saved; None = nowhere.
    """

    paper_mm: int = 80
    speed_mm_s: float | None = 150.0
    buffer: int = 8192
    basic: bool = False
    directory: Path | None = None


class SimulatedPrinter:
    """A printer as its host and its operator see it. See ``drivers.simulator.SimulatedDevice``."""

    def __init__(self, make: Make) -> None:
        self.faults = FaultPlan(LINE_ACTIONS | OWN_ACTIONS)
        self.paper = Paper(make.paper_mm, _WIDTHS[make.paper_mm], make.directory)
        self._make = make
        self._line: DeviceLine | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = False
        self._changed = asyncio.Event()
        self._buffer = bytearray()
        self._real_time = RealTimeFilter()
        self._sensors = Sensors()
        self._automatic = 0
        self._told: bytes | None = None
        self._in_job = False
        self._losing = False
        self._clearings = 0
        self._step_began = 0
        self._rejected: list[str] = []
        self._processes: list[str] = []
        self._received = 0
        self._moved_until = 0.0

    # -- the line

    def attached(self, line: DeviceLine) -> None:
        """Serve this host from now on."""
        self._line = line
        if not self._running:
            self._running = True
            self._spawn(self._work())

    def detached(self) -> None:
        """Lose the host. What is in the buffer stays and is printed, as on a real printer."""
        self._line = None
        self._real_time.reset()

    async def receive(self, data: bytes) -> None:
        """Take bytes from the host; returns when they fit the buffer."""
        self._received += len(data)
        for plain, command in self._real_time.split(data):
            if command is not None:
                self._obey(command)
            await self._keep(plain)
        self._notify()

    async def _keep(self, plain: bytes) -> None:
        """Put bytes into the receive buffer as it empties."""
        while plain:
            while len(self._buffer) >= self._make.buffer:
                self._notify()
                await self._wait_change()
            room = self._make.buffer - len(self._buffer)
            self._buffer += plain[:room]
            plain = plain[room:]

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _answer(self, data: bytes, what: str) -> None:
        """Put an answer on the wire as the fault plan has it; a late one is overtaken by those after it."""
        delivery = deliver(data, self.faults.strike(what))
        line = self._line
        if line is None:
            return

        async def later(wait: float, rest: Delivery) -> None:
            await asyncio.sleep(wait)
            await line.send(rest)

        wait = delivery.pieces[0][0] if delivery.pieces else 0.0
        rest = Delivery(
            tuple((0.0 if index == 0 else gap, piece) for index, (gap, piece) in enumerate(delivery.pieces)),
            unplug=delivery.unplug,
            replug_after=delivery.replug_after,
        )
        self._spawn(later(wait, rest))

    def _notify(self) -> None:
        self._changed.set()

    async def _wait_change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    # -- status

    def _sensors_changed(self) -> None:
        status = self._sensors.automatic()
        if self._automatic and status != self._told:
            self._told = status
            self._answer(status, "automatic")
        self._notify()

    def _obey(self, command: str) -> None:
        if command.startswith("status"):
            self._answer(bytes([self._sensors.status(int(command[-1]))]), "status")
        elif command == "clear" and not self._make.basic:
            self._clear()
            self._answer(b"\x37\x25\x00", "cleared")
        elif command == "clear and recover":
            if self._sensors.cutter_error if self._make.basic else self._sensors.offline:
                self._clear()
                self._recover()
        elif command == "recover":
            self._recover()

    def _recover(self) -> None:
        """Try the cutter again: where nothing holds it any more, printing goes on with the cut that failed."""
        if self._sensors.cutter_error and not self._sensors.jammed:
            self._sensors.cutter_error = False
            self._sensors_changed()

    def _clear(self) -> None:
        if self._in_job or self._buffer:
            self.paper.torn = self.paper.torn or self.paper.uncut_ink
        self._buffer.clear()
        self._clearings += 1
        self._notify()

    # -- what the interpreter asks for

    async def _work(self) -> None:
        interpreter = Interpreter(self)
        while True:
            self._step_began = self._clearings
            try:
                await interpreter.step()
            except _ClearedError:
                interpreter.forget()
                self._in_job = False

    async def _until(self, holds: Callable[[], bool] = lambda: True) -> None:
        """Wait until the printer is online and ``holds``; a clearing meanwhile ends the command being read."""
        while self._clearings == self._step_began and (self._sensors.offline or not holds()):
            await self._wait_change()
            # The paper stood still meanwhile, and starts from here.
            self._moved_until = max(self._moved_until, asyncio.get_running_loop().time())
        if self._clearings != self._step_began:
            raise _ClearedError

    async def take(self, count: int) -> bytes:
        """See ``Mechanism``."""
        taken = bytearray()
        while len(taken) < count:
            await self._until(lambda: bool(self._buffer))
            step = self._buffer[: count - len(taken)]
            del self._buffer[: len(step)]
            taken += step
            self._notify()
        return bytes(taken)

    async def move(self, rows: list[bytes]) -> None:
        """See ``Mechanism``."""
        for row in rows:
            for fault in self.faults.strike("row"):
                self._break(fault)
            await self._until()
            if not self._losing:
                self.paper.add(row)
            await self._pace()

    async def _pace(self) -> None:
        """Take the time of one row, by the clock: a step that came late is made up for by the next."""
        if self._make.speed_mm_s is not None:
            self._moved_until += 1 / (8 * self._make.speed_mm_s)
            if self._moved_until - asyncio.get_running_loop().time() >= _PACE_ROWS / (8 * self._make.speed_mm_s):
                await self._paper_stops()

    async def _paper_stops(self) -> None:
        await asyncio.sleep(max(0.0, self._moved_until - asyncio.get_running_loop().time()))

    async def cut(self, *, partial: bool) -> None:
        """See ``Mechanism``."""
        for fault in self.faults.strike("cut"):
            self._break(fault)
        await self._until()
        await self._paper_stops()
        self._in_job = False
        self.paper.cut(partial=partial)
        self._notify()

    def begin_job(self) -> None:
        """See ``Mechanism``."""
        if not self._in_job:
            self._in_job = True
            self._losing = any(fault.action == "lose_job" for fault in self.faults.strike("job"))

    def _lost(self) -> bool:
        """Tell whether an answer is lost with its job: the questions up to the first one after the cut."""
        losing = self._losing
        self._losing = losing and self._in_job
        return losing

    def report_automatically(self, events: int) -> None:
        """See ``Mechanism``. The state is reported at once when reporting begins."""
        self._automatic = events
        if events:
            self._told = self._sensors.automatic()
            self._answer(self._told, "automatic")

    async def answer_sensor(self) -> None:
        """See ``Mechanism``."""
        if self._lost():
            return
        self._answer(bytes([self._sensors.paper()]), "sensor")

    async def answer_process(self, process_id: bytes) -> None:
        """See ``Mechanism``."""
        if self._make.basic or self.faults.holds("no_process_id"):
            self.reject("GS ( H")
            return
        if self._lost():
            return
        await self._paper_stops()
        self._processes.append(process_id.decode("ascii", "replace"))
        self._answer(b"\x37\x22" + process_id + b"\x00", "process_id")

    def reject(self, what: str) -> None:
        """See ``Mechanism``."""
        self._rejected.append(what)

    # -- the operator

    def _break(self, fault: Fault) -> None:
        if self._sensors.strike(fault):
            self._sensors_changed()

    async def control(self, verb: str, arguments: dict[str, object]) -> dict[str, object]:
        """Carry out the operator's verbs: see docs/receipt-printer.md."""
        match verb:
            case "status":
                return self._state()
            case "jobs":
                return {"jobs": [self._job(index) for index in range(len(self.paper.tickets))]}
            case "wait_jobs":
                await self._until_cut(arguments.get("count"))
            case "image":
                number = arguments.get("number")
                if not isinstance(number, int) or not 1 <= number <= len(self.paper.tickets):
                    raise ControlError(f"number = {number!r} is not the number of a ticket that was cut")
                return {"png": base64.b64encode(self.paper.tickets[number - 1].png).decode()}
            case _:
                self._touch(verb, arguments)
        return {}

    def _touch(self, verb: str, arguments: dict[str, object]) -> None:
        """Do what an operator does with his hands."""
        match verb:
            case "paper":
                states = {"load": "full", "near_end": "near_end", "out": "out"}
                self._sensors.supply = states[_choice(arguments, "state", states)]
            case "cover":
                self._sensors.cover_open = _choice(arguments, "state", ("open", "closed")) == "open"
            case "cutter":
                self._handle_cutter(jams=_choice(arguments, "state", ("jam", "free")) == "jam")
            case "head":
                self._sensors.hot = _choice(arguments, "state", ("hot", "cool")) == "hot"
            case "failure":
                self._sensors.failed = _choice(arguments, "state", ("unrecoverable", "none")) == "unrecoverable"
            case "tear":
                self._in_job = False
                self.paper.cut(partial=False)
            case "power_cycle":
                self._clear()
                self._sensors.failed = False  # what such a fault asks for
                self._sensors.cutter_error = self._sensors.jammed
                self._automatic, self._told = 0, None
                self._rejected.clear()
                self._processes.clear()
            case _:
                raise ControlError(f"there is no verb {verb!r}")
        self._sensors_changed()

    def _handle_cutter(self, *, jams: bool) -> None:
        """Jam it, or free it with the cover open; the error it told of stays until the host has it recovered."""
        if jams:
            self._sensors.cutter_error = True
        elif self._sensors.jammed:
            was_open, self._sensors.cover_open = self._sensors.cover_open, True
            self._sensors_changed()
            self._sensors.cover_open = was_open
        self._sensors.jammed = jams

    async def _until_cut(self, count: object) -> None:
        if not isinstance(count, int):
            raise ControlError(f"count = {count!r} is not a number of tickets")
        while len(self.paper.tickets) < count:
            await self._wait_change()

    def _state(self) -> dict[str, object]:
        return {
            "paper": self._sensors.supply,
            "cover": "open" if self._sensors.cover_open else "closed",
            "cutter": "jam" if self._sensors.jammed else "free",
            "head": "hot" if self._sensors.hot else "cool",
            "failure": "unrecoverable" if self._sensors.failed else "none",
            "offline": self._sensors.offline,
            "buffered": len(self._buffer),
            "received": self._received,
            "uncut_rows": self.paper.uncut_rows,
            "uncut_ink": self.paper.uncut_ink,
            "tickets": len(self.paper.tickets),
            "processes": list(self._processes),
            "rejected": list(self._rejected),
        }

    def _job(self, index: int) -> dict[str, object]:
        ticket = self.paper.tickets[index]
        directory = self._make.directory
        return {
            "number": ticket.number,
            "complete": ticket.complete,
            "width": ticket.width,
            "height": ticket.height,
            "sha256": ticket.sha256,
            "png": str(directory / ticket_name(ticket)) if directory is not None else None,
            "png_bytes": len(ticket.png),
            "texts": list(ticket.texts),
            "codes": list(ticket.codes),
        }


def _choice(arguments: dict[str, object], key: str, choices: Iterable[str]) -> str:
    value = arguments.get(key)
    known = tuple(choices)
    if not isinstance(value, str) or value not in known:
        raise ControlError(f"{key} = {value!r} is not one of {', '.join(known)}")
    return value
