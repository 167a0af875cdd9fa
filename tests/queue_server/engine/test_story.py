"""A morning as patients and nurses live it."""

from __future__ import annotations

import pytest

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.queries import (
    ahead,
    expected_wait,
    history,
    live_tickets,
    missed,
    open_calls,
    waiting_in_order,
)
from tests.queue_server.engine.driver import Lobby
from tests.sites import appointment, at, registration


def test_nine_o_clock():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    before = [lobby.issue("08:40", c.CheckIn(appointment(f"b{i}", f"q{i}", "im-lin-am", "08:30"))) for i in range(2)]
    mine = lobby.issue("08:50", c.CheckIn(appointment("a1", "p1", "im-lin-am", "09:00")))
    later = [lobby.issue("08:52", c.CheckIn(appointment(f"l{i}", f"r{i}", "im-lin-am", "09:30"))) for i in range(5)]
    assert mine.number == "A003"
    assert mine.stamp.sentence.zh == "预约 09:00，08:50 签到，按 09:00 排"
    assert ahead(lobby.state, mine.id) == 2
    low, high = expected_wait(lobby.state, mine.id)
    assert 0 <= low < high

    for clock, first in zip(["08:53", "08:58"], before, strict=True):
        assert lobby.call(clock, "s1").id == first.id
        lobby.do(clock, c.StartService("s1"))
    assert lobby.call("09:05", "s1").id == mine.id
    assert [ticket.id for ticket in open_calls(lobby.state, "h2")] == [mine.id]
    lobby.do("09:06", c.Recall("s1"))
    lobby.do("09:07", c.MarkMissed("s1"))
    assert [ticket.id for ticket in missed(lobby.state, "h2")] == [mine.id]
    assert lobby.call("09:08", "s1").id == later[0].id
    lobby.do("09:08", c.StartService("s1"))

    lobby.do("09:10", c.Rejoin(mine.id))
    assert lobby.ticket(mine).stamp.sentence.zh == "过号后回来，再叫 3 位后轮到"
    # Three calls of others, then mine: the rule counts calls and not places.
    assert [ticket.id for ticket in waiting_in_order(lobby.state, "s1")] == [
        later[1].id, later[2].id, later[3].id, mine.id, later[4].id,
    ]  # fmt: skip
    assert ahead(lobby.state, mine.id) == 3
    for clock, expected in zip(["09:15", "09:20", "09:25"], later[1:4], strict=True):
        assert lobby.call(clock, "s1").id == expected.id
        lobby.do(clock, c.StartService("s1"))
    assert lobby.call("09:30", "s1").id == mine.id
    lobby.do("09:31", c.StartService("s1"))
    assert [ticket.id for ticket in live_tickets(lobby.state, "p1")] == [mine.id]
    lobby.do("09:40", c.Finish("s1"))

    done = lobby.ticket(mine)
    assert (done.status, done.calls, done.misses) == ("finished", 3, 1)
    assert done.finished_at == at("09:40")
    assert live_tickets(lobby.state, "p1") == []
    assert [sentence.zh for _, sentence in history(lobby.state, mine.id)] == [
        "签到取号 A003：预约 09:00，08:50 签到，按 09:00 排",
        "请到1 诊室",
        "第 1 次重呼，请到1 诊室",
        "叫到未到，第 1 次过号",
        "过号后回来：过号后回来，再叫 3 位后轮到",
        "排队位置更新：已按规则叫过 3 位，现排在最前",
        "请到1 诊室",
        "开始就诊",
        "就诊结束",
    ]
    assert history(lobby.state, mine.id)[0][0] == at("08:50")


def test_two_first_visits_and_one_return_as_published():
    """14 15 R 16 17 R 18 19 R, as nh2h.cn/outpatientnotice (item 8789) publishes its rule."""
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    for i in range(6):
        lobby.issue("08:00", c.CheckIn(appointment(f"a{i}", f"p{i}", "ent-am", "08:30")))
    for i in range(3):
        lobby.issue("08:01", c.CheckInWalkIn("q-ent", registration(f"r{i}", f"w{i}", "ent-am")))
    shown = [ticket.origin for ticket in waiting_in_order(lobby.state, "s1")]
    called = [lobby.call("08:30", "s1", "seen").origin for _ in range(9)]
    assert called == ["appointment", "appointment", "registration"] * 3
    assert shown == called


def test_the_ratio_goes_on_across_a_pause_of_the_returns():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    first = lobby.issue("08:00", c.CheckInWalkIn("q-ent", registration("r0", "w0", "ent-am")))
    assert lobby.call("08:01", "s1", "seen").id == first.id  # alone, so it went early
    for i in range(4):
        lobby.issue("08:02", c.CheckIn(appointment(f"a{i}", f"p{i}", "ent-am", "08:30")))
    for _ in range(2):
        lobby.call("08:30", "s1", "seen")
    # Two were called since the list's previous call: the next walk-in owes none and goes first.
    second = lobby.do("08:31", c.CheckInWalkIn("q-ent", registration("r1", "w1", "ent-am")))
    assert [type(event) for event in second] == [e.TicketIssued, e.Stamped]
    assert second[0].stamp.sentence.zh == "每叫 2 位预约叫 1 位现场，还有 0 位"
    assert lobby.call("08:32", "s1", "seen").id == second[0].ticket


def test_who_comes_back_after_a_miss_always_waits_for_calls_made_after_the_return():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    for i in range(24):
        lobby.issue("08:40", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-lin-am", "09:00")))
    lobby.now = at("09:00")
    # The second time a call of the missed list lies behind with more than three calls since: the penalty is the same.
    for _ in range(2):
        gone = lobby.call(None, "s1", "seen")
        lobby.do(None, c.MarkMissed("s1"))
        for _ in range(5):
            lobby.call(None, "s1", "seen")
        lobby.do(None, c.Rejoin(gone.id))
        assert ahead(lobby.state, gone.id) == 3
        for _ in range(3):
            assert lobby.call(None, "s1", "seen").id != gone.id
        assert lobby.call(None, "s1", "seen").id == gone.id


@pytest.mark.parametrize(("last_was", "status"), [("seen", "finished"), ("missed", "missed"), (None, None)])
def test_next_with_nobody_waiting_settles_the_last_call(last_was, status):
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    ticket = lobby.issue("08:50", c.CheckIn(appointment("a", "p", "im-lin-am", "09:00")))
    lobby.call("09:00", "s1")
    if status is None:
        assert lobby.refused("09:05", c.CallNext("s1")).code == "last_call_open"
        lobby.do("09:05", c.StartService("s1"))
    lobby.do("09:10", c.CallNext("s1", last_was))
    assert lobby.ticket(ticket).status == (status or "finished")
    assert lobby.state.stations["s1"].current is None
    lobby.do("09:11", c.Undo(lobby.state.position))
    assert lobby.state.stations["s1"].current == ticket.id
