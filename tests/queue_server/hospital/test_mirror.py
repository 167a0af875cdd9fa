from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from queue_server.clock import SECOND, SettableClock
from queue_server.config import load
from queue_server.engine.booking import bad_slots
from queue_server.engine.site import BookingRules
from queue_server.hospital.day_store import DayStoreError, FolderStore
from queue_server.hospital.mirror import Mirror
from queue_server.hospital.port import BadAnswer, HospitalAway
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


@pytest.fixture
def ward():
    return Ward()


@pytest.fixture
def table():
    return Table()


@pytest.fixture
def clock():
    return NapClock(START)


@pytest.fixture
async def make(ward, table, clock, tmp_path):
    made = []

    def mirror(**times):
        one = Mirror(ward, table, FolderStore(tmp_path / "days"), clock, CONFIGURATION.service_day, **times)
        made.append(one)
        return one

    yield mirror
    for one in made:
        await one.stop()


@pytest.fixture
async def mirror(make):
    one = make()
    await one.start()
    return one


async def test_it_finds_the_story_patient_by_our_reference_only(mirror, ward, table):
    story = ward.story_patient(DAY)
    person = table.of("P00001")
    (appointment,) = mirror.appointments_of(person)
    assert appointment == mirror.appointment(story.appointment)
    assert appointment.person == person
    assert mirror.session(appointment.session).clinic == "internal"
    assert mirror.appointments_of("P00001") == []
    assert mirror.registrations_of(person) == []


async def test_appointments_come_earliest_first(mirror, table):
    rows = [mirror.appointments_of(reference) for reference in table.files]
    several = [[one.slot_start for one in row] for row in rows if len(row) > 1]
    assert several
    assert all(row == sorted(row) for row in several)


async def test_a_child_has_its_guardians(mirror, table):
    child = next(file for file in table.files.values() if any(one.relation == "guardian" for one in file.identities))
    card = next(one for one in child.identities if one.relation == "guardian")
    guardians = mirror.guardians_of(table.of(child.id))
    assert card.holder in [table.files[reference].name for reference in guardians]
    assert mirror.guardians_of(table.of("P00001")) == []


async def test_tomorrow_is_taken_over_ahead(mirror, ward, clock):
    await ward.until_asked(2)
    assert ward.asked == [DAY, TOMORROW]
    ward.sample.away = True
    clock.advance(24 * 60 * MINUTE)
    assert mirror.has_list
    assert {session.day for session in mirror.sessions} == {TOMORROW}
    assert mirror.is_old(clock.now())


async def test_it_asks_again_in_the_background(mirror, ward, clock):
    await clock.pass_a_nap()
    await ward.until_asked(3)
    await clock.pass_a_nap()
    await ward.until_asked(4)
    assert ward.asked == [DAY, TOMORROW, DAY, DAY]
    assert mirror.failing is None


async def test_tomorrow_is_asked_for_hourly(make, ward, clock):
    mirror = make()
    for minutes in (0, 30, 29, 1, 59):
        clock.advance(minutes * MINUTE)
        await mirror.refresh()
    assert ward.asked == [DAY, TOMORROW, DAY, DAY, DAY, TOMORROW, DAY]


async def test_a_refresh_can_be_had_now(mirror, ward, clock):
    async with asyncio.timeout(10):
        await clock._asleep.wait()
    mirror.refresh_soon()
    await ward.until_asked(3)
    assert clock.now() == START


async def test_while_the_hospital_is_away_the_list_goes_on_and_says_its_age(make, ward, clock, table):
    mirror = make()
    await mirror.refresh()
    assert mirror.as_of == START
    ward.sample.away = True
    clock.advance(15 * MINUTE)
    with pytest.raises(HospitalAway):
        await mirror.refresh()
    assert not mirror.is_old(clock.now())
    clock.advance(1)
    assert mirror.is_old(clock.now())
    assert mirror.as_of == START
    assert mirror.appointments_of(table.of("P00001"))
    ward.sample.away = False
    await mirror.refresh()
    assert mirror.as_of == clock.now()
    assert not mirror.is_old(clock.now())


