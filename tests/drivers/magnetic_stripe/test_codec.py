"""Tracks of every kind: published ones, a hospital's, a bank's, and noise."""

import contextlib
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.magnetic_stripe.codec import (
    Reading,
    Refusal,
    SwipeError,
    check_character,
    is_bank_card,
    read_swipe,
    split_tracks,
)
from drivers.magnetic_stripe.simulator import write_track

# Numbers of no bank: the schemes' own test numbers, and one of their form.
TEST_PAN = "4111111111111111"
UNION_PAY_PAN = "6200000000000005"
BANK = {
    "track 1": f"%B{TEST_PAN}^SAMPLE/ANN^2912101000000000?",
    "track 2": f";{TEST_PAN}=29121010000000000?",
    "track 3": f"+01{TEST_PAN}==1561560000000000000?",
    "all": f"%B{TEST_PAN}^SAMPLE/ANN^2912101?;{TEST_PAN}=2912101?+01{TEST_PAN}=156?",
    "UnionPay": f";{UNION_PAY_PAN}=2912220000000000?",
    "no expiry": f";{TEST_PAN}?",
    "in fours": "%B4111 1111 1111 1111^SAMPLE/ANN^2912101?",
    "beside a hospital's": f"%B{TEST_PAN}^X^2912101?;00042?",
}


def test_tracks_are_told_apart():
    assert split_tracks("%A;B+C?;00042=1?+77?", lrc=False) == {1: "A;B+C", 2: "00042=1", 3: "77"}
    assert split_tracks(";00042?", lrc=False) == {2: "00042"}
    assert split_tracks("%E?;E?+E?", lrc=False) == {1: None, 2: None, 3: None}


def test_the_check_character_is_the_exclusive_or_of_all():
    # ISO/IEC 7811-2, by hand: ; 1 ? are B 1 F, so B ^ 1 ^ F = 5.
    assert check_character(2, "1") == "5"
    # % A ? are 05 21 1F in six bits: 05 ^ 21 ^ 1F = 3B, and 3B + 20 = 5B.
    assert check_character(1, "A") == "["


def test_check_characters_are_held_to():
    right = ";00042?" + check_character(2, "00042")
    assert split_tracks(right, lrc=True) == {2: "00042"}
    for wrong in (";00043?" + right[-1], ";00042?"):
        with pytest.raises(SwipeError) as caught:
            split_tracks(wrong, lrc=True)
        assert caught.value.reason is Refusal.CHECK
    assert split_tracks("%E?" + right, lrc=True) == {1: None, 2: "00042"}, "an unread track without one"
    assert split_tracks("%E?x" + right, lrc=True) == {1: None, 2: "00042"}, "and with one"


@pytest.mark.parametrize("text", ["00042", ";00042", ";1?;2?", ";00042?x", ";12A4?", "%ab?", "汉", "?", ";1?\x00"])
def test_what_is_no_swipe_is_refused(text):
    with pytest.raises(SwipeError) as caught:
        split_tracks(text, lrc=False)
    assert caught.value.reason is Refusal.FORM


@pytest.mark.parametrize("name", BANK)
def test_a_bank_card_is_refused_as_a_whole_and_nothing_of_it_is_said(name):
    anything = Reading((1, 2, 3), re.compile(".*"))
    with pytest.raises(SwipeError) as caught:
        read_swipe(BANK[name], anything)
    assert caught.value.reason is Refusal.BANK_CARD
    assert not any(character.isdigit() for character in str(caught.value) + repr(caught.value))


@pytest.mark.parametrize(
    "track",
    ["00042", "12345678", "123456789012", "4111111111111112", "1111111111111117", "H0042", "4111=11"],
)
def test_a_hospitals_number_is_no_bank_cards(track):
    assert not is_bank_card({2: track} if track.isdigit() else {1: track})


def test_the_number_is_taken_by_the_pattern_from_the_track_that_is_wanted():
    assert read_swipe("%IGNORED?;00042=9912?", Reading()) == "00042"
    card = Reading((1, 2), re.compile(r"HZ(?P<number>[0-9]+)\^.*"))
    assert read_swipe("%HZ0077^WANG/FANG?;00042?", card) == "0077"
    assert read_swipe("%E?;00042?", Reading((1, 2), re.compile("[0-9]+"))) == "00042"
    assert read_swipe("%AB12?", Reading((1,), re.compile("[A-Z]{2}[0-9]{2}"))) == "AB12"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("%ONLY?", Refusal.OTHER_TRACK),
        ("", Refusal.OTHER_TRACK),
        (";E?", Refusal.UNREADABLE),
        (";0004200042000=?", Refusal.NO_NUMBER),
        (";?", Refusal.NO_NUMBER),
    ],
)
def test_why_there_is_no_number(text, reason):
    with pytest.raises(SwipeError) as caught:
        read_swipe(text, Reading())
    assert caught.value.reason is reason


tracks_written = st.fixed_dictionaries(
    {},
    optional={
        "track1": st.one_of(st.none(), st.text(alphabet=[chr(c) for c in range(0x20, 0x60) if chr(c) != "?"])),
        "track2": st.one_of(st.none(), st.text(alphabet="0123456789=:<>;")),
        "track3": st.one_of(st.none(), st.text(alphabet="0123456789=")),
    },
)


@given(tracks_written, st.booleans())
def test_what_a_reader_writes_is_read_again(tracks, lrc):
    written = "".join(write_track(name, data, lrc=lrc) for name, data in tracks.items())
    unread = {int(name[-1]): None if data == "E" else data for name, data in tracks.items()}
    if "E" in tracks.values() and lrc:
        return  # a track of a single E is one that was not read, with or without its check character
    assert split_tracks(written, lrc=lrc) == unread


def take(text, reading):
    """Read anything; what is no number is refused with nothing of it in the error."""
    with contextlib.suppress(SwipeError):
        number = read_swipe(text, reading)
        assert number in text
        assert not is_bank_card(split_tracks(text, lrc=reading.lrc))


noise = st.text(alphabet="%;+?E=^0123456789AB ;\x00汉", max_size=60)


@given(noise, st.booleans())
def test_noise_is_a_number_or_refused(text, lrc):
    take(text, Reading((1, 2, 3), re.compile(".+"), lrc))


@pytest.mark.slow
def test_a_hundred_thousand_swipes():
    chance = random.Random(7811)
    alphabet = "%;+?E=^0123456789AB "
    anything = [Reading((1, 2, 3), re.compile(".+"), lrc) for lrc in (False, True)]
    for number in range(100_000):
        text = "".join(chance.choices(alphabet, k=chance.randrange(60)))
        if number % 3 == 0:
            spoilt = list(chance.choice(list(BANK.values())))
            spoilt[chance.randrange(len(spoilt))] = chance.choice(alphabet)
            text = "".join(spoilt)
        take(text, chance.choice(anything))
