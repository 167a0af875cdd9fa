"""The kiosk's readers for other cards than identity cards, behind their port: chip cards and magnetic stripes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import structlog

from drivers.chip_card.cards import SocialCard
from drivers.chip_card.port import Card, ChipReader
from drivers.device import DeviceError, MediaState
from drivers.registry import DeviceEntry
from drivers.scanner.listening import BarcodeScanner
from drivers.supervisor import Supervisor
from kiosk.device_errors import OTHER_CARD
from kiosk.entries import make_first
from kiosk.ports import CardWay, PartState, Shown
from kiosk.ways import is_well

_log = structlog.get_logger(__name__)

AGAIN: Final = 0.5
"""Seconds until a reader that was lost is tried again: the supervisor has noticed by then."""
READ_SECONDS: Final = 3.0
"""For the card to be found once more before it is read: it was there a moment ago."""
_FOR_EVER: Final = 3600.0


class DriverCards:
    """The ``OtherCards`` port on supervised readers.

    Args:
        chip: the chip-card reader, where there is one.
        stripe: the magnetic-stripe reader, where there is one.
        supervisor: who keeps them open.
        today: the day by which a card has expired or not.
    """

    def __init__(
        self,
        chip: ChipReader | None,
        stripe: BarcodeScanner | None,
        supervisor: Supervisor,
        today: Callable[[], date],
    ) -> None:
        self._chip = chip
        self._stripe = stripe
        self._supervisor = supervisor
        self._today = today
        self._spent = False

    @property
    def ways(self) -> frozenset[CardWay]:
        """See ``OtherCards``."""
        chip = self._chip if self._chip is not None and self._well(self._chip) else None
        stripe = self._stripe if self._stripe is not None and self._well(self._stripe) else None
        return _ways(chip, stripe)

    @property
    def fitted(self) -> frozenset[CardWay]:
        """See ``OtherCards``."""
        return _ways(self._chip, self._stripe)

    def _well(self, reader: ChipReader | BarcodeScanner) -> bool:
        return is_well(self._supervisor.state(reader.info.name))

    @property
    def parts(self) -> Sequence[PartState]:
        """See ``OtherCards``."""
        parts = []
        if self._chip is not None:
            name = self._chip.info.name
            parts.append(PartState(name, "chip_card", self._supervisor.state(name)))
        if self._stripe is not None:
            name = self._stripe.info.name
            parts.append(PartState(name, "magnetic_stripe", self._supervisor.state(name)))
        return parts

    async def shown(self) -> Shown:
        """See ``OtherCards``."""
        waits = [asyncio.ensure_future(self._put_in(self._chip))] if self._chip is not None else []
        waits += [asyncio.ensure_future(self._swiped(self._stripe))] if self._stripe is not None else []
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            return next(iter(done)).result()
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _put_in(self, chip: ChipReader) -> Shown:
        while True:
            await self._supervisor.device(chip.info.name)
            try:
                if self._spent and not await chip.wait_removed(_FOR_EVER):
                    continue
                self._spent = False
                if not await chip.wait_for_card(_FOR_EVER):
                    continue
                return _shown(await chip.read(READ_SECONDS), self._today())
            except DeviceError as error:
                # What could not be read is not tried again before it was taken out.
                self._spent = self._spent or error.error in OTHER_CARD
                await self._pass_on(chip.info.name, error)

    async def _swiped(self, stripe: BarcodeScanner) -> Shown:
        while True:
            await self._supervisor.device(stripe.info.name)
            try:
                async with stripe.listen() as listener:
                    return Shown("hospital_card", (await listener.next()).text)
            except DeviceError as error:
                await self._pass_on(stripe.info.name, error)

    async def _pass_on(self, name: str, error: DeviceError) -> None:
        """Raise what is of the card; with a reader in trouble, have it looked after and come back a little later."""
        if error.error in OTHER_CARD:
            raise error
        _log.info("card_reader_not_used", device=name, error=error.error)
        self._supervisor.report_lost(name)
        await asyncio.sleep(AGAIN)

    async def wait_removed(self, seconds: float) -> bool:
        """See ``OtherCards``."""
        return self._chip is None or await self._chip.wait_removed(seconds)

    def forget(self) -> None:
        """See ``OtherCards``."""
        self._spent = self._chip is not None and self._chip.media is not MediaState.NOT_PRESENT


def _ways(chip: ChipReader | None, stripe: BarcodeScanner | None) -> frozenset[CardWay]:
    """Which cards these readers read."""
    ways: set[CardWay] = {"hospital"} if stripe is not None else set()
    if chip is not None:
        ways |= {"social"} if chip.reads_social_cards else set()
        ways |= {"hospital"} if chip.reads_hospital_cards else set()
    return frozenset(ways)


def _shown(card: Card, today: date) -> Shown:
    if isinstance(card, SocialCard):
        return Shown("id_card", card.number, card.name, stays=True, expired=not card.valid_on(today))
    return Shown("hospital_card", card.number, stays=True)


def make_other_cards(
    entries: list[DeviceEntry],
) -> tuple[ChipReader | None, BarcodeScanner | None]:
    """Make the kiosk's chip-card and its magnetic-stripe reader: of each kind the first entry, or ``None``.

    Raises:
        ConfigurationError: a driver is not one that the kiosk can use.
    """
    chip = make_first(entries, "chip_card", ChipReader)  # type: ignore[type-abstract]  # a driver is only asked
    stripe = make_first(entries, "magnetic_stripe", BarcodeScanner)  # type: ignore[type-abstract]  # the same
    return chip, stripe