async def test_an_outage_is_logged_once_and_its_end_once(mirror, ward, clock):
    with capture_logs() as logs:
        ward.sample.away = True
        for times in range(3, 7):
            await clock.pass_a_nap()
            await ward.until_asked(times)
        assert mirror.failing == "the sample hospital is set to be away"
        ward.sample.away = False
        await clock.pass_a_nap()
        await ward.until_asked(7)
        await clock.pass_a_nap()
    events = [entry["event"] for entry in logs]
    assert events == ["hospital.away", "hospital.back"]
    assert mirror.failing is None


async def test_pauses_grow_while_nobody_answers_and_are_short_again_after(make, ward, clock):
    ward.sample.away = True
    mirror = make()
    await mirror.start(first_answer_s=0.0)
    for _ in range(7):
        await clock.pass_a_nap()
    ward.sample.away = False
    await clock.pass_a_nap()
    ward.sample.away = True
    await clock.pass_a_nap()
    assert clock.naps == [2, 4, 8, 16, 32, 60, 60, 30, 2]


async def test_a_defect_is_logged_by_its_type_alone_and_tried_again(make, ward, clock):
    def broken(_):
        raise KeyError("王秀英")

    mirror = make()
    await mirror.start()
    with capture_logs() as logs:
        ward.change = broken
        for times in range(3, 6):
            await clock.pass_a_nap()
            await ward.until_asked(times)
        ward.change = lambda found: found
        await clock.pass_a_nap()
        await ward.until_asked(6)
        await clock.pass_a_nap()
    assert [entry["event"] for entry in logs] == ["hospital.refresh_failed", "hospital.back"]
    assert logs[0]["error"] == "KeyError"
    assert "test_mirror.py" in logs[0]["at"][-1]
    assert "王秀英" not in repr(logs)
    assert clock.naps[:4] == [30, 2, 4, 8]
    assert mirror.failing is None


async def test_a_hospital_that_hangs_counts_as_away(make, ward):
    mirror = make(answer_s=0.001)
    ward.hangs = True
    with pytest.raises(HospitalAway, match="no answer within"):
        await mirror.refresh()


async def test_it_survives_a_restart_with_the_hospital_away(mirror, make, ward, table):
    before = mirror.appointments_of(table.of("P00001"))
    await ward.until_asked(2)
    await mirror.stop()
    ward.sample.away = True
    again = make()
    await again.start(first_answer_s=0.0)
    assert again.as_of == START
    assert again.appointments_of(table.of("P00001")) == before
    assert again.guardians_of(next(iter(again._today.guardians)))


async def test_without_any_list_it_starts_and_says_so(make, ward):
    ward.sample.away = True
    mirror = make()
    with capture_logs() as logs:
        await mirror.start(first_answer_s=0.001)
    assert not mirror.has_list
    assert mirror.as_of == 0
    assert mirror.is_old(START)
    assert mirror.sessions == []
    assert "hospital.no_list_yet" in [entry["event"] for entry in logs]


async def test_the_saved_list_names_nobody(mirror, ward, table, tmp_path):
    await ward.until_asked(2)
    await mirror.stop()
    # A draft may still be on its way to its name: the second day is written in a thread.
    saved = [file for file in (tmp_path / "days").iterdir() if file.suffix != ".part"]
    text = "".join(file.read_text(encoding="utf-8") for file in saved)
    assert ward.story_patient(DAY).appointment in text
    for file in table.files.values():
        assert file.name not in text
        assert f'"{file.id}"' not in text
        assert all(identity.value not in text for identity in file.identities)


async def test_people_keep_their_reference_and_are_written_once(make, table):
    mirror = make()
    await mirror.refresh()
    person, kept = table.of("P00001"), table.kept
    assert kept == 300
    await mirror.refresh()
    assert (table.of("P00001"), table.kept) == (person, kept)
    # A new process knows nothing of what it wrote, and finds the references in the table.
    again = make()
    await again.refresh()
    assert table.of("P00001") == person


