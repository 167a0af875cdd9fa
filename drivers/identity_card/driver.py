"""The resident-card reader as a device: find, select, read, and wait for the card to leave."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Final

import structlog

from drivers.device import (
    INTERACTIVE_LIMIT,
    CompletionCode,
    DeviceError,
    DeviceInfo,
    DeviceState,
    HealthLevel,
    HealthReport,
)
from drivers.identity_card.answers import FOUND, ITEM_ABSENT, NOT_FOUND, OK, refusal
from drivers.identity_card.codec import (
    MAX_FRAME,
    OVERHEAD,
    Command,
    Damage,
    Frame,
    FrameDecoder,
    encode_command,
)
from drivers.identity_card.text import TEXT_SIZE, DocumentError, IdentityDocument, parse_address, parse_document
from drivers.line_device import LineDevice
from drivers.registry import ConfigurationError, DeviceEntry
from drivers.transport import Transport, deadline_in, open_transport, settle

_log = structlog.get_logger(__name__)

_SHORT_ANSWER = OVERHEAD + 4
_READ_LENGTHS = bytes.fromhex("01000400")
"""Before text and photo: 256 and 1,024."""


@dataclass(frozen=True, slots=True)
class _Exchange:
    """What one command may cost: seconds of thought, and the size of a successful answer's data."""

    thought: float
    sizes: tuple[int, ...]


# The sizes let an answer that came late be told from the one that is waited for.
_EXCHANGES: Final = {
    Command.STATUS: _Exchange(0.5, (0,)),
    Command.READER_ID: _Exchange(0.5, (16,)),
    Command.FIND: _Exchange(0.5, (4,)),
    Command.SELECT: _Exchange(0.5, (8,)),
    Command.READ: _Exchange(1.5, (len(_READ_LENGTHS) + TEXT_SIZE + 1024,)),
    Command.READ_ADDED_ADDRESS: _Exchange(0.5, (70,)),
}


@dataclass(frozen=True, slots=True)
class Timing:
    """The reader's waits, in seconds.

    Attributes:
        patience: multiplies the time the reader is given to think; more than 1.0 for a slow model.
        connect: for opening the line.
        margin: added to every computed wait.
        poll: between two looks for a card.
        gap: of silence inside an answer until it counts as broken off.
        quiet: of silence until a damaged line counts as quiet again.
    """

    patience: float = 1.0
    connect: float = 3.0
    margin: float = 0.5
    poll: float = 0.05
    gap: float = 0.4
    quiet: float = 0.03


