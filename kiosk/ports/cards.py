"""The readers: identity cards, other cards, codes; and what they say of a patient."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from drivers.device import DeviceState
from queue_server.contract import PartKind


@dataclass(frozen=True)
class CardHolder:
    """What the kiosk takes from an identity card, and nothing more. Never printed, never logged, never shown."""

    number: str
    name: str
    expired: bool

    def __repr__(self) -> str:
        """Without the person: this object may meet a log."""
        return f"CardHolder(<redacted>, expired={self.expired})"


@dataclass(frozen=True)
class Shown:
    """What another card than an identity card says. Never printed, never logged, never shown.

    Attributes:
        kind: a social-security card says an identity number, a hospital's card its own.
        value: that number.
        name: the name on the card, where there is one.
        stays: it is in its reader still.
        expired: it says itself that its validity is over.
    """

    kind: Literal["id_card", "hospital_card"]
    value: str
    name: str | None = None
    stays: bool = False
    expired: bool = False

    def __repr__(self) -> str:
        """Without the person: this object may meet a log."""
        return f"Shown(kind={self.kind!r}, <redacted>)"


CardWay: TypeAlias = Literal["social", "hospital"]
"""Which cards can be used beside identity cards: 社保卡, 就诊卡."""


@dataclass(frozen=True)
class PartState:
    """A part of the kiosk, what it is and how it was last heard."""

    name: str
    kind: PartKind
    state: DeviceState


class OtherCards(Protocol):
    """The readers for other cards than identity cards."""

    @property
    def ways(self) -> frozenset[CardWay]:
        """Which cards can be used now."""
        ...

    @property
    def fitted(self) -> frozenset[CardWay]:
        """Which cards can be used while all readers are well."""
        ...

    @property
    def parts(self) -> Sequence[PartState]:
        """The readers, as last heard."""
        ...

    async def shown(self) -> Shown:
        """Return the next card that is put in or swiped; without end, also while a reader is away.

        Raises ``drivers.device.DeviceError`` for a card that cannot be used. It is not read again while it stays.
        """
        ...

    async def wait_removed(self, seconds: float) -> bool:
        """Return whether no card is in a reader any more, at the latest after ``seconds``."""
        ...

    def forget(self) -> None:
        """A visit ends: a card that is in a reader still is nobody's, and not read before it was taken out."""
        ...


class CardReader(Protocol):
    """The identity card reader.

    Each command raises ``drivers.device.DeviceError``; its ``error`` is the name by which ``faults`` knows it.
    """

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        ...

    async def wait_for_card(self, seconds: float) -> bool:
        """Return whether a card came within ``seconds``. Raises ``card_not_removed`` for one left lying there."""
        ...

    async def read(self) -> CardHolder:
        """Read the card that lies there. Raises ``no_media`` when it was pulled away."""
        ...

    async def wait_removed(self, seconds: float) -> bool:
        """Return whether no card lies there any more, at the latest after ``seconds``."""
        ...

    def state(self) -> DeviceState:
        """Return the last known state."""
        ...


class CodeScanner(Protocol):
    """A scanner that has a line of its own; one that types into the window is the screen's."""

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        ...

    def state(self) -> DeviceState:
        """Return the last known state."""
        ...

    def codes(self) -> AsyncIterator[str]:
        """Iterate over the codes that are scanned from now on, whole and without white space around them.

        Never ends: while the scanner is gone none come.
        """
        ...