async def test_a_changed_file_is_written_again(make, ward, table):
    mirror = make()
    await mirror.refresh()
    kept = table.kept

    def renamed(found):
        people = [msgspec.structs.replace(one, name="王样改") if one.id == "P00001" else one for one in found.people]
        return msgspec.structs.replace(found, people=people)

    ward.change = renamed
    await mirror.refresh()
    assert table.kept == kept + 1
    assert table.files[table.of("P00001")].name == "王样改"


async def test_once_a_day_everybody_is_written_anew_and_who_is_in_no_list_erased(make, table, clock):
    mirror = make(people_days=2)
    for _ in range(2):
        await mirror.refresh()
    assert (table.kept, table.erased_before) == (300, [START - 2 * 24 * 60 * MINUTE])
    clock.advance(24 * 60 * MINUTE)
    await mirror.refresh()
    assert (table.kept, len(table.erased_before)) == (600, 2)


async def test_nothing_is_taken_over_while_people_cannot_be_kept(make, table):
    mirror = make()
    table.is_down = True
    with pytest.raises(PeopleUnavailable):
        await mirror.refresh()
    assert not mirror.has_list


async def test_a_wrong_answer_leaves_the_former_list(make, ward, clock, table):
    mirror = make()
    await mirror.refresh()
    ward.change = lambda found: msgspec.structs.replace(found, sessions=[])
    clock.advance(MINUTE)
    with pytest.raises(BadAnswer, match="names session"):
        await mirror.refresh()
    assert mirror.as_of == START
    assert mirror.appointments_of(table.of("P00001"))


async def test_an_answer_about_another_day_is_wrong(make, ward):
    mirror = make()
    empty = {"sessions": [], "appointments": [], "registrations": [], "people": [], "orders": []}
    ward.change = lambda found: msgspec.structs.replace(found, day="2026-03-09", **empty)
    with pytest.raises(BadAnswer, match="asked for 2026-03-02, got the list of 2026-03-09"):
        await mirror.refresh()


async def test_news_comes_when_a_session_changes_and_not_otherwise(make, ward):
    mirror = make()
    await mirror.refresh()
    version = await mirror.wait_for_news(0)
    waiting = asyncio.create_task(mirror.wait_for_news(version))
    await mirror.refresh()
    await asyncio.sleep(0)
    assert not waiting.done()

    def cancelled(found):
        first, *rest = found.sessions
        return msgspec.structs.replace(found, sessions=[msgspec.structs.replace(first, status="cancelled"), *rest])

    ward.change = cancelled
    await mirror.refresh()
    async with asyncio.timeout(10):
        assert await waiting == version + 1
    assert mirror.sessions[0].status == "cancelled"


async def test_a_fee_paid_a_minute_ago_is_seen(make, ward, table):
    mirror = make()
    await mirror.refresh()
    unpaid = next(
        one for reference in table.files for one in mirror.registrations_of(reference) if one.status == "unpaid"
    )
    ward.sample.pay(unpaid.id)
    assert mirror.registration(unpaid.id).status == "unpaid"
    fresh = await mirror.fresh_registration(unpaid.id)
    assert fresh == msgspec.structs.replace(unpaid, status="paid")
    assert mirror.registrations_of(unpaid.person) == [fresh]


async def test_asking_freshly_falls_back_on_the_list(make, ward):
    mirror = make()
    await mirror.refresh()
    story = ward.story_patient(DAY)
    mirrored = mirror.appointment(story.appointment)
    ward.sample.away = True
    assert await mirror.fresh_appointment(story.appointment) == mirrored
    ward.sample.away = False
    ward.sample.answer_s = 3_600
    assert await mirror.fresh_appointment(story.appointment, within_s=0.001) == mirrored
    ward.sample.answer_s = 0
    assert await mirror.fresh_appointment(story.appointment) == mirrored
    assert await mirror.fresh_appointment("AP-20260302-9999") is None
    assert await mirror.fresh_registration("RG-20260302-9999") is None


