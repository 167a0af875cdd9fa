from __future__ import annotations

import asyncio
import itertools
import shutil
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from queue_server.config import load
from queue_server.hospital.port import BadAnswer, HospitalAway, NotFound, check
from queue_server.hospital.sample import SampleHospital, from_options
from queue_server.hospital.sample_files import identity_number_is_valid
from queue_server.toml_reader import ConfigurationError
from tests.queue_server.hospital.contract import HospitalContract

CONFIG = Path("config")
FOLDER = CONFIG / "sample_hospital"
ZONE = ZoneInfo("Asia/Shanghai")
DAY = "2026-03-02"
WEEK = [(date(2026, 3, 2) + timedelta(days=offset)).isoformat() for offset in range(7)]


@pytest.fixture
def sample():
    return SampleHospital(FOLDER, ZONE)


class TestSampleKeepsTheContract(HospitalContract):
    @pytest.fixture
    def hospital(self, sample):
        return sample

    @pytest.fixture
    def day(self):
        return DAY

    @pytest.fixture
    def go_away(self, sample):
        return lambda: setattr(sample, "away", True)

    @pytest.fixture
    def come_back(self, sample):
        return lambda: setattr(sample, "away", False)


async def test_the_same_day_looks_the_same_in_every_process(sample):
    assert await sample.today(DAY) == await SampleHospital(FOLDER, ZONE).today(DAY)


async def test_another_day_or_seed_looks_different(sample):
    here = [one.person for one in (await sample.today(DAY)).appointments]
    assert here != [one.person for one in (await sample.today(WEEK[1])).appointments]
    assert here != [one.person for one in (await SampleHospital(FOLDER, ZONE, seed=2).today(DAY)).appointments]


@pytest.mark.parametrize("day", WEEK)
async def test_everything_it_names_is_in_the_configuration(sample, day):
    site = load(CONFIG).site
    queues = {queue.id: queue for queue in site.queues}
    doctors = {doctor.id: doctor for doctor in site.doctors}
    rooms = {room.id for room in site.rooms}
    served = {name for station in site.stations for name in station.queues}
    credits_known = set(queues["internal"].stamps.credits)
    found = check(await sample.today(day))
    assert {session.clinic for session in found.sessions} == {clinic.id for clinic in site.clinics}
    for session in found.sessions:
        assert queues[session.queue].clinic == session.clinic
        assert session.queue in served
        assert session.room in rooms
        assert session.doctor is None or doctors[session.doctor].clinic == session.clinic
    for record in [*found.appointments, *found.registrations]:
        assert set(record.credits) <= credits_known


@pytest.mark.parametrize("day", WEEK)
async def test_a_room_has_one_doctor_at_a_time(sample, day):
    used = Counter((one.room, one.period) for one in (await sample.today(day)).sessions)
    assert [place for place, times in used.items() if times > 1] == []


@pytest.mark.parametrize("day", WEEK)
async def test_the_story_patient_is_booked_at_nine_in_internal_medicine(sample, day):
    story = sample.story_patient(day)
    found = await sample.today(day)
    appointment = next(one for one in found.appointments if one.id == story.appointment)
    session = next(one for one in found.sessions if one.id == story.session)
    assert f"{datetime.fromtimestamp(appointment.slot_start / 1e6, ZONE):%Y-%m-%d %H:%M}" == f"{day} 09:00"
    assert (session.clinic, session.status, appointment.status) == ("internal", "open", "booked")
    assert [file.name for file in await sample.patients("id_card", story.card.number)] == [story.card.name]
    assert appointment.credits == []


async def test_the_story_patient_is_here_for_the_doctor_alone(sample):
    # Somebody with orders is asked at the kiosk which of both it is to be, and the story would be another one that day.
    year = ((date(2026, 1, 1) + timedelta(days=offset)).isoformat() for offset in range(0, 365, 5))
    for day in [*year, "2027-01-10", "2027-03-05", "2027-03-16"]:
        story = sample.story_patient(day)
        assert story.patient not in {order.person for order in (await sample.today(day)).orders}, day


async def test_its_people_are_of_every_kind(sample):
    files = (await sample.today(DAY)).people
    names = [file.name for file in files]
    numbers = Counter(
        one.value for file in files for one in file.identities if (one.kind, one.relation) == ("id_card", "self")
    )
    assert len(files) == 300
    assert {"王䶮", "李㛃", "赵𬸚", "欧阳㛃宁"} <= set(names)
    assert sum(name.startswith(("欧阳", "司马", "上官", "诸葛", "司徒", "慕容")) for name in names) >= 8
    assert sum(name.isascii() for name in names) >= 5
    assert sum(times > 1 for times in numbers.values()) == 10
    guardians = [one for file in files for one in file.identities if one.relation == "guardian"]
    assert len(guardians) >= 20
    assert all(one.holder for one in guardians)
    families = Counter(one.value for one in guardians)
    assert sorted(families.values())[-4:] == [1, 2, 2, 2], "three families with two children"


async def test_a_card_that_stands_for_two_children_leads_to_both(sample):
    children = {}
    for file in (await sample.today(DAY)).people:
        for one in file.identities:
            if one.relation == "guardian":
                children.setdefault(one.value, []).append(file)
    for number, files in children.items():
        led_to = {file.id for file in await sample.patients("id_card", number)}
        assert {file.id for file in files} < led_to, "and to the card's holder"
        births = sorted(file.birth_date for file in files)
        assert all(int(later[:4]) > int(earlier[:4]) for earlier, later in itertools.pairwise(births))


