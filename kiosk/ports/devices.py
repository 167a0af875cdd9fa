"""The devices that every kiosk has, its cabinet, and the parts that no journey uses yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from drivers.device import DeviceState
from kiosk.ports.cards import CardReader, PartState
from kiosk.ports.paper import TicketPrinter
from kiosk.screen import Part, Shine
from queue_server.contract import Trouble


class Devices(Protocol):
    """The kiosk's devices."""

    @property
    def reader(self) -> CardReader:
        """The identity card reader."""
        ...

    @property
    def printer(self) -> TicketPrinter:
        """The receipt printer."""
        ...


@dataclass(frozen=True)
class CabinetReport:
    """The cabinet as last heard: its board's state, and what its contacts say.

    Attributes:
        state: of the board; while it is not online the contacts are not known.
        door_open: the door stands open.
        tampered: the tamper loop is broken, or was and nobody with the service key has seen to it.
    """

    state: DeviceState
    door_open: bool = False
    tampered: bool = False


class Cabinet(Protocol):
    """The cabinet around the devices: lights at its parts, and contacts of its door. Never waited for."""

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        ...

    def shine(self, lights: Mapping[Part, Shine]) -> None:
        """Have these parts' lights shine from now on, and put out all others; parts without a light are passed over."""
        ...

    def report(self) -> CabinetReport:
        """Return how it is."""
        ...

    async def changed(self) -> None:
        """Return when a contact changed after this was called, or had changed and was back."""
        ...


@dataclass(frozen=True)
class HeldPart(PartState):
    """A part that no journey uses yet, and what is wrong with it."""

    trouble: Trouble | None


class HeldParts(Protocol):
    """The parts that no journey uses yet."""

    @property
    def parts(self) -> Sequence[HeldPart]:
        """They, as last heard."""
        ...