async def test_a_fresh_record_of_somebody_erased_meanwhile_stays_out(make, ward, table):
    mirror = make()
    await mirror.refresh()
    story = ward.story_patient(DAY)
    person = table.of("P00001")
    answered = asyncio.Event()

    async def slowly(appointment):
        await mirror.forget(person)
        answered.set()
        return await SampleHospital.appointment(ward.sample, appointment)

    ward.sample.appointment = slowly
    assert (await mirror.fresh_appointment(story.appointment)).person == person
    assert answered.is_set()
    assert mirror.appointment(story.appointment) is None
    assert mirror.appointments_of(person) == []


async def test_an_erased_person_is_gone_and_stays_gone(make, table, tmp_path):
    mirror = make()
    await mirror.refresh()
    person = table.of("P00001")
    appointment = mirror.appointments_of(person)[0].id
    del table.files[person]
    await mirror.forget(person)
    for _ in range(2):
        assert mirror.appointments_of(person) == []
        assert mirror.appointment(appointment) is None
        assert f'"{person}"' not in (tmp_path / "days" / f"{DAY}.json").read_text(encoding="utf-8")
        await mirror.refresh()
    assert "P00001" not in [file.id for file in table.files.values()]


async def test_a_full_disk_does_not_stop_the_list(ward, table, clock):
    class Full:
        async def save(self, mirrored):
            raise DayStoreError(f"{mirrored.day}.json: today's list was not saved: No space left on device")

        async def load(self, day):
            raise DayStoreError(f"{day}.json: the saved list cannot be read")

        async def drop_before(self, day):
            raise DayStoreError(f"{day}: an old list was not deleted")

    mirror = Mirror(ward, table, Full(), clock, CONFIGURATION.service_day)
    with capture_logs() as logs:
        await mirror.start()
        await ward.until_asked(2)
        await mirror.stop()
        clock.advance(24 * 60 * MINUTE)
        await mirror.refresh()
    assert mirror.has_list
    events = {entry["event"] for entry in logs}
    assert {"hospital.saved_list_unreadable", "hospital.list_not_saved", "hospital.old_list_kept"} <= events


async def test_yesterdays_list_is_deleted(make, clock, tmp_path):
    mirror = make()
    await mirror.refresh()
    clock.advance(24 * 60 * MINUTE)
    await mirror.refresh()
    assert sorted(file.name for file in (tmp_path / "days").iterdir()) == ["2026-03-03.json", "2026-03-04.json"]


async def test_who_asks_for_news_while_a_round_is_under_way_gets_another_round(make, ward):
    mirror = make()

    def ask_meanwhile(found):
        if len(ward.asked) == 1:
            mirror.refresh_soon()
        return found

    ward.change = ask_meanwhile
    await mirror.start()
    await ward.until_asked(3)  # today, tomorrow, and today again although the clock stands still


async def test_sessions_that_break_the_rules_are_told_once_and_used_all_the_same(make):
    rules = BookingRules(longest_slot_min=30)
    mirror = make(wrong_in=lambda session: bad_slots(rules, session))
    with capture_logs() as lines:
        await mirror.refresh()
        await mirror.refresh()
    told = [line for line in lines if line["event"] == "hospital.sessions_break_rules"]
    assert sorted(line["day"] for line in told) == sorted({line["day"] for line in told})
    assert mirror.complaints[0].endswith("is 60 min long; 1 to 30 are allowed")
    assert mirror.sessions


async def test_a_fresh_registration_with_an_impossible_fee_is_not_believed(mirror, ward):
    mirrored = next(iter(mirror.registrations))
    answer = ward.sample.registration

    async def wrong(registration):
        return msgspec.structs.replace(await answer(registration), fen=-5)

    ward.sample.registration = wrong
    assert await mirror.fresh_registration(mirrored.id) == mirrored
    assert mirror.registration(mirrored.id) == mirrored
