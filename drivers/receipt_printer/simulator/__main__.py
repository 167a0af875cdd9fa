"""``python -m drivers.receipt_printer.simulator``: a receipt printer without the hardware."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from drivers.receipt_printer.simulator.printer import Make, SimulatedPrinter
from drivers.simulator import run_simulator

_SERIAL_BAUD = 115_200
_NETWORK_RATE = 10_000_000
"""Bits per second of a printer's 10BASE-T socket."""


def main(arguments: list[str]) -> int:
    """Run the simulator until it is told to end; return the exit status."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, usage="options of the printer:")
    parser.add_argument("--width", type=int, choices=(80, 58), default=80, help="millimetres of paper")
    parser.add_argument("--speed", type=float, default=150.0, help="millimetres of paper a second")
    parser.add_argument("--buffer", type=int, default=8192, help="bytes of receive buffer")
    parser.add_argument("--basic", action="store_true", help="a clone: no process id, no clearing at paper end")
    parser.add_argument("--paper-dir", type=Path, metavar="DIR", help="save a picture of every ticket here")
    given, rest = parser.parse_known_args(arguments)
    if {"-h", "--help"} & set(rest):
        parser.print_help()
    if given.speed <= 0 or given.buffer <= 0:
        parser.error("--speed and --buffer must be positive")
    if given.paper_dir is not None:
        try:
            given.paper_dir.mkdir(parents=True, exist_ok=True)
        except OSError as failure:
            parser.error(f"--paper-dir {given.paper_dir}: {failure.strerror}")
    fast = "--fast" in rest
    printer = SimulatedPrinter(
        Make(given.width, None if fast else given.speed, given.buffer, given.basic, given.paper_dir)
    )
    baud = _NETWORK_RATE if any(word.startswith("--tcp") for word in rest) else _SERIAL_BAUD
    return run_simulator("receipt_printer", printer, baud, rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
