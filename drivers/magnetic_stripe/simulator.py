"""A simulated magnetic-stripe reader: ``python -m drivers.magnetic_stripe.simulator``.

It is a simulated scanner (``drivers.scanner.simulator``, with its options ``--suffix`` and ``--keyboard`` and its
verbs and faults) that knows one verb more:

* ``swipe``: draw a card through it. ``track1``, ``track2``, ``track3`` hold what stands between the sentinels, null is
  a track that cannot be read; ``lrc`` adds each track's check character; ``apart`` ends each track by itself;
  ``gap`` is the seconds from key to key (0.0).
"""

from __future__ import annotations

import argparse
import sys
from typing import Final

from drivers.scanner.simulator import BAUD, SimulatedScanner
from drivers.simulator import ControlError, run_simulator

_FRAMES: Final = {"track1": "%", "track2": ";", "track3": "+"}


def write_track(name: str, data: str | None, *, lrc: bool) -> str:
    """Write a track as a reader gives it.

    Raises:
        ControlError: the track cannot hold a character.
    """
    if data is None:
        return f"{_FRAMES[name]}E?"
    # Six bits and an offset of 0x20 on the first track, four and 0x30 on the others; the third begins as the second.
    low, high = (0x20, 0x5F) if name == "track1" else (0x30, 0x3F)
    on_track = ("%" if name == "track1" else ";") + data + "?"
    if any(not low <= ord(character) <= high for character in on_track):
        raise ControlError(f"{name} cannot hold one of its characters")
    check = 0
    for character in on_track:
        check ^= ord(character) - low
    return _FRAMES[name] + data + "?" + (chr(check + low) if lrc else "")


class SimulatedStripe(SimulatedScanner):
    """A reader's behaviour (``drivers.simulator.SimulatedDevice``)."""

    async def control(self, verb: str, arguments: dict[str, object]) -> dict[str, object]:
        """See ``SimulatedDevice``; the verbs are at the module's head."""
        if verb != "swipe":
            answer = await super().control(verb, arguments)
            return answer | {"kind": "magnetic_stripe"} if verb == "status" else answer
        if unknown := sorted(set(arguments) - {*_FRAMES, "lrc", "apart", "gap"}):
            raise ControlError(f"swipe has no argument {unknown[0]!r}")
        tracks = []
        for name in _FRAMES:
            data = arguments.get(name)
            if name in arguments:
                if data is not None and not isinstance(data, str):
                    raise ControlError(f"{name} must be a text or null")
                tracks.append(write_track(name, data, lrc=bool(arguments.get("lrc"))))
        for text in tracks if arguments.get("apart") else ["".join(tracks)]:
            answer = await super().control("scan", {"text": text, "gap": arguments.get("gap", 0.0)})
        return answer


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator as a program."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, usage="options of the reader:")
    parser.add_argument("--suffix", type=bytes.fromhex, default=b"\r", metavar="HEX", help="what ends a swipe")
    parser.add_argument("--keyboard", action="store_true", help="send input events instead of bytes")
    given, rest = parser.parse_known_args(arguments)
    if {"-h", "--help"} & set(rest):
        parser.print_help()
    reader = SimulatedStripe(given.suffix, b"", by_trigger=False, keyboard=given.keyboard)
    return run_simulator("magnetic_stripe", reader, BAUD, rest)


if __name__ == "__main__":
    sys.exit(main())
