from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from queue_server import config
from queue_server.config import load
from queue_server.engine import site as engine
from queue_server.engine.site import Abandon, PlaceStamp, TimeStamp
from queue_server.hospital.sample import SampleOptions
from queue_server.toml_reader import ConfigurationError
from tests.presets import SMALL

CONFIG = Path("config")
SECOND = 1_000_000


def written(folder: Path, text: str) -> Path:
    file = folder / "hospital.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_small_one_is_read(tmp_path):
    found = load(written(tmp_path, SMALL))
    assert found.site.doctors[0].title.zh == "主任医师"
    assert found.server == config.ServerSettings()
    assert found.voice == config.VoiceSettings()
    assert found.halls["main"].board == config.Board()
    assert found.folder == tmp_path


def test_the_sample_is_as_large_as_a_hospital():
    site = load(CONFIG).site
    assert len(site.clinics) >= 12
    assert len(site.doctors) >= 40
    assert len(site.halls) == 3
    assert {queue.id for queue in site.queues if queue.kind == "open"} >= {"enquiry", "cashier"}
    assert len({queue.prefix for queue in site.queues}) == len(site.queues)
    served = {queue for station in site.stations for queue in station.queues}
    assert served == {queue.id for queue in site.queues}


def test_the_sample_raises_an_alarm_at_windows_after_a_quarter_of_an_hour_and_for_whom_nobody_has_triaged():
    limits = {queue.id: queue.wait_limit_min for queue in load(CONFIG).site.queues if queue.wait_limit_min}
    assert limits == {"enquiry": 15, "cashier": 15, "pharmacy": 15, "blood": 15, "emergency": 10}


def test_the_sample_orders_by_the_published_policy():
    (internal,) = [queue for queue in load(CONFIG).site.queues if queue.id == "internal"]
    stamps = internal.stamps
    assert isinstance(stamps.appointment, TimeStamp)
    assert (stamps.appointment.anchor, stamps.appointment.grace_min) == ("slot_start_within", 15)
    assert isinstance(stamps.walk_in, TimeStamp)
    assert (stamps.walk_in.anchor, stamps.walk_in.allowance_min) == ("check_in", 30)
    assert [type(stamp) for stamp in stamps.missed] == [PlaceStamp, TimeStamp, Abandon]
    assert stamps.credits == {"elder": 20, "disabled": 20, "veteran": 20, "referral": 15}
    assert (stamps.max_credit_min, stamps.lock, stamps.late_after_min) == (20, 2, 15)


def test_a_queue_replaces_single_stamps_and_keeps_the_rest(tmp_path):
    late = '{ type = "time", anchor = "check_in", sentence = { zh = "迟", en = "l" } }'
    own = f"[queues.cashier.stamps]\nlock = 1\nlate = {late}\n"
    internal, cashier = load(written(tmp_path, SMALL + own)).site.queues
    assert cashier.stamps.lock == 1
    assert isinstance(cashier.stamps.late, TimeStamp)
    assert cashier.stamps.late.anchor == "check_in"
    assert cashier.stamps.walk_in == internal.stamps.walk_in
    assert internal.stamps.lock == 0


def test_a_file_or_its_folder_may_be_named():
    assert load(CONFIG / "hospital.toml").site == load(CONFIG).site


def test_the_digest_is_that_of_the_meaning_and_not_of_the_writing(tmp_path):
    first = load(written(tmp_path, SMALL))
    commented = load(written(tmp_path, "# a comment\n" + SMALL.replace("late_after_min = 15", "late_after_min  =  15")))
    changed = load(written(tmp_path, SMALL.replace("late_after_min = 15", "late_after_min = 16")))
    assert first.digest == commented.digest == config.digest(first.site)
    assert len(first.digest) == 64
    assert changed.digest != first.digest


def test_the_service_day_turns_at_its_hour(tmp_path):
    found = load(written(tmp_path, SMALL))

    def day(*moment):
        return found.service_day(round(datetime(*moment, tzinfo=UTC).timestamp()) * SECOND)

    # 05:00 in Shanghai is 21:00 UTC of the day before.
    assert day(2026, 3, 1, 20, 59, 59) == "2026-03-01"
    assert day(2026, 3, 1, 21) == "2026-03-02"
    assert day(2026, 3, 2, 20, 59) == "2026-03-02"
    assert found.day_starts_at("2026-03-02") == round(datetime(2026, 3, 1, 21, tzinfo=UTC).timestamp()) * SECOND
    assert found.utc_offset_min("2026-03-02") == 480


def test_the_offset_follows_summer_time(tmp_path):
    found = load(written(tmp_path, SMALL.replace("Asia/Shanghai", "Europe/Berlin")))
    assert found.utc_offset_min("2026-03-28") == 60
    assert found.utc_offset_min("2026-03-29") == 120
    assert found.day_starts_at("2026-03-29") - found.day_starts_at("2026-03-28") == 23 * 3_600 * SECOND


def test_a_hall_has_its_board_and_its_volume_by_the_time_of_day(tmp_path):
    found = load(written(tmp_path, SMALL)).halls["main"]
    assert [(entry.starts, entry.percent) for entry in found.volume] == [("06:00", 70), ("20:00", 30)]
    assert load(CONFIG).halls["main"].board.distance_m == 8.0


def test_the_kiosk_file_names_a_device_file_that_exists():
    kiosk = tomllib.loads((CONFIG / "kiosk.toml").read_text(encoding="utf-8"))
    assert (CONFIG / kiosk["devices"]).exists()


