"""PC/SC as blocking calls with typed errors: contexts, readers, their state, a card and what it answers.

The library's results decide, never its texts: the text of "the card was pulled" can be "Command successful". Results
are those of PC/SC Workgroup part 5 and pcsc-lite's ``pcsclite.h``.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote

from drivers.device import CompletionCode, DeviceError
from drivers.line import ambiguous, bad_url, split_url

if TYPE_CHECKING:
    from collections.abc import Iterable

SOCKET_VARIABLE: Final = "PCSCLITE_CSOCK_NAME"
"""Where libpcsclite reads, once a process, at which socket the service is."""

_START = "Start it: systemctl start pcscd.socket (package pcscd)."

_MEANINGS: Final[dict[int, tuple[str, CompletionCode, str]]] = {}
_OK: Final = 0
_MEMORY_CARD: Final = bytes.fromhex("4F0CA000000306")
"""In the historical bytes: the PC/SC Workgroup's own identifier."""
_TIMED_OUT: Final = 0x8010000A
_CANCELLED: Final = 0x80100002
_GONE: Final = 0x8010002F
"""Communication with the daemon failed."""
_SHUT_OUT: Final = 0x8010006A
"""A security rule forbids it."""


def _mean(results: Iterable[int], error: str, code: CompletionCode, sentence: str) -> None:
    _MEANINGS.update(dict.fromkeys(results, (error, code, sentence)))


_mean(
    (0x8010001D, 0x8010001E),
    "no_service",
    CompletionCode.DEVICE_NOT_READY,
    f"The card service (pcscd) does not run, so no card can be read. {_START}",
)
_mean(
    # Invalid handle, data lost, and the daemon's own failures: it was there, and this context is of no use any more.
    (0x80100003, _GONE, 0x80100013, 0x80100001, 0x80100014, 0x80100012),
    "gone",
    CompletionCode.DEVICE_NOT_READY,
    f"The card service (pcscd) went away during use; nothing was read. {_START}",
)
_mean(
    (0x80100009, 0x80100017, 0x8010002E),
    "no_device",
    CompletionCode.DEVICE_NOT_READY,
    "There is no card reader at {url}. Check its plug and the name: houzhen-devices check lists what there is.",
)
_mean(
    (0x8010000B,),
    "claimed",
    CompletionCode.DEVICE_NOT_READY,
    "Another program holds the card in {url}. Stop that program; nothing was read.",
)
_mean(
    (_SHUT_OUT, 0x80100027),
    "access",
    CompletionCode.DEVICE_NOT_READY,
    "This account may not use the card service. Allow it by a polkit rule for org.debian.pcsc-lite.access_pcsc.",
)
_mean(
    (0x8010000C, 0x80100069, 0x80100068),
    "no_media",
    CompletionCode.COMMAND_ERROR,
    "The card left before it was read. Nothing was taken from it; put it in again.",
)
_mean(
    (0x80100066, 0x80100067, 0x80100065, 0x8010000F, 0x80100015),
    "mute_card",
    CompletionCode.COMMAND_ERROR,
    "The card gives no answer: it may lie the wrong way round, or be broken. Nothing was read.",
)
_UNKNOWN = (
    "unknown",
    CompletionCode.HARDWARE_ERROR,
    "The card reader at {url} failed with result {result:08X}. Nothing was read; unplug it and plug it in again.",
)


def pcsc_error(result: int, url: str) -> DeviceError:
    """Make the error that a result of the library's stands for."""
    result &= 0xFFFFFFFF
    error, code, sentence = _MEANINGS.get(result, _UNKNOWN)
    return DeviceError(code, error, sentence.format(url=url, result=result))


def removed_card(url: str) -> DeviceError:
    """The error for a card that was pulled before it was read."""
    return pcsc_error(0x80100069, url)


