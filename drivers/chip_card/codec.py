"""What is said to a chip card: pure, APDUs and records in bytes.

Command and answer are those of ISO/IEC 7816-4 (2013), clauses 5.1 and 5.3, with short lengths only. On protocol T=0 a
card answers ``61 xx`` for "xx bytes wait for GET RESPONSE" and ``6C xx`` for "ask again for xx bytes"; some cards and
readers do so on T=1 too, so both are followed on either.

A record of a social-security card is one data item: tag, length and value, of one byte, one byte and ``length`` bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

SHORTEST: Final = 4
"""Bytes of a command at least: class, instruction, two parameters."""
MOST_DATA: Final = 255
MOST_ANSWER: Final = 256
STATUS_SIZE: Final = 2

_MORE: Final = 0x61
_WRONG_LENGTH: Final = 0x6C
_GET_RESPONSE: Final = 0xC0
_CLASS_MASK: Final = 0x03
"""The bits of a class that name the logical channel, which GET RESPONSE keeps (ISO/IEC 7816-4, 5.4.1)."""
_LONGEST_CHAIN: Final = 16
"""Answers that are put together at most: 4 kB. No file read here has more than 256 bytes a record."""

_SELECT_BY_NAME: Final = 0x04
_SELECT_BY_FILE: Final = 0x02
_BY_NUMBER: Final = 0x04
_PADDING: Final = (0x00, 0xFF)


class CardDataError(ValueError):
    """What a card answered cannot be what was asked for. Says what and why, never what the card holds."""


@dataclass(frozen=True, slots=True)
class Apdu:
    """A command. Its ``repr`` does not show its data, which may be a key.

    Attributes:
        cla: class.
        ins: instruction.
        p1: first parameter.
        p2: second parameter.
        data: up to 255 bytes.
        le: bytes wanted, 1 to 256; None = none are wanted, or all that come after ``61 xx``.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(default=b"", repr=False)
    le: int | None = None

    def encode(self) -> bytes:
        """Write the command.

        Raises:
            ValueError: a field does not fit its place.
        """
        if len(self.data) > MOST_DATA or (self.le is not None and not 1 <= self.le <= MOST_ANSWER):
            raise ValueError("a short command has at most 255 bytes of data and asks for 1 to 256")
        head = bytes((self.cla, self.ins, self.p1, self.p2))
        body = bytes((len(self.data),)) + self.data if self.data else b""
        return head + body + (b"" if self.le is None else bytes((self.le % MOST_ANSWER,)))


@dataclass(frozen=True, slots=True)
class Answer:
    """A card's answer. Its ``repr`` does not show the data.

    Attributes:
        data: what was asked for.
        sw: the status word, ``0x9000`` where it was done.
    """

    data: bytes = field(repr=False)
    sw: int

    @property
    def done(self) -> bool:
        """Whether the card did what it was told."""
        return self.sw == DONE


DONE: Final = 0x9000
NO_RECORD: Final = 0x6A83


def read_answer(raw: bytes) -> Answer:
    """Read an answer.

    Raises:
        CardDataError: it has no status, or is longer than an answer can be.
    """
    if not STATUS_SIZE <= len(raw) <= MOST_ANSWER + STATUS_SIZE:
        raise CardDataError(f"the card's answer has {len(raw)} bytes, which no answer has")
    return Answer(raw[:-STATUS_SIZE], int.from_bytes(raw[-STATUS_SIZE:], "big"))