class ResidentIdReader(LineDevice[Transport]):
    """A reader of resident identity cards (``drivers.device.Device``).

    A card that was read must leave before another is found: the reader finds a card that stays no second time. The
    photo is never kept. Commands queue in the order they were asked; cancelling one leaves the line clean for the
    next.
    """

    def __init__(self, name: str, url: str, *, timing: Timing | None = None) -> None:
        super().__init__(DeviceInfo(name=name, kind="identity_card", driver="resident_id", url=url))
        self._timing = timing or Timing()
        self._decoder = FrameDecoder()
        self._dirty = False
        self._card_read = False

    async def _connect(self) -> Transport:
        line = await open_transport(self._info.url, timeout=self._timing.connect)
        self._dirty = False
        self._card_read = False
        return line

    async def _greet(self) -> None:
        await self._check_status()
        number = await self._ask(Command.READER_ID)
        if number.sw3 != OK:
            raise refusal(number.sw3)
        self._info = replace(self._info, serial=number.data.hex().upper())

    async def close(self) -> None:
        """See ``Device``."""
        self._decoder.reset()
        await super().close()

    async def _examine(self, level: HealthLevel) -> HealthReport:
        """``EXTERNAL`` also looks for a card, whether or not one is there; ``INTERACTIVE`` has a person lay one."""
        await self._check_status()
        findings = ["answers", "self_test"]
        if level is HealthLevel.EXTERNAL:
            async with self._command():
                findings.append("card" if (await self._ask(Command.FIND)).sw3 == FOUND else "no_card")
        if level is HealthLevel.INTERACTIVE:
            try:
                await self.read(INTERACTIVE_LIMIT)
            except DeviceError as failure:
                if failure.error != "no_media":
                    raise
                return HealthReport(level, healthy=None, findings=(*findings, "no_media"), state=DeviceState.ONLINE)
            findings.append("card_read")
        return HealthReport(level, healthy=True, findings=tuple(findings), state=DeviceState.ONLINE)

    async def wait_for_card(self, timeout: float) -> bool:
        """Wait until a card lies on the reader.

        Returns:
            Whether one came within ``timeout`` seconds.

        Raises:
            DeviceError: ``card_not_removed`` where the card that was read still lies there; any of the line's.
        """
        async with self._command():
            return await self._find(timeout)

    async def read(self, timeout: float) -> IdentityDocument:
        """Wait up to ``timeout`` seconds for a card, and read it.

        Raises:
            DeviceError: ``no_media`` where no card came (``TIMEOUT``) or it left too early (``COMMAND_ERROR``);
                ``card_not_removed``; ``bad_document`` where its content cannot be used; ``garbled``, ``timeout`` or
                ``gone`` for the line; the reader's own refusals.
        """
        async with self._command():
            if not await self._find(timeout):
                raise DeviceError(
                    CompletionCode.TIMEOUT, "no_media", "No card was laid on the reader in time. Nothing was read."
                )
            selected = await self._ask(Command.SELECT)
            if selected.sw3 != OK:
                raise refusal(selected.sw3)
            answer = await self._ask(Command.READ)
            try:
                return self._document(answer)
            finally:
                answer.wipe()

    async def read_added_address(self) -> str | None:
        """Read the address that was added to the card since it was issued; None = there is none.

        For the card that was just read, while it lies there.

        Raises:
            DeviceError: ``no_media`` where no card was read or it has left; ``bad_document``; any of the line's.
        """
        async with self._command():
            if not self._card_read:
                raise refusal(NOT_FOUND)
            answer = await self._ask(Command.READ_ADDED_ADDRESS)
            try:
                if answer.sw3 == ITEM_ABSENT:
                    return None
                if answer.sw3 != OK:
                    self._card_read = False
                    raise refusal(answer.sw3)
                return parse_address(answer.data)
            except DocumentError as failure:
                raise _unusable(failure) from failure
            finally:
                answer.wipe()

    async def wait_removed(self, timeout: float) -> bool:
        """Wait until the card has left the reader.

        Returns:
            Whether the reader is empty, at the latest after ``timeout`` seconds.
        """
        async with self._command():
            deadline = deadline_in(timeout)
            while await self._card_lies():
                if not await self._rest(deadline):
                    return False
            return True

    # -- cards

    async def _find(self, timeout: float) -> bool:
        deadline = deadline_in(timeout)
        while True:
            answer = await self._ask(Command.FIND)
            if answer.sw3 == FOUND:
                self._card_read = False
                return True
            if answer.sw3 != NOT_FOUND:
                raise refusal(answer.sw3)
            if self._card_read and await self._card_lies():
                raise DeviceError(
                    CompletionCode.USER_ERROR,
                    "card_not_removed",
                    "The card that was read still lies on the reader. Take it away, then lay the next one.",
                )
            if not await self._rest(deadline):
                return False

    async def _rest(self, deadline: float) -> bool:
        """Wait before the next look; tell whether there is time for one."""
        left = deadline - asyncio.get_running_loop().time()
        await self._pause(max(0.0, min(self._timing.poll, left)))
        return left > 0

    async def _card_lies(self) -> bool:
        """Tell whether a card lies on the reader.

        Find says the same of a card that was read and stays as of no card. A selected card still answers for its
        added address, though, by giving it or by saying it has none; one that left does not.
        """
        if not self._card_read:
            return (await self._ask(Command.FIND)).sw3 == FOUND
        answer = await self._ask(Command.READ_ADDED_ADDRESS)
        answer.wipe()
        self._card_read = answer.sw3 in {OK, ITEM_ABSENT}
        return self._card_read

    def _document(self, answer: Frame) -> IdentityDocument:
        if answer.sw3 != OK:
            raise refusal(answer.sw3)
        self._card_read = True
        head = len(_READ_LENGTHS)
        if answer.data[:head] != _READ_LENGTHS:
            raise DeviceError(
                CompletionCode.INVALID_DATA, "garbled", "The reader gave text or photo in a size that is not known."
            )
        text = answer.data[head : head + TEXT_SIZE]
        try:
            return parse_document(text)
        except DocumentError as failure:
            raise _unusable(failure) from failure
        finally:
            text[:] = bytes(len(text))

    # -- the line

    async def _check_status(self) -> None:
        status = await self._ask(Command.STATUS)
        if status.sw3 != OK:
            raise refusal(status.sw3)

    async def _ask(self, command: Command) -> Frame:
        """Put a command, all of which can be put again, and return its answer; damage is answered by one retry."""
        async with self._exchange_alone() as line:
            for attempt in (1, 2):
                answer = await self._exchange(line, command)
                if answer is not None:
                    return answer
                _log.info("identity_card_answer_damaged", device=self._info.name, attempt=attempt)
            raise DeviceError(
                CompletionCode.HARDWARE_ERROR,
                "garbled",
                "The reader's answers arrive damaged. Check its cable; nothing was read.",
            )

    async def _exchange(self, line: Transport, command: Command) -> Frame | None:
        """Send once and wait for the answer; None = what came was damaged."""
        if self._dirty:
            # What is still coming is at most one longest frame.
            await settle(
                line,
                quiet=self._timing.quiet + line.line_time(_SHORT_ANSWER),
                at_most=line.line_time(MAX_FRAME) + self._timing.margin,
            )
        self._decoder.reset()
        line.flush_input()
        self._dirty = True  # until the answer is whole, also if this is cancelled
        request = encode_command(command)
        cost = _EXCHANGES[command]
        sending = line.line_time(len(request))
        await line.write(request, deadline_in(sending + self._timing.margin))
        longest = OVERHEAD + 4 + max(cost.sizes)
        deadline = deadline_in(
            sending + cost.thought * self._timing.patience + line.line_time(longest) + self._timing.margin
        )
        heard = False
        while True:
            broken_off = deadline_in(self._timing.gap + line.line_time(_SHORT_ANSWER))
            try:
                data = await line.read(MAX_FRAME, min(deadline, broken_off) if self._decoder.pending else deadline)
            except DeviceError as failure:
                if failure.error == "timeout" and heard:
                    return None
                raise
            if heard and asyncio.get_running_loop().time() >= deadline:
                return None  # noise without end
            heard = True
            damaged = False
            for item in self._decoder.feed(data):
                if isinstance(item, Frame):
                    if self._answers(item, cost):
                        self._dirty = False
                        return item
                    item.wipe()  # another command's answer, come late
                else:
                    damaged = damaged or item.damage is not Damage.GARBAGE
            if damaged:
                return None

    @staticmethod
    def _answers(frame: Frame, cost: _Exchange) -> bool:
        """Tell by its shape whether a frame answers this command: a refusal, or a success of the right size."""
        if frame.status[:2] != b"\x00\x00":
            return False
        if frame.sw3 in {OK, FOUND}:
            return len(frame.data) in cost.sizes
        return not frame.data


def _unusable(failure: DocumentError) -> DeviceError:
    return DeviceError(
        CompletionCode.INVALID_DATA,
        "bad_document",
        f"{failure} The person was not identified; ask at a staffed counter.",
    )


def from_entry(entry: DeviceEntry) -> ResidentIdReader:
    """Make the driver for a configuration entry; its one option is ``patience`` (see ``Timing``).

    Raises:
        ConfigurationError: another option, or a patience that is not a number above 0.
    """
    entry.refuse_unknown_options(frozenset({"patience"}))
    patience = entry.options.get("patience", 1.0)
    if not isinstance(patience, int | float) or isinstance(patience, bool) or not patience > 0:
        raise ConfigurationError(f"{entry.where}: patience = {patience!r} must be a number above 0")
    return ResidentIdReader(entry.name, entry.url, timing=Timing(patience=float(patience)))
