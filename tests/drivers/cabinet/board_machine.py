"""Runs the board's own program (``packaging/cabinet_board/main.py``) with pins that a test moves, behind a pty.

``python board_machine.py LINK CONTROL_FD SPEED``: the pty stands at ``LINK``; ``CONTROL_FD`` is a socket on which each
line of JSON is a question: ``{"pin": 10, "value": 1}`` moves a pin, and every answer is the state of all; ``SPEED`` is
how much faster the board's clock goes. What MicroPython has and CPython has not is here, as far as the program asks.
"""

import json
import os
import runpy
import socket
import sys
import threading
import time
import tty
import types
from pathlib import Path

BOARD = Path(__file__).parents[3] / "packaging" / "cabinet_board"
WRAPS_AT = 1 << 30
"""MicroPython's counter of milliseconds does, on these chips."""


class Pins:
    """Levels that come in, levels and duties that go out, how often each rose, and how often the dog was fed."""

    def __init__(self):
        self.inputs, self.outputs, self.rises, self.duties = {}, {}, {}, {}
        self.fed = 0

    def told(self):
        return {"outputs": self.outputs, "rises": self.rises, "duties": self.duties, "fed": self.fed}


PINS = Pins()


class Pin:
    """``machine.Pin``: pulled up, unless it is held down."""

    IN, OUT, PULL_UP = range(3)

    def __init__(self, number, mode=OUT, _pull=None, value=None):
        self.number = number
        if mode == self.IN:
            PINS.inputs.setdefault(number, 1)
        if value is not None:
            self.value(value)

    def value(self, level=None):
        if level is None:
            return PINS.inputs[self.number]
        PINS.rises[self.number] = PINS.rises.get(self.number, 0) + (level > PINS.outputs.get(self.number, 0))
        PINS.outputs[self.number] = level
        return None


class PWM:
    """``machine.PWM``."""

    def __init__(self, pin, freq, duty_u16):
        assert 8 <= freq <= 62_500_000
        self.pin = pin
        self.duty_u16(duty_u16)

    def duty_u16(self, duty):
        assert 0 <= duty <= 65535
        PINS.duties[self.pin.number] = duty


class WDT:
    """``machine.WDT``."""

    def __init__(self, timeout):
        assert timeout <= 8388  # the longest of an RP2040

    def feed(self):
        PINS.fed += 1


class Stream:
    """A file descriptor as MicroPython's stream: what is not read stays where ``poll`` sees it."""

    def __init__(self, descriptor):
        self.buffer = open(descriptor, "rb+", buffering=0, closefd=False)  # noqa: SIM115 -- as long as the program
        self.fileno = self.buffer.fileno


def serve(control):
    with control, control.makefile("rwb") as lines:
        for line in lines:
            asked = json.loads(line)
            if "pin" in asked:
                PINS.inputs[asked["pin"]] = asked["value"]
            lines.write(json.dumps(PINS.told()).encode() + b"\n")
            lines.flush()
    os._exit(0)  # the test is over


def main(link, control, speed):
    # A closed contact is one at ground; all are closed as it starts.
    PINS.inputs.update(dict.fromkeys(range(10, 14), 0))
    ours, theirs = os.openpty()
    tty.setraw(theirs)  # kept open: a host that goes ends nothing
    Path(link).symlink_to(os.ttyname(theirs))
    machine = types.SimpleNamespace(Pin=Pin, PWM=PWM, WDT=WDT, unique_id=lambda: bytes.fromhex("E66058388300C0DE"))
    sys.modules["machine"] = machine
    sys.modules["micropython"] = types.SimpleNamespace(kbd_intr=lambda _byte: None)
    late = WRAPS_AT - 500  # it wraps soon
    time.ticks_ms = lambda: (int(time.monotonic() * 1000 * speed) + late) % WRAPS_AT
    time.ticks_diff = lambda one, other: (one - other + WRAPS_AT // 2) % WRAPS_AT - WRAPS_AT // 2
    threading.Thread(target=serve, args=(socket.socket(fileno=control),), daemon=True).start()
    sys.stdin = sys.stdout = Stream(ours)
    sys.path.insert(0, str(BOARD))
    runpy.run_path(str(BOARD / "main.py"), run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
