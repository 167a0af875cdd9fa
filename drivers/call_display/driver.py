"""A call display as a device: the newest text wins, and nobody waits for a board."""

from __future__ import annotations

import asyncio
import contextlib
import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from drivers.call_display.boards import Board, Content, Request
from drivers.call_display.codec import FrameFinder
from drivers.call_display.content import Brightness
from drivers.device import CompletionCode, DeviceError, DeviceInfo, DeviceState, HealthLevel, HealthReport
from drivers.line_device import LineDevice
from drivers.transport import Transport, deadline_in, open_transport, settle

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import time

_log = structlog.get_logger(__name__)

_SILENCE = 4
"""Characters of silence before a request: Modbus RTU parts frames by 3.5, and no other board minds."""
_DIMMING = 60.0
"""Seconds between two looks at the clock for the brightness."""
_TEST_TEXT = "8"
_AFTER_TIMEOUT = 512
"""Bytes that a late answer may still have."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The board's waits, in seconds.

    Attributes:
        connect: for opening the line.
        thought: that a board may take before it answers.
        margin: added to every computed wait.
        quiet: of silence until a line counts as quiet after an answer that did not come.
        retry: after the first failure; each further pause is twice as long.
        longest_retry: the longest pause.
        page: that one page of a longer text stands.
        refresh: after which the present text is sent again, for a board that lost its power and says nothing;
            0 = never.
    """

    connect: float = 3.0
    thought: float = 0.3
    margin: float = 0.2
    quiet: float = 0.05
    retry: float = 0.5
    longest_retry: float = 10.0
    page: float = 2.0
    refresh: float = 30.0


class ShowState(enum.StrEnum):
    """What became of a text."""

    PENDING = "pending"
    """Not on the board yet; it is tried until a newer text takes its place."""
    SHOWN = "shown"
    """The board said that it has it."""
    SENT = "sent"
    """It was sent to a board that says nothing: whether it stands there is not known."""
    SUPERSEDED = "superseded"
    """A newer text took its place before it was on the board."""
    REFUSED = "refused"
    """The board cannot show it; nothing was sent."""


