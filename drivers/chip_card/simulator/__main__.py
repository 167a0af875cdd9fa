"""A simulated chip card: ``python -m drivers.chip_card.simulator``.

With ``--socket PATH`` it brings a card service of its own, at that socket and nowhere else. Without it the card goes
into the virtual reader of the machine's own service: Debian's pcscd with vsmartcard-vpcd as it is installed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivers.chip_card.simulator import service
from drivers.chip_card.simulator.reader import VirtualReader
from drivers.faults import Delivery, FaultPlanError
from drivers.simulator import Simulator, SimulatorOptions
from drivers.simulator.program import address_or_path, run_until_told

if TYPE_CHECKING:
    from collections.abc import Sequence

_MODULE = "drivers.chip_card.simulator"


class VirtualCard(Simulator):
    """A card, its control channel and, where it brings one, its service. Unplugged, there is no service."""

    def __init__(self, reader: VirtualReader, options: SimulatorOptions, own: service.CardService | None) -> None:
        super().__init__(reader, options)
        self._reader = reader
        self._own = own
        self._link = options.link

    async def serve_line(self) -> None:
        """See ``Simulator``."""
        while True:
            await self.until_plugged()
            if self._own is None:
                how = await self._serve_card(f"pcsc:{service.READER}", None)
            else:
                async with self._own.running() as process:
                    ended = asyncio.create_task(process.wait())
                    try:
                        how = await self._serve_card(f"pcsc:{service.READER}?socket={self._link}", ended)
                    finally:
                        ended.cancel()
            self.went_down(how)

    async def _serve_card(self, url: str, ended: asyncio.Task[int] | None) -> Delivery:
        """Serve the card until the reader is unplugged, or the service ended by itself."""
        self.came_up(url)
        unplugged = self.until_unplugged()
        serving = asyncio.create_task(self._reader.serve())
        waiting: set[asyncio.Future[Any]] = {serving, unplugged}
        if ended is not None:
            waiting.add(ended)
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            serving.cancel()
            await asyncio.wait({serving})
        if not serving.cancelled():
            serving.result()
        return unplugged.result() if unplugged.done() else Delivery((), unplug=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulator as a program, until a signal."""
    given_arguments = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog=f"python -m {_MODULE}")
    parser.add_argument("--socket", type=Path, metavar="PATH", help="bring a card service, and have it listen here")
    parser.add_argument("--control", type=address_or_path, metavar="HOST:PORT|PATH")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="a fault plan in TOML")
    parser.add_argument("--name", default="", help="the device's name, by which a fault plan for several means it")
    parser.add_argument("--fast", action="store_true", help="of no use: a card answers as fast as the machine goes")
    parser.add_argument("--parent-stdin", action="store_true", help="end when standard input is closed")
    parser.add_argument("--apart", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(given_arguments)
    control = given.control or ("127.0.0.1", 0)
    if given.socket is not None:
        control = given.control or given.socket.with_name(given.socket.name + ".control")
        if not isinstance(control, Path):
            parser.error("--control must be a path: nobody outside reaches the network of a service of its own")
        if not given.apart:
            if (lack := service.missing()) is not None:
                parser.error(lack)
            service.begin_anew_apart(_MODULE, given_arguments)
    reader = VirtualReader()
    if given.faults is not None:
        try:
            reader.faults.load(given.faults, given.name)
        except FaultPlanError as failure:
            parser.error(str(failure))
    own = service.CardService(given.socket) if given.socket is not None else None
    options = SimulatorOptions(link=given.socket, control=control)
    status = 0
    try:
        asyncio.run(run_until_told(VirtualCard(reader, options, own), parent_stdin=given.parent_stdin))
    except* OSError as failures:
        for reason in failures.exceptions:
            print(f"{parser.prog}: cannot put a card in: {reason}", file=sys.stderr)  # noqa: T201 -- its error
        status = 1
    finally:
        if own is not None:
            own.remove()
    return status


if __name__ == "__main__":
    sys.exit(main())