def mute_card(url: str) -> DeviceError:
    """The error for a card that lies there and does not answer."""
    return pcsc_error(0x80100066, url)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a reader is.

    Attributes:
        url: as it was configured.
        reader: its name, with ``*`` for anything.
        socket: the service's, where it is not the usual one.
    """

    url: str
    reader: str
    socket: str | None = None

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read ``pcsc:NAME[?socket=PATH]``.

        Raises:
            DeviceError: ``bad_url``.
        """
        parts = split_url(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        socket = options.pop("socket", None)
        if parts.scheme != "pcsc" or parts.netloc or not parts.path or options or socket == "":
            raise bad_url(url, "it needs pcsc:NAME OF THE READER, where * stands for anything, and knows socket=PATH")
        return cls(url, unquote(parts.path), socket)

    def choose(self, readers: list[str]) -> str:
        """Return the one reader that is meant.

        Raises:
            DeviceError: ``no_device``, naming those that there are, or ``ambiguous``, naming those that match.
        """
        pattern = re.compile(".*".join(map(re.escape, self.reader.split("*"))), re.DOTALL)
        found = [reader for reader in readers if pattern.fullmatch(reader)]
        if len(found) > 1:
            raise ambiguous(self.url, found)
        if not found:
            there = ", ".join(readers) or "none"
            raise DeviceError(
                CompletionCode.DEVICE_NOT_READY,
                "no_device",
                f"There is no card reader at {self.url}. The readers that are plugged in: {there}.",
            )
        return found[0]


@cache
def library() -> Any:  # noqa: ANN401 -- it has no types
    """Return pyscard's plain functions.

    Raises:
        ImportError: it is not installed.
    """
    from smartcard import scard  # noqa: PLC0415 -- an extra, and it loads libpcsclite

    return scard


def use_socket(address: Address) -> None:
    """Have libpcsclite look for the service where ``address`` says; it reads that once a process.

    Raises:
        DeviceError: ``bad_url``: another socket is in use in this process already.
    """
    if address.socket is None:
        return
    given = os.environ.setdefault(SOCKET_VARIABLE, address.socket)
    if given != address.socket:
        raise bad_url(address.url, f"this program uses the card service at {given} already, and can use one only")


@dataclass(frozen=True, slots=True)
class Seen:
    """A reader's state as it was seen.

    Attributes:
        present: whether a card is in it.
        mute: the card does not answer to power.
        exclusive: some program, maybe this one, has it for itself.
        count: how often a card came or went, as far as the service has counted.
        atr: what the card said of itself when it was powered; empty where there is none.
        raw: the library's flags, for the next look.
    """

    present: bool
    mute: bool
    exclusive: bool
    count: int
    atr: bytes
    raw: int

    @property
    def memory_card(self) -> bool:
        """Whether it is a contactless card that is only memory, and knows no files (PC/SC part 3, 3.1.3.2.3)."""
        return _MEMORY_CARD in self.atr


class Context:
    """One context of the library's, with one reader: every method blocks. Use each in one thread, but for ``stop``."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._scard = library()
        self._context: Any = None
        self._reader = ""

    @property
    def reader(self) -> str:
        """The reader's name in full, once opened."""
        return self._reader

    def open(self) -> str:
        """Reach the service and find the reader; return its name in full.

        Raises:
            DeviceError: ``no_service``, ``no_device``, ``ambiguous``, ``access``.
        """
        result, self._context = self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_SYSTEM)
        self._check(result)
        result, readers = self._scard.SCardListReaders(self._context, [])
        if result & 0xFFFFFFFF != 0x8010002E:  # noqa: PLR2004 -- there are no readers: said with the address
            self._check(result)
        self._reader = self._address.choose(list(readers))
        return self._reader

    def look(self, known: Seen | None, seconds: float) -> Seen:
        """Return the reader's state: at once, or where it is as ``known``, when it changes or time is up.

        Raises:
            DeviceError: ``gone``, ``no_device``.
        """
        before = self._scard.SCARD_STATE_UNAWARE if known is None else known.raw & ~self._scard.SCARD_STATE_CHANGED
        wait = 0 if known is None else round(seconds * 1000)
        result, states = self._scard.SCardGetStatusChange(self._context, wait, [(self._reader, before)])
        if result & 0xFFFFFFFF in {_TIMED_OUT, _CANCELLED} and known is not None:
            return known
        self._check_in_use(result)
        flags = states[0][1]
        if flags & (self._scard.SCARD_STATE_UNKNOWN | self._scard.SCARD_STATE_UNAVAILABLE):
            raise pcsc_error(0x80100017, self._address.url)
        return Seen(
            present=bool(flags & self._scard.SCARD_STATE_PRESENT),
            mute=bool(flags & self._scard.SCARD_STATE_MUTE),
            exclusive=bool(flags & self._scard.SCARD_STATE_EXCLUSIVE),
            count=flags >> 16 & 0xFFFF,
            atr=bytes(states[0][2]),
            raw=flags,
        )

    def connect(self) -> Link:
        """Take the card in the reader for this program alone.

        Raises:
            DeviceError: ``claimed``, ``no_media``, ``mute_card``, ``gone``.
        """
        protocols = self._scard.SCARD_PROTOCOL_T0 | self._scard.SCARD_PROTOCOL_T1
        result, handle, protocol = self._scard.SCardConnect(
            self._context, self._reader, self._scard.SCARD_SHARE_EXCLUSIVE, protocols
        )
        self._check_in_use(result)
        return Link(self._scard, handle, protocol)

    def stop(self) -> None:
        """Have ``look`` return; from another thread."""
        if self._context is not None:
            self._scard.SCardCancel(self._context)

    def close(self) -> None:
        """Let go of the service. Safe to call twice."""
        context, self._context = self._context, None
        if context is not None:
            self._scard.SCardReleaseContext(context)

    def _check(self, result: int) -> None:
        if result != _OK:
            raise pcsc_error(result, self._address.url)

    def _check_in_use(self, result: int) -> None:
        # Whoever was let in is not shut out later: so the library calls a service that hung up while it ended.
        self._check(_GONE if result & 0xFFFFFFFF == _SHUT_OUT else result)


class Link:
    """An exclusive connection to a card: every method blocks.

    Attributes:
        protocol: which it speaks, 1 for T=0 and 2 for T=1.
    """

    def __init__(self, scard: Any, handle: Any, protocol: int) -> None:  # noqa: ANN401 -- the library's
        self._scard = scard
        self._handle = handle
        self.protocol = protocol
        self._pci = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1

    def transmit(self, command: bytes) -> bytes | int:
        """Put a command; return the card's answer, or the library's result where there is none.

        A card that was pulled may give the result 0 and no bytes; that is no answer either.
        """
        result, answer = self._scard.SCardTransmit(self._handle, self._pci, list(command))
        if result == _OK and answer:
            return bytes(byte & 0xFF for byte in answer)
        return int(result) & 0xFFFFFFFF

    def close(self) -> None:
        """Let go of the card.

        It is not reset: where that fails, because the card has just left, pcscd 1.9.9 calls the reader empty and does
        not notice the next card. pcscd itself takes the power from a card that nobody uses.
        """
        self._scard.SCardDisconnect(self._handle, self._scard.SCARD_LEAVE_CARD)
