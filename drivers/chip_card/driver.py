"""A chip-card reader as a device: who comes and goes, and what a card says, by PC/SC.

PC/SC's calls block. Two threads make them, one for commands and one that waits for cards to come and go; the event loop
never does. A card is read through an exclusive connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from drivers.chip_card import codec
from drivers.chip_card.answers import NOT_KNOWN, refusal
from drivers.chip_card.cards import CardContentError
from drivers.chip_card.pcsc import Address, Context, Link, Seen, mute_card, pcsc_error, removed_card, use_socket
from drivers.chip_card.port import Card
from drivers.chip_card.reading import MemoryCard, Talk, read_memory_card, read_social_card
from drivers.chip_card.worker import Worker
from drivers.device import (
    INTERACTIVE_LIMIT,
    CompletionCode,
    DeviceError,
    DeviceInfo,
    DeviceState,
    HealthLevel,
    HealthReport,
    MediaState,
)
from drivers.line import deadline_in, transport_error
from drivers.line_device import LineDevice

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

_Result = TypeVar("_Result")
_log = structlog.get_logger(__name__)

_SERVICE_LOST: Final = frozenset({"gone", "no_service", "no_device", "timeout"})


@dataclass(frozen=True, slots=True)
class Timing:
    """The reader's waits, in seconds.

    Attributes:
        patience: multiplies the time a card is given to answer; more than 1.0 for slow ones.
        connect: for the service to be reached, and for a card to be powered.
        answer: for a card's answer to one command.
        look: that the watching thread waits at a time; it is how late a service that hangs is noticed.
        margin: that a call may take longer than it was told to.
        settle: after an answer that did not come, for the service to notice that the card was pulled. pcscd looks at
            readers that cannot tell by themselves every 0.4 s.
    """

    patience: float = 1.0
    connect: float = 5.0
    answer: float = 3.0
    look: float = 1.0
    margin: float = 3.0
    settle: float = 1.5


class _Session:
    """An open reader: its two threads, each with a context of its own."""

    def __init__(self, address: Address, name: str) -> None:
        self.commands = Worker(f"{name} commands")
        self.watcher = Worker(f"{name} watcher")
        self.context = Context(address)
        self.watching = Context(address)
        self.news = asyncio.Event()
        self.seen: Seen | None = None
        self.failure: DeviceError | None = None
        self.link: Link | None = None
        self.task: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Let go of everything, as soon as the calls under way return; waits for none of them."""
        self.failure = self.failure or transport_error("closed", "the card reader")
        self.news.set()
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()
            await asyncio.wait({self.task})
        watching = self.watching
        # The call that waits for cards is ended from the other thread, and then its own lets go.
        self.commands.post(watching.stop)
        self.commands.post(self.drop)
        self.commands.end(self.context.close)
        self.watcher.end(watching.close)

    # -- in the commands' thread

    def take(self) -> tuple[Link, Seen]:
        """Take the card; it is kept here, so that it is let go of even where nobody waited for it."""
        self.drop()
        self.link = self.context.connect()
        return self.link, self.context.look(None, 0.0)

    def drop(self) -> None:
        """Let go of the card."""
        link, self.link = self.link, None
        if link is not None:
            link.close()


