"""A reader of chip cards as its user sees it, whoever wrote its driver."""

from __future__ import annotations

from typing import Protocol, TypeAlias, runtime_checkable

from drivers.chip_card.cards import HospitalCard, SocialCard
from drivers.device import Device, MediaState

Card: TypeAlias = SocialCard | HospitalCard


@runtime_checkable
class ChipReader(Device, Protocol):
    """A reader of chip cards. A library of a maker or a local bureau can stand behind it (docs/driver-template.md).

    For 居民健康卡 and medical-insurance cards, whose layouts are not public, nothing else can.
    """

    @property
    def reads_social_cards(self) -> bool:
        """Whether social-security cards are read."""
        ...

    @property
    def reads_hospital_cards(self) -> bool:
        """Whether the hospital's own cards are read."""
        ...

    @property
    def media(self) -> MediaState:
        """Whether a card is in the reader, as it was last seen."""
        ...

    async def wait_for_card(self, timeout: float) -> bool:
        """Wait until a card is in the reader; tell whether one came within ``timeout`` seconds."""
        ...

    async def read(self, timeout: float) -> Card:
        """Wait up to ``timeout`` seconds for a card, and read it, whole or not at all. The card may stay afterwards.

        Raises:
            DeviceError: ``no_media`` where no card came (``TIMEOUT``) or it was pulled (``COMMAND_ERROR``);
                ``claimed``, ``wrong_card``, ``card_blocked``, ``authentication``, ``mute_card``, ``bad_document``,
                ``garbled``.
        """
        ...

    async def wait_removed(self, timeout: float) -> bool:
        """Wait until no card is in the reader; tell whether that is so, at the latest after ``timeout`` seconds."""
        ...
