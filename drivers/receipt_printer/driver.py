"""The receipt printer as a device: status, printing with a three-valued outcome, clearing up after a failure."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import structlog

from drivers.device import (
    CompletionCode,
    DeviceError,
    DeviceEvent,
    DeviceInfo,
    DeviceState,
    HealthLevel,
    HealthReport,
    Lifecycle,
    PrintOutcome,
    StatusBit,
    state_after,
)
from drivers.line_device import LineDevice
from drivers.receipt_printer.bits import status_bits
from drivers.receipt_printer.codec import process_ids
from drivers.receipt_printer.commands import Unit, cut, initialise, raster_units
from drivers.receipt_printer.conversation import Conversation
from drivers.receipt_printer.document import Document, Pair, Picture, Rule, Text
from drivers.receipt_printer.job import Mark, PrintJob, StoppedError, Timing, clear, eject
from drivers.receipt_printer.profile import Profile
from drivers.receipt_printer.raster import FontMissingError, GlyphMissingError, default_fonts, render, rows_of_ink
from drivers.receipt_printer.result import PrintResult, done, failed, refused
from drivers.receipt_printer.status import PrinterStatus, no_answer, sentence
from drivers.receipt_printer.text_mode import text_units
from drivers.transport import deadline_in, open_transport, transport_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.receipt_printer.raster import Fonts

_log = structlog.get_logger(__name__)

Mode: TypeAlias = Literal["auto", "raster", "text"]

RASTER_FROM_BAUD: Final = 115_200
"""Below this a drawn ticket takes too long (a minute at 9600), and the printer's own font is used."""

LONGEST_PICTURE: Final = 2.0
"""Seconds on a slow line beyond which a logo is left out: at 9600 baud a large one would take 15."""

_UNSETTLED_KEPT = 32


