"""Every outcome says in both languages whether one is checked in, and its buttons say what they do."""

from __future__ import annotations

import re

import pytest

from kiosk.faults import FAULTS, FaultError, screen_of
from kiosk.words import LANGUAGES, Catalogue
from tests.kiosk import people

CATALOGUE = Catalogue.load()

CERTAIN = {
    "zh": re.compile(r"没有签到|不能签到|已经签到|号已取好|没有重新候诊|没有为您取号|号没有变化"),
    "en": re.compile(
        r"not checked in|you are checked in|you have your number|has not rejoined|you have no numbers"
        r"|number has not changed",
        re.IGNORECASE,
    ),
}
UNCERTAIN = {
    "zh": re.compile(r"不能确定.*(签到|重新候诊|取好)"),
    "en": re.compile(
        r"(not certain|do not know).* whether (you are checked in|your number has rejoined|you have your numbers)"
    ),
}
UNKNOWN_AFTER = {"answer_lost", "rejoin_unknown", "slip_unknown", "kiosk_failed"}
"""After these nobody knows what became of it."""


def words_of(name, language):
    """What a fault says at least; of a title that may be the server's only what is ours."""
    values = {"time": "09:30", "where": people.DESK, "what": people.BLOOD}
    parts = ("next",) if FAULTS[name].in_servers_words else ("title", "next")
    said = [CATALOGUE._tables[language][f"fault.{name}.{part}"] for part in parts]
    return "\n".join(words.format(**values) for words in said)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_says_whether_one_is_checked_in(name, language):
    expected, other = (UNCERTAIN, CERTAIN) if name in UNKNOWN_AFTER else (CERTAIN, UNCERTAIN)
    said = words_of(name, language)
    assert expected[language].search(said), said
    assert not other[language].search(UNCERTAIN[language].sub("", said) if other is CERTAIN else said), said


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_nothing_is_called_finished_that_was_not(name):
    screen = screen_of(FaultError(name, time="09:30", what=people.BLOOD), people.HALL)
    labels = [action.label.key for action in (screen.primary, screen.secondary) if action is not None]
    assert labels == (["action.again", "action.leave"] if FAULTS[name].again else ["action.understood"])
    assert re.fullmatch(r"[RCLKBP]-\d\d", screen.staff_code)
