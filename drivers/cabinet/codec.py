"""From the cabinet board's bytes to its frames and back: pure, without I/O. The protocol is in docs/cabinet.md.

A frame is ``00 COBS(kind, sequence, payload, check) 00``: consistent overhead byte stuffing (Cheshire and Baker,
IEEE/ACM Transactions on Networking 7(2), 1999) keeps zeros out, so that after any noise the next zero ends what was
broken. The check is CRC-16/IBM-3740 (polynomial 1021, begun with FFFF; 29B1 for "123456789"), the high byte first.
"""

from __future__ import annotations

import binascii
import enum
from dataclasses import dataclass
from typing import Final

VERSION: Final = 1
"""The protocol's version that this driver speaks."""

MOST_PAYLOAD: Final = 48
LONGEST: Final = MOST_PAYLOAD + 5
"""Bytes of the longest frame on the line, without its zeros: kind, sequence, payload, check and one of stuffing."""

MOST_LIGHTS: Final = 16
MOST_CONTACTS: Final = 16

_REPLY: Final = 0x80
_SHORTEST_BODY: Final = 4
_STATE: Final = 0xC0
_IDENTITY_BYTES: Final = 10
_STATE_HEAD: Final = 9


class Asked(enum.IntEnum):
    """What the host asks of the board."""

    IDENTIFY = 0x01
    LIGHT = 0x02
    STATE = 0x03
    DEBOUNCE = 0x04
    WATCHDOG = 0x05
    CLEAR = 0x06


class Result(enum.IntEnum):
    """How the board answers."""

    DONE = 0
    UNKNOWN_COMMAND = 1
    WRONG_LENGTH = 2
    WRONG_VALUE = 3
    NOT_FITTED = 4


class Pattern(enum.IntEnum):
    """How a light shines (XFS4IoT's flash rates)."""

    OFF = 0
    CONTINUOUS = 1
    SLOW = 2
    """Half a second on, half a second off."""
    QUICK = 3
    """A quarter of a second each: two flashes a second, below the three of WCAG 2.3.1."""


class Cause(enum.IntEnum):
    """Why the board tells its state."""

    ASKED = 0
    HEARTBEAT = 1
    CHANGED = 2
    STARTED = 3


class FrameError(ValueError):
    """A frame is whole and its content is not of this protocol. The message says what was wrong."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to the question with this sequence number."""

    asked: int
    sequence: int
    result: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Identity:
    """What the board says it is."""

    version: int
    firmware: str
    lights: int
    contacts: int
    has_watchdog: bool
    serial: str


@dataclass(frozen=True, slots=True)
class BoardState:
    """The contacts, debounced by the board.

    Attributes:
        uptime: seconds since the board started; smaller than before: it started anew.
        cause: why it is told.
        closed: per contact, whether it is closed now.
        latched: per contact, whether it left its closed state since that was last cleared, host or no host.
        changes: per contact, how often it changed since the board started, modulo 256.
    """

    uptime: int
    cause: int
    closed: tuple[bool, ...]
    latched: tuple[bool, ...]
    changes: tuple[int, ...]


def check_of(body: bytes) -> bytes:
    """Return the two bytes of check over ``body``."""
    return binascii.crc_hqx(body, 0xFFFF).to_bytes(2, "big")


def stuff(body: bytes) -> bytes:
    """Take the zeros out of ``body`` (COBS; bodies are far shorter than the 254 bytes at which it splits a run)."""
    return b"".join(bytes([len(run) + 1]) + run for run in body.split(b"\0"))


def unstuff(frame: bytes) -> bytes | None:
    """Put the zeros back; None where ``frame`` is no stuffing."""
    runs = []
    at = 0
    while at < len(frame):
        end = at + frame[at]
        if end == at or end > len(frame):
            return None
        runs.append(frame[at + 1 : end])
        at = end
    return b"\0".join(runs)


def question(asked: Asked, sequence: int, payload: bytes = b"") -> bytes:
    """Build the frame of a question, with the zeros around it.

    Raises:
        ValueError: the payload is longer than a frame takes.
    """
    if len(payload) > MOST_PAYLOAD:
        raise ValueError(f"A frame takes {MOST_PAYLOAD} bytes of payload; this one has {len(payload)}.")
    body = bytes([asked, sequence & 0xFF]) + payload
    return b"\0" + stuff(body + check_of(body)) + b"\0"


class Deframer:
    """Splits what a board sends into replies and states, however the line cuts it up.

    Attributes:
        dropped: frames that were damaged or not of this protocol.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._held = bytearray()
        self._too_long = False

    def feed(self, data: bytes) -> list[Reply | BoardState]:
        """Take what arrived and return what it completes, in order."""
        found: list[Reply | BoardState] = []
        parts = data.split(b"\0")
        for number, part in enumerate(parts):
            self._hold(part)
            if number < len(parts) - 1 and (one := self._ended()) is not None:
                found.append(one)
        return found

    def _hold(self, part: bytes) -> None:
        room = LONGEST - len(self._held)
        self._too_long = self._too_long or len(part) > room
        self._held += part[: max(0, room)]

    def _ended(self) -> Reply | BoardState | None:
        frame, self._held = bytes(self._held), bytearray()
        too_long, self._too_long = self._too_long, False
        if not frame:
            return None  # a zero that begins a frame, or ends noise
        found = None if too_long else _content(frame)
        if found is None:
            self.dropped += 1
        return found


def _content(frame: bytes) -> Reply | BoardState | None:
    body = unstuff(frame)
    if body is None or len(body) < _SHORTEST_BODY or check_of(body[:-2]) != body[-2:]:
        return None
    kind, sequence, payload = body[0], body[1], body[2:-2]
    if kind == _STATE:
        try:
            return read_state(payload)
        except FrameError:
            return None
    if kind & _REPLY and payload:
        return Reply(kind & ~_REPLY, sequence, payload[0], payload[1:])
    return None


def read_identity(data: bytes) -> Identity:
    """Read what ``IDENTIFY`` was answered with.

    Raises:
        FrameError: it is not ten bytes long, or tells of more than a board may have.
    """
    if len(data) != _IDENTITY_BYTES:
        raise FrameError(f"an identity has {_IDENTITY_BYTES} bytes, not {len(data)}")
    version, major, minor, lights, contacts, watchdog = data[:6]
    if lights > MOST_LIGHTS or contacts > MOST_CONTACTS:
        raise FrameError(f"a board has at most {MOST_LIGHTS} lights and {MOST_CONTACTS} contacts")
    return Identity(version, f"{major}.{minor}", lights, contacts, bool(watchdog), data[6:].hex().upper())


def read_state(data: bytes) -> BoardState:
    """Read a state, asked for or told.

    Raises:
        FrameError: its length does not fit the number of contacts it begins with.
    """
    count = len(data) - _STATE_HEAD
    if not 0 <= count <= MOST_CONTACTS:
        raise FrameError(f"a state has {_STATE_HEAD} to {_STATE_HEAD + MOST_CONTACTS} bytes, not {len(data)}")
    closed, latched = int.from_bytes(data[5:7], "big"), int.from_bytes(data[7:9], "big")
    return BoardState(
        uptime=int.from_bytes(data[:4], "big"),
        cause=data[4],
        closed=tuple(bool(closed >> number & 1) for number in range(count)),
        latched=tuple(bool(latched >> number & 1) for number in range(count)),
        changes=tuple(data[_STATE_HEAD:]),
    )
