from __future__ import annotations

import contextlib
import copy
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_server.config import hospital_file, load
from queue_server.toml_reader import ConfigurationError
from tests.examples import share
from tests.presets import SMALL
from tests.queue_server.config.mistakes import LISTS, MISTAKES


def written(folder: Path, text: str) -> Path:
    file = folder / "hospital.toml"
    file.write_text(text, encoding="utf-8")
    return file


def complaints_of(folder: Path, before: str, after: str) -> list[str]:
    """What ``load`` says when ``before`` in the small configuration reads ``after``."""
    assert before in SMALL
    with pytest.raises(ConfigurationError) as error:
        load(written(folder, SMALL.replace(before, after, 1)))
    assert str(error.value) == "\n".join(error.value.complaints)
    return error.value.complaints


@pytest.mark.parametrize(("before", "after", "expected"), MISTAKES)
def test_a_mistake_is_told_with_file_key_and_value(tmp_path, before, after, expected):
    assert complaints_of(tmp_path, before, after) == [f"hospital.toml: {sentence}" for sentence in expected]


def test_every_mistake_is_told_at_once(tmp_path):
    text = SMALL.replace('day_opens = "05:00"', 'day_opens = "5"').replace('room = "r1"', 'room = "r9"')
    text = text.replace('title = "chief"', 'titel = "chief"').replace('adapter = "sample"', "adapter = 1")
    with pytest.raises(ConfigurationError) as error:
        load(written(tmp_path, text))
    assert error.value.complaints == [
        "hospital.toml: hospital.adapter = 1: must be text",
        'hospital.toml: doctors.d1.titel: unknown key; did you mean "title"?',
        "hospital.toml: doctors.d1.title: is missing",
        'hospital.toml: site.day_opens = "5": must be a time of day, HH:MM',
        'hospital.toml: stations.s1.room = "r9": there is no such room; there are "r1"',
    ]


def test_what_could_not_be_read_is_no_second_mistake(tmp_path):
    # The clinic is wrong, so it is not read; the doctor and the queue that name it are right all the same.
    assert complaints_of(
        tmp_path, 'hall = "main"\narea = { zh = "东区", en = "East" }\n\n[doctors', 'hall = "main"\n[doctors'
    ) == ["hospital.toml: clinics.internal.area: is missing"]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError) as error:
        load(tmp_path / "nowhere.toml")
    assert error.value.complaints == [
        f"{tmp_path}/nowhere.toml: there is no such file; name the folder that holds hospital.toml"
    ]


def test_a_file_that_is_no_toml_is_told_with_the_line(tmp_path):
    with pytest.raises(ConfigurationError) as error:
        load(written(tmp_path, "[site]\nid = small\n"))
    assert error.value.complaints == ["hospital.toml: is not TOML: Invalid value (at line 2, column 6)"]


def test_an_id_used_twice_is_told_with_the_line(tmp_path):
    with pytest.raises(ConfigurationError) as error:
        load(written(tmp_path, SMALL + "\n[rooms.r1]\n"))
    assert error.value.complaints[0].startswith(
        "hospital.toml: is not TOML: Cannot declare ('rooms', 'r1') twice (at line"
    )


def test_a_file_of_another_encoding_is_named(tmp_path):
    file = tmp_path / "hospital.toml"
    file.write_bytes('[site]\nid = "云岭"\n'.encode("gb18030"))
    with pytest.raises(ConfigurationError, match=r"hospital\.toml: cannot be read: 'utf-8' codec"):
        load(file)


@pytest.mark.parametrize("name", [*LISTS, "titles"])
def test_a_table_that_is_none_is_named(tmp_path, name):
    with pytest.raises(ConfigurationError) as error:
        load(written(tmp_path, f'{name} = 5\n[site]\nid = "small"\n'))
    assert f"hospital.toml: {name} = 5: must be tables, as in [{name}.some_id]" in error.value.complaints
    with pytest.raises(ConfigurationError) as error:
        load(written(tmp_path, f'[{name}]\none = 5\n[site]\nid = "small"\n'))
    assert f"hospital.toml: {name}.one = 5: must be a table, as in [{name}.one]" in error.value.complaints


LEAVES = st.one_of(
    st.none().map(lambda _: {}),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
    st.lists(st.one_of(st.text(max_size=5), st.integers(), st.just({})), max_size=3),
    st.dictionaries(st.text(max_size=5), st.one_of(st.text(max_size=5), st.integers()), max_size=3),
    st.sampled_from(["{", "{}", "{slot}", "{slot!r}", "{0}", "00:00", "Asia", "/", "..", "\x00", "main", "internal"]),
)


def places(table, path=()):
    """Every place in a table, from the root down."""
    found = [path] if path else []
    rows = table.items() if isinstance(table, dict) else enumerate(table) if isinstance(table, list) else []
    for key, value in rows:
        found += places(value, (*path, key))
    return found


GOOD = tomllib.loads(SMALL)


@share(1)
@given(place=st.sampled_from(places(GOOD)), value=LEAVES)
def test_whatever_stands_there_it_is_read_or_complained_of(place, value):
    table = copy.deepcopy(GOOD)
    *way, last = place
    inner = table
    for key in way:
        inner = inner[key]
    inner[last] = value
    with contextlib.suppress(ConfigurationError):
        assert hospital_file._read(table, Path("hospital.toml")).digest


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            "[site.booking]\nlongest_slot_min = 90",
            "site.booking.longest_slot_min = 90: a slot is one hour (60) at most",
        ),
        ("[site.booking]\nlongest_slot_min = 0", "site.booking.longest_slot_min = 0: must be 1 or more"),
        ("[site.booking]\nreferral_percent = 101", "site.booking.referral_percent = 101: must be 100 or less"),
        ("[site.booking]\nahead_days = 1000", "site.booking.ahead_days = 1000: must be 366 or less"),
        (
            "[site.booking]\na_day_and_clinic = 0",
            "site.booking.a_day_and_clinic = 0: must be 1 or more: 0 books nobody",
        ),
        ("[site.booking]\nban_days = 0", "site.booking.ban_days = 0: must be 1 or more; no_shows = 0 bans nobody"),
        (
            "[site.booking]\nno_show_days = 0",
            "site.booking.no_show_days = 0: must be 1 or more; no_shows = 0 bans nobody",
        ),
        (
            "[site.booking]\nreferral_percent = 10\nreferral_until_min = 1440",
            "site.booking.referral_until_min = 1440: must be less than 1440, or no place is ever kept on the day",
        ),
        ("[site.fees]\ndays = -1", "site.fees.days = -1: must be 0 or more"),
        (
            "[site.fees]\ndays_of_clinic = { eye = 5 }",
            'site.fees.days_of_clinic = "eye": there is no such clinic; there are "internal"',
        ),
    ],
)
def test_slots_quotas_limits_and_fees_are_checked_at_start(tmp_path, table, said):
    assert complaints_of(tmp_path, "[hospital]\n", f"{table}\n\n[hospital]\n") == [f"hospital.toml: {said}"]
