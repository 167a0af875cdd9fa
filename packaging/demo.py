"""``make demo``: a whole lobby on one machine. ``--check`` runs one patient's story and looks at every step."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from virtual_lobby.lobby import Lobby, Options
from virtual_lobby.page import Door, page
from virtual_lobby.ports import bound
from virtual_lobby.processes import ProgramError, Programs
from virtual_lobby.shown import Shown
from virtual_lobby.story import check

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description="A whole hospital lobby on this machine. Ctrl-C ends it.")
    parser.add_argument("--check", action="store_true", help="run one patient's story without looking, and time it")
    parser.add_argument("--json", action="store_true", help="with --check: the timeline as JSON lines")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="with --check: keep pictures of the screens")
    parser.add_argument("--clock", default="08:50", metavar="HH:MM", help="the time of day at which it begins")
    parser.add_argument("--port", type=int, default=8700, help="the demo page's port on loopback")
    parser.add_argument("--data", type=Path, help="keep everything here (default: a folder that is removed at the end)")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="a fault plan in TOML that the devices play")
    parser.add_argument("--quiet-lobby", action="store_true", help="no simulated patients")
    return parser.parse_args()


async def run(options: Options, listener: socket.socket) -> int:
    """Start everything, print where it is, and wait for Ctrl-C."""
    programs = Programs(options.data / "logs")
    lobby = Lobby(options, programs)
    door = Door()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    server = PageServer(
        uvicorn.Config(
            page(lobby, door),
            log_level="error",
            ws="websockets-sansio",
            timeout_graceful_shutdown=1,
        )
    )
    serving: asyncio.Task[None] | None = None
    try:
        print("Starting the lobby ...", flush=True)
        if await done_before(ended, lobby.start()):
            # From here on the page can be opened: who comes before it is served waits at the socket.
            listener.listen()
            serving = asyncio.create_task(server.serve([listener]))
            if not options.crowd or await done_before(ended, lobby.start_crowd()):
                announce(lobby, f"http://127.0.0.1:{listener.getsockname()[1]}/enter/{door.entry}")
                await ended.wait()
        print("Ending ...", flush=True)
    except ProgramError as error:
        print(f"The demo could not start: {error}", file=sys.stderr)
        return 1
    finally:
        server.should_exit = True
        if serving is not None:
            await asyncio.gather(serving, return_exceptions=True)
        await lobby.stop()
    return 0


async def done_before(ended: asyncio.Event, work: Coroutine[None, None, None]) -> bool:
    """Do ``work`` and say that it is done; give it up and say that it is not once ``ended`` is set."""
    doing, asked = asyncio.ensure_future(work), asyncio.ensure_future(ended.wait())
    try:
        await asyncio.wait((doing, asked), return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            await doing
        return doing.done()
    finally:
        for task in (doing, asked):
            task.cancel()
        await asyncio.gather(doing, asked, return_exceptions=True)


class PageServer(uvicorn.Server):
    """The demo page's server. Ctrl-C is the demo's: it ends everything, in order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def announce(lobby: Lobby, page_url: str) -> None:
    """Print the addresses and log-ins."""
    print(f"\n  The virtual lobby  {page_url}")
    print(f"  (this address works once; it is {lobby.clock.now():%H:%M} in the lobby)\n")
    for one in Shown(lobby).addresses():
        print(f"  {one['name']:<24}{one.get('url') or one.get('secret')}")
    print("\nCtrl-C ends everything that was started here.", flush=True)


def main() -> int:
    """Run the demo or its check in a folder of its own."""
    asked = arguments()
    with contextlib.ExitStack() as stack:
        if asked.data is None:
            folder = Path(tempfile.mkdtemp(prefix="houzhen-demo-"))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        else:
            folder = asked.data
            folder.mkdir(parents=True, exist_ok=True)
        port = 0 if asked.check else 8600
        options = Options(folder, asked.clock, port, crowd=not asked.quiet_lobby, faults=asked.faults)
        if asked.check:
            return asyncio.run(check(options, as_json=asked.json, pictures=asked.pictures))
        return asyncio.run(run(options, stack.enter_context(bound(asked.port))))


if __name__ == "__main__":
    raise SystemExit(main())
