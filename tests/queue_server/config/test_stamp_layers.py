"""The rules of waiting in layers: hospital, clinic, queue, session; presets; and every mistake with its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from queue_server.config import load
from queue_server.engine.site import Queue, TimeStamp
from queue_server.toml_reader import ConfigurationError
from tests.presets import CONFIG, PRESETS, SMALL, preset_stamps

BARE = SMALL[: SMALL.index("[stamps]")] + SMALL[SMALL.index("[titles]") :]
"""The small configuration without rules of its own."""


REQUIRED = ["appointment", "walk_in", "late", "missed"]


def written(folder: Path, text: str, presets: dict[str, str] | None = None) -> Path:
    (folder / "hospital.toml").write_text(text, encoding="utf-8")
    if not (folder / "stamps").exists():
        shutil.copytree(CONFIG / "stamps", folder / "stamps")
    for name, words in (presets or {}).items():
        (folder / "stamps" / f"{name}.toml").write_text(words, encoding="utf-8")
    return folder


def queues(folder: Path, text: str, presets: dict[str, str] | None = None) -> dict[str, Queue]:
    return {queue.id: queue for queue in load(written(folder, text, presets)).site.queues}


def complaints(folder: Path, text: str, presets: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigurationError) as error:
        load(written(folder, text, presets))
    return error.value.complaints


def rule(anchor: str, words: str = "x") -> str:
    return f'{{ type = "time", anchor = "{anchor}", sentence = {{ zh = "{words}", en = "{words}" }} }}'


@pytest.mark.parametrize("name", PRESETS)
def test_a_hospital_may_take_a_preset_whole(tmp_path, name):
    found = queues(tmp_path, f'stamps_preset = "{name}"\n' + BARE)
    assert found["internal"].stamps == found["cashier"].stamps == preset_stamps(name)


def test_a_key_of_a_nearer_layer_replaces_that_key_and_no_other(tmp_path):
    clinic = '[clinics.internal]\nstamps_preset = "missed_back_5"\nstamps.lock = 4\n'
    text = 'stamps_preset = "locked_head"\nstamps.max_credit_min = 7\n' + BARE.replace("[clinics.internal]\n", clinic)
    text = text.replace("[queues.internal]\n", f"[queues.internal]\nstamps.late = {rule('now')}\n")
    found = queues(tmp_path, text)
    hospital, clinics = preset_stamps("locked_head"), preset_stamps("missed_back_5")
    assert found["cashier"].stamps.missed == hospital.missed
    assert (found["cashier"].stamps.lock, found["cashier"].stamps.max_credit_min) == (3, 7)
    internal = found["internal"].stamps
    assert internal.missed == clinics.missed
    assert internal.returns == clinics.returns
    assert internal.lock == 4
    assert internal.max_credit_min == 20, "the clinic's preset is nearer than the hospital's own key"
    assert isinstance(internal.late, TimeStamp)
    assert internal.late.anchor == "now"


def test_a_preset_of_a_queue_replaces_what_hospital_and_clinic_say(tmp_path):
    text = SMALL.replace("[queues.internal]\n", '[queues.internal]\nstamps_preset = "two_booked_one_walk_in"\n')
    assert queues(tmp_path, text)["internal"].stamps == preset_stamps("two_booked_one_walk_in")


def test_a_set_is_complete_for_each_queue_whose_sessions_may_name_it(tmp_path):
    evening = f"[stamp_sets.evening]\nlate = {rule('session_end')}\nlate_after_min = 5\n"
    expert = '[stamp_sets.expert]\nstamps_preset = "appointments_first"\nqueues = ["internal"]\nlate_after_min = 1\n'
    nobody = "[stamp_sets.nobody]\nqueues = []\nlate_after_min = 2\n"
    text = SMALL.replace("[queues.internal]\n", "[queues.internal]\nstamps.lock = 2\n") + evening + expert + nobody
    found = queues(tmp_path, text)
    sets = found["internal"].stamp_sets
    assert list(sets) == ["evening", "expert"]
    assert sets["evening"].missed == found["internal"].stamps.missed
    assert (sets["evening"].late.anchor, sets["evening"].late_after_min) == ("session_end", 5)
    assert sets["expert"].walk_in == preset_stamps("appointments_first").walk_in
    assert {stamps.lock for stamps in sets.values()} == {2}, "a lane has one locked head"
    assert found["cashier"].stamp_sets == {}, "an open queue has no sessions"


BROKEN = """
[stamps]
lok = 1
lock = -1

[stamps.returns]
type = "place"
calls = -1
sentence = { zh = "x", en = "x" }
"""
LATE = "{{ after_min = {}, rule = {} }}"
ABANDON = '{ type = "abandon", sentence = { zh = "{key}", en = "x" } }'
OWN = f"""
[queues.internal.stamps]
severity = {{ elder = 10, mild = -1 }}
late_rules = [{LATE.format(15, ABANDON)}, {LATE.format(30, rule("now"))}]