class ChipCardReader(LineDevice[_Session]):
    """A reader of chip cards (``drivers.device.Device``).

    ``read`` returns a ``SocialCard`` or a ``HospitalCard``, whole or not at all.

    Args:
        name: what the rest of the system calls it.
        url: ``pcsc:NAME OF THE READER``, where ``*`` stands for anything.
        social: whether social-security cards are read.
        memory: how the hospital's own contactless cards are read; None = they are not.
        timing: its waits.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        social: bool = True,
        memory: MemoryCard | None = None,
        timing: Timing | None = None,
    ) -> None:
        super().__init__(DeviceInfo(name=name, kind="chip_card", driver="pcsc", url=url))
        self._social = social
        self._memory = memory
        self._timing = timing or Timing()
        self._left: list[Worker] = []

    @property
    def reads_social_cards(self) -> bool:
        """Whether social-security cards are read."""
        return self._social

    @property
    def reads_hospital_cards(self) -> bool:
        """Whether the hospital's own contactless cards are read."""
        return self._memory is not None

    # -- the life of a device

    async def _connect(self) -> _Session:
        address = Address.parse(self._info.url)
        use_socket(address)
        session = _Session(address, self._info.name)
        try:
            reader = await self._call(session.commands, session.context.open, limit=self._timing.connect)
            await self._call(session.watcher, session.watching.open, limit=self._timing.connect)
            session.seen = await self._call(session.watcher, session.watching.look, None, 0.0)
        except BaseException:
            await session.close()
            raise
        self._info = replace(self._info, model=reader)
        return session

    async def _greet(self) -> None:
        session = self._require_connection()
        if session.task is None:
            session.task = asyncio.create_task(self._watch(session), name=f"{self._info.name} watch")

    async def close(self) -> None:
        """See ``Device``."""
        session = self._connection
        await super().close()
        if session is not None:
            self._left = [one for one in self._left if one.alive]
            self._left += [session.commands] if session.commands.stuck else []

    async def _examine(self, level: HealthLevel) -> HealthReport:
        """Look at the reader as it was last seen, at most ``look`` seconds ago; ``INTERACTIVE`` has a card put in."""
        session = self._require_connection()
        seen = session.seen
        if session.failure is not None:
            raise session.failure
        if seen is None:
            raise transport_error("timeout", self._info.url)
        if seen.exclusive and session.link is None:
            # It may be how the reader was a moment ago, when we had the card: asked after what we do with it has ended.
            seen = await self._call(session.commands, session.context.look, None, 0.0)
        if seen.exclusive and session.link is None:
            return HealthReport(level, healthy=False, findings=("claimed",), state=DeviceState.DEVICE_BUSY)
        findings: tuple[str, ...] = (
            "reader_present",
            "mute_card" if seen.mute else "card" if seen.present else "no_card",
        )
        if level is HealthLevel.INTERACTIVE:
            try:
                await self.read(INTERACTIVE_LIMIT)
            except DeviceError as failure:
                if failure.error != "no_media":
                    raise
                return HealthReport(level, healthy=None, findings=(*findings, "no_media"), state=DeviceState.ONLINE)
            findings = (*findings, "card_read")
        return HealthReport(level, healthy=True, findings=findings, state=DeviceState.ONLINE)

    @property
    def media(self) -> MediaState:
        """Whether a card is in the reader, as it was last seen."""
        seen = self._connection.seen if self._connection is not None else None
        if seen is None:
            return MediaState.UNKNOWN
        return MediaState.PRESENT if seen.present else MediaState.NOT_PRESENT

    # -- cards that come and go

    async def _watch(self, session: _Session) -> None:
        """Follow the reader's state until it is lost."""
        try:
            while True:
                seen = await self._call(session.watcher, session.watching.look, session.seen, self._timing.look)
                before, session.seen = session.seen, seen
                session.news.set()
                if before is not None:
                    self._tell_changes(before, seen)
        except DeviceError as failure:
            _log.info("card_reader_lost", device=self._info.name, error=failure.error)
            session.failure = failure
            session.news.set()
            if self._connection is session:
                await self._lose(failure)

    def _tell_changes(self, before: Seen, now: Seen) -> None:
        if before.present and (not now.present or now.count - before.count > 1):
            self._tell("media_removed", MediaState.NOT_PRESENT)
        if now.present and (not before.present or now.count - before.count > 1):
            self._tell("media_inserted", MediaState.PRESENT)

    async def wait_for_card(self, timeout: float) -> bool:
        """Wait until a card is in the reader; tell whether one came within ``timeout`` seconds.

        Raises:
            DeviceError: ``canceled``; any of the reader's.
        """
        async with self._command():
            return await self._until(timeout, lambda seen: seen.present)

    async def wait_removed(self, timeout: float) -> bool:
        """Wait until no card is in the reader; tell whether that is so, at the latest after ``timeout`` seconds.

        Raises:
            DeviceError: ``canceled``; any of the reader's.
        """
        async with self._command():
            return await self._until(timeout, lambda seen: not seen.present)

    async def _until(self, timeout: float, fits: Callable[[Seen], bool]) -> bool:
        session = self._require_connection()
        deadline = deadline_in(timeout)
        while True:
            session.news.clear()
            if session.failure is not None:
                raise session.failure
            if session.seen is not None and fits(session.seen):
                return True
            if not await self._news_by(session, deadline):
                return False

    async def _news_by(self, session: _Session, deadline: float) -> bool:
        """Wait for news until ``deadline``, or until the command is cancelled; tell whether there was time."""
        waits = {asyncio.ensure_future(session.news.wait()), asyncio.ensure_future(self._cancel_asked.wait())}
        left = deadline - asyncio.get_running_loop().time()
        try:
            await asyncio.wait(waits, timeout=max(0.0, left), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._refuse_canceled()
        return left > 0

    # -- what is on a card

    async def read(self, timeout: float) -> Card:
        """Wait up to ``timeout`` seconds for a card, and read it. The card may stay afterwards.

        Raises:
            DeviceError: ``no_media`` where no card came (``TIMEOUT``) or it was pulled (``COMMAND_ERROR``); ``claimed``
                where another program has it; ``wrong_card``, ``card_blocked``, ``authentication`` and ``mute_card`` by
                the card; ``bad_document`` where its content cannot be used; ``garbled``, ``timeout`` or ``gone``.
        """
        async with self._reading(timeout) as (talk, seen):
            if self._memory is not None and (seen.memory_card or not self._social):
                return await read_memory_card(talk, self._memory)
            if seen.memory_card:
                raise refusal(NOT_KNOWN)
            return await read_social_card(talk)

    async def read_uid(self, timeout: float) -> bytes:
        """Wait up to ``timeout`` seconds for a contactless card, and read its own number; raises as ``read``."""
        async with self._reading(timeout) as (talk, _):
            return await talk.ask(codec.GET_UID)

    @contextlib.asynccontextmanager
    async def _reading(self, timeout: float) -> AsyncIterator[tuple[Talk, Seen]]:
        """Have a card to oneself while the block runs; one that was changed meanwhile is none."""
        async with self._command():
            if not await self._until(timeout, lambda seen: seen.present):
                raise DeviceError(
                    CompletionCode.TIMEOUT, "no_media", "No card was put in the reader in time. Nothing was read."
                )
            session = self._require_connection()
            try:
                with _errors_of_cards():
                    link, seen = await self._taken(session)
                    yield Talk(lambda command: self._put(session, link, command, seen)), seen
                    now = await self._call(session.commands, session.context.look, None, 0.0)
                if not now.present or now.count != seen.count:
                    raise removed_card(self._info.url)
            except DeviceError as failure:
                if failure.error in _SERVICE_LOST:
                    await self._lose(failure)
                raise
            finally:
                session.commands.post(session.drop)

    async def _taken(self, session: _Session) -> tuple[Link, Seen]:
        """Take the card for this program alone; return the connection and the reader as it is now."""
        ours = any(worker.alive for worker in self._left)
        try:
            return await self._call(session.commands, session.take, limit=self._timing.connect)
        except DeviceError as failure:
            if failure.error == "claimed" and ours:
                raise mute_card(self._info.url) from failure  # it is we: a card that never answered still has it
            raise

    # -- the threads

    async def _put(self, session: _Session, link: Link, command: bytes, before: Seen) -> bytes:
        """Put a command's bytes to the card.

        Raises:
            DeviceError: ``no_media``, ``mute_card``, ``timeout``, ``canceled`` or ``gone``.
        """
        self._refuse_canceled()
        limit = self._timing.answer * self._timing.patience
        answer = await self._call(session.commands, link.transmit, command, limit=limit)
        if isinstance(answer, bytes):
            return answer
        # What the result says of a card that was pulled is not to be relied on: the reader's state is.
        failure = pcsc_error(answer, self._info.url)
        if failure.error in _SERVICE_LOST or failure.error == "no_media":
            raise failure
        raise removed_card(self._info.url) if await self._has_left(before) else mute_card(self._info.url)

    async def _has_left(self, before: Seen) -> bool:
        """Tell whether the card that was there ``before`` has left; the service may notice a little later."""
        return await self._until(self._timing.settle, lambda seen: not seen.present or seen.count != before.count)

    async def _call(
        self, worker: Worker, function: Callable[..., _Result], *arguments: object, limit: float = 0.0
    ) -> _Result:
        """Have a thread make a call; ``limit`` in seconds, 0 = the usual one.

        Raises:
            DeviceError: ``timeout`` where it does not return in time.
        """
        try:
            return await worker.call(function, *arguments, limit=limit or self._timing.look + self._timing.margin)
        except TimeoutError as late:
            raise transport_error("timeout", self._info.url) from late


@contextlib.contextmanager
def _errors_of_cards() -> Iterator[None]:
    """Turn what is wrong with a card's content into errors of the device."""
    try:
        yield
    except CardContentError as failure:
        raise DeviceError(
            CompletionCode.INVALID_DATA,
            "bad_document",
            f"{failure} The person was not identified; ask at a staffed counter.",
        ) from failure
    except codec.CardDataError as failure:
        raise DeviceError(
            CompletionCode.INVALID_DATA,
            "garbled",
            f"The card cannot be read: {failure}. Nothing was taken from it; put it in again.",
        ) from failure