@pytest.mark.parametrize(
    "kind",
    [
        config.ServerSettings,
        config.HospitalSettings,
        config.VoiceSettings,
        config.Board,
        config.Volume,
        SampleOptions,
        engine.Site,
        engine.Hall,
        engine.Clinic,
        engine.Doctor,
        engine.Room,
        engine.Queue,
        engine.Station,
        engine.Stamps,
        TimeStamp,
        PlaceStamp,
    ],
)
def test_every_key_is_described(kind):
    described = Path("docs/configuration.md").read_text(encoding="utf-8")
    keys = [field.name for field in msgspec.structs.fields(kind)]
    assert [key for key in keys if not re.search(rf"[`\[ ]{key}[`.\] ]", described)] == []


def test_the_triage_table_is_loaded_with_the_rest():
    found = load(CONFIG)
    assert found.triage is not None
    assert found.triage.levels["III"].response_min == 30
    assert [queue.id for queue in found.site.queues if queue.triage] == ["emergency"]


def test_without_an_emergency_queue_no_triage_table_is_needed(tmp_path):
    assert load(written(tmp_path, SMALL)).triage is None


EMERGENCY = """
[queues.er]
name = { zh = "急诊", en = "Emergency" }
hall = "main"
kind = "open"
triage = true
prefix = "X"
[queues.er.stamps.walk_in]
type = "time"
anchor = "check_in"
sentence = { zh = "到达 {check_in}", en = "here {check_in}" }
[[queues.er.stamps.missed]]
type = "time"
anchor = "check_in"
sentence = { zh = "到达 {check_in}", en = "here {check_in}" }
"""


def with_table(folder, text, table=None):
    shipped = (CONFIG / "triage.toml").read_text(encoding="utf-8")
    (folder / "triage.toml").write_text(table or shipped, encoding="utf-8")
    return written(folder, text)


def test_an_emergency_queue_needs_the_table(tmp_path):
    with pytest.raises(ConfigurationError, match=r"triage\.toml: there is no such file"):
        load(written(tmp_path, SMALL + EMERGENCY))
    assert load(with_table(tmp_path, SMALL + EMERGENCY)).triage is not None


def test_mistakes_of_both_files_are_told_together(tmp_path):
    with pytest.raises(ConfigurationError) as error:
        load(with_table(tmp_path, SMALL.replace('day_opens = "05:00"', 'day_opens = "5"') + EMERGENCY, "version = 1"))
    assert any(one.startswith("hospital.toml: site.day_opens") for one in error.value.complaints)
    assert any(one.startswith("triage.toml: version") for one in error.value.complaints)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            'kind = "open"\ntriage',
            'kind = "clinic"\nclinic = "internal"\ntriage',
            'queues.er.kind = "clinic": must be "open"',
        ),
        (
            'anchor = "check_in"',
            'anchor = "check_in"\nallowance_min = 30',
            'queues.er.stamps.walk_in: must be of type "time", anchored at "check_in" without an allowance',
        ),
        (
            'stamps.missed]]\ntype = "time"\nanchor = "check_in"\n',
            'stamps.missed]]\ntype = "abandon"\n',
            "queues.er.stamps.missed.1: must not end the ticket of an emergency",
        ),
    ],
)
def test_an_emergency_queue_asks_for_nothing_first_and_turns_nobody_away(tmp_path, before, after, said):
    assert before in EMERGENCY
    with pytest.raises(ConfigurationError) as error:
        load(with_table(tmp_path, SMALL + EMERGENCY.replace(before, after, 1)))
    assert any(one.startswith(f"hospital.toml: {said}") for one in error.value.complaints), error.value.complaints


STATIONS = """
[stations.er1]
name = { zh = "急诊 1", en = "Emergency 1" }
hall = "main"
room = "r1"
queues = ["er"]
levels = ["I", "II"]
"""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("", "", "queues.er: no station that calls it accepts level III"),
        ('["I", "II"]', '["I", "I"]', "stations.er1.levels: names a level twice"),
        ('["I", "II"]', '["V"]', 'stations.er1.levels.1 = "V": '),
        ('queues = ["er"]', 'queues = ["internal"]', "stations.er1.levels: is for a station that calls an emergency"),
    ],
)
def test_the_levels_that_rooms_accept(tmp_path, before, after, said):
    assert before in STATIONS
    with pytest.raises(ConfigurationError) as error:
        load(with_table(tmp_path, SMALL + EMERGENCY + STATIONS.replace(before, after, 1)))
    assert any(one.startswith(f"hospital.toml: {said}") for one in error.value.complaints), error.value.complaints


def test_together_the_rooms_of_an_emergency_queue_accept_every_level(tmp_path):
    other = STATIONS.replace("er1", "er2").replace('["I", "II"]', '["III", "IVa", "IVb"]')
    stations = load(with_table(tmp_path, SMALL + EMERGENCY + STATIONS + other)).site.stations
    assert [station.levels for station in stations if station.levels] == [["I", "II"], ["III", "IVa", "IVb"]]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('anchor = "number"\neach_min = 4', 'queues.internal.stamps: has the anchor "number", which needs numbers'),
        ('anchor = "number"', "queues.internal.stamps.appointment.each_min = 0: must be 1 or more"),
        ('anchor = "check_in"\neach_min = 4', "queues.internal.stamps.appointment.each_min = 4: must be 1 or more"),
    ],
)
def test_a_moment_by_the_number_needs_the_hospitals_numbers_and_minutes(tmp_path, rule, said):
    own = f"""
[queues.internal.stamps.appointment]
type = "time"
{rule}
sentence = {{ zh = "按号序", en = "by number" }}
"""
    with pytest.raises(ConfigurationError) as error:
        load(written(tmp_path, SMALL + own))
    assert any(one.startswith(f"hospital.toml: {said}") for one in error.value.complaints), error.value.complaints
