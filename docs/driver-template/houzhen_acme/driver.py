r"""The Acme reader: a card reader that speaks lines of text.

It is asked with a letter and ``\r``, and answers with one line:

====== ==============================================================
asked  answers
====== ==============================================================
``S``  ``OK``, or ``E`` and a number where it is broken
``F``  ``CARD``, or ``NONE`` where no card lies on it
``R``  the 256 bytes of the card's text in hexadecimal, or ``NONE``
====== ==============================================================
"""

from __future__ import annotations

import asyncio

from drivers.device import (
    INTERACTIVE_LIMIT,
    CompletionCode,
    DeviceError,
    DeviceInfo,
    DeviceState,
    HealthLevel,
    HealthReport,
)
from drivers.identity_card.text import TEXT_SIZE, DocumentError, IdentityDocument, parse_document
from drivers.line_device import LineDevice
from drivers.registry import DeviceEntry
from drivers.transport import Transport, deadline_in, open_transport, settle

_CONNECT = 3.0
_THOUGHT = 1.0
"""Seconds that the reader may take before it answers. The bytes' own time on the line comes on top."""
_QUIET = 0.05
_POLL = 0.1
_LONGEST = 2 * TEXT_SIZE + 1


class AcmeReader(LineDevice[Transport]):
    """What ``LineDevice`` brings: the life cycle, one FIFO, cancelling, and a line that is closed when it goes."""

    def __init__(self, name: str, url: str) -> None:
        super().__init__(DeviceInfo(name=name, kind="identity_card", driver="acme_reader", url=url))
        self._dirty = False

    # -- what every driver brings

    async def _connect(self) -> Transport:
        self._dirty = False
        return await open_transport(self._info.url, timeout=_CONNECT)

    async def _greet(self) -> None:
        """Before it counts as ready it must have answered: a mute device fails here, with ``timeout``."""
        await self._require_well()

    async def _examine(self, level: HealthLevel) -> HealthReport:
        """What is raised here becomes the report of a device that is not well."""
        await self._require_well()
        if level is HealthLevel.INTERACTIVE and not await self.wait_for_card(INTERACTIVE_LIMIT):
            return HealthReport(level, healthy=None, findings=("answers", "no_media"), state=DeviceState.ONLINE)
        return HealthReport(level, healthy=True, findings=("answers",), state=DeviceState.ONLINE)

    # -- what a reader of cards brings

    async def wait_for_card(self, timeout: float) -> bool:
        """Wait until a card lies on the reader; tell whether one came within ``timeout`` seconds."""
        async with self._command():  # one at a time, and the one that ``cancel`` ends
            return await self._card(timeout, there=True)

    async def wait_removed(self, timeout: float) -> bool:
        """Wait until no card lies on the reader; tell whether it is empty at the latest after ``timeout`` seconds."""
        async with self._command():
            return await self._card(timeout, there=False)

    async def read(self, timeout: float) -> IdentityDocument:
        """Wait up to ``timeout`` seconds for a card, and read it.

        Raises:
            DeviceError: ``no_media``, ``bad_document``, or the line's.
        """
        async with self._command():
            if not await self._card(timeout, there=True):
                raise DeviceError(CompletionCode.TIMEOUT, "no_media", "No card was laid on the reader in time.")
            answer = await self._ask(b"R")
        if answer == b"NONE":
            raise DeviceError(CompletionCode.COMMAND_ERROR, "no_media", "The card was taken away too early.")
        try:
            return parse_document(bytearray.fromhex(answer.decode("ascii")))
        except (DocumentError, ValueError) as failure:
            sentence = "What the card holds cannot be used. The person was not identified."
            raise DeviceError(CompletionCode.INVALID_DATA, "bad_document", sentence) from failure

    async def _card(self, timeout: float, *, there: bool) -> bool:
        deadline = deadline_in(timeout)
        while (await self._ask(b"F") == b"CARD") is not there:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return False
            await self._pause(min(_POLL, left))  # ends at once, with ``canceled``, when ``cancel`` is asked
        return True

    # -- the line

    async def _require_well(self) -> None:
        if (answer := await self._ask(b"S")) != b"OK":
            sentence = f"The reader says that it is broken ({answer.decode('ascii', 'replace')[:8]})."
            raise DeviceError(CompletionCode.HARDWARE_ERROR, "self_test", sentence)

    async def _ask(self, question: bytes) -> bytes:
        """Ask, and return the line that answers. Every wait has a deadline from the bytes and the line's rate."""
        async with self._exchange_alone() as line:
            if self._dirty:
                await settle(line, quiet=_QUIET, at_most=_THOUGHT + line.line_time(_LONGEST))
            line.flush_input()
            self._dirty = True  # until the answer is whole, also if this is cancelled
            await line.write(question + b"\r", deadline_in(_THOUGHT + line.line_time(2)))
            deadline = deadline_in(_THOUGHT + line.line_time(2 + _LONGEST))
            answer = bytearray()
            while not answer.endswith(b"\r"):
                if len(answer) > _LONGEST or asyncio.get_running_loop().time() >= deadline:
                    sentence = "What the reader answers is not understood. Check its cable and its rate."
                    raise DeviceError(CompletionCode.HARDWARE_ERROR, "garbled", sentence)
                answer += await line.read(_LONGEST, deadline)
            self._dirty = False
            return bytes(answer[:-1])


def from_entry(entry: DeviceEntry) -> AcmeReader:
    """Make the driver for a configuration entry; it has no options of its own.

    Raises:
        ConfigurationError: an option.
    """
    entry.refuse_unknown_options(frozenset())
    return AcmeReader(entry.name, entry.url)
