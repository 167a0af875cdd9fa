"""The firmware of a cabinet board on a Raspberry Pi Pico (RP2040 or RP2350) under MicroPython 1.20 or newer.

Copy ``board.py`` and this file to the board (docs/cabinet.md). What it does is in ``board.py``; here are its pins.

With ``SERVICE`` grounded as it starts, nothing of this runs, and the board is there for ``mpremote``: otherwise no key
ends it, since the byte of Ctrl-C is data here.
"""

import select
import sys
import time

import machine  # type: ignore[import-not-found]  # MicroPython's
import micropython  # type: ignore[import-not-found]  # MicroPython's
from board import Board  # type: ignore[import-not-found]  # beside it, on the board

LIGHTS = (2, 3, 4, 5)
"""GP numbers of the lights, by the light's number: each drives a transistor."""
CONTACTS = (10, 11, 12, 13)
"""GP numbers of the contacts: each is closed when it is wired to ground."""
RESET: int | None = 15
"""GP number of the optocoupler across the machine's reset pins; None = not wired."""
SERVICE = 22
"""GP number that is grounded to have the board for oneself."""

PULL_MS = 300
"""How long the machine's reset is held."""
DOG_MS = 4000
"""After which the chip starts anew when this program hangs."""
_FULL = 65535


class Clock:
    """Milliseconds since the start that never wrap, from a counter that does."""

    def __init__(self) -> None:
        self._last = time.ticks_ms()  # type: ignore[attr-defined]  # MicroPython's
        self._now = 0

    def now(self) -> int:
        """Return them. Has to be called at least once a day."""
        ticks = time.ticks_ms()  # type: ignore[attr-defined]  # MicroPython's
        self._now += time.ticks_diff(ticks, self._last)  # type: ignore[attr-defined]  # MicroPython's
        self._last = ticks
        return self._now


def main() -> None:
    """Serve the host, for ever."""
    micropython.kbd_intr(-1)
    lights = [machine.PWM(machine.Pin(number), freq=1000, duty_u16=0) for number in LIGHTS]
    contacts = [machine.Pin(number, machine.Pin.IN, machine.Pin.PULL_UP) for number in CONTACTS]
    reset = None if RESET is None else machine.Pin(RESET, machine.Pin.OUT, value=0)
    clock = Clock()
    levels = [not contact.value() for contact in contacts]
    board = Board(len(lights), levels, reset is not None, machine.unique_id()[-4:], clock.now())
    shown = [0] * len(lights)
    release_at = 0
    dog = machine.WDT(timeout=DOG_MS)
    coming, going = select.poll(), select.poll()
    coming.register(sys.stdin, select.POLLIN)
    going.register(sys.stdout, select.POLLOUT)
    while True:
        dog.feed()
        heard = b""
        wait = 1
        while len(heard) < 64 and coming.poll(wait):  # noqa: PLR2004 -- then the contacts are looked at again
            heard += sys.stdin.buffer.read(1)
            wait = 0
        now = clock.now()
        said = board.hear(heard, now) + board.look([not contact.value() for contact in contacts], now)
        if said and going.poll(0):  # where nobody reads it is lost; the next state makes up for it
            sys.stdout.buffer.write(said)
        for number in range(len(lights)):
            percent = board.brightness(number, now)
            if percent != shown[number]:
                shown[number] = percent
                lights[number].duty_u16(percent * _FULL // 100)
        if reset is not None:
            if board.pulls():
                release_at = now + PULL_MS
            reset.value(int(now < release_at))


if machine.Pin(SERVICE, machine.Pin.IN, machine.Pin.PULL_UP).value():
    main()
