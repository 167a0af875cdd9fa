"""The virtual reader's end of a card: the protocol of ``vpcd`` (vsmartcard), spoken to the service's reader driver.

Each message is two bytes of length, big-endian, and the content. One byte of content is the reader's own: 0 power off,
1 power on, 2 reset, 4 "what is your answer to reset?"; anything longer is a command, and is answered. A card that is
put in connects, and one that is pulled hangs up.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter
from typing import Final

from drivers.chip_card.simulator.card import SimulatedCard
from drivers.faults import Fault, FaultPlan
from drivers.simulator import ControlError, DeviceLine

VPCD: Final = ("127.0.0.1", 35963)
"""Where Debian's vsmartcard-vpcd has its first reader."""
ACTIONS: Final = frozenset({"mute", "late", "pulled", "refuse", "short", "false_length"})
_TRY_AGAIN: Final = 0.02
_SEND_LIMIT: Final = 5.0
_ATR_QUESTION: Final = 4


class VirtualReader:
    """A card in a virtual reader, or none (``drivers.simulator.SimulatedDevice``)."""

    def __init__(self) -> None:
        self.faults = FaultPlan(ACTIONS)
        self.card: SimulatedCard | None = None
        self._changed = asyncio.Event()
        self._pulled = asyncio.Event()
        self._unmuted = asyncio.Event()
        self._asked: Counter[str] = Counter()

    def attached(self, line: DeviceLine) -> None:
        """See ``SimulatedDevice``. There is no line: the card calls the reader, not the other way round."""

    def detached(self) -> None:
        """See ``SimulatedDevice``."""

    async def receive(self, data: bytes) -> None:
        """See ``SimulatedDevice``."""

    async def serve(self) -> None:
        """Put the card in whenever there is one, and answer for it, until cancelled."""
        while True:
            card = self.card
            if card is None:
                self._changed.clear()
                await self._changed.wait()
                continue
            self._pulled.clear()
            answering = asyncio.create_task(self._answer_for(card))
            pulled = asyncio.create_task(self._pulled.wait())
            try:
                await asyncio.wait({answering, pulled}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (answering, pulled):
                    task.cancel()
                await asyncio.wait({answering, pulled})

    async def _answer_for(self, card: SimulatedCard) -> None:
        try:
            reader, writer = await asyncio.open_connection(*VPCD)
        except OSError:
            await asyncio.sleep(_TRY_AGAIN)  # the service is not up yet, or not any more
            return
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while True:
                    _acknowledge_at_once(writer)
                    size = int.from_bytes(await reader.readexactly(2), "big")
                    answer = await self._answer(card, await reader.readexactly(size))
                    if answer is not None:
                        writer.write(len(answer).to_bytes(2, "big") + answer)
                        await writer.drain()
        finally:
            writer.close()

    async def _answer(self, card: SimulatedCard, message: bytes) -> bytes | None:
        card = self.card or card  # what is on a card may change while it is in
        if len(message) == 1:
            if message[0] == _ATR_QUESTION:
                return card.atr
            card.power(on=message[0] > 0)
            return None
        name = card.name_of(message)
        self._asked[name] += 1
        return await self._spoil(card.answer(message), self.faults.strike(name))

    async def _spoil(self, answer: bytes, faults: tuple[Fault, ...]) -> bytes:
        for fault in faults:
            match fault.action:
                case "mute":
                    self._unmuted.clear()
                    await self._unmuted.wait()
                case "late":
                    await asyncio.sleep(1.5 if fault.value is None else fault.value)
                case "pulled":
                    self.card = None
                    self._pulled.set()
                    await asyncio.Event().wait()  # for ever: whoever serves the card ends this
                case "refuse":
                    answer = (0x6F00 if fault.value is None else int(fault.value) & 0xFFFF).to_bytes(2, "big")
                case "short":
                    answer = answer[-1:]
                case "false_length" if len(answer) > 3:  # noqa: PLR2004 -- tag, length, status
                    answer = answer[:1] + bytes([answer[1] + 1 & 0xFF]) + answer[2:]
        return answer

    async def control(self, verb: str, arguments: dict[str, object]) -> dict[str, object]:
        """See ``SimulatedDevice``; the verbs are told in docs/cards.md."""
        match verb:
            case "insert":
                if self.card is not None:
                    raise ControlError("there is a card in it already")
                self.card = _new_card(arguments)
                self._changed.set()
            case "change":
                self.card = _new_card(arguments)
                self.card.power(on=True)
            case "remove":
                self.card = None
                self._pulled.set()
            case "speak":
                self._unmuted.set()
            case "status":
                kind = "none" if self.card is None else self.card.kind
                return {"kind": "chip_card", "card": kind, "asked": dict(self._asked)}
            case _:
                raise ControlError(f"there is no verb {verb!r}")
        return {}


def _acknowledge_at_once(writer: asyncio.StreamWriter) -> None:
    """Undo what costs 40 ms a message: vpcd sends a length and its content apart, and waits for the first to arrive."""
    link: socket.socket = writer.get_extra_info("socket")
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _new_card(arguments: dict[str, object]) -> SimulatedCard:
    known = {"kind", "document", "manner", "blocked", "shuffled", "uid", "block", "key"}
    if unknown := sorted(set(arguments) - known):
        raise ControlError(f"a card has no argument {unknown[0]!r}")
    document = arguments.get("document", {})
    if not isinstance(document, dict) or not all(isinstance(value, str) for value in document.values()):
        raise ControlError("document must be an object of texts")
    card = SimulatedCard(str(arguments.get("kind", "social")), document, str(arguments.get("manner", "t1")))
    card.blocked, card.shuffled = bool(arguments.get("blocked")), bool(arguments.get("shuffled"))
    try:
        card.uid = bytes.fromhex(str(arguments.get("uid", card.uid.hex())))
        card.key = bytes.fromhex(str(arguments.get("key", card.key.hex())))
        card.blocks[4] = str(arguments.get("block", "H0000001")).encode("gbk").ljust(16, b"\0")[:16]
    except ValueError as failure:
        raise ControlError(str(failure)) from failure
    return card
