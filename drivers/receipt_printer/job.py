"""One ticket on its way: sending it, watching the printer, and clearing up after it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.device import DeviceError, DeviceState
from drivers.receipt_printer.commands import (
    CLEAR_AND_RECOVER,
    CLEAR_BUFFERS,
    MAX_BAND_BYTES,
    READ_UP_TO_HERE,
    RECOVER,
    Unit,
    cut,
    initialise,
    printed_up_to_here,
)
from drivers.receipt_printer.pacing import Pacer
from drivers.transport import deadline_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drivers.receipt_printer.conversation import Conversation
    from drivers.receipt_printer.profile import Profile
    from drivers.receipt_printer.status import PrinterStatus

_COMPLETE_THE_COMMAND = bytes(MAX_BAND_BYTES + 64)
"""NULs: whatever command was cut short takes them as white dots, and a printer between commands ignores them."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The printer's waits, in seconds.

    Attributes:
        connect: for opening the line.
        answer: for an answer to a status question.
        stall: how long the printer may take no data while it prints.
        margin: added to the computed time of printing before its confirmation counts as missing.
        look: between two looks at a printer that does not report by itself.
        resume: how long a head may cool, or a jammed cutter be freed, until the ticket is given up; 0 = at once.
    """

    connect: float = 3.0
    answer: float = 1.0
    stall: float = 5.0
    margin: float = 5.0
    look: float = 0.25
    resume: float = 10.0


_RESUMABLE = frozenset({"cutter_jam", "head_hot"})
"""Faults after which the rest makes the ticket whole. Paper that ended, or moved under an open cover, does not."""


class StoppedError(Exception):
    """Printing cannot go on: the reason is a status's, the line's, or the caller's wish."""

    def __init__(self, error: str, status: PrinterStatus | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


class Mark:
    """A question put behind what was sent, whose answer says how far the printer is.

    ``GS ( H`` is answered when everything before it is on paper; where the printer lacks it, ``GS r`` when everything
    before it was read.
    """

    def __init__(self, talk: Conversation, profile: Profile, ids: Iterator[bytes], ahead: int = 0) -> None:
        self.process_id = next(ids)
        self._talk = talk
        self._by_id = profile.process_id
        self._sensed = talk.sensed + ahead + 1
        self.unit = Unit(printed_up_to_here(self.process_id) if self._by_id else READ_UP_TO_HERE)

    @property
    def reached(self) -> bool:
        """Whether it was answered."""
        return self.process_id in self._talk.printed if self._by_id else self._talk.sensed >= self._sensed


class PrintJob:
    """One ticket on one line.

    The whole ticket may be on paper as soon as its last ink is. Behind a picture a mark tells of that. A line in the
    printer's own font has white rows below its characters, and paper may end in them: there the mark stands before it.

    Args:
        talk: to the printer.
        profile: what it can do.
        timing: the waits.
        ids: for the marks.
        units: the ticket, without what begins and ends it.

    Attributes:
        last: the mark at the last ink: as long as it is not answered, that is not on paper.
        end: the mark behind the cut.
        inked: a unit with ink was begun to be written.
        ending: the last unit with ink was begun to be written, so the whole ticket may come out.
        marked: the mark at the last ink was begun to be written as well.
        sent: the cut and the mark behind it were handed over as well.
        canceled: the caller wishes it to end; once all was sent this has effect only where the printer stands still.
    """

    def __init__(
        self, talk: Conversation, profile: Profile, timing: Timing, ids: Iterator[bytes], units: list[Unit]
    ) -> None:
        self.last = Mark(talk, profile, ids)
        self.end = Mark(talk, profile, ids, ahead=1)
        self.inked = self.ending = self.marked = self.sent = self.canceled = False
        at = max((number for number, unit in enumerate(units) if unit.ink), default=-1)
        self._last_ink = units[at] if units else None
        before = at + 1 if at < 0 or units[at].exact else at
        self._units = [
            initialise(profile),
            *units[:before],
            self.last.unit,
            *units[before:],
            cut(profile),
            self.end.unit,
        ]
        self._talk = talk
        self._profile = profile
        self._timing = timing
        self._next_look = 0.0
        self._pacer: Pacer | None = None

    def is_certainly_not_whole(self, *, cleared: bool, cut_off: bool) -> bool:
        """Tell whether the ticket cannot have come out whole.

        Args:
            cleared: the printer has certainly forgotten what it had not printed.
            cut_off: it has certainly cut off what it had printed.
        """
        if not self.inked:
            return True
        if not self.ending:
            return cleared or cut_off
        return cleared and self.marked and not self.last.reached

    def cancel(self) -> None:
        """Ask it to end."""
        self.canceled = True
        self._talk.notify()

    async def run(self) -> None:
        """Send everything, cut, and wait until the printer has confirmed it.

        Raises:
            StoppedError: the printer reported a fault, did not confirm in time, or the caller gave up.
            DeviceError: the line is lost, or takes no more data.
        """
        talk = self._talk
        loop = asyncio.get_running_loop()
        pacer = self._pacer = Pacer(self._profile, loop.time())
        talk.automatic = None  # what counts from here on is what is reported from here on
        for unit in self._units:
            await self._hold(lambda: False, pacer.room_at(unit, loop.time()))
            self.inked = self.inked or unit.ink
            self.ending = self.ending or unit is self._last_ink
            self.marked = self.marked or unit is self.last.unit
            await talk.send(unit.data, self._timing.stall)
            pacer.sent(unit, talk.transport.line_time(len(unit.data)), loop.time())
        self.sent = True
        confirmed = await self._hold(lambda: self.end.reached, pacer.finished_at + self._timing.margin)
        if not confirmed:
            status = await talk.ask_status(self._timing.answer)
            if self.end.reached:
                return
            raise StoppedError(status.error or "no_confirmation", status)
        if not self._profile.process_id:
            # GS r says that all was read, not that it is on paper: wait out the printing, then look.
            await self._hold(lambda: False, pacer.finished_at)
            status = await talk.ask_status(self._timing.answer)
            if not status.ready:
                raise StoppedError(status.error or "offline", status)

    async def _hold(self, done: Callable[[], bool], deadline: float) -> bool:
        """Wait until ``done`` or the deadline, while watching the printer.

        Returns:
            Whether ``done`` held.

        Raises:
            StoppedError: the printer reported a fault, the line was lost, or the caller gave up.
        """
        talk, loop = self._talk, asyncio.get_running_loop()

        def stirred() -> bool:
            faulty = talk.automatic is not None and not talk.automatic.ready
            return done() or faulty or talk.lost is not None or (self.canceled and not self.sent)

        while True:
            await talk.wait(stirred, deadline if self._profile.asb else min(deadline, self._next_look))
            if done():
                return True
            if talk.lost is not None:
                raise StoppedError(talk.lost.error)
            if self.canceled and not self.sent:
                raise StoppedError("canceled")
            if talk.automatic is not None and not talk.automatic.ready:
                deadline += await self._mended(talk.automatic)
            if not self._profile.asb and loop.time() >= self._next_look:
                status = await talk.ask_status(self._timing.answer)
                if not status.ready and not done():
                    deadline += await self._mended(status)
                self._next_look = loop.time() + self._timing.look
            if loop.time() >= deadline:
                return False

    async def _mended(self, status: PrinterStatus) -> float:
        """Wait for a fault that leaves the ticket whole to be mended; return the seconds that took.

        For so long no paper moved: what is under way is expected so much later.

        A cutter is told once to try again (``DLE ENQ 1``), at once, while nobody's fingers are near it.

        Raises:
            StoppedError: it is no such fault, it was not mended in time, or the caller gave up.
            DeviceError: the line is lost.
        """
        talk, loop = self._talk, asyncio.get_running_loop()
        began = loop.time()
        if status.error in _RESUMABLE and self._timing.resume:
            if status.error == "cutter_jam":
                await talk.send(RECOVER, self._timing.answer)
            while loop.time() < began + self._timing.resume and status.error in _RESUMABLE:
                await talk.wait(self._is_given_up, loop.time() + self._timing.look)
                if self._is_given_up():
                    break
                status = await talk.ask_status(self._timing.answer)
            if status.ready:
                talk.automatic = None
                took = loop.time() - began
                if self._pacer is not None:
                    self._pacer.stood_still(took, loop.time())
                return took
        raise StoppedError(status.error or "offline", status)

    def _is_given_up(self) -> bool:
        # While nothing moves, what was sent can be taken back too.
        return self._talk.lost is not None or self.canceled


async def clear(talk: Conversation, profile: Profile, timing: Timing) -> bool:
    """Have the printer forget what it has not printed; tell whether that is certain."""
    before = talk.cleared
    request = CLEAR_AND_RECOVER + (CLEAR_BUFFERS if profile.clearing == "acknowledged" else b"")
    try:
        await talk.send(request, timing.answer)
        if profile.clearing == "acknowledged":
            deadline = deadline_in(timing.answer)
            await talk.wait(lambda: talk.cleared > before or talk.lost is not None, deadline)
            return talk.cleared > before
        status = await talk.ask_status(timing.answer)
    except DeviceError:
        return False  # the line is lost or stuck: nothing is certain, which is what we tell
    return profile.clearing == "trusted" and status.device is not DeviceState.UNKNOWN


async def eject(talk: Conversation, profile: Profile, timing: Timing, ids: Iterator[bytes]) -> bool:
    """Bring the printer between two commands, and cut off the half ticket that an earlier failure left.

    Returns:
        Whether the printer confirmed it; until then nothing else is printed.

    Raises:
        DeviceError: the line is lost or stuck.
    """
    loop = asyncio.get_running_loop()
    mark = Mark(talk, profile, ids)
    pacer = Pacer(profile, loop.time())
    for unit in (
        Unit(_COMPLETE_THE_COMMAND),
        initialise(profile),
        cut(profile),
        mark.unit,
    ):
        await talk.send(unit.data, timing.stall)
        pacer.sent(unit, talk.transport.line_time(len(unit.data)), loop.time())
    deadline = pacer.finished_at + timing.margin
    await talk.wait(lambda: mark.reached or talk.lost is not None, deadline)
    return mark.reached
