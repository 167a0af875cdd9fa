"""Today's list of the hospital, kept at hand: a check-in reads it here and never waits for the hospital's system.

A background task asks again and again, with growing pauses while nobody answers. It takes over tomorrow's list as well,
so that a night without the hospital's system still ends in a morning with a list. What a screen needs to know about an
outage is one moment: from when the list is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import TypeVar

import msgspec
import structlog

from queue_server.clock import SECOND, Clock
from queue_server.engine.site import Appointment, ClinicSession, Order, Registration
from queue_server.hospital.day_index import NOTHING, DayIndex, guardians, with_references
from queue_server.hospital.day_store import DayListStore, DayStoreError, Mirrored
from queue_server.hospital.port import (
    BadAnswer,
    HospitalAway,
    HospitalError,
    HospitalPort,
    NotFound,
    TokenKind,
    check,
    check_fees,
)
from queue_server.hospital.references import PeopleStore, References
from queue_server.hospital.rounds import Rounds

log = structlog.get_logger(__name__)

BookedT = TypeVar("BookedT", Appointment, Registration, Order)

_TOMORROW_EVERY_S = 3_600
_DAY = 86_400 * SECOND


class Mirror:
    """The lists of today and tomorrow. Everything without ``async`` answers at once, from memory."""

    def __init__(  # noqa: PLR0913 - what it joins, and its times
        self,
        hospital: HospitalPort,
        people: PeopleStore,
        store: DayListStore,
        clock: Clock,
        day_of: Callable[[int], str],
        *,
        refresh_s: int = 30,
        old_after_min: int = 15,
        answer_s: float = 10.0,
        people_days: int = 30,
        wrong_in: Callable[[ClinicSession], list[str]] | None = None,
    ) -> None:
        """Join the parts; nothing happens before ``start``.

        Args:
            hospital: the adapter to the hospital's system.
            people: the erasable table of people.
            store: where lists outlive a restart.
            clock: the server's clock.
            day_of: the service day of a moment.
            refresh_s: seconds between two questions while all is well.
            old_after_min: minutes after which a list is old.
            answer_s: seconds after which an unanswered question counts as "away".
            people_days: days after which people who are in no list any more are erased.
            wrong_in: what in a session breaks the configured rules, though it can be used: slots that are too long.
        """
        self._hospital = hospital
        self._people = people
        self._references = References(people)
        self._store = store
        self._clock = clock
        self._day_of = day_of
        self._old_after = old_after_min * 60 * SECOND
        self._answer_s = answer_s
        self._people_kept_for = people_days * _DAY
        self._wrong_in = wrong_in or (lambda _: [])
        self._complaints: dict[str, list[str]] = {}
        self._people_of = ""
        self._lists: dict[str, DayIndex] = {}
        self._tomorrow_due = 0
        self._version = 0
        self._minute_of_day = (-1, "")
        self._news = asyncio.Condition()
        self._rounds = Rounds(self, clock, refresh_s)

    # --- what check-in reads ------------------------------------------------------------------------------------------

    @property
    def has_list(self) -> bool:
        """Whether there is a list of today at all; without one nobody can be told to have no appointment."""
        return bool(self._today.day)

    @property
    def as_of(self) -> int:
        """When today's list was taken over, UTC microseconds; 0 while there is none."""
        return self._today.as_of

    @property
    def day(self) -> str:
        """Today's service day."""
        # Every check-in asks, and a service day begins at a full minute.
        now = self._clock.now()
        minute, day = self._minute_of_day
        if minute != now // (60 * SECOND):
            day = self._day_of(now)
            self._minute_of_day = (now // (60 * SECOND), day)
        return day

    def is_old(self, now: int) -> bool:
        """Whether screens must say from when the list is. No list at all is old."""
        return now - self.as_of > self._old_after

    @property
    def failing(self) -> str | None:
        """Why the last question had no answer, for the log and the administration page; ``None`` when it had."""
        return self._rounds.failing

    @property
    def complaints(self) -> list[str]:
        """What in today's sessions breaks the configured rules, each in a sentence; they are used all the same."""
        return self._complaints.get(self.day, [])

    @property
    def sessions(self) -> list[ClinicSession]:
        """Today's clinic sessions."""
        return list(self._today.sessions.values())

    def session(self, session: str) -> ClinicSession | None:
        """One of today's clinic sessions."""
        return self._today.sessions.get(session)

    def appointments_of(self, person: str) -> list[Appointment]:
        """Today's appointments of ``person`` (our reference), earliest first, cancelled ones too."""
        return self._today.appointments_of.get(person, [])

    @property
    def appointments(self) -> list[Appointment]:
        """Today's appointments, cancelled ones too."""
        return list(self._today.appointments.values())

    @property
    def registrations(self) -> list[Registration]:
        """Today's registrations, withdrawn ones too."""
        return list(self._today.registrations.values())

    def registrations_of(self, person: str) -> list[Registration]:
        """Today's registrations of ``person`` (our reference)."""
        return self._today.registrations_of.get(person, [])

    def appointment(self, appointment: str) -> Appointment | None:
        """One of today's appointments."""
        return self._today.appointments.get(appointment)

    def registration(self, registration: str) -> Registration | None:
        """One of today's registrations."""
        return self._today.registrations.get(registration)

    def orders_of(self, person: str) -> list[Order]:
        """Today's orders of ``person`` (our reference), as the hospital lists them."""
        return self._today.orders_of.get(person, [])

    def order(self, order: str) -> Order | None:
        """One of today's orders."""
        return self._today.orders.get(order)

    @property
    def orders(self) -> list[Order]:
        """Today's orders."""
        return list(self._today.orders.values())

    def guardians_of(self, person: str) -> list[str]:
        """The references of those whose identity card may stand for ``person``, mostly a child."""
        return self._today.guardians.get(person, [])

    def children_of(self, person: str) -> list[str]:
        """The references of those for whom ``person``'s identity card may stand."""
        return self._today.children_of.get(person, [])

    # --- what may wait a little ---------------------------------------------------------------------------------------

    async def fresh_registration(self, registration: str, *, within_s: float = 1.0) -> Registration | None:
        """The registration as the hospital has it now, or as mirrored where it does not say so in time.

        For a patient whose mirrored registration is unpaid and who paid a minute ago.
        """
        mirrored = self.registration(registration)
        if mirrored is None:
            return None
        fresh = await self._fresh(mirrored, self._hospital.registration, "withdrawn", within_s)
        try:
            check_fees(fresh)
        except BadAnswer as error:
            log.warning("hospital.bad_fee", reason=str(error))
            self._today.put(mirrored)
            return mirrored
        return fresh

    async def fresh_appointment(self, appointment: str, *, within_s: float = 1.0) -> Appointment | None:
        """The appointment as the hospital has it now, or as mirrored where it does not say so in time."""
        mirrored = self.appointment(appointment)
        if mirrored is None:
            return None
        return await self._fresh(mirrored, self._hospital.appointment, "cancelled", within_s)

    async def fresh_order(self, order: str, *, within_s: float = 1.0) -> Order | None:
        """The order as the hospital has it now, or as mirrored where it does not say so in time."""
        mirrored = self.order(order)
        if mirrored is None:
            return None
        return await self._fresh(mirrored, self._hospital.order, "withdrawn", within_s)

    async def _fresh(
        self, mirrored: BookedT, ask: Callable[[str], Awaitable[BookedT]], once_gone: str, within_s: float
    ) -> BookedT:
        """``mirrored`` as the hospital answers now; what it no longer has is ``once_gone``."""
        try:
            async with asyncio.timeout(within_s):
                fresh = await ask(mirrored.id)
        except NotFound:
            return msgspec.structs.replace(mirrored, status=once_gone)
        except (TimeoutError, HospitalError) as error:
            what = type(mirrored).__name__.lower()
            log.info("hospital.not_asked_in_time", what=what, reason=type(error).__name__)
            return mirrored
        fresh = msgspec.structs.replace(fresh, person=mirrored.person)
        self._today.put(fresh)
        return fresh

    async def holders(self, kind: TokenKind, token: str, *, within_s: float = 3.0) -> list[str]:
        """The references of those to whom a token leads, as far as they are in any list; the token is not kept.

        Raises:
            HospitalError: nobody could say in time, or the answer cannot be right.
        """
        try:
            async with asyncio.timeout(within_s):
                files = await self._hospital.holders(kind, token)
        except TimeoutError:
            raise HospitalAway(f"no answer within {within_s:g} s") from None
        found = (self._references.known(file.id) for file in files)
        return [reference for reference in found if reference is not None]

    async def wait_for_news(self, after: int) -> int:
        """Return the version of today's list once it is later than ``after``.

        It changes when a session or an order changes.
        """
        async with self._news:
            await self._news.wait_for(lambda: self._version > after)
            return self._version

    def refresh_soon(self) -> None:
        """Ask the hospital now instead of at the next round."""
        self._rounds.soon()

    async def forget(self, person: str) -> None:
        """Drop everything about an erased person, and do not take it over again while this process runs."""
        self._references.forget(person)
        for day, index in list(self._lists.items()):
            mirrored = index.without(person)
            self._lists[day] = DayIndex(mirrored)
            await self._save(mirrored)

    # --- the background -----------------------------------------------------------------------------------------------

    async def start(self, *, first_answer_s: float = 5.0) -> None:
        """Read the saved lists, wait at most ``first_answer_s`` for the hospital, then go on in the background."""
        for day in self._days():
            try:
                saved = await self._store.load(day)
            except DayStoreError as error:
                log.warning("hospital.saved_list_unreadable", day=day, reason=str(error))
                continue
            if saved is not None:
                self._lists[day] = DayIndex(saved)
                self._version += 1
        self._rounds.start()
        if not self.has_list:
            try:
                async with asyncio.timeout(first_answer_s):
                    await self.wait_for_news(self._version)
            except TimeoutError:
                log.warning("hospital.no_list_yet", day=self.day)

    async def stop(self) -> None:
        """End the background task."""
        await self._rounds.stop()

    async def refresh(self) -> None:
        """One round: today, and tomorrow when it is due.

        Raises:
            HospitalError: nothing was taken over of the day that failed.
            PeopleUnavailable: nothing was taken over, because nobody could be referred to.
        """
        today, tomorrow = self._days()
        if self._people_of != today:
            self._references.write_all_anew()
        await self._take_over(today)
        now = self._clock.now()
        if self._people_of != today:
            erased = await self._people.erase_unused(now - self._people_kept_for)
            self._people_of = today
            if erased:
                log.info("people.erased", number_of=erased)
        if now >= self._tomorrow_due or tomorrow not in self._lists:
            await self._take_over(tomorrow)
            self._tomorrow_due = now + _TOMORROW_EVERY_S * SECOND
        for day in [day for day in self._lists if day < today]:
            del self._lists[day]
            self._complaints.pop(day, None)
            try:
                await self._store.drop_before(today)
            except DayStoreError as error:
                log.warning("hospital.old_list_kept", reason=str(error))

    async def _take_over(self, day: str) -> None:
        asked_at = self._clock.now()
        try:
            async with asyncio.timeout(self._answer_s):
                fetched = check(await self._hospital.today(day))
        except TimeoutError:
            raise HospitalAway(f"no answer within {self._answer_s:g} s") from None
        if fetched.day != day:
            raise BadAnswer(f"asked for {day}, got the list of {fetched.day}")
        fetched = self._references.without_forgotten(fetched)
        references = await self._references.of(fetched.people)
        fetched = self._references.without_forgotten(fetched)  # somebody may have been erased meanwhile
        mirrored = Mirrored(
            day,
            asked_at,
            fetched.sessions,
            with_references(fetched.appointments, references),
            with_references(fetched.registrations, references),
            guardians(fetched.people, references),
            with_references(fetched.orders, references),
        )
        before = self._lists.get(day)
        self._lists[day] = DayIndex(mirrored)
        self._judge(day, mirrored.sessions)
        await self._save(mirrored)
        if day == self.day and (before is None or _has_news(before, mirrored)):
            async with self._news:
                self._version += 1
                self._news.notify_all()

    def _judge(self, day: str, sessions: list[ClinicSession]) -> None:
        complaints = [sentence for session in sessions for sentence in self._wrong_in(session)]
        if complaints and complaints != self._complaints.get(day):
            log.warning("hospital.sessions_break_rules", day=day, first=complaints[:5], number_of=len(complaints))
        self._complaints[day] = complaints

    async def _save(self, mirrored: Mirrored) -> None:
        try:
            await self._store.save(mirrored)
        except DayStoreError as error:
            # The list in memory serves on; only a restart without the hospital would miss it.
            log.warning("hospital.list_not_saved", day=mirrored.day, reason=str(error))

    def _days(self) -> tuple[str, str]:
        today = self.day
        return today, (date.fromisoformat(today) + timedelta(days=1)).isoformat()

    @property
    def _today(self) -> DayIndex:
        return self._lists.get(self.day, NOTHING)


def _has_news(before: DayIndex, mirrored: Mirrored) -> bool:
    return list(before.sessions.values()) != mirrored.sessions or list(before.orders.values()) != mirrored.orders
