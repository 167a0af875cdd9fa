"""A hospital that counts questions, a clock that knows who sleeps, and the table of people in memory."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from queue_server.clock import SECOND, SettableClock
from queue_server.config import load
from queue_server.hospital.references import PeopleUnavailable
from queue_server.hospital.sample import SampleHospital

CONFIGURATION = load(Path("config"))
DAY, TOMORROW = "2026-03-02", "2026-03-03"
# 08:50 in Shanghai, which is UTC+8 all year.
START = round(datetime(2026, 3, 2, 0, 50, tzinfo=UTC).timestamp()) * SECOND
MINUTE = 60 * SECOND


class Ward:
    """The sample hospital, counting the questions, and answering wrongly when told so."""

    def __init__(self):
        self.sample = SampleHospital(Path("config/sample_hospital"), CONFIGURATION.zone)
        self.asked: list[str] = []
        self.asked_now = asyncio.Condition()
        self.change = lambda found: found
        self.hangs = False

    async def today(self, day):
        async with self.asked_now:
            self.asked.append(day)
            self.asked_now.notify_all()
        if self.hangs:
            await asyncio.Event().wait()
        return self.change(await self.sample.today(day))

    async def until_asked(self, times):
        async with asyncio.timeout(10), self.asked_now:
            await self.asked_now.wait_for(lambda: len(self.asked) >= times)

    def __getattr__(self, name):
        return getattr(self.sample, name)


class NapClock(SettableClock):
    """Stands still; knows who sleeps until when, so that a test moves it on to that moment and not past it."""

    def __init__(self, start):
        super().__init__(start)
        self.naps: list[int] = []
        self._asleep = asyncio.Event()
        self._until = start

    async def sleep_until(self, moment):
        self.naps.append((moment - self.now()) // SECOND)
        self._until = moment
        self._asleep.set()
        await super().sleep_until(moment)

    async def pass_a_nap(self):
        async with asyncio.timeout(10):
            await self._asleep.wait()
        self._asleep.clear()
        self.set(self._until)


class Table:
    """The table of people, in memory."""

    def __init__(self):
        self.files = {}
        self.kept = 0
        self.made = 0
        self.is_down = False
        self.erased_before: list[int] = []

    async def references(self, patient_ids):
        if self.is_down:
            raise PeopleUnavailable("the log cannot be written")
        wanted = set(patient_ids)
        return {file.id: reference for reference, file in self.files.items() if file.id in wanted}

    async def keep(self, files):
        self.files.update(files)
        self.kept += len(files)

    async def erase_unused(self, before):
        self.erased_before.append(before)
        return 0

    def new_reference(self):
        self.made += 1
        return f"reference-{self.made}"

    def of(self, patient_id):
        return next(reference for reference, file in self.files.items() if file.id == patient_id)
