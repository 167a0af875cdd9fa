"""``python -m drivers.call_display.simulator``: an LED board without the hardware.

Beside the verbs of ``drivers.simulator`` its control channel knows:

* ``power``: ``on`` true or false. Without power it hears nothing and forgets what it showed (an Alpha sign keeps its
  files).
* ``wait_shows``: answers once the board shows ``text``.
* ``wait_asked``: answers once ``count`` requests ``name`` were carried out.
* ``status``: ``shows``, ``scrolls``, ``brightness``, ``history`` (the latest texts), ``wire`` (the request that
  brought the text up, in hexadecimal), ``rejected`` (requests whose check was wrong), ``powered``, ``asked`` (requests
  by name: ``show``; ``read`` and ``write`` of Modbus; ``write_text`` and ``read_text`` of Alpha; ``other_board``).

Beside the faults of every line it knows ``damage_request`` and ``lose_request`` (what the host said arrives wrong, or
not at all), ``refuse`` (Modbus exception ``value``, 4 by default), ``wrong_unit`` (Modbus: another board's number
answers) and ``other_value`` (Xunpeng: the answer repeats another value).
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from drivers.call_display.simulator.board import SimulatedBoard
from drivers.call_display.simulator.wires import AlphaWire, ModbusWire, NumericWire, Registers, XunpengWire
from drivers.simulator import run_simulator

if TYPE_CHECKING:
    from drivers.call_display.simulator.wires import Wire

_BAUD = 9600


def main(arguments: list[str]) -> int:
    """Run the simulator until it is told to end; return the exit status."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, usage="options of the board:")
    parser.add_argument("--protocol", choices=("modbus", "numeric", "xunpeng", "alpha"), default="modbus")
    parser.add_argument("--board", type=int, default=1, help="its number on the bus (numeric, Modbus)")
    parser.add_argument("--text-at", type=int, default=0, help="Modbus: first register of the text")
    parser.add_argument("--text-registers", type=int, default=16)
    parser.add_argument("--brightness-at", type=int)
    parser.add_argument("--scroll-at", type=int)
    parser.add_argument("--little", action="store_true", help="Modbus: the first byte of two in the low half")
    parser.add_argument("--answers", choices=("echo", "short", "none"), default="echo", help="Xunpeng")
    parser.add_argument("--address", default="01", help="Alpha: two hexadecimal digits")
    given, rest = parser.parse_known_args(arguments)
    if {"-h", "--help"} & set(rest):
        parser.print_help()
    wires: dict[str, Wire] = {
        "modbus": ModbusWire(
            given.board,
            Registers(given.text_at, given.text_registers, given.little, given.brightness_at, given.scroll_at),
        ),
        "numeric": NumericWire(given.board),
        "xunpeng": XunpengWire(given.answers),
        "alpha": AlphaWire(given.address),
    }
    return run_simulator("call_display", SimulatedBoard(wires[given.protocol]), _BAUD, rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
