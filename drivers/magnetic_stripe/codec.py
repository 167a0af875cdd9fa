"""The tracks of a swipe: pure, the reader's text in and the hospital's card number out.

Readers give ASCII: track 1 as ``%...?``, track 2 as ``;...?`` and track 3 as ``+...?``, each with its check character
(LRC) behind the ``?`` where they are set so, and ``E`` in place of a track they could not read (ID TECH and MagTek
manuals). Character sets and the LRC are those of ISO/IEC 7811-2 and 7811-6, a bank card's number is that of ISO/IEC
7812.

**A bank card is refused as a whole**, and what was on it is in no error.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_STARTS: Final = {"%": 1, ";": 2, "+": 3}
_END: Final = "?"
_UNREAD: Final = "E"
_OFFSETS: Final = {1: 0x20, 2: 0x30, 3: 0x30}
"""What lies between a character's code on the track and its ASCII."""
_CODES: Final = {1: 0x40, 2: 0x10, 3: 0x10}
"""How many characters a track knows: six bits on the first, four on the others, without parity."""
_NUMERIC_START: Final = ";"
"""On tracks 2 and 3 alike; a reader writes the third's as ``+``."""

# The account number's place on each track: track 1 format B, track 2, and track 3's two digits of format before it.
_ACCOUNTS: Final = {
    1: re.compile(r"[A-Z]?([0-9 ]{13,23})(?:\^|$)"),
    2: re.compile(r"([0-9]{13,19})(?:=|$)"),
    3: re.compile(r"(?:[0-9]{2})?([0-9]{13,19})(?:=|$)"),
}
_BANKS_FIRST: Final = frozenset("3456")
"""First digits of banks' cards; the others are airlines', oil companies' and nations' own (ISO/IEC 7812-1, 5.2)."""
_SHORTEST_ACCOUNT, _LONGEST_ACCOUNT = 13, 19


class Refusal(enum.StrEnum):
    """Why a swipe gives no number."""

    BANK_CARD = "bank_card"
    UNREADABLE = "unreadable"
    """A track that is wanted could not be read."""
    CHECK = "check"
    """A check character does not fit."""
    FORM = "form"
    """It is no swipe: other characters, a track without an end, a track twice."""
    NO_NUMBER = "no_number"
    """None of the hospital's: the pattern does not fit."""
    OTHER_TRACK = "other_track"
    """None of the tracks that are wanted: a reader that ends each track by itself sends the wanted one too."""


class SwipeError(ValueError):
    """A swipe that gives no number. Holds nothing of what was on the card.

    Attributes:
        reason: why.
    """

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Reading:
    """How a hospital's card is read.

    Attributes:
        tracks: those the number may stand on, in the order of preference.
        pattern: what a track holds; its group ``number``, or else the whole, is the number.
        lrc: whether the reader sends each track's check character.
    """

    tracks: tuple[int, ...] = (2,)
    pattern: re.Pattern[str] = re.compile(r"(?P<number>[0-9]{4,12})(?:=[0-9=]*)?")
    lrc: bool = False


def check_character(track: int, data: str) -> str:
    """Compute the check character of a track: the exclusive or of all its characters' codes, sentinels and all.

    Args:
        track: which.
        data: what stands between the sentinels.
    """
    start = "%" if track == 1 else _NUMERIC_START
    total = 0
    for character in start + data + _END:
        total ^= ord(character) - _OFFSETS[track]
    return chr(total + _OFFSETS[track])


def split_tracks(text: str, *, lrc: bool) -> dict[int, str | None]:
    """Cut a swipe into its tracks; None for one that could not be read.

    Raises:
        SwipeError: ``FORM`` or ``CHECK``.
    """
    tracks: dict[int, str | None] = {}
    rest = text
    while rest:
        track = _STARTS.get(rest[0])
        end = rest.find(_END)
        if track is None or track in tracks or end < 0:
            raise SwipeError(Refusal.FORM)
        data, behind = rest[1:end], 1 + lrc
        read = data != _UNREAD
        if any(not 0 <= ord(character) - _OFFSETS[track] < _CODES[track] for character in data) and read:
            raise SwipeError(Refusal.FORM)
        # A track that was not read has no check character on some readers, and one on others.
        if lrc and not read and rest[end + 1 : end + 2] in {"", *_STARTS}:
            behind = 1
        elif lrc and read and rest[end + 1 : end + 2] != check_character(track, data):
            raise SwipeError(Refusal.CHECK)
        tracks[track] = data if read else None
        rest = rest[end + behind :]
    return tracks


def is_bank_card(tracks: Mapping[int, str | None]) -> bool:
    """Tell whether any track begins with what could be a bank card's number."""
    for track, data in tracks.items():
        found = _ACCOUNTS[track].match(data) if data else None
        if found is not None and _is_account(found.group(1).replace(" ", "")):
            return True
    return False


def _is_account(number: str) -> bool:
    if not _SHORTEST_ACCOUNT <= len(number) <= _LONGEST_ACCOUNT or number[0] not in _BANKS_FIRST:
        return False
    # ISO/IEC 7812-1, annex B: the Luhn sum.
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 -- the sum of a product's two digits
    return total % 10 == 0


def read_swipe(text: str, reading: Reading) -> str:
    """Read a swipe; return the hospital's card number.

    Raises:
        SwipeError: it gives none; see ``Refusal``.
    """
    tracks = split_tracks(text, lrc=reading.lrc)
    if is_bank_card(tracks):
        raise SwipeError(Refusal.BANK_CARD)
    wanted = [tracks[track] for track in reading.tracks if track in tracks]
    if not wanted:
        raise SwipeError(Refusal.OTHER_TRACK)
    for data in wanted:
        found = reading.pattern.fullmatch(data) if data is not None else None
        number = found.groupdict().get("number", found.group()) if found is not None else None
        if number:
            return number
    raise SwipeError(Refusal.UNREADABLE if None in wanted else Refusal.NO_NUMBER)