class EscPosPrinter(LineDevice[Conversation]):
    """An ESC/POS receipt printer (``drivers.device.Device``).

    Args:
        name: what the rest of the system calls it.
        url: see ``drivers.transport``.
        profile: what this model can do.
        timing: the waits.
        mode: ``auto`` draws the ticket, or uses the printer's font where the line is slower than 115,200 baud.
        fonts: the ticket's fonts; None = the installed ones.
        on_event: told of what the printer reports by itself.
    """

    def __init__(
        self,
        name: str,
        url: str,
        profile: Profile,
        *,
        timing: Timing | None = None,
        mode: Mode = "auto",
        fonts: Fonts | None = None,
        on_event: Callable[[DeviceEvent], None] | None = None,
    ) -> None:
        super().__init__(DeviceInfo(name=name, kind="receipt_printer", driver="escpos", url=url, model=profile.name))
        self.profile = profile
        self._timing = timing or Timing()
        self._mode: Mode = mode
        self._fonts = fonts
        self.on_event = on_event
        self._ids = process_ids()
        self._leftover = False
        self._opened_since_jam = False
        self._job: PrintJob | None = None
        self._unsettled: OrderedDict[str, bytes] = OrderedDict()
        self._reported: tuple[str, str] | None = None

    @property
    def dots(self) -> int:
        """See ``ReceiptPrinter``."""
        return self.profile.dots

    # -- the life of a device

    async def _connect(self) -> Conversation:
        transport = await open_transport(self._info.url, timeout=self._timing.connect)
        transport.flush_input()
        return Conversation(transport, self.profile, self._report, self._tell_lost)

    async def _greet(self) -> None:
        """Ask for the status, and for automatic status from now on."""
        talk = self._require_connection()
        status = await talk.ask_status(self._timing.answer)
        if status.device is DeviceState.UNKNOWN:
            raise DeviceError(CompletionCode.TIMEOUT, "no_answer", sentence("no_answer"))
        first = await asyncio.to_thread(self._warm_up)
        await talk.send(first.data, self._timing.stall)

    def _warm_up(self) -> Unit:
        """Load what the first ticket would otherwise wait for: python-escpos, the fonts, the common characters."""
        with contextlib.suppress(FontMissingError):  # told with each ticket, which then is not printed
            render(self._test_page(), self.profile.dots, self._fonts or default_fonts())
        cut(self.profile)
        return initialise(self.profile)

    async def check_health(self, level: HealthLevel) -> HealthReport:
        """See ``Device``. One that does not answer is reported with its paper: ``status`` never raises."""
        if self._lifecycle is not Lifecycle.ENABLED:
            return await super().check_health(level)
        return await self._examine(level)

    async def _examine(self, level: HealthLevel) -> HealthReport:
        """Every level asks the printer; beyond ``INTERNAL`` it also prints a test page, to be looked at."""
        status = await self.status()
        findings = [status.error or "ready", f"paper {status.paper.value}"]
        healthy = status.ready
        if level is not HealthLevel.INTERNAL and healthy:
            result = await self.print(self._test_page(), job="test-page")
            findings.append(f"test page {result.outcome.value}")
            healthy = result.outcome is PrintOutcome.DONE
        return HealthReport(level, healthy=healthy, findings=tuple(findings), state=status.device)

    def _test_page(self) -> Document:
        return Document(
            (
                Text("打印测试 Test page", size="title", align="center", bold=True),
                Rule(),
                Pair("型号 Profile", self.profile.name),
                Pair("点数 Dots", str(self.profile.dots)),
                Text("0123456789", size="number", align="center"),
                Text("请确认两侧文字完整、线条连续。Check that both edges are complete and the lines unbroken."),
                Rule(),
            )
        )

    # -- commands

    async def status(self) -> PrinterStatus:
        """Ask the printer. Never raises for a printer that is down or mute: its status says so.

        A half ticket left over from a failure is cut off here as soon as the printer is ready again.
        """
        async with self._fifo:
            try:
                talk = await self._reach()
                status = await self._ask_status(talk)
                if status.ready and self._leftover:
                    await self._eject(talk)
            except DeviceError as failure:
                status = self._unreachable(failure)
            self._report(status)
            return status

    async def status_bits(self) -> list[StatusBit]:
        """See ``TellsBits``."""
        answers = (await self.status()).answers
        return status_bits(answers) if answers is not None else []

    async def print(self, document: Document, *, job: str) -> PrintResult:
        """Print one ticket and cut it.

        Never prints twice and never raises for a printer's failure: the result says what happened. If the task is
        cancelled, the rest of the ticket is taken back from the printer before ``CancelledError`` goes on;
        ``cancel`` does the same and yields a result.

        Args:
            document: what is on it; a reprint carries its mark (补打) as a block of the caller's.
            job: the caller's name for this printing, for logs and ``settle``.
        """
        async with self._command():
            started = asyncio.get_running_loop().time()
            try:
                result = await self._print(document, job)
            finally:
                self._job = None
            seconds = asyncio.get_running_loop().time() - started
            _log.info(
                "receipt_printed",
                device=self._info.name,
                outcome=result.outcome.value,
                error=result.error,
                seconds=round(seconds, 3),
            )
            return replace(result, seconds=seconds)

    async def fence_seconds(self) -> float:
        """Put a mark behind nothing, and tell how long its answer took.

        It says that all was printed up to here; where this model cannot say that, that all was read.

        Raises:
            DeviceError: ``timeout``, or the line's.
        """
        async with self._command():
            talk = await self._reach()
            mark = Mark(talk, self.profile, self._ids)
            began = asyncio.get_running_loop().time()
            await talk.send(mark.unit.data, self._timing.answer)
            deadline = deadline_in(self._timing.answer + talk.transport.line_time(2 * len(mark.unit.data)))
            await talk.wait(lambda: mark.reached or talk.lost is not None, deadline)
            if mark.reached:
                return asyncio.get_running_loop().time() - began
            raise talk.lost or transport_error("timeout", self._info.url)

    async def cancel(self) -> bool:
        """Ask the ticket being printed to end; tell whether there was one. Its ``print`` returns the outcome."""
        if self._job is not None:
            self._job.cancel()
        return await super().cancel()

    async def settle(self, job: str, *, timeout: float) -> PrintOutcome:
        """Wait for a late confirmation of a job whose outcome was ``UNKNOWN``.

        Returns:
            ``DONE`` when the printer has confirmed it meanwhile; else ``UNKNOWN``: ask a person to look.
        """
        process_id = self._unsettled.get(job)
        talk = self._connection
        if process_id is None or talk is None:
            return PrintOutcome.UNKNOWN
        if await talk.wait(lambda: process_id in talk.printed or talk.lost is not None, deadline_in(timeout)) and (
            process_id in talk.printed
        ):
            del self._unsettled[job]
            return PrintOutcome.DONE
        return PrintOutcome.UNKNOWN

    # -- printing

    async def _prepare(
        self, document: Document, name: str
    ) -> tuple[Conversation, list[Unit], PrinterStatus] | PrintResult:
        """Do all that can be refused before the first byte of the ticket."""
        try:
            talk = await self._reach()
            units = await asyncio.to_thread(self._units, document, talk)
            status = await self._ask_status(talk)
            self._report(status)
            if self._cancel_asked.is_set():
                return refused(name, "canceled", status)
            if not status.ready:
                return refused(name, status.error or "offline", status)
            if self._leftover and not await self._eject(talk):
                return refused(name, "leftover", status)
        except (FontMissingError, GlyphMissingError) as failure:
            error = "font_missing" if isinstance(failure, FontMissingError) else "glyph_missing"
            return PrintResult(name, PrintOutcome.NOT_DONE, error, str(failure))
        except DeviceError as failure:
            return refused(name, failure.error, self._unreachable(failure))
        return refused(name, "canceled", status) if self._cancel_asked.is_set() else (talk, units, status)

    async def _print(self, document: Document, name: str) -> PrintResult:
        prepared = await self._prepare(document, name)
        if isinstance(prepared, PrintResult):
            return prepared
        talk, units, status = prepared
        self._job = job = PrintJob(talk, self.profile, self._timing, self._ids, units)
        try:
            await job.run()
        except (StoppedError, DeviceError) as reason:
            return await self._give_up(talk, job, name, reason)
        except asyncio.CancelledError:
            if job.sent:
                self._remember(name, job)
            else:
                await self._give_up(talk, job, name, StoppedError("canceled"))
            raise
        return done(name, talk.automatic or status)

    async def _ask_status(self, talk: Conversation) -> PrinterStatus:
        """Ask how it is. A cutter that somebody has freed, with the cover open, is told to recover (``DLE ENQ 2``)."""
        status = await talk.ask_status(self._timing.answer)
        if status.error != "cutter_jam" or status.cover_open or not self._opened_since_jam:
            return status
        self._opened_since_jam = False
        await clear(talk, self.profile, self._timing)
        return await talk.ask_status(self._timing.answer)

    def _units(self, document: Document, talk: Conversation) -> list[Unit]:
        rate = talk.transport.bits_per_second
        slow = rate is not None and rate < RASTER_FROM_BAUD
        if self._mode == "text" or (self._mode == "auto" and slow):
            return text_units(self._without_slow_pictures(document, talk), self.profile, self._fonts)
        fonts = self._fonts or default_fonts()
        return raster_units(rows_of_ink(render(document, self.profile.dots, fonts)))

    @staticmethod
    def _without_slow_pictures(document: Document, talk: Conversation) -> Document:
        """Leave out a logo that the line would carry for longer than anybody waits for a logo."""
        time = talk.transport.line_time
        blocks = tuple(
            block
            for block in document.blocks
            if not isinstance(block, Picture) or time(sum(len(row) for row in block.rows)) <= LONGEST_PICTURE
        )
        if len(blocks) < len(document.blocks):
            _log.info("picture_left_out", device=talk.transport.url)
        return Document(blocks)

    # -- when it fails

    async def _give_up(
        self, talk: Conversation, job: PrintJob, name: str, reason: StoppedError | DeviceError
    ) -> PrintResult:
        """Take back what can be taken back, and say what is certain."""
        status = reason.status if isinstance(reason, StoppedError) else None
        error = reason.error
        if error == "timeout" and talk.automatic is not None and not talk.automatic.ready:
            status, error = talk.automatic, talk.automatic.error or error  # why it took no more data
        if job.sent and error in {"no_confirmation", "no_answer"}:
            # It may be slow, and print: clearing now would destroy what may still come out whole.
            self._remember(name, job)
            return failed(name, PrintOutcome.UNKNOWN, error, status, half_printed=False)
        self._leftover = True
        cleared = await clear(talk, self.profile, self._timing)
        if self.profile.process_id and job.end.reached:
            self._leftover = False
            return done(name, status)
        cut_off = False
        if error == "canceled" and talk.lost is None:
            with contextlib.suppress(DeviceError):  # the half ticket stays noted, and is cut off when the line is back
                cut_off = await self._eject(talk)
        nothing_whole = job.is_certainly_not_whole(cleared=cleared, cut_off=cut_off)
        if not nothing_whole:
            self._remember(name, job)
        if status is not None:
            self._report(status)
        outcome = PrintOutcome.NOT_DONE if nothing_whole else PrintOutcome.UNKNOWN
        return failed(name, outcome, error, status, half_printed=job.inked)

    async def _eject(self, talk: Conversation) -> bool:
        """Cut off what an earlier failure left; tell whether that is certain."""
        self._leftover = not await eject(talk, self.profile, self._timing, self._ids)
        return not self._leftover

    def _remember(self, name: str, job: PrintJob) -> None:
        if self.profile.process_id:
            self._unsettled[name] = job.end.process_id
            while len(self._unsettled) > _UNSETTLED_KEPT:
                self._unsettled.popitem(last=False)

    # -- the line

    async def _reach(self) -> Conversation:
        """Return the line, opened again where it was lost: network printers close idle ones."""
        talk = self._require_connection()
        if talk.lost is not None:
            await talk.close()
            try:
                self._connection = talk = await self._connect()
            except DeviceError as failure:
                await self._lose(failure)
                raise
        return talk

    def _unreachable(self, failure: DeviceError) -> PrinterStatus:
        # A printer that is closed because it failed is as it was then.
        state = state_after(self._why_closed if failure.error == "closed" and self._why_closed else failure)
        return no_answer(self.profile, asyncio.get_running_loop().time(), state)

    def _report(self, status: PrinterStatus) -> None:
        """Tell of a change, once."""
        self._opened_since_jam = self._opened_since_jam or bool(status.cover_open)
        now = (status.error or status.device.value, status.paper.value)
        before, self._reported = self._reported, now
        if before is None or before == now:
            return
        for kind, old, new in zip(("state_changed", "paper_changed"), before, now, strict=True):
            if old != new:
                _log.info("printer_changed", device=self._info.name, kind=kind, value=new)
                if self.on_event is not None:
                    self.on_event(DeviceEvent(self._info.name, kind, new, status.as_of))
