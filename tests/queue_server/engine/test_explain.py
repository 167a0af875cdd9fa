"""Why before me, and the published bound."""

from __future__ import annotations

import msgspec
import pytest

from queue_server.engine import commands as c
from queue_server.engine.explain import overtaking_ends_at, promise, why_before
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
