"""A scanner's keys become codes, and a person's do not."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.wedge import LEAST, MOST, PACE_S, REST_S, Wedge

CODE = "HZ:7Hq2mXw9Kc4RbT1z"
FAST, SLOW = 0.005, 0.15


def codes(*keys, wedge=None):
    """The codes that come of (what is typed, seconds between its keys) in turn."""
    wedge = wedge or Wedge()
    now, found = 100.0, []
    for typed, gap in keys:
        for character in typed:
            now += gap
            found.append(wedge.key(character, now))
    return [code for code in found if code is not None]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([(CODE + "\r", FAST)], [CODE]),
        ([(CODE + "\n", FAST)], [CODE]),
        ([(CODE + "\t", FAST)], [CODE]),
        ([(CODE + "\r\n", FAST)], [CODE]),
        ([(f"  {CODE} \r", FAST)], [CODE]),
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
        ([("    \r", FAST)], []),
        ([("abc\r", FAST)], []),
        ([("A" * MOST + "\r", FAST)], ["A" * MOST]),
        ([("A" * (MOST + 1) + "\r", FAST)], []),
        ([("A" * (2 * MOST) + "\r" + CODE + "\r", FAST)], [CODE]),
    ],
)
def test_what_becomes_of_keys(keys, expected):
    assert codes(*keys) == expected


def test_what_is_forgotten_is_no_part_of_the_next_code():
    wedge = Wedge()
    codes(("HZ:half", FAST), wedge=wedge)
    wedge.forget()
    assert codes((CODE + "\r", FAST), wedge=wedge) == [CODE]


text = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=LEAST, max_size=MOST)
fast = st.floats(0.0, PACE_S * 0.9)
slow = st.floats(PACE_S * 1.1, 10.0)


def struck(wedge, typed, gaps, start):
    now, found = start, []
    for character, gap in zip(typed, gaps, strict=False):
        now += gap
        found.append(wedge.key(character, now))
    return now, [code for code in found if code is not None]


@given(text, st.lists(fast, min_size=MOST + 1, max_size=MOST + 1))
def test_every_code_at_a_scanners_pace_arrives_whole_and_once(typed, gaps):
    assert struck(Wedge(), typed + "\r", gaps, 0.0)[1] == [typed]


@given(
    st.text(st.characters(min_codepoint=9, max_codepoint=126), max_size=60), st.lists(slow, min_size=60, max_size=60)
)
def test_nothing_a_person_types_is_ever_a_code(typed, gaps):
    assert struck(Wedge(), typed, gaps, 0.0)[1] == []


@given(text, st.data())
def test_one_late_key_drops_the_whole_code_and_never_leaves_a_piece(typed, data):
    at = data.draw(st.integers(1, len(typed)))
    late = data.draw(st.floats(PACE_S * 1.1, REST_S * 0.9))
    gaps = [FAST] * (len(typed) + 1)
    gaps[at] = late
    assert struck(Wedge(), typed + "\r", gaps, 0.0)[1] == []


@given(st.lists(st.tuples(st.characters(min_codepoint=9, max_codepoint=126), st.floats(0.0, 2.0)), max_size=200), text)
def test_after_a_rest_a_code_arrives_whatever_was_typed_before(noise, typed):
    wedge = Wedge()
    now, _ = struck(wedge, [key for key, _ in noise], [gap for _, gap in noise], 0.0)
    gaps = itertools.chain([REST_S * 1.1], itertools.repeat(FAST))
    assert struck(wedge, typed + "\r", gaps, now)[1] == [typed]
