from __future__ import annotations

import contextlib
import copy
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queue_server import config
from queue_server.config import load
from queue_server.toml_reader import ConfigurationError

SMALL = Path(__file__).with_name("test_config.toml").read_text(encoding="utf-8")


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


TIME_WORDS = "slot check_in key allowance grace now slot_end credit reason"


def quoted(words: str) -> str:
    return ", ".join(f'"{word}"' for word in words.split())


LISTS = ["halls", "clinics", "doctors", "rooms", "queues", "stations"]
BAD = [
    # unknown and missing keys, wrong kinds of value
    (
        'day_opens = "05:00"',
        'day_open = "05:00"',
        [
            'site.day_open: unknown key; did you mean "day_opens"?',
            "site.day_opens: is missing",
        ],
    ),
    (
        "[titles]",
        "[colours]\n[titles]",
        [
            "colours: unknown key; known keys are "
            + quoted(
                "site server hospital voice stamps stamps_preset stamp_sets room_look_ahead room_assignment titles "
                "halls clinics doctors rooms queues "
                "stations displays"
            ),
        ],
    ),
    ('name = { zh = "小院", en = "Small" }', 'name = { zh = "小院" }', ["site.name.en: is missing"]),
    ('name = { zh = "小院", en = "Small" }', 'name = "Small"', ['site.name = "Small": must be a table']),
    (
        "late_after_min = 15",
        'late_after_min = "15"',
        [
            'stamps.late_after_min = "15": must be a whole number',
        ],
    ),
    (
        'kind = "open"',
        'kind = "closed"',
        [
            'queues.cashier.kind = "closed": must be one of "clinic", "open", "order"',
        ],
    ),
    (
        'queues = ["internal"]',
        'queues = "internal"',
        [
            'stations.s1.queues = "internal": must be a list, in [ ]',
        ],
    ),
    (
        'anchor = "check_in"',
        'anchor = "midnight"',
        [
            'stamps.walk_in.anchor = "midnight": must be one of '
            + quoted("slot_start slot_start_within slot_end session_end number check_in triage_time now")
        ],
    ),
    ('type = "place"', 'type = "pace"', ['stamps.missed.1.type = "pace": must be one of "abandon", "place", "time"']),
    ("[halls.main]", "[server]\nport = 70000\n[halls.main]", ["server.port = 70000: must be 65535 or less"]),
    (
        "[halls.main]",
        "[server]\nlist_old_after_min = -5\n[halls.main]",
        [
            "server.list_old_after_min = -5: must be 0 or more",
        ],
    ),
    (
        "[halls.main]",
        "[halls.main]\nboard = { distance_m = true }",
        [
            "halls.main.board.distance_m = true: must be a number",
        ],
    ),
    ('adapter = "sample"', "adapter = 3", ["hospital.adapter = 3: must be text"]),
    # references
    (
        'hall = "main"\narea = { zh = "东区", en = "East" }\n\n[doctors',
        'hall = "west"\narea = { zh = "a", en = "a" }\n[doctors',
        [
            'clinics.internal.hall = "west": there is no such hall; there are "main"',
        ],
    ),
    (
        'clinic = "internal"\n\n[rooms',
        'clinic = "surgery"\n\n[rooms',
        [
            'doctors.d1.clinic = "surgery": there is no such clinic; there are "internal"',
        ],
    ),
    (
        'title = "chief"',
        'title = "cheif"',
        [
            'doctors.d1.title = "cheif": there is no such title; titles are "chief"',
        ],
    ),
    ('room = "r1"', 'room = "r2"', ['stations.s1.room = "r2": there is no such room; there are "r1"']),
    (
        'queues = ["internal"]',
        'queues = ["internal", "xray"]',
        [
            'stations.s1.queues = "xray": there is no such queue; there are "internal", "cashier"',
        ],
    ),
    (
        'queues = ["internal"]',
        "queues = []",
        [
            "stations.s1.queues: is empty; a station calls from at least one queue",
        ],
    ),
    (
        'clinic = "internal"\nprefix',
        "prefix",
        [
            'queues.internal.clinic: is missing; a queue of kind "clinic" belongs to one',
        ],
    ),
    (
        "[queues.internal]",
        '[queues.internal]\nid = "cashier"',
        [
            "queues.cashier.id: is used twice",
            'stations.s1.queues = "internal": there is no such queue; there are "cashier", "cashier"',
        ],
    ),
    (
        "[rooms.r1]",
        '[rooms."Room 1"]',
        [
            'rooms.id = "Room 1": an id is at most 40 of a-z, 0-9, - and _, and starts with a letter or digit',
            'stations.s1.room = "r1": there is no such room; there are "Room 1"',
        ],
    ),
    ('prefix = "S"', 'prefix = "A"', ['queues.cashier.prefix = "A": is already that of "internal"']),
    ('prefix = "S"', 'prefix = "s1"', ['queues.cashier.prefix = "s1": must be at most two letters A to Z']),
    (
        'prefix = "S"',
        'prefix = "S"\nnumbers = "hospital"',
        [
            'queues.cashier.numbers = "hospital": an open queue has no registration that could carry a number',
        ],
    ),
    (
        'prefix = "S"',
        'prefix = "S"\nmean_service_min = 0',
        [
            "queues.cashier.mean_service_min = 0: must be 1 or more",
        ],
    ),
    # times
    ('day_opens = "05:00"', 'day_opens = "5:00"', ['site.day_opens = "5:00": must be a time of day, HH:MM']),
    ('day_opens = "05:00"', 'day_opens = "24:00"', ['site.day_opens = "24:00": must be a time of day, HH:MM']),
    (
        '"Asia/Shanghai"',
        '"Asia/Peking"',
        [
            'site.time_zone = "Asia/Peking": there is no such time zone; an IANA name like Asia/Shanghai',
        ],
    ),
    (
        '"Asia/Shanghai"',
        '"../etc/passwd"',
        [
            'site.time_zone = "../etc/passwd": there is no such time zone; an IANA name like Asia/Shanghai',
        ],
    ),
    (
        'starts = "20:00"',
        'starts = "8 pm"',
        [
            'halls.main.volume.2.starts = "8 pm": must be a time of day, HH:MM',
        ],
    ),
    (
        'starts = "20:00"',
        'starts = "05:30"',
        [
            "halls.main.volume: must be in order of time, each time once",
        ],
    ),
    (
        'starts = "20:00", percent = 30',
        'starts = "20:00", percent = 130',
        [
            "halls.main.volume.2.percent = 130: must be 100 or less",
        ],
    ),
    # stamps
    ("grace_min = 15", "grace_min = -15", ["stamps.appointment.grace_min = -15: must be 0 or more"]),
    ("credits = { elder = 20 }", "credits = { elder = -20 }", ["stamps.credits.elder = -20: must be 0 or more"]),
    ("calls = 3", "calls = 0", ["stamps.missed.1.calls = 0: must be 1 or more"]),
    (
        'anchor = "check_in"',
        'anchor = "slot_start"',
        ['stamps.walk_in.anchor = "slot_start": a walk-in has no slot; use check_in or now'],
    ),
    (
        "[queues.cashier]",
        "[queues.internal.stamps]\nmissed = []\n[queues.cashier]",
        [
            "queues.internal.stamps.missed: is empty; say what becomes of a missed patient",
        ],
    ),
    (
        'type = "place"\ncalls = 3\n',
        'type = "abandon"\n',
        [
            'stamps.missed.1.sentence.zh = "过 {calls} 位": unknown placeholder {calls}; it may use none',
            'stamps.missed.1.sentence.en = "after {calls}": unknown placeholder {calls}; it may use none',
            "stamps.missed.1: nothing can follow abandon; it must be the last rule",
        ],
    ),
    # sentences
    (
        'zh = "迟到，{key}", en = "late, {key}"',
        'zh = "迟到，{keys}", en = "late, {key}"',
        ['stamps.late.sentence.zh = "迟到，{keys}": unknown placeholder {keys}; it may use ' + quoted(TIME_WORDS)],
    ),
    (
        'zh = "过 {calls} 位", en = "after {calls}"',
        'zh = "过 {calls} 位", en = "after {key}"',
        ['stamps.missed.1.sentence.en = "after {key}": unknown placeholder {key}; it may use "calls", "now", "misses"'],
    ),
    (
        'zh = "迟到，{key}", en = "late, {key}"',
        'zh = "迟到，{key}", en = "late"',
        ["stamps.late.sentence: zh and en do not use the same placeholders"],
    ),
    ('zh = "作废"', 'zh = "作废 {"', ['stamps.missed.2.sentence.zh = "作废 {": has a brace without its partner']),
    ('zh = "作废"', 'zh = " "', ['stamps.missed.2.sentence.zh = " ": is empty']),
    (
        'zh = "迟到，{key}"',
        'zh = "{key.__class__}"',
        [
            'stamps.late.sentence.zh = "{key.__class__}": unknown placeholder {key.__class__}; it may use '
            + quoted(TIME_WORDS)
        ],
    ),
    # the server and the voice
    (
        "[titles]",
        '[server]\nhost = "0.0.0.0"\n[titles]',
        [
            'server.host = "0.0.0.0": needs tls_certificate and tls_key: without them only 127.0.0.1 is served',
        ],
    ),
    (
        "[titles]",
        '[server]\nhost = "queue.example"\n[titles]',
        [
            'server.host = "queue.example": must be an IP address or localhost',
        ],
    ),
    (
        "[titles]",
        '[server]\ntls_key = "key.pem"\n[titles]',
        [
            "server.tls_certificate: tls_certificate and tls_key belong together",
        ],
    ),
    (
        "[titles]",
        '[server]\npublic_url = "queue.example.org/"\n[titles]',
        [
            'server.public_url = "queue.example.org/": must be like https://example.org, without a slash at the end',
        ],
    ),
    (
        "[titles]",
        '[server]\ntrusted_proxies = ["10.0.0.5", "10.0.0.0/24", "proxy.lan", "10.0.0.5/24"]\n[titles]',
        [
            'server.trusted_proxies = "proxy.lan": must be an address or a network such as 10.0.0.0/24',
            'server.trusted_proxies = "10.0.0.5/24": must be an address or a network such as 10.0.0.0/24',
        ],
    ),
    (
        "[titles]",
        '[voice]\nlanguages = []\nsentence = { zh = "{number}", en = "{number} {room}" }\n[titles]',
        [
            "voice.languages: is empty; set enabled = false for silence",
            'voice.sentence.zh = "{number}": must say {room}',
        ],
    ),
    (
        "[titles]",
        '[displays.door]\nidel = ""\n[displays.hall]\nstations = []\nshows = "到{room}"\n[titles]',
        [
            'displays.door.idel: unknown key; did you mean "idle"?',
            "displays.door.stations: is missing",
            "displays.hall.stations: is empty; name the stations whose calls it shows",
            'displays.hall.shows = "到{room}": must say {number}',
        ],
    ),
    (
        "[titles]",
        '[displays.door]\nstations = ["s1", "s9", "s1"]\nshows = "{number} {name}"\n[titles]',
        [
            "displays.door.stations: names a station twice",
            'displays.door.stations = "s9": there is no such station; stations are "s1"',
            (
                'displays.door.shows = "{number} {name}": unknown placeholder {name}; it may use "number", "room", '
                '"room_en"'
            ),
        ],
    ),
    (
        "[titles]",
        '[voice]\nlanguages = ["zh", "fr"]\n[titles]',
        [
            'voice.languages.2 = "fr": must be one of "zh", "en"',
        ],
    ),
]


@pytest.mark.parametrize(("before", "after", "expected"), BAD)
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


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(places(GOOD)), value=LEAVES)
def test_whatever_stands_there_it_is_read_or_complained_of(place, value):
    table = copy.deepcopy(GOOD)
    *way, last = place
    inner = table
    for key in way:
        inner = inner[key]
    inner[last] = value
    with contextlib.suppress(ConfigurationError):
        assert config._read(table, Path("hospital.toml")).digest


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
