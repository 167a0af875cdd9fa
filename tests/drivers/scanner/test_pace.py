"""A scanner's keys become codes, and a person's do not."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scanner.codec import Refusal, Refused
from drivers.scanner.pace import Pace, PacedKeys, Typed

CODE = "HZ:7Hq2mXw9Kc4RbT1z"
FAST, SLOW = 0.005, 0.15
MOST = 60
PACE = Pace(longest=MOST)
PACE_S, REST_S, LEAST = PACE.gap, PACE.rest, PACE.shortest
ENDS = "\r\n\t"


def strike(keys, character, at):
    """One key as it comes from a window: the code that it ended, if it ended one."""
    found = keys.end(at) if character in ENDS else keys.key(character, at)
    return found.code.text if isinstance(found, Typed) else None


def codes(*struck, keys=None):
    """The codes that come of (what is typed, seconds between its keys) in turn."""
    keys = keys or PacedKeys(PACE)
    now, found = 100.0, []
    for typed, gap in struck:
        for character in typed:
            now += gap
            found.append(strike(keys, character, now))
    return [code for code in found if code is not None]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([(CODE + "\r", FAST)], [CODE]),
        ([(CODE + "\n", FAST)], [CODE]),
        ([(CODE + "\t", FAST)], [CODE]),
        ([(CODE + "\r\n", FAST)], [CODE]),
        ([(f" {CODE}\r", FAST)], [f" {CODE}"]),
        ([(f"{CODE}\r{CODE}\r", FAST)], [CODE, CODE]),
        ([(CODE, FAST)], []),
        ([(CODE + "\r", SLOW)], []),
        ([(CODE + "\r", PACE_S * 1.1)], []),
        ([(CODE, FAST), ("\r", SLOW)], []),
        ([(CODE[:5], FAST), (CODE[5], SLOW), (CODE[6:] + "\r", FAST)], []),
        ([(CODE + "\r", SLOW), (CODE + "\r", FAST)], [CODE]),
        ([("x", FAST), (CODE[0], REST_S * 1.1), (CODE[1:] + "\r", FAST)], [CODE]),
        ([("x", FAST), (CODE[0], SLOW), (CODE[1:] + "\r", FAST)], []),
        ([("\r\r\r", FAST)], []),
        ([("abc\r", FAST)], []),
        ([("A" * MOST + "\r", FAST)], ["A" * MOST]),
        ([("A" * (MOST + 1) + "\r", FAST)], []),
        ([("A" * (2 * MOST) + "\r" + CODE + "\r", FAST)], [CODE]),
    ],
)
def test_what_becomes_of_keys(keys, expected):
    assert codes(*keys) == expected


def test_what_is_forgotten_is_no_part_of_the_next_code():
    keys = PacedKeys(PACE)
    codes(("HZ:half", FAST), keys=keys)
    keys.forget()
    assert codes((CODE + "\r", FAST), keys=keys) == [CODE]


def test_a_refusal_says_why_and_how_much_it_was():
    keys = PacedKeys(PACE)
    codes(("HZ:", FAST), keys=keys)
    assert keys.key("x", 100.0 + 3 * FAST + SLOW) is None
    assert keys.end(100.0 + 4 * FAST + SLOW) == Refused(Refusal.PACE, 4)
    codes(("HZ:", FAST), keys=keys)
    assert keys.end(200.0) == Refused(Refusal.UNFINISHED, 3)
    codes(("HZ:", FAST), keys=keys)
    keys.lose(100.0 + 4 * FAST)
    assert keys.end(100.0 + 5 * FAST) == Refused(Refusal.LOST, 3)
    assert keys.silence() is None


text = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=LEAST, max_size=MOST)
fast = st.floats(0.0, PACE_S * 0.9)
slow = st.floats(PACE_S * 1.1, 10.0)


def struck(keys, typed, gaps, start):
    now, found = start, []
    for character, gap in zip(typed, gaps, strict=False):
        now += gap
        found.append(strike(keys, character, now))
    return now, [code for code in found if code is not None]


@given(text, st.lists(fast, min_size=MOST + 1, max_size=MOST + 1))
def test_every_code_at_a_scanners_pace_arrives_whole_and_once(typed, gaps):
    assert struck(PacedKeys(PACE), typed + "\r", gaps, 0.0)[1] == [typed]


@given(
    st.text(st.characters(min_codepoint=9, max_codepoint=126), max_size=60), st.lists(slow, min_size=60, max_size=60)
)
def test_nothing_a_person_types_is_ever_a_code(typed, gaps):
    assert struck(PacedKeys(PACE), typed, gaps, 0.0)[1] == []


@given(text, st.data())
def test_one_late_key_drops_the_whole_code_and_never_leaves_a_piece(typed, data):
    at = data.draw(st.integers(1, len(typed)))
    late = data.draw(st.floats(PACE_S * 1.1, REST_S * 0.9))
    gaps = [FAST] * (len(typed) + 1)
    gaps[at] = late
    assert struck(PacedKeys(PACE), typed + "\r", gaps, 0.0)[1] == []


@given(st.lists(st.tuples(st.characters(min_codepoint=9, max_codepoint=126), st.floats(0.0, 2.0)), max_size=200), text)
def test_after_a_rest_a_code_arrives_whatever_was_typed_before(noise, typed):
    keys = PacedKeys(PACE)
    now, _ = struck(keys, [key for key, _ in noise], [gap for _, gap in noise], 0.0)
    gaps = itertools.chain([REST_S * 1.1], itertools.repeat(FAST))
    assert struck(keys, typed + "\r", gaps, now)[1] == [typed]
