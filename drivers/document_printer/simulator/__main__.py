"""The simulated document printer as a process of its own (``python -m drivers.document_printer.simulator``)."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from drivers.document_printer.simulator.http import Head, HttpError, read_body, read_head, response
from drivers.document_printer.simulator.messages import Intake, MessageError, Request, answer
from drivers.document_printer.simulator.printer import Model, SimulatedPrinter
from drivers.faults import GARBAGE, Fault, deliver
from drivers.simulator import NetworkDevice, run_simulator

if TYPE_CHECKING:
    from collections.abc import Sequence

_LARGEST: Final = 64 << 20
_USUAL_HTTP: Final = 503
_CANCELED_MEANWHILE: Final = 0x0508
_USUAL_REFUSAL: Final = 0x0507
_TORN_AFTER: Final = 100
_TEARING: Final = frozenset({"torn", "taken_for_whole"})


@dataclass(slots=True)
class Taken:
    """A request, what it is called, the faults that strike it, and its document."""

    request: Request
    name: str
    faults: tuple[Fault, ...]
    document: bytearray = field(default_factory=bytearray)


class TornError(Exception):
    """The connection is to be closed now, without an answer."""


class PrinterServer(SimulatedPrinter, NetworkDevice):
    """The printer behind its network: takes connections, several at once, and answers them with its faults."""

    scheme = "ipp"
    path = "/ipp/print"

    async def work(self) -> None:
        """See ``NetworkDevice``."""
        await self.print_jobs()

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """See ``NetworkDevice``."""
        with contextlib.suppress(TornError, EOFError, HttpError):
            while (head := await read_head(reader)) is not None:
                await self._answer(head, reader, writer)

    async def _answer(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if head.method != "POST" or head.path != self.path:
            writer.write(response(404, b"nothing here", "text/plain"))
            return
        taken = await self._take(head, reader)
        if taken is None:
            writer.write(response(400, b"no IPP", "text/plain"))
            return
        acts = {fault.action: fault.value for fault in taken.faults}
        delivery = deliver(self._said(taken, acts), taken.faults)
        if "lost" in acts:
            raise TornError
        for wait, data in delivery.pieces:
            await asyncio.sleep(wait)
            writer.write(data)
            await writer.drain()
        if delivery.unplug:
            self.unplug(delivery)
            raise TornError
        if "half_frame" in acts or "mute" in acts:
            await reader.read()  # the client gives up first

    async def _take(self, head: Head, reader: asyncio.StreamReader) -> Taken | None:
        """Take a request and its document; None where it is no request.

        Raises:
            TornError: a fault closes the connection in the middle of it.
        """
        intake, taken = Intake(), None
        most = float(_LARGEST)
        try:
            async for piece in read_body(reader, head):
                rest = intake.feed(piece)
                if intake.request is not None and taken is None:
                    taken = Taken(intake.request, *self.receives(intake.request))
                    most = next(
                        (fault.value or _TORN_AFTER for fault in taken.faults if fault.action in _TEARING), most
                    )
                if taken is not None:
                    taken.document += rest
                    if len(taken.document) > most:
                        self._torn(taken, int(most))
                        raise TornError
                while rest and self.faults.holds("stop_reading"):
                    self.fault_cleared.clear()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self.faults.left("stop_reading")):
                            await self.fault_cleared.wait()
        except MessageError:
            return None
        return taken

    def _torn(self, taken: Taken, most: int) -> None:
        """Be left with a part of a document."""
        if any(fault.action == "taken_for_whole" for fault in taken.faults):
            self.carry_out(taken.name, taken.request, bytes(taken.document[:most]))

    def _said(self, taken: Taken, acts: dict[str, float | None]) -> bytes:
        """Do what is asked, or what a fault puts in its place; return HTTP's answer."""
        if "http" in acts:
            return response(int(acts["http"] or _USUAL_HTTP), b"simulated", "text/plain")
        if "refuse" in acts:
            return response(200, answer(taken.request, int(acts["refuse"] or _USUAL_REFUSAL)))
        if "taken_and_refused" in acts:
            self.carry_out(taken.name, taken.request, bytes(taken.document))
            return response(200, answer(taken.request, int(acts["taken_and_refused"] or _CANCELED_MEANWHILE)))
        if "garbage" in acts:
            return response(200, GARBAGE * 8)
        return response(200, self.carry_out(taken.name, taken.request, bytes(taken.document)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulator as a program."""
    usual = Model()
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, usage="options of the printer:")
    parser.add_argument("--formats", default=",".join(usual.formats), help="MIME types, with commas")
    parser.add_argument("--simplex", action="store_true", help="prints on one side only")
    parser.add_argument("--monochrome", action="store_true", help="has no colours")
    parser.add_argument("--no-create-job", action="store_true", help="knows Print-Job only")
    parser.add_argument("--no-counts", action="store_true", help="does not tell how much came out")
    parser.add_argument("--no-times", action="store_true", help="does not tell when it began a job")
    parser.add_argument("--overruns", action="store_true", help="the page in its paper path comes out all the same")
    parser.add_argument("--no-names", action="store_true", help="does not tell the names of jobs")
    parser.add_argument("--versions", default=",".join(usual.versions), help="of IPP, with commas")
    parser.add_argument("--queue", type=int, default=usual.queue, help="jobs that wait beside the one that prints")
    parser.add_argument("--page-seconds", type=float, help="for a page; 1, or 0 with --fast")
    parser.add_argument("--pages", type=Path, metavar="FOLDER", help="draw each page that is printed into a PNG file")
    given, rest = parser.parse_known_args(arguments)
    if {"-h", "--help"} & set(rest):
        parser.print_help()
    fast = 0.0 if "--fast" in rest else usual.page_seconds
    model = Model(
        formats=tuple(given.formats.split(",")),
        duplex=not given.simplex,
        color=not given.monochrome,
        creates=not given.no_create_job,
        versions=tuple(given.versions.split(",")),
        queue=given.queue,
        page_seconds=fast if given.page_seconds is None else given.page_seconds,
        counts=not given.no_counts,
        names=not given.no_names,
        times=not given.no_times,
        overruns=given.overruns,
    )
    if given.pages is not None:
        given.pages.mkdir(parents=True, exist_ok=True)
    return run_simulator("document_printer", PrinterServer(model, given.pages), 115200, rest)


if __name__ == "__main__":
    sys.exit(main())
