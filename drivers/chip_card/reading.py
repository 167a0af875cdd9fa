"""How a card is read: one command after another to a card that one has to oneself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from drivers.chip_card import codec
from drivers.chip_card.answers import refusal
from drivers.chip_card.cards import (
    HOLDER_FILE,
    ISSUER_FILE,
    SOCIAL_NAME,
    HospitalCard,
    SocialCard,
    hospital_card,
    social_card,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_MOST_RECORDS: Final = 16
"""Of a file, at most: EF05 and EF06 have seven each, and later generations one or two more."""


@dataclass(frozen=True, slots=True)
class MemoryCard:
    """How a hospital's contactless card carries its number.

    Attributes:
        pattern: what the number looks like; its group ``number``, or else the whole, is the number.
        block: where it stands; None = the card's own number (UID), in hexadecimal, is the number.
        key: of six bytes, that opens the block.
        key_kind: ``codec.KEY_A`` or ``codec.KEY_B``.
        place: how the reader wants keys to be loaded.
    """

    pattern: re.Pattern[str] = re.compile(r"[0-9A-Za-z]{4,32}")
    block: int | None = None
    key: bytes = b""
    key_kind: int = codec.KEY_A
    place: codec.KeyPlace = codec.KEY_PLACES["utrust"]

    def __repr__(self) -> str:
        """Without the key."""
        return f"MemoryCard(block={self.block!r}, key=<redacted>)"


class Talk:
    """A card that is there and taken.

    Args:
        put: puts a command's bytes to it and returns its answer's.
    """

    def __init__(self, put: Callable[[bytes], Awaitable[bytes]]) -> None:
        self._put = put

    async def put(self, command: codec.Apdu) -> codec.Answer:
        """Put a command and return the whole answer, whatever it says.

        Raises:
            drivers.chip_card.codec.CardDataError: what came is no answer.
        """
        conversation = codec.converse(command)
        sending = next(conversation)
        while True:
            came = await self._put(sending)
            try:
                sending = conversation.send(came)
            except StopIteration as end:
                answer: codec.Answer = end.value
                return answer

    async def ask(self, command: codec.Apdu) -> bytes:
        """Put a command that has to be done, and return what the card gives.

        Raises:
            DeviceError: the card refused; see ``answers``.
        """
        answer = await self.put(command)
        if not answer.done:
            raise refusal(answer.sw)
        return answer.data

    async def file(self, identifier: int) -> dict[int, bytes]:
        """Read all records of a file; return their values by their tags.

        Raises:
            drivers.chip_card.codec.CardDataError: a record is none, or a tag is there twice.
        """
        await self.ask(codec.select_file(identifier))
        items: dict[int, bytes] = {}
        for number in range(1, _MOST_RECORDS + 1):
            answer = await self.put(codec.read_record(number))
            if answer.sw == codec.NO_RECORD and items:
                break
            if not answer.done:
                raise refusal(answer.sw)
            tag, value = codec.read_item(answer.data)
            if tag in items:
                raise codec.CardDataError(f"item {tag:02X} is there twice")
            items[tag] = value
        return items


async def read_social_card(talk: Talk) -> SocialCard:
    """Read the files of a social-security card that are read without a key."""
    await talk.ask(codec.select_name(SOCIAL_NAME))
    issuer = await talk.file(ISSUER_FILE)
    return social_card(issuer, await talk.file(HOLDER_FILE))


async def read_memory_card(talk: Talk, memory: MemoryCard) -> HospitalCard:
    """Read the number of a hospital's contactless card."""
    if memory.block is None:
        uid = await talk.ask(codec.GET_UID)
        return hospital_card(uid.hex().upper().encode("ascii"), memory.pattern)
    await talk.ask(codec.load_key(memory.place, memory.key, memory.key_kind))
    await talk.ask(codec.authenticate(memory.place, memory.block, memory.key_kind))
    return hospital_card(await talk.ask(codec.read_block(memory.block)), memory.pattern)