def converse(command: Apdu) -> Generator[bytes, bytes, Answer]:
    """Put ``command`` and follow ``61 xx`` and ``6C xx``: yields what to send, is sent what came, returns the whole.

    Raises:
        CardDataError: an answer that is none, a length that is refused again, or answers without end.
    """
    asked, corrected = command, False
    data = b""
    for _ in range(_LONGEST_CHAIN):
        answer = read_answer((yield asked.encode()))
        sw1, sw2 = divmod(answer.sw, 0x100)
        data += answer.data
        if sw1 == _WRONG_LENGTH and not corrected and not answer.data:
            corrected = True
            asked = Apdu(asked.cla, asked.ins, asked.p1, asked.p2, asked.data, sw2 or MOST_ANSWER)
        elif sw1 == _MORE:
            corrected = False
            asked = Apdu(command.cla & _CLASS_MASK, _GET_RESPONSE, 0, 0, le=sw2 or MOST_ANSWER)
        elif sw1 == _WRONG_LENGTH:
            raise CardDataError("the card refuses the length that it asked for")
        else:
            return Answer(data, answer.sw)
    raise CardDataError("the card's answer does not end")


# -- files and records


def select_name(name: bytes) -> Apdu:
    """SELECT an application by its name."""
    return Apdu(0x00, 0xA4, _SELECT_BY_NAME, 0x00, name)


def select_file(identifier: int) -> Apdu:
    """SELECT an elementary file under the application, by its identifier of two bytes."""
    return Apdu(0x00, 0xA4, _SELECT_BY_FILE, 0x00, identifier.to_bytes(2, "big"))


def read_record(number: int) -> Apdu:
    """READ RECORD ``number`` (from 1) of the file that is selected."""
    return Apdu(0x00, 0xB2, number, _BY_NUMBER, le=MOST_ANSWER)


def read_item(record: bytes) -> tuple[int, bytes]:
    """Read a record as one data item; return its tag and its value.

    Raises:
        CardDataError: the record is shorter than it says, or holds more than one item. Padding after it is let pass.
    """
    if len(record) < STATUS_SIZE:
        raise CardDataError(f"a record has {len(record)} bytes, and no tag and length")
    tag, size = record[0], record[1]
    value, rest = record[2 : 2 + size], record[2 + size :]
    if len(value) < size:
        raise CardDataError(f"item {tag:02X} says {size} bytes and has {len(value)}")
    if any(byte not in _PADDING for byte in rest):
        raise CardDataError(f"item {tag:02X} is followed by something else")
    return tag, value


# -- contactless cards with memory, by the reader's own commands (PC/SC part 3, 3.2.2)


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where a reader keeps the key of a Mifare card, and how it is named again.

    Attributes:
        structure: P1 of LOAD KEYS.
        place: P2 of LOAD KEYS; None = the kind of key, 60 or 61.
        number: the key's number in AUTHENTICATE.
    """

    structure: int
    place: int | None
    number: int


KEY_PLACES: Final = {
    # uTrust 3720F manual p. 35 and 4711F p. 29: FF 82 00 60 06 ..., FF 86 00 00 05 01 00 block 60 01.
    "utrust": KeyPlace(0x00, None, 0x01),
    # ACR122U API manual 2.04, 5.1 and 5.2: FF 82 00 00 06 ..., FF 86 00 00 05 01 00 block 60 00.
    "acr122u": KeyPlace(0x00, 0x00, 0x00),
}
KEY_A: Final = 0x60
KEY_B: Final = 0x61
KEY_SIZE: Final = 6
BLOCK_SIZE: Final = 16

GET_UID = Apdu(0xFF, 0xCA, 0x00, 0x00, le=MOST_ANSWER)


def load_key(place: KeyPlace, key: bytes, kind: int = KEY_A) -> Apdu:
    """LOAD KEYS: give the reader a key."""
    return Apdu(0xFF, 0x82, place.structure, kind if place.place is None else place.place, key)


def authenticate(place: KeyPlace, block: int, kind: int = KEY_A) -> Apdu:
    """GENERAL AUTHENTICATE: open the sector of ``block`` with the key that was loaded."""
    return Apdu(0xFF, 0x86, 0x00, 0x00, bytes((0x01, 0x00, block, kind, place.number)))


def read_block(block: int) -> Apdu:
    """READ BINARY: read a block of 16 bytes."""
    return Apdu(0xFF, 0xB0, 0x00, block, le=BLOCK_SIZE)
