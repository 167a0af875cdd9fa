"""A number with an order of the hospital: which queue, which place, and once for each order."""

from __future__ import annotations

from msgspec.structs import replace

from queue_server.engine import commands as c
from queue_server.engine.site import Abandon, LateRule, PlaceStamp, Text
from tests.queue_server.engine.driver import Lobby
from tests.sites import MINUTE, at, order, with_orders


def lobby_with(**stamps: object) -> Lobby:
    """Ultrasound with these stamps in place of the usual ones."""
    site = with_orders()
    queues = [
        replace(queue, stamps=replace(queue.stamps, **stamps)) if queue.id == "q-us" else queue for queue in site.queues
    ]
    return Lobby(replace(site, queues=queues))


def booked(key: str, person: str, clock: str, **facts: object) -> c.CheckInOrder:
    start = at(clock)
    return c.CheckInOrder(order(key, person, "us", slot_start=start, slot_end=start + 30 * MINUTE, **facts))


def test_an_order_takes_a_number_of_its_queue_and_is_called_there():
    lobby = Lobby(with_orders())
    lobby.do("08:00", c.OpenStation("us1", "nurse"))
    ticket = lobby.issue("08:30", c.CheckInOrder(order("o1", "p1", "us")))
    assert (ticket.number, ticket.queue, ticket.origin, ticket.origin_ref) == ("U001", "q-us", "order", "o1")
    assert ticket.stamp.rule == "walk_in"
    assert ticket.rank == (2, at("09:00"), ticket.rank[2])
    assert lobby.call("08:31", "us1").id == ticket.id


def test_a_booked_exam_keeps_its_slot_and_a_late_one_takes_the_rule_for_it():
    lobby = lobby_with()
    early = lobby.issue("08:50", booked("o1", "p1", "09:00"))
    late = lobby.issue("09:16", booked("o2", "p2", "09:00"))
    assert (early.stamp.rule, early.rank[1]) == ("appointment", at("09:00"))
    assert (late.stamp.rule, late.rank[1]) == ("late", at("09:16"))


def test_an_exam_that_is_much_too_late_is_refused_at_the_kiosk_and_not_at_the_desk():
    void = LateRule(30, Abandon(Text("预约 {slot}，已过 30 分钟", "Booked {slot}, over 30 minutes ago")))
    lobby = lobby_with(late_rules=[void])
    refused = lobby.refused("09:31", booked("o1", "p1", "09:00"))
    assert refused.code == "too_late"
    assert "09:00" in refused.message.zh
    assert lobby.issue("09:31", replace(booked("o1", "p1", "09:00"), channel="desk")).stamp.rule == "late"


def test_a_booked_exam_of_a_clinic_may_not_be_checked_in_too_early():
    site = with_orders()
    queues = [replace(queue, clinic="im") if queue.id == "q-us" else queue for queue in site.queues]
    lobby = Lobby(replace(site, queues=queues))
    assert lobby.refused("06:59", booked("o1", "p1", "09:00")).code == "too_early"
    assert lobby.issue("07:00", booked("o1", "p1", "09:00")).clinic == "im"


def test_one_live_number_for_each_person_and_order():
    lobby = Lobby(with_orders())
    first = lobby.issue("08:30", c.CheckInOrder(order("o1", "p1", "us")))
    second = lobby.issue("08:30", c.CheckInOrder(order("o2", "p1", "us")))
    assert (first.number, second.number) == ("U001", "U002"), "two orders, two numbers"
    again = lobby.refused("08:31", c.CheckInOrder(order("o1", "p1", "us")))
    assert (again.code, again.ticket) == ("already_checked_in", first.id)
    other = lobby.refused("08:31", c.CheckInOrder(order("o1", "somebody-else", "us")))
    assert (other.code, other.ticket) == ("already_checked_in", first.id), "the order under another reference"
    lobby.do("08:32", c.Cancel(first.id, "order_withdrawn"))
    assert lobby.issue("08:33", c.CheckInOrder(order("o1", "p1", "us"))).number == "U003"


def test_an_order_that_was_carried_out_gives_no_second_number():
    lobby = Lobby(with_orders())
    lobby.do("08:00", c.OpenStation("lab1", "nurse"))
    ticket = lobby.issue("08:30", c.CheckInOrder(order("o1", "p1", "lab")))
    lobby.call("08:31", "lab1")
    lobby.do("08:32", c.StartService("lab1"))
    lobby.do("08:33", c.Finish("lab1"))
    refused = lobby.refused("08:34", c.CheckInOrder(order("o1", "p1", "lab")))
    assert (refused.code, refused.ticket) == ("ticket_over", ticket.id)


def test_only_a_queue_that_asks_for_it_refuses_an_unpaid_order():
    lobby = Lobby(with_orders())
    assert lobby.refused("08:30", c.CheckInOrder(order("o1", "p1", "us", status="open"))).code == "order_unpaid"
    assert lobby.issue("08:30", c.CheckInOrder(order("o2", "p1", "lab", status="open"))).number == "L001"
    assert lobby.issue("08:30", c.CheckInOrder(order("o3", "p1", "pay", status="open"))).number == "S001", "to pay it"


def test_nobody_joins_a_queue_of_orders_without_one():
    assert Lobby(with_orders()).refused("08:30", c.CheckInWalkIn("q-us")).code == "order_needed"


def test_a_booked_exam_counts_as_booked_for_a_ratio():
    ratio = PlaceStamp(2, Text("每叫 2 位预约叫 1 位现场", "After {calls} booked"), of="appointment")
    lobby = lobby_with(walk_in=ratio)
    lobby.do("08:00", c.OpenStation("us1", "nurse"))
    walk_in = lobby.issue("08:30", c.CheckInOrder(order("o0", "p0", "us")))
    slots = [lobby.issue("08:31", booked(f"o{n}", f"p{n}", "09:00")) for n in (1, 2, 3)]
    called = [lobby.call("09:00", "us1").id for _ in range(4)]
    assert called == [slots[0].id, slots[1].id, walk_in.id, slots[2].id]


def test_what_the_hospital_alone_brought_about_says_so():
    lobby = Lobby(with_orders())
    ticket = lobby.issue("08:30", c.CheckInOrder(order("o1", "p1", "rx"), "hospital"))
    assert (ticket.channel, ticket.number) == ("hospital", "Y001")
