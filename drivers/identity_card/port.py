"""A reader of identity cards as its user sees it, whoever wrote its driver."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from drivers.device import Device
from drivers.identity_card.text import IdentityDocument


@runtime_checkable
class IdentityCardReader(Device, Protocol):
    """A reader of identity cards. A maker's own library can stand behind it (docs/driver-template.md).

    The photo on a card is never kept.
    """

    async def wait_for_card(self, timeout: float) -> bool:
        """Wait until a card lies on the reader; tell whether one came within ``timeout`` seconds.

        Raises:
            DeviceError: ``card_not_removed`` where the card that was read still lies there; any of the line's.
        """
        ...

    async def read(self, timeout: float) -> IdentityDocument:
        """Wait up to ``timeout`` seconds for a card, and read it, whole or not at all.

        Raises:
            DeviceError: ``no_media`` where no card came (``TIMEOUT``) or it left too early (``COMMAND_ERROR``);
                ``card_not_removed``; ``bad_document`` where its content cannot be used; any of the line's.
        """
        ...

    async def wait_removed(self, timeout: float) -> bool:
        """Wait until the card has left the reader; tell whether that is so, at the latest after ``timeout`` seconds."""
        ...