@dataclass(eq=False, slots=True)
class ShowTicket:
    """What ``CallDisplay.show`` hands out: it says what became of the text, now and later.

    Attributes:
        text: the text.
        state: what became of it.
        error: why it is not on the board: ``unsupported_text``, ``refused``, ``not_taken``, ``garbled``, or the line's
            (``timeout``, ``gone``, ...); None while nothing failed.
        message: one sentence for staff, or None.
    """

    text: str
    state: ShowState = ShowState.PENDING
    error: str | None = None
    message: str | None = None
    _ended: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    async def ended(self, timeout: float) -> ShowState:
        """Wait up to ``timeout`` seconds until it is no longer pending; return the state. No call needs to wait."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._ended.wait()
        return self.state

    def _end(self, state: ShowState, failure: DeviceError | None = None) -> None:
        if self.state is ShowState.PENDING:
            self.state = state
            self._fail(failure)
            self._ended.set()

    def _fail(self, failure: DeviceError | None) -> None:
        self.error = failure.error if failure is not None else None
        self.message = failure.message if failure is not None else None


@dataclass(frozen=True, slots=True)
class _Present:
    """The text that should stand on the board."""

    ticket: ShowTicket
    content: Content


def _wall_clock() -> time:
    return datetime.now().astimezone().time()


class CallDisplay(LineDevice[Transport]):
    """A board that shows whose turn it is (``drivers.device.Device``).

    ``show`` may be called at any time, of a closed or silent board too: a board that comes into use, or comes back, is
    given the present text.

    Args:
        name: what the rest of the system calls it.
        url: see ``drivers.transport``.
        board: which kind it is.
        timing: the waits.
        brightness: how bright it is by day and by night; None = as the board is set.
        clock: the time of day on the wall.
    """

    def __init__(
        self,
        name: str,
        url: str,
        board: Board,
        *,
        timing: Timing | None = None,
        brightness: Brightness | None = None,
        clock: Callable[[], time] = _wall_clock,
    ) -> None:
        super().__init__(DeviceInfo(name=name, kind="call_display", driver=board.driver, url=url))
        self._board = board
        self._timing = timing or Timing()
        self._brightness = brightness
        self._clock = clock
        self._finder = FrameFinder(board.shape) if board.shape is not None else None
        self._dirty = False
        self._doubtful = False
        self._present: _Present | None = None
        self._page = 0
        self._changed = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._failing: str | None = None

    # -- what it is for

    @property
    def present(self) -> str | None:
        """The text that should stand on the board; None = none was given yet."""
        return self._present.ticket.text if self._present is not None else None

    def show(self, text: str) -> ShowTicket:
        """Have a text shown in place of the one before; returns at once, whatever the board does.

        Never raises: a text that the board cannot show is ``REFUSED`` by its ticket, and the one before stays.
        """
        ticket = ShowTicket(text)
        try:
            content = self._board.content(text)
        except DeviceError as failure:
            ticket._end(ShowState.REFUSED, failure)  # noqa: SLF001 -- a ticket is written here and nowhere else
            return ticket
        if self._present is not None:
            self._present.ticket._end(ShowState.SUPERSEDED)  # noqa: SLF001
        self._present = _Present(ticket, content)
        self._page = 0
        self._changed.set()
        return ticket

    # -- the life of a device

    async def _connect(self) -> Transport:
        line = await open_transport(self._info.url, timeout=self._timing.connect)
        self._dirty = False
        return line

    async def _greet(self) -> None:
        await self._carry_out(self._board.ask())
        self._changed.set()
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._deliver(), name=self._info.name)
            self._worker.add_done_callback(_tell_failure)

    async def close(self) -> None:
        """See ``Device``. The present text is kept for the next time it is opened."""
        worker, self._worker = self._worker, None
        await super().close()
        if worker is not None and worker is not asyncio.current_task():
            worker.cancel()
            await asyncio.wait({worker})

    async def _examine(self, level: HealthLevel) -> HealthReport:
        """Ask a board that can be asked, show the present text again to one that answers only that.

        Beyond ``INTERNAL`` it shows an 8, with all its parts lit, for as long as a page stands, to be looked at.
        """
        answered = False
        if level is not HealthLevel.INTERNAL:
            test = self._board.show(self._board.content(_TEST_TEXT), 0, doubtful=True)
            await self._carry_out(test)
            answered = self._finder is not None and any(request.answer for request in test)
            await asyncio.sleep(self._timing.page)
            if self._present is None:
                with contextlib.suppress(DeviceError):  # a board that cannot be blank keeps it
                    await self._carry_out(self._board.show(self._board.content(""), 0, doubtful=True))
            self._doubtful = True
            self._changed.set()
        question = self._board.ask()
        present = self._present
        if not question and present is not None and self._finder is not None:
            question = self._board.show(present.content, self._page, doubtful=False)
        if answered:
            return HealthReport(level, healthy=True, findings=("answers",), state=DeviceState.ONLINE)
        if not question:
            async with self._exchange_alone() as line:
                line.flush_input()  # tells a line that went, which is all that can be told
            return HealthReport(
                level, healthy=None, findings=("line_open", "not_asked" if self._finder else "gives_no_answers")
            )
        await self._carry_out(question)
        return HealthReport(level, healthy=True, findings=("answers",), state=DeviceState.ONLINE)

    # -- bringing texts up

    async def _deliver(self) -> None:
        """Keep the board at the present text until the line is lost or closed."""
        pause = self._timing.retry
        while True:
            self._changed.clear()
            present = self._present
            try:
                due = await self._bring_up(present) if present is not None else None
            except DeviceError as failure:
                self._note(failure)
                self._doubtful = True
                if present is not None:
                    present.ticket._fail(failure)  # noqa: SLF001
                if self._connection is None:
                    return
                due, pause = pause, min(2 * pause, self._timing.longest_retry)
            else:
                pause = self._timing.retry
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(due):
                    await self._changed.wait()

    async def _bring_up(self, present: _Present) -> float | None:
        """Bring up a page; return the seconds until something has to be sent again, None = nothing has."""
        page, count = self._page, len(present.content.pages)
        dimmed = self._board.dim(self._brightness.at(self._clock())) if self._brightness is not None else ()
        await self._carry_out((*dimmed, *self._board.show(present.content, page, doubtful=self._doubtful)))
        self._doubtful = False
        self._note(None)
        if self._present is not present:
            return 0.0
        present.ticket._end(ShowState.SHOWN if self._finder is not None else ShowState.SENT)  # noqa: SLF001
        present.ticket._fail(None)  # noqa: SLF001
        if count > 1:
            self._page = (page + 1) % count
            return self._timing.page
        refresh = self._timing.refresh or None
        return refresh if self._brightness is None else min(_DIMMING, refresh or _DIMMING)

    def _note(self, failure: DeviceError | None) -> None:
        """Log once when it fails, and once when it is well again."""
        error = failure.error if failure is not None else None
        if error == self._failing:
            return
        if failure is not None:
            _log.warning("call_display_fails", device=self._info.name, error=failure.error)
        else:
            _log.info("call_display_well", device=self._info.name)
        self._failing = error

    # -- the line

    async def _carry_out(self, requests: tuple[Request, ...]) -> None:
        """Put requests one after the other.

        Raises:
            DeviceError: ``timeout`` (silence), ``garbled`` (something came, but no answer), the board's refusal, or the
                line's.
        """
        async with self._exchange_alone() as line:
            for request in requests:
                await self._exchange(line, request)
                if request.rest:
                    await asyncio.sleep(request.rest)

    async def _exchange(self, line: Transport, request: Request) -> None:
        if self._dirty:
            self._doubtful = True
            quiet = self._timing.quiet + line.line_time(_SILENCE)
            await settle(line, quiet=quiet, at_most=line.line_time(_AFTER_TIMEOUT) + self._timing.margin)
            self._dirty = False
        line.flush_input()
        await asyncio.sleep(line.line_time(_SILENCE))
        sending = line.line_time(len(request.data))
        await line.write(request.data, deadline_in(sending + self._timing.margin))
        if not request.answer or self._finder is None:
            await asyncio.sleep(sending)
            return
        self._dirty = True  # until the answer is whole, also if this is cancelled
        await self._answer(line, self._finder, request, sending)
        self._dirty = False

    async def _answer(self, line: Transport, finder: FrameFinder, request: Request, sending: float) -> None:
        finder.reset()
        deadline = deadline_in(sending + self._timing.thought + line.line_time(request.answer) + self._timing.margin)
        heard = False
        while True:
            try:
                data = await line.read(4096, deadline)
            except DeviceError as failure:
                if failure.error == "timeout" and heard:
                    raise self._garbled() from failure
                raise
            for item in finder.feed(data):
                if isinstance(item, bytes) and request.settles(item):
                    return
            heard = True
            if asyncio.get_running_loop().time() >= deadline:
                raise self._garbled()  # noise without end

    def _garbled(self) -> DeviceError:
        return DeviceError(
            CompletionCode.HARDWARE_ERROR,
            "garbled",
            f"What the board at {self._info.url} answers is not understood. Check its cable, its rate, its number and "
            "which protocol it speaks. The text is sent again.",
        )


def _tell_failure(task: asyncio.Task[None]) -> None:
    """Say at once that texts are no longer brought up."""
    if not task.cancelled() and (failure := task.exception()) is not None:
        _log.error("call_display_failed", device=task.get_name(), exc_info=failure)
