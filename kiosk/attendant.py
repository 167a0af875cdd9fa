"""The attendant: serves one patient after another and wipes everything in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from drivers.device import DeviceError
from kiosk.device_watch import DeviceWatch
from kiosk.faults import FaultError
from kiosk.journeys.card_screens import take_card_screen, take_other_card_screen
from kiosk.journeys.check_in import CheckIn
from kiosk.journeys.wait_screens import wait_screen
from kiosk.journeys.walk import Ended, Went, walk
from kiosk.log import where
from kiosk.screen import Screen
from kiosk.visit import Visit, World
from kiosk.words import say

_log = structlog.get_logger(__name__)

LOOK_FOR_CARD = 3.0
"""Seconds for the reader to say, as a visit ends, whether a card lies on it."""


class Attendant:
    """Runs visits for as long as the kiosk is on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._visit: Visit | None = None
        self._watch = DeviceWatch(
            world.devices, world.lobby, world.clock, world.cabinet, world.line_scanner, world.other_cards, world.held
        )

    @property
    def visit(self) -> Visit | None:
        """The visit under way."""
        return self._visit

    async def run(self) -> None:
        """Serve patients until cancelled."""
        besides = [asyncio.ensure_future(one) for one in (self._keep_frame(), self._watch.run())]
        try:
            if self._world.lobby.version == 0:
                self._world.ui.show(wait_screen(say("wait.starting")))
                await self._world.lobby.changed(0)
            while True:
                looking = asyncio.ensure_future(self._watch.look())  # a mute printer keeps nobody waiting
                try:
                    await self.attend()
                finally:
                    looking.cancel()
                    await asyncio.gather(looking, return_exceptions=True)
        finally:
            for task in besides:
                task.cancel()
            await asyncio.gather(*besides, return_exceptions=True)

    async def attend(self) -> None:
        """Serve one patient, from the start screen to goodbye."""
        visit = self._visit = Visit(self._world)
        watching = [
            asyncio.ensure_future(watch)
            for watch in (visit.listen(), visit.listen_for_scans(), visit.listen_to_scanner(), visit.watch_idle())
        ]
        try:
            ended = await self._walk(visit)
            _log.info("visit_ended", ended=ended.value)
            await self._card_back(visit)
            await self._other_card_back(visit)
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
            self.end_visit()

    def end_visit(self) -> None:
        """End the visit: nothing of the patient stays. Every exit comes through here.

        The reader is released by the cancelled step; the patient's data dies with the visit and its journey.
        """
        self._visit = None
        self._world.lobby.visit_over()
        self._world.voice.silence()
        self._world.ui.wipe()
        if self._world.cabinet is not None:
            self._world.cabinet.shine({})
        if self._world.other_cards is not None:
            self._world.other_cards.forget()

    async def _walk(self, visit: Visit) -> Ended:
        """Walk through the journey. A mistake in one visit must not end the kiosk's day, nor take a number away."""
        journey = CheckIn()
        try:
            return await walk(visit, journey.steps)
        except Exception as error:  # noqa: BLE001 - see above
            _log.error("visit_failed", exception_type=type(error).__name__, where=where(error))
        if journey.has_number:
            try:
                return await walk(visit, (journey.show_number,))
            except Exception as error:  # noqa: BLE001 - see above
                _log.error("visit_failed", exception_type=type(error).__name__, where=where(error))
        return await walk(visit, (self._tell_failure,))

    @staticmethod
    async def _tell_failure(_visit: Visit) -> Went:
        raise FaultError("kiosk_failed")

    async def _card_back(self, visit: Visit) -> None:
        """Ask for a card that still lies on the reader until it is taken: the next patient must not find it.

        One that was laid down and never read lies there all the same, so every visit that began asks the reader.
        """
        if not visit.begun:
            return
        reader = self._world.devices.reader
        await self._until_taken(visit, take_card_screen(), self._no_card_lies, reader.wait_removed)

    async def _other_card_back(self, visit: Visit) -> None:
        """Ask for another card that is in its reader still until it is taken."""
        cards = self._world.other_cards
        if cards is None or not visit.begun:
            return
        await self._until_taken(visit, take_other_card_screen(), lambda: cards.wait_removed(0), cards.wait_removed)

    async def _until_taken(
        self,
        visit: Visit,
        screen: Screen,
        is_gone: Callable[[], Awaitable[bool]],
        wait_removed: Callable[[float], Awaitable[bool]],
    ) -> None:
        with visit.busy():
            try:
                if await is_gone():
                    return
                visit.show(screen, aloud=True)
                while not await wait_removed(self._world.durations.card):
                    _log.warning("card_left_on_reader")
                    visit.world.voice.say(screen.title, visit.language)
            except DeviceError as error:
                _log.warning("card_removal_unknown", error=error.error)

    async def _no_card_lies(self) -> bool:
        """Ask the reader at once; a mute one keeps nobody waiting for longer than a moment."""
        looking = asyncio.ensure_future(self._world.devices.reader.wait_removed(0))
        time_up = asyncio.ensure_future(self._world.clock.sleep(LOOK_FOR_CARD))
        try:
            await asyncio.wait({looking, time_up}, return_when=asyncio.FIRST_COMPLETED)
            if looking.done():
                return looking.result()
            _log.warning("card_removal_unknown", error="timeout")
            return True
        finally:
            looking.cancel()
            time_up.cancel()
            await asyncio.gather(looking, time_up, return_exceptions=True)

    async def _keep_frame(self) -> None:
        lobby, ui = self._world.lobby, self._world.ui
        while True:
            version = lobby.version
            ui.place(lobby.hall if lobby.online else None)
            await lobby.changed(version)
