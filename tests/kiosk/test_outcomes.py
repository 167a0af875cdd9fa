"""Every outcome says in both languages what did not happen, and its buttons say what they do.

Of checking in: whether one is checked in. Of money: whether it was taken, or is back. Of a report: whether it came out.
"""

from __future__ import annotations

import re

import pytest

from kiosk.faults import FAULTS, FaultError, screen_of
from kiosk.words import LANGUAGES, Catalogue
from tests.kiosk import people

CATALOGUE = Catalogue.load()

MONEY, REPORT = "M", "D"
CERTAIN = {
    (MONEY, "zh"): re.compile(r"没有扣款|已经扣款 .*没有退回|已经退过，没有再退"),
    (MONEY, "en"): re.compile(r"[Nn]o money was taken|was taken and has not been given back|was given back before"),
    (REPORT, "zh"): re.compile(r"报告没有打印|没有打印$", re.MULTILINE),
    (REPORT, "en"): re.compile(r"was not printed"),
    ("", "zh"): re.compile(r"没有签到|不能签到|已经签到|号已取好|没有重新候诊|没有为您取号|号没有变化"),
    ("", "en"): re.compile(
        r"not checked in|you are checked in|you have your number|has not rejoined|you have no numbers"
        r"|number has not changed",
        re.IGNORECASE,
    ),
}
UNCERTAIN = {
    (MONEY, "zh"): re.compile(r"不能确定.*是否已经(扣款|退回)"),
    (MONEY, "en"): re.compile(r"do not know yet whether .* was (taken|given back)"),
    (REPORT, "zh"): re.compile(r"不能确定报告是否打印完整"),
    (REPORT, "en"): re.compile(r"do not know whether the report was printed whole"),
    ("", "zh"): re.compile(r"不能确定.*(签到|重新候诊|取好)"),
    ("", "en"): re.compile(
        r"(not certain|do not know).* whether (you are checked in|your number has rejoined|you have your numbers)"
    ),
}
ONCE_ONLY = {
    "zh": re.compile(r"不要再付|不会退两次|不会重复打印|不会重复"),
    "en": re.compile(r"not pay again|not given back twice|not printed twice|will not give you|find out"),
}
UNKNOWN_AFTER = {
    *("answer_lost", "rejoin_unknown", "slip_unknown", "kiosk_failed"),
    *("payment_unknown", "refund_unknown", "report_unknown"),
}
"""After these nobody knows what became of it."""


def words_of(name, language):
    """What a fault says at least; of a title that may be the server's only what is ours."""
    values = {"time": "09:30", "where": people.DESK, "what": people.BLOOD, "amount": "¥12.50", "why": people.BLOOD}
    parts = ("next",) if FAULTS[name].in_servers_words else ("title", "next")
    said = [CATALOGUE._tables[language][f"fault.{name}.{part}"] for part in parts]
    return "\n".join(words.format(**values) for words in said)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_says_whether_it_happened(name, language):
    of = FAULTS[name].code[0]
    key = (of if of in {MONEY, REPORT} else "", language)
    expected, other = (UNCERTAIN, CERTAIN) if name in UNKNOWN_AFTER else (CERTAIN, UNCERTAIN)
    said = words_of(name, language)
    assert expected[key].search(said), said
    assert not other[key].search(UNCERTAIN[key].sub("", said) if other is CERTAIN else said), said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(UNKNOWN_AFTER - {"kiosk_failed"}))
def test_what_is_unknown_is_said_to_happen_once_at_most(name, language):
    assert ONCE_ONLY[language].search(words_of(name, language))


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_nothing_is_called_finished_that_was_not(name):
    values = {"time": "09:30", "what": people.BLOOD, "amount": "¥12.50", "why": people.BLOOD}
    screen = screen_of(FaultError(name, **values), people.HALL)
    labels = [action.label.key for action in (screen.primary, screen.secondary) if action is not None]
    assert labels == ([FAULTS[name].again_as, "action.leave"] if FAULTS[name].again else ["action.understood"])
    assert re.fullmatch(r"[RCLKBPMD]-\d\d", screen.staff_code)


def test_what_is_unknown_is_never_called_a_try():
    """A button that says 再试一次 after an unknown payment would say that it is paid again."""
    for name in ("payment_unknown", "refund_unknown"):
        assert FAULTS[name].again_as == "action.ask_again"
    assert not FAULTS["report_unknown"].again
