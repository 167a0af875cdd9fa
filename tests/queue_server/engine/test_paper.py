"""Calls made on paper: what they leave at the station, and from when on they may have been."""

from __future__ import annotations

import msgspec

from queue_server.engine import commands as c
from queue_server.engine.canonical import records
from queue_server.engine.entries import DONE_AT_STATION
from queue_server.engine.queries import done, history
from tests.queue_server.engine.driver import Lobby
from tests.sites import appointment, at


def ready(people: int = 5) -> Lobby:
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    for i in range(people):
        lobby.issue("08:40", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-lin-am", "09:00")))
    return lobby


def finished(lobby: Lobby) -> list[str]:
    return [ticket.number for ticket in done(lobby.state, "s1")]


def test_one_seen_on_paper_is_among_the_stations_finished():
    lobby = ready()
    lobby.do("09:30", c.RecordPaperCall("s1", "t00002", at("09:10"), "seen"))
    lobby.do("09:30", c.RecordPaperCall("s1", "t00001", at("09:12"), "missed"))
    assert finished(lobby) == ["A002"]
    assert msgspec.json.encode(records(lobby.replayed())) == msgspec.json.encode(records(lobby.state))


def test_the_history_says_paper_and_when_and_not_that_the_server_was_off():
    """Only one console may have been without it, or nobody at all."""
    lobby = ready()
    lobby.do("09:30", c.RecordPaperCall("s1", "t00002", at("09:10"), "seen"))
    lobby.do("09:30", c.RecordPaperCall("s1", "t00001", at("09:12"), "missed"))
    seen, gone = (history(lobby.state, ticket)[-1][1] for ticket in ("t00002", "t00001"))
    assert seen.zh.startswith("09:10 在")
    assert seen.zh.endswith("就诊（纸上叫号，事后补录）")
    assert seen.en.endswith("at 09:10 (called on paper, entered afterwards)")
    assert gone.zh.startswith("09:12 ")
    assert gone.zh.endswith("叫号未到（纸上叫号，事后补录）")


def test_taking_a_paper_entry_back_leaves_whoever_is_at_the_station():
    lobby = ready()
    lobby.do("09:30", c.RecordPaperCall("s1", "t00002", at("09:10"), "seen"))
    paper = lobby.state.position
    called = lobby.call("09:31", "s1")
    lobby.do("09:32", c.Undo(paper))
    assert finished(lobby) == []
    assert lobby.state.stations["s1"].current == called.id


def test_taking_a_call_back_keeps_what_was_entered_from_paper_since():
    lobby = ready()
    lobby.call("09:31", "s1")
    call = lobby.state.position
    lobby.do("09:32", c.RecordPaperCall("s1", "t00002", at("09:10"), "seen"))
    lobby.do("09:33", c.Undo(call))
    assert (finished(lobby), lobby.state.stations["s1"].current) == (["A002"], None)


def test_a_full_list_of_finished_is_put_back_whole():
    lobby = ready(DONE_AT_STATION + 2)
    for i in range(DONE_AT_STATION):
        lobby.call(f"09:{i:02d}", "s1", "seen")
    lobby.do("09:20", c.StartService("s1"))
    lobby.do("09:20", c.Finish("s1"))
    before = msgspec.json.encode(records(lobby.state))
    assert len(finished(lobby)) == DONE_AT_STATION
    lobby.do("09:30", c.RecordPaperCall("s1", f"t{DONE_AT_STATION + 1:05d}", at("09:25"), "seen"))
    assert finished(lobby)[0] == "A011"
    lobby.do("09:31", c.Undo(lobby.state.position))
    assert msgspec.json.encode(records(lobby.state)) == before


def test_a_call_in_the_minute_of_the_check_in_is_after_it():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    ticket = lobby.issue(at("08:40:20"), c.CheckIn(appointment("a", "p", "im-lin-am", "09:00")))
    assert lobby.refused("09:30", c.RecordPaperCall("s1", ticket.id, at("08:39"), "seen")).code == "bad_time"
    lobby.do("09:30", c.RecordPaperCall("s1", ticket.id, at("08:40"), "seen"))
    assert lobby.ticket(ticket).called_at == at("08:40")
