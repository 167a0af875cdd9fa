"""Why before me, and the published bound."""

from __future__ import annotations

import msgspec
import pytest

from queue_server.engine import commands as c
from queue_server.engine.bound import overtaking_ends_at, promise
from queue_server.engine.explain import why_before
from queue_server.engine.site import Text, TimeStamp
from tests.queue_server.engine.driver import Lobby
from tests.sites import appointment, at, registration, small_site


def test_both_stamps_are_told():
    lobby = Lobby()
    walk_in = lobby.issue("08:50", c.CheckInWalkIn("q-im", registration("r", "p1", "im-am")))
    booked = lobby.issue("08:55", c.CheckIn(appointment("a", "p2", "im-am", "09:00")))
    assert why_before(lobby.state, booked.id, walk_in.id).zh == (
        "按排队时刻先后。A002：预约 09:00，08:55 签到，按 09:00 排；A001：08:50 现场签到，按 09:20 排"
    )


def test_what_differs_first_is_named():
    lobby = Lobby(small_site(lock=1))
    lin = lobby.issue("08:50", c.CheckIn(appointment("a", "p1", "im-lin-am", "09:00")))
    he = lobby.issue("08:50", c.CheckIn(appointment("b", "p2", "im-he-am", "09:00")))
    pool = lobby.issue("08:50", c.CheckIn(appointment("c", "p3", "im-am", "09:00")))
    ent = lobby.issue("08:50", c.CheckIn(appointment("d", "p4", "ent-am", "09:00")))
    elder = lobby.issue("08:51", c.CheckIn(appointment("e", "p5", "im-lin-am", "09:00", credits=["elder"])))
    walk_in = lobby.issue("08:52", c.CheckInWalkIn("q-ent", registration("r", "p6", "ent-am")))
    words = {
        (lin, ent): "The two numbers wait in different queues",
        (lin, he): "The two numbers are for different doctors",
        (lin, pool): "The queueing moments are equal",
        (lin, elder): "The first places were fixed by then",
        (ent, walk_in): "The turn came by a count of calls",
    }
    for (earlier, later), expected in words.items():
        assert why_before(lobby.state, earlier.id, later.id).en.startswith(expected)
    with pytest.raises(KeyError):
        why_before(lobby.state, lin.id, "none")


def test_whoever_was_called_before_the_other_came_is_not_explained_by_the_order():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    walk_in = lobby.issue("08:40", c.CheckInWalkIn("q-im", registration("r", "p1", "im-am")))
    lobby.call("08:45", "s1")
    booked = lobby.issue("08:50", c.CheckIn(appointment("b", "p2", "im-am", "09:00")))
    # Queued as 9:10 and called before somebody queued as 9:00: nothing was locked, nobody else was there.
    assert why_before(lobby.state, walk_in.id, booked.id).en.startswith(
        "A001 was called at 08:45, before A002 took its present place. A001: Walked in"
    )


def test_whoever_came_back_after_the_call_was_not_passed_over():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s2", "nurse", "d-lin"))
    gone, other = (
        lobby.issue("08:40", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-lin-am", "09:00"))) for i in range(2)
    )
    lobby.call("09:00", "s2")
    lobby.call("09:01", "s2", "missed")
    lobby.do("09:02", c.Rejoin(gone.id))
    assert "before A001 took its present place" in why_before(lobby.state, other.id, gone.id).en


def test_two_queues_that_one_station_calls_are_compared():
    lobby = Lobby()
    im = lobby.issue("08:00", c.CheckIn(appointment("a1", "p1", "im-am", "09:00")))
    ent = lobby.issue("08:00", c.CheckIn(appointment("a2", "p2", "ent-am", "08:30")))
    assert why_before(lobby.state, ent.id, im.id).en == "The two numbers wait in different queues"
    lobby.do("08:01", c.OpenStation("s1", "nurse"))
    assert lobby.call("08:30", "s1").id == ent.id
    assert why_before(lobby.state, ent.id, im.id).en.startswith("By the queueing moment. E001: Booked 08:30")


def test_a_call_out_of_the_keys_order_claims_no_lock_where_there_is_none():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    lobby.do("07:50", c.OpenStation("s2", "other", "d-he"))
    theirs = lobby.issue("08:40", c.CheckIn(appointment("a", "p1", "im-he-am", "09:00")))
    pool = lobby.issue("08:41", c.CheckIn(appointment("b", "p2", "im-am", "09:30")))
    assert lobby.call("09:00", "s1").id == pool.id
    words = why_before(lobby.state, pool.id, theirs.id).en
    assert words.startswith("It was called where the other number is not called. A002: Booked 09:30")
    paper = lobby.issue("09:01", c.CheckIn(appointment("c", "p3", "im-he-am", "09:30")))
    lobby.do("09:10", c.RecordPaperCall("s2", paper.id, at("09:05"), "seen"))
    assert why_before(lobby.state, paper.id, theirs.id).en.startswith("By the order as it was at the call")


def test_a_mornings_leftover_says_so():
    lobby = Lobby()
    left = lobby.issue("11:50", c.CheckIn(appointment("a", "p1", "ped-su-am", "11:30", number="1")))
    later = lobby.issue("11:51", c.CheckIn(appointment("b", "p2", "ped-su-pm", "13:30", number="1")))
    lobby.do("12:00", c.Tick())
    assert why_before(lobby.state, left.id, later.id).zh.startswith("上午未就诊的排在下午前面。1：上午未就诊")


def test_after_key_and_credit_and_grace_nobody_overtakes():
    lobby = Lobby()
    ticket = lobby.issue("09:00", c.CheckIn(appointment("a", "p1", "im-lin-am", "09:00")))
    # Key 9:00, C = 20, L = 15.
    assert overtaking_ends_at(lobby.state, ticket.id) == at("09:35")
    assert promise(lobby.state, ticket.id).zh.startswith("09:35 以后签到的患者不会在您之前叫到")
    lobby.do("09:36", c.Cancel(ticket.id))
    assert promise(lobby.state, ticket.id) is None
    assert promise(lobby.state, "none") is None


def test_an_unbounded_rule_promises_nothing():
    site = small_site()
    rule = TimeStamp("slot_start", Text("", ""))
    queues = [
        msgspec.structs.replace(queue, stamps=msgspec.structs.replace(queue.stamps, walk_in=rule))
        if queue.id == "q-im"
        else queue
        for queue in site.queues
    ]
    lobby = Lobby(msgspec.structs.replace(site, queues=queues))
    ticket = lobby.issue("09:00", c.CheckIn(appointment("a", "p1", "im-lin-am", "09:00")))
    assert promise(lobby.state, ticket.id) is None


def test_with_the_plain_slot_start_the_bound_is_where_late_begins():
    site = small_site()
    rule = TimeStamp("slot_start", Text("", ""))
    queues = [
        msgspec.structs.replace(queue, stamps=msgspec.structs.replace(queue.stamps, appointment=rule))
        for queue in site.queues
    ]
    lobby = Lobby(msgspec.structs.replace(site, queues=queues))
    ticket = lobby.issue("09:00", c.CheckIn(appointment("a", "p1", "im-lin-am", "09:00")))
    assert overtaking_ends_at(lobby.state, ticket.id) == at("09:35")