[stamp_sets.one]
stamps_preset = "nosuch"

[stamp_sets.two]
lock = 1
queues = ["cashier"]

[titles]
"""


def test_a_special_group_has_somebody_in_it_and_owes_calls(tmp_path):
    rule = '{ type = "place", calls = 0, of = "first_visit", sentence = { zh = "x", en = "x" } }'
    text = SMALL.replace(
        "[titles]\n", f"[queues.internal.stamps]\nspecial = {{ groups = [], rule = {rule} }}\n\n[titles]\n"
    )
    assert complaints(tmp_path, text) == [
        "hospital.toml: queues.internal.stamps.special.rule.calls = 0: must be 1 or more",
        "hospital.toml: queues.internal.stamps.special.groups: is empty; say who is put in by this rule",
    ]


RATIO = """queues = ["internal", "cashier"]
serves = "ratio"
ratio = { internal = 0, x = 1 }"""


def test_every_mistake_is_told_once_with_its_file_key_and_value(tmp_path):
    text = 'stamps_preset = "broken"\n' + SMALL.replace("[titles]\n", OWN).replace('queues = ["internal"]', RATIO, 1)
    there = ", ".join(f'"{name}"' for name in sorted([*PRESETS, "broken"]))
    always = [
        'stamp_sets.two.queues = "cashier": there is no such queue with sessions; there are "internal"',
        "stamp_sets.two.lock: the locked head belongs to the queue, not to a session; set it there",
        'stations.s1.ratio.x: is no queue of this station; they are "internal", "cashier"',
        "stations.s1.ratio.internal = 0: must be 1 or more",
        "stations.s1.ratio.cashier: is missing; how many of this queue make a turn",
    ]
    none = f'stamp_sets.one.stamps_preset = "nosuch": there is no such file in the folder stamps; there are {there}'
    assert sorted(complaints(tmp_path, text, {"broken": BROKEN})) == sorted(
        [
            *(f"hospital.toml: {sentence}" for sentence in [*always, none]),
            'stamps/broken.toml: stamps.lok: unknown key; did you mean "lock"?',
        ]
    )
    mended = {"broken": BROKEN.replace("lok = 1\n", "")}
    late, words = "queues.internal.stamps.late_rules.1", '"slot", "check_in", "now"'
    values = [
        "queues.internal.stamps.severity.elder: is among the credits already; a reason counts once",
        "queues.internal.stamps.severity.mild = -1: must be 0 or more",
        f"{late}.after_min = 15: must be more than 15, the threshold before it",
        f'{late}.rule.sentence.zh = "{{key}}": unknown placeholder {{key}}; it may use {words}',
        f"{late}.rule: nothing can follow abandon; it must be the last rule",
    ]
    assert sorted(complaints(tmp_path, text.replace('"nosuch"', '"missed_back_1"'), mended)) == sorted(
        [
            *(f"hospital.toml: {sentence}" for sentence in [*always, *values]),
            "stamps/broken.toml: stamps.lock = -1: must be 0 or more",
            "stamps/broken.toml: stamps.returns.calls = -1: must be 0 or more",
        ]
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "[stamps]\nlock = 1",
            [f"hospital.toml: queues.internal.stamps.{key}: is missing" for key in REQUIRED],
        ),
        ("[stamps\n", ["stamps/mine.toml: is not TOML: "]),
        (
            "lock = 1\n",
            ["stamps/mine.toml: lock: unknown key; ", "stamps/mine.toml: stamps: is missing; a preset is one"],
        ),
        ("stamps = 5\n", ["stamps/mine.toml: stamps: is missing; a preset is one table [stamps]"]),
    ],
)
def test_a_preset_that_is_none_is_told(tmp_path, words, expected):
    text = BARE.replace("[queues.internal]\n", '[queues.internal]\nstamps_preset = "mine"\n')
    text = text.replace("[queues.cashier]\n", '[queues.cashier]\nstamps_preset = "missed_back_1"\n')
    found = complaints(tmp_path, text, {"mine": words})
    assert len(found) == len(expected)
    for one, begin in zip(found, expected, strict=True):
        assert one.startswith(begin)


@pytest.mark.parametrize(
    ("written_there", "expected"),
    [
        ("stamps_preset = 5\n", "stamps_preset = 5: must be text"),
        (
            'stamps_preset = "../hospital"\n',
            'stamps_preset = "../hospital": there is no such file in the folder stamps; ',
        ),
        ("stamps = 5\n", "stamps = 5: must be a table"),
        ("stamp_sets = 5\n", "stamp_sets = 5: must be tables, as in [stamp_sets.some_id]"),
        ("stamp_sets.Evening.lock = 1\n", 'stamp_sets.id = "Evening": an id is at most 40 of a-z'),
        ("stamp_sets.evening.queues = 1\n", "stamp_sets.evening.queues = 1: must be a list, in [ ]"),
        ("queues.internal.stamp_sets.a.lock = 1\n", "queues.internal.stamp_sets: unknown key; a set is written as "),
    ],
)
def test_a_layer_that_is_none_is_told(tmp_path, written_there, expected):
    table = BARE if written_there.startswith("stamps") else SMALL
    if written_there.startswith("queues"):
        table = SMALL.replace("[queues.internal]\n", "[queues.internal]\nstamp_sets.a.lock = 1\n")
        written_there = ""
    found = complaints(tmp_path, written_there + table)
    assert found[0].startswith(f"hospital.toml: {expected}")
    assert len(found) == 1 + ("Evening" in expected)


def test_ways_of_serving_that_cannot_be(tmp_path):
    def station(words: str) -> list[str]:
        return complaints(tmp_path, SMALL.replace('queues = ["internal"]', words))

    at = "hospital.toml: stations.s1"
    assert station('queues = ["internal"]\nserves = "strict"') == [f'{at}.serves = "strict": needs two queues or more']
    assert station('queues = ["internal", "cashier"]\nratio = { internal = 1 }') == [
        f'{at}.ratio: is used with serves = "ratio" only'
    ]
    assert station('queues = ["internal", "internal"]') == [f"{at}.queues: names a queue twice"]
    assert station('queues = ["internal"]\nserves = "fair"') == [
        f'{at}.serves = "fair": must be one of "merge", "ratio", "strict"'
    ]


def test_rooms_have_lists_as_hospital_clinic_and_queue_say(tmp_path):
    top = 'room_look_ahead = 1\nroom_assignment = "by_hand"\n'
    found = queues(tmp_path, top + SMALL)
    assert {(each.room_look_ahead, each.room_assignment) for each in found.values()} == {(1, "by_hand")}
    of_clinic = SMALL.replace("[clinics.internal]\n", "[clinics.internal]\nroom_look_ahead = 2\n")
    found = queues(tmp_path, top + of_clinic)
    assert (found["internal"].room_look_ahead, found["internal"].room_assignment) == (2, "by_hand")
    assert found["cashier"].room_look_ahead == 1
    of_queue = of_clinic.replace("[queues.internal]\n", '[queues.internal]\nroom_assignment = "automatic"\n')
    found = queues(tmp_path, top + of_queue)
    assert (found["internal"].room_look_ahead, found["internal"].room_assignment) == (2, "automatic")


def test_where_to_check_in_is_no_question_where_nobody_does(tmp_path):
    both = 'check_in_at = "own_hall"\nneeds_check_in = false\n'
    assert complaints(tmp_path, SMALL.replace("[clinics.internal]\n", f"[clinics.internal]\n{both}")) == [
        'hospital.toml: clinics.internal.check_in_at = "own_hall": has no effect with needs_check_in = false'
    ]


def test_rooms_filled_by_hand_without_a_list_are_told_where_it_is_written(tmp_path):
    said = "has no effect without room_look_ahead"
    top = 'room_assignment = "by_hand"\n'
    assert complaints(tmp_path, top + SMALL) == [f'hospital.toml: room_assignment = "by_hand": {said}']
    own = SMALL.replace("[queues.internal]\n", f"[queues.internal]\n{top}")
    assert complaints(tmp_path, own) == [f'hospital.toml: queues.internal.room_assignment = "by_hand": {said}']
    one = SMALL.replace("[queues.internal]\n", "[queues.internal]\nroom_look_ahead = 2\n")
    assert {each.room_assignment for each in queues(tmp_path, top + one).values()} == {"by_hand"}


def test_a_room_list_that_cannot_be_is_told_where_it_is_written(tmp_path):
    clinic = SMALL.replace("[clinics.internal]\n", "[clinics.internal]\nroom_look_ahead = -1\n")
    (told,) = complaints(tmp_path, clinic)
    assert told.startswith("hospital.toml: clinics.internal.room_look_ahead = -1: must be 0 or more")
    one = SMALL.replace("[queues.internal]\n", "[queues.internal]\nroom_look_ahead = 2\n")
    (told,) = complaints(tmp_path, one.replace('queues = ["internal"]', 'queues = ["internal", "cashier"]'))
    assert told.startswith(
        'hospital.toml: stations.s1.queues: mixes queues with room_look_ahead ("internal") and without'
    )
    turns = 'queues = ["internal", "cashier"]\nserves = "strict"'
    (told,) = complaints(tmp_path, one.replace('queues = ["internal"]', turns))
    assert told.startswith('hospital.toml: stations.s1.serves = "strict": a room\'s list goes by rank')
