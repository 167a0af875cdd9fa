"""Saying who one is: an identity card on its reader, another card in another one, or a code, by whatever works."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from drivers.device import DeviceError
from kiosk.device_errors import other_card_fault, reader_fault
from kiosk.faults import FaultError
from kiosk.journeys.card_screens import card_screen, reading_screen
from kiosk.ports import OtherCards, Shown
from kiosk.screen import Scan, Screen, Tap
from kiosk.visit import Visit
from kiosk.ways import Ways
from kiosk.words import Words, say
from queue_server.contract import Identify

LOOK: Final = 1.0
"""Seconds between two looks at the readers while the patient is asked for a card."""


@dataclass(frozen=True)
class Seen:
    """Who was seen. Never printed, never logged, never shown.

    Attributes:
        asked: whose card it was, or the code that was scanned.
        expired: what to tell of a card that is no longer valid.
    """

    asked: Identify = field(repr=False)
    expired: Words | None = None


class Showing:
    """Asks one patient for a card or a code.

    A reader that is dead is not asked for, and the patient is told; the others are used all the same.
    """

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._world = visit.world
        self._reader_lost = False
        self._said: Words | None = None

    async def who(self) -> Seen:
        """Ask until somebody is known.

        Raises:
            FaultError: no reader works, the card cannot be used, or the patient has nothing that can be read here.
        """
        anew = True
        while ways := self._ways():
            came = await self._asked(ways, anew=anew)
            if came is not None:
                return came
            anew = False
        raise FaultError("reader_offline")

    async def at(self, screen: Screen) -> Tap | Scan | Seen:
        """Show ``screen``, which asks something else, and take a card as an answer too: who lays one down wants that.

        A reader that fails is not spoken of here, where nobody was asked for a card.

        Raises:
            FaultError: a card lies there and cannot be read.
        """
        self._visit.show(screen)
        answer = await self._visit.answered_or(self._shown_meanwhile())
        if isinstance(answer, Tap | Scan):
            return answer
        try:
            return await self._seen(answer)
        except DeviceError as error:
            raise reader_fault(error) from error

    async def _shown_meanwhile(self) -> Shown | None:
        """Wait for a card by whatever works; ``None``: an identity card lies there."""
        while True:
            # One that was used in this visit is there still, and its holder came back to choose something else.
            ways = None if self._visit.card_used else self._ways()
            try:
                shown = False if ways is None else await self._shown(ways)
            except (DeviceError, FaultError):
                shown = False
            if isinstance(shown, Shown):
                return shown
            if shown:
                return None
            await self._world.clock.sleep(LOOK)

    def _ways(self) -> Ways | None:
        """What can be used now; ``None``: nothing."""
        ways = self._world.ways
        # That the identity card's reader is lost is known here first, and by its state a moment later.
        self._reader_lost = self._reader_lost and "identity" in ways.works
        ways = ways.without("identity") if self._reader_lost else ways
        return ways if ways.works else None

    async def _asked(self, ways: Ways, *, anew: bool) -> Seen | None:
        """Ask by what works; ``None``: that is no longer the same."""
        screen = card_screen(ways)
        is_said, self._said = screen.title == self._said, screen.title
        self._visit.show(screen, anew=anew, aloud=not is_said)
        try:
            match await self._visit.answered_or(self._shown(ways)):
                case Scan(code):
                    return Seen(self._world.codes.asked(code))
                case Tap():
                    raise FaultError("no_document" if "identity" in ways.works else "reader_offline")
                case Shown() as card:
                    return await self._seen(card)
                case True:
                    return await self._seen(None)
                case False:
                    raise FaultError("no_card")
                case None:
                    return None
        except DeviceError as error:
            fault = reader_fault(error)
            self._reader_lost = fault.kind.name == "reader_offline"
            if not self._reader_lost or self._ways() is None:
                raise fault from error
            return None

    async def _seen(self, card: Shown | None) -> Seen:
        """Whose card it is; ``None``: read the identity card that lies there."""
        if card is not None:
            self._visit.card_used = "other" if card.stays else None
            expired = say("notice.social_card_expired") if card.expired else None
            return Seen(Identify(kind=card.kind, value=card.value, name=card.name), expired)
        self._visit.card_used = "identity"
        self._visit.show(reading_screen())
        holder = await self._world.devices.reader.read()
        expired = say("notice.card_expired") if holder.expired else None
        return Seen(Identify(kind="id_card", value=holder.number, name=holder.name), expired)

    async def _shown(self, ways: Ways) -> Shown | bool | None:
        """Wait until a card is shown.

        Returns:
            What another card says; whether an identity card came in time; ``None``: what works is no longer the same.

        Raises:
            DeviceError: of the identity card's reader.
            FaultError: the other card cannot be used.
        """
        waits: list[asyncio.Future[Shown | bool | None]] = []
        if "identity" in ways.works:
            waits.append(asyncio.ensure_future(self._laid_down()))
        if self._world.other_cards is not None and {"social", "hospital"} & ways.works:
            waits.append(asyncio.ensure_future(_other_shown(self._world.other_cards)))
        waits.append(asyncio.ensure_future(self._changed(ways)))  # last: a card that was shown counts more
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            return next(wait for wait in waits if wait.done()).result()
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _changed(self, ways: Ways) -> None:
        while self._ways() == ways:
            await self._world.clock.sleep(LOOK)

    async def _laid_down(self) -> bool:
        return await self._world.devices.reader.wait_for_card(self._world.durations.card)


async def _other_shown(cards: OtherCards) -> Shown:
    try:
        return await cards.shown()
    except DeviceError as error:
        raise other_card_fault(error) from error
