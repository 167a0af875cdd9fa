"""How far a demonstration's clock is from the machine's, told to commands that run beside the server.

An enrolment code is good for some minutes by the server's clock; the command that writes one is another process.
"""

from __future__ import annotations

from pathlib import Path

from queue_server.clock import Clock, SettableClock, SystemClock

_NAME = "clock_offset"


def write(data: Path, clock: Clock) -> None:
    """Keep the clock's offset in the data directory; a server on real time keeps none."""
    file = data / _NAME
    if isinstance(clock, SettableClock):
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(f"{clock.now() - SystemClock().now()}\n")
    else:
        file.unlink(missing_ok=True)


def now(data: Path) -> int:
    """The server's time, UTC microseconds."""
    file = data / _NAME
    offset = int(file.read_text()) if file.exists() else 0
    return SystemClock().now() + offset