async def test_its_identity_numbers_are_right_and_belong_to_nobody(sample):
    for card in sample.cards(DAY):
        assert identity_number_is_valid(card.face.number)
        assert card.face.number.startswith("999999")
        assert card.face.number[6:14] == card.face.birth
        assert (int(card.face.number[16]) % 2 == 1) == (card.face.sex == "男")


def test_the_check_digit_is_that_of_the_standard():
    # The examples of GB 11643-1999, clause 4.3 and annex.
    assert identity_number_is_valid("11010519491231002X")
    assert identity_number_is_valid("440524188001010014")
    for wrong in ("110105194912310021", "11010519491231002", "11010519491231002x", "1101051949123100２X", ""):
        assert not identity_number_is_valid(wrong)


async def test_children_go_to_paediatrics_only(sample):
    found = await sample.today(DAY)
    sessions = {one.id: one for one in found.sessions}
    born = {file.id: file.birth_date for file in found.people}
    for appointment in found.appointments:
        assert (sessions[appointment.session].clinic == "paediatrics") == (born[appointment.person] > "2012-03-02")


async def test_a_day_has_every_case_worth_trying(sample):
    found = await sample.today(DAY)
    assert {one.status for one in found.registrations} == {"paid", "unpaid", "withdrawn"}
    assert {one.status for one in found.appointments} == {"booked", "cancelled"}
    assert [one.status for one in found.sessions].count("cancelled") == 1
    assert {one.period for one in found.sessions} == {"morning", "afternoon", "night"}
    assert any("elder" in one.credits for one in found.appointments)
    notes = " ".join(card.note for card in sample.cards(DAY))
    for words in ("预约 09:00 internal", "挂号未付费", "已退号", "孩子", "今天没有预约或挂号"):
        assert words in notes


async def test_no_session_is_booked_beyond_its_limit(sample):
    found = await sample.today(DAY)
    booked = Counter(one.session for one in found.appointments)
    for session in found.sessions:
        assert booked[session.id] <= session.limit


async def test_paying_and_withdrawing_show_at_once(sample):
    unpaid = next(one for one in (await sample.today(DAY)).registrations if one.status == "unpaid")
    sample.pay(unpaid.id)
    assert (await sample.registration(unpaid.id)).status == "paid"
    sample.withdraw(unpaid.id)
    assert unpaid.id in [one.id for one in (await sample.today(DAY)).registrations if one.status == "withdrawn"]
    with pytest.raises(NotFound):
        sample.pay("RG-20260302-9999")


async def test_a_file_pulls_the_plug(tmp_path):
    plug = tmp_path / "away"
    hospital = SampleHospital(FOLDER, ZONE, away_file=plug)
    await hospital.today(DAY)
    plug.touch()
    with pytest.raises(HospitalAway):
        await hospital.today(DAY)
    plug.unlink()
    await hospital.today(DAY)


async def test_answers_can_be_slow(sample):
    sample.answer_s = 3_600
    question = asyncio.create_task(sample.today(DAY))
    await asyncio.sleep(0)
    assert not question.done()
    question.cancel()
    with pytest.raises(asyncio.CancelledError):
        await question


async def test_the_schedule_may_name_a_set_of_stamps_for_its_sessions(tmp_path):
    folder = tmp_path / "hospital"
    shutil.copytree(FOLDER, folder)
    schedule = (folder / "schedule.csv").read_text(encoding="utf-8")
    head, first, *rows = schedule.splitlines()
    named = "\n".join([f"{head},stamps", f"{first},evening", *(f"{row}," for row in rows)])
    (folder / "schedule.csv").write_text(named, encoding="utf-8")
    sessions = (await SampleHospital(folder, ZONE).today(DAY)).sessions
    assert [one.stamps for one in sessions].count("evening") == 1
    assert {one.stamps for one in (await SampleHospital(FOLDER, ZONE).today(DAY)).sessions} == {None}


@pytest.mark.parametrize(
    ("file", "before", "after", "sentence"),
    [
        ("patients.csv", "P00002,", "P00002,", None),
        ("patients.csv", ",999999197803120023,", ",999999197803120024,", "patients.csv: patient P00001: the identity "),
        ("patients.csv", ",female,", ",woman,", "patients.csv: line 2: Invalid enum value 'woman' - at `$.sex`"),
        ("schedule.csv", ",morning,1234567,32", ",morning,1234567,many", "schedule.csv: line 2: Expected `int`, got"),
        ("schedule.csv", ",morning,1234567,32", ",morning,8,16", "schedule.csv: line 2: Expected `str` matching regex"),
        ("schedule.csv", "period", "half_day", "schedule.csv: line 2: Object missing required field `period`"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(tmp_path, file, before, after, sentence):
    folder = tmp_path / "hospital"
    shutil.copytree(FOLDER, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert before in text
    (folder / file).write_text(text.replace(before, after, 1), encoding="utf-8")
    if sentence is None:
        SampleHospital(folder, ZONE)
        return
    with pytest.raises(BadAnswer) as error:
        SampleHospital(folder, ZONE)
    assert str(error.value).startswith(sentence)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadAnswer, match=r"patients\.csv: cannot be read"):
        SampleHospital(tmp_path, ZONE)


def test_options_are_checked_as_the_rest_of_the_configuration_is():
    hospital = from_options({"folder": "sample_hospital", "answer_ms": 250}, CONFIG, ZONE)
    assert hospital.answer_s == 0.25
    with pytest.raises(ConfigurationError) as error:
        from_options({"answer_ms": -1, "sead": 2}, CONFIG, ZONE)
    assert error.value.complaints == [
        'hospital.toml: hospital.options.sead: unknown key; did you mean "seed"?',
        "hospital.toml: hospital.options.answer_ms = -1: must be 0 or more",
    ]
