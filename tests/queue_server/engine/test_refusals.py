"""Every way the lobby says no, and that it then changes nothing."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from queue_server.engine import commands as c
from queue_server.engine.canonical import canonical
from queue_server.engine.lobby import Context, decide
from queue_server.engine.refusals import SENTENCES, Refusal, refusal
from queue_server.engine.state import State
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.refusal_cases import BOOKING, CASES
from tests.queue_server.engine.situations import BOOKED, called, checked_in, opened
from tests.sites import DAY, appointment, digest, small_site


@pytest.mark.parametrize(
    ("code", "prepare", "clock", "command"), CASES, ids=[f"{i}-{case[0]}" for i, case in enumerate(CASES)]
)
def test_refused(code, prepare, clock, command):
    lobby = Lobby()
    ticket = prepare(lobby)
    before = canonical(lobby.state)
    refused = lobby.refused(clock, command(ticket))
    assert refused.code == code
    assert canonical(lobby.state) == before
    assert refused.message.zh
    assert refused.message.en
    assert "{" not in refused.message.zh + refused.message.en


# What did not happen: nothing given, called, changed, shown; or that the place stays.
_DID_NOT_ZH = ("没有", "不变", "不能", "不取号", "不用", "不需要")
_DID_NOT_EN = ("no ", "not ", "noth", "nobody", "none", "keeps", "cannot")


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_refusal_says_what_did_not_happen(code):
    sentence = SENTENCES[code]
    assert any(words in sentence.zh for words in _DID_NOT_ZH)
    assert any(words in sentence.en.lower() for words in _DID_NOT_EN)


CONFIGURED = {"other_hall", "other_level", "kept_for_referrals"}
"""Of configurations that the small hospital does not have: test_configured_rules.py, test_capacity.py."""


def test_every_code_of_the_lobby_is_reached():
    # ``expired`` is the service's own: it knows when a request was made.
    # A late request is the service's to refuse, a booking the hospital's: neither is a command here.
    elsewhere = {"expired", *BOOKING, *CONFIGURED}
    assert {case[0] for case in CASES} == set(SENTENCES) - elsewhere


def test_what_a_refusal_names():
    lobby = Lobby()
    ticket = checked_in(lobby)
    assert lobby.refused("08:51", c.CheckIn(BOOKED)).ticket == ticket
    assert lobby.refused("08:52", c.Cancel("none")).message.zh == "没有找到这个号，没有改动，请到一楼人工窗口询问。"
    early = lobby.refused("08:53", c.CheckIn(appointment("a2", "p2", "im-lin-am", "11:30")))
    assert early.message.zh == "现在签到太早，没有取号，请在 09:30 以后再来。"
    opened(other := Lobby())
    other.issue("08:00", c.CheckIn(BOOKED))
    position = other.state.position
    other.call("09:00", "s1")
    other.do("09:01", c.Recall("s1"))
    assert other.refused("09:02", c.Undo(position + 1)).position == other.state.position


def test_before_any_configuration_nothing_opens():
    context = Context(1, "x", lambda: "t", lambda: "s")
    empty = State()
    assert decide(empty, c.Tick(), context) == []
    for command, code in [
        (c.OpenDay(DAY, 480, []), "day_not_open"),
        (c.CheckIn(BOOKED), "day_not_open"),
        (c.CallNext("s1"), "unknown_station"),
        (c.Rejoin("t"), "day_not_open"),
        (c.OpenStation("s1", "nurse"), "unknown_station"),
    ]:
        decided = decide(empty, command, context)
        assert isinstance(decided, Refusal)
        assert decided.code == code


def test_a_configuration_that_drops_what_is_in_use_is_refused():
    site = small_site()
    lobby = Lobby(site)
    called(lobby)
    lobby.issue("09:01", c.CheckIn(appointment("a3", "p3", "im-he-am", "09:30")))

    def activate(**fields: object) -> str:
        changed = replace(site, **fields)
        return lobby.refused("09:03", c.ActivateConfiguration(changed, digest(changed))).code

    assert activate(queues=site.queues[1:]) == "unknown_queue"
    assert activate(doctors=site.doctors[2:]) == "unknown_doctor"
    assert activate(stations=site.stations[1:]) == "unknown_station"
    lobby.do("09:03", c.Cancel(next(iter(lobby.state.lanes["q-im", "d-he"]))[1]))
    assert activate(queues=site.queues[1:]) == "unknown_queue"  # somebody is called there
    assert lobby.do("09:03", c.ActivateConfiguration(site, digest(site))) == []
    lobby.do("09:03", c.ActivateConfiguration(renamed := replace(site, id="other"), digest(renamed)))
    assert lobby.state.site.id == "other"


def test_a_refusal_without_its_words_is_a_programming_error():
    with pytest.raises(KeyError):
        refusal("session_over")
