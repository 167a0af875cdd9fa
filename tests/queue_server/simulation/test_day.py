from __future__ import annotations

import msgspec
import pytest

from queue_server.simulation import scenarios
from queue_server.simulation.day import Day, expanded, read, session_at, slots_of
from queue_server.simulation.toml_file import DescriptionError
from tests.queue_server.simulation.plans import clinic, day
from tests.sites import at

GOOD = """
[[clinics]]
id = "im"
service = { type = "exponential", mean_min = 6 }
sessions = [{ starts = "08:00", ends = "12:00", per_slot = 2 }]
stations = [{ id = "r1", shifts = [{ starts = "08:00", ends = "12:00" }] }]
"""


def test_a_description_is_read_from_toml(tmp_path):
    file = tmp_path / "day.toml"
    file.write_text(GOOD, encoding="utf-8")
    described = read(file)
    assert described == msgspec.json.decode(msgspec.json.encode(described), type=Day)
    assert not described.clinics[0].stations[0].shifts[0].overtime


def test_clock_times_are_of_the_service_day():
    described = day()
    assert described.at("08:00") == at("08:00")
    assert described.at("05:00") == at("05:00")
    assert described.at("04:59") == at("04:59", "2026-03-03")


def test_slots_reach_to_the_end_of_booking():
    session = msgspec.structs.replace(clinic().sessions[0], booked_until="08:50")
    assert slots_of(day(), session) == [
        (at("08:00"), at("08:20")),
        (at("08:20"), at("08:40")),
        (at("08:40"), at("08:50")),
    ]


def test_who_walks_in_registers_for_the_session_that_has_not_ended():
    hospital = scenarios.hospital_day()
    plan = hospital.clinics[0]
    assert session_at(hospital, plan, None, at("07:30")) == 0
    assert session_at(hospital, plan, None, at("12:29")) == 0
    assert session_at(hospital, plan, None, at("12:30")) == 1
    assert session_at(hospital, plan, None, at("20:00")) == 1


def test_copies_are_clinics_of_their_own():
    hospital = scenarios.hospital_day()
    names = [plan.id for plan in expanded(hospital)]
    assert names[:2] == ["clinic-1", "clinic-2"]
    assert len(set(names)) == 40


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"08:00", ends = "12:00", per', '"12:00", ends = "08:00", per', "im, session 1: 08:00 is not after 12:00"),
        ("per_slot = 2", 'per_slot = 2, booked_until = "12:30"', "booked_until is after the session's end"),
        ("per_slot = 2 }", 'per_slot = 2 }, { starts = "08:00", ends = "11:00" }', "listed by their end"),
        ('ends = "12:00" }] }', 'ends = "12:00" }, { starts = "11:00", ends = "13:00" }] }', "shifts overlap at 11:00"),
        ("]\nstations", "]\nwalk_ins = [{ rates = [] }]\nstations", "length >= 1"),
        (
            "]\nstations",
            ']\nwalk_ins = [{ doctor = "d1", rates = [{ starts = "08:00", ends = "09:00", per_hour = 2 }] }]\nstations',
            "no session of d1",
        ),
        ("]\nstations", "]\nbooked = { no_show = 1.5 }\nstations", "<= 1"),
        ('starts = "08:00"', 'starts = "8:00"', "regex"),
        ("sessions", "session", "unknown field"),
        ("[[clinics]]", 'day = "2026-02-30"\n[[clinics]]', "day is out of range"),
        ("service", "copies = 0\nservice", ">= 1"),
        ('"12:00" }] }]', '"12:00" }] }, { id = "r1", shifts = [{ starts = "09:00", ends = "10:00" }] }]', "same id"),
    ],
)
def test_a_bad_description_is_refused_with_its_place(old, new, words):
    assert GOOD.count(old) >= 1
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.toml.decode(GOOD.replace(old, new, 1), type=Day)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('starts = "08:00"', 'starts = "8:00"', r'clinics.1.sessions.1.starts = "8:00": Expected `str` matching regex'),
        ("per_slot = 2", "per_slot = -2", r"clinics.1.sessions.1.per_slot = -2: Expected `int` >= 0"),
        ("per_slot = 2", "per_slot = 2, slot_mins = 5", r"clinics.1.sessions.1.slot_mins = 5: unknown key"),
        ("sessions", "session", r"clinics.1.session = \[...\]: unknown key"),
        ("[[clinics]]", "[clinics", "is not TOML"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_file_key_and_value(tmp_path, old, new, words):
    file = tmp_path / "day.toml"
    file.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DescriptionError, match=rf"day.toml: {words}"):
        read(file)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DescriptionError, match=r"none.toml: there is no such file"):
        read(tmp_path / "none.toml")


def test_two_clinics_of_one_id_are_refused():
    with pytest.raises(ValueError, match="twice"):
        Day([clinic(), clinic()])


def test_a_bad_policy_is_refused(tmp_path):
    file = tmp_path / "policies.toml"
    file.write_text('[[policies]]\nname = "x"\n', encoding="utf-8")
    with pytest.raises(DescriptionError, match=r"policies.toml: policies.1.stamps: is missing"):
        scenarios.read_policies(file)


def test_a_slip_of_the_pen_in_a_rule_is_refused(tmp_path):
    file = tmp_path / "policies.toml"
    rule = '{ type = "time", anchor = "check_in", allowance = 30, sentence = { zh = "", en = "" } }'
    good = rule.replace("allowance", "allowance_min")
    text = f'[[policies]]\nname = "x"\n[policies.stamps]\nmissed = []\nappointment = {good}\nlate = {good}\nwalk_in = '
    file.write_text(text + good, encoding="utf-8")
    assert scenarios.read_policies(file)[0].stamps.walk_in.allowance_min == 30
    file.write_text(text + rule, encoding="utf-8")
    with pytest.raises(ValueError, match=r"policies.1.stamps.walk_in.allowance = \d+: unknown key"):
        scenarios.read_policies(file)
