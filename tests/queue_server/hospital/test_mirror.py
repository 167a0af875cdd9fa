from __future__ import annotations

import asyncio

import msgspec
import pytest
from structlog.testing import capture_logs

from queue_server.engine.booking import bad_slots
from queue_server.engine.site import BookingRules
from queue_server.hospital.day_store import DayStoreError
from queue_server.hospital.mirror import Mirror
from queue_server.hospital.port import BadAnswer, HospitalAway
from tests.queue_server.hospital.wards import CONFIGURATION, DAY, MINUTE, START, TOMORROW


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
