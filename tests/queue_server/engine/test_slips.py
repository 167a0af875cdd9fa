"""A guide slip at work: one stop at a time, in an order that changes by events alone."""

from __future__ import annotations

import msgspec

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.canonical import records
from queue_server.engine.explain import explain
from queue_server.engine.queries import ahead, undoable, waiting_in_order
from queue_server.engine.site import PlaceStamp, Text
from queue_server.log.snapshots import restore, take
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.invariants import check
from tests.queue_server.engine.slip_day import (
    BLOOD,
    CT,
    SONO,
    issue,
    opened,
    order_of,
    serve,
    slip_of,
    statuses,
    ticket_of,
)
from tests.sites import MINUTE, appointment, at, order, with_orders

replace = msgspec.structs.replace


def test_a_slip_gives_a_number_for_each_stop_and_calls_at_the_first_alone():
    lobby = opened()
    issue(lobby, "08:00", BLOOD, SONO, CT)
    assert statuses(lobby) == {"blood": "waiting", "sono": "away", "ct": "away"}
    assert order_of(lobby) == ["blood", "ct", "sono"], "the bladder is full at 8:40, and CT fills the time"
    assert [ticket_of(lobby, key).number for key in ("blood", "sono", "ct")] == ["L001", "U001", "C001"]
    assert waiting_in_order(lobby.state, "us1") == waiting_in_order(lobby.state, "ct1") == []
    whys = [leg.why.zh for leg in slip_of(lobby).legs]
    assert all(whys)
    check(lobby.state)


def test_the_place_is_kept_from_the_moment_of_the_slip():
    lobby = opened()
    issue(lobby, "08:00", BLOOD, CT)
    later = lobby.issue("08:01", c.CheckInOrder(order("other", "p2", "ct")))
    serve(lobby, "lab1", "08:05", "08:08")
    assert statuses(lobby)["ct"] == "waiting"
    assert [one.id for one in waiting_in_order(lobby.state, "ct1")] == [ticket_of(lobby, "ct").id, later.id]


def test_the_next_stop_opens_when_the_one_before_is_over_and_the_log_says_so():
    lobby = opened()
    issue(lobby, "08:00", BLOOD, CT)
    lobby.call("08:05", "lab1")
    lobby.do("08:05", c.StartService("lab1"))
    events = lobby.do("08:08", c.Finish("lab1"))
    assert [type(event).__name__ for event in events] == ["Finished", "SlipPlanned", "StopOpened"]
    planned = next(event for event in events if isinstance(event, e.SlipPlanned))
    assert planned.why == "over"
    assert planned.done == [("blood", at("08:38"))]
    assert [leg.stop for leg in planned.legs] == ["ct"]


def test_when_nothing_is_left_the_slip_ends():
    lobby = opened()
    issue(lobby, "08:00", BLOOD)
    serve(lobby, "lab1", "08:05", "08:08")
    assert slip_of(lobby).ended_at == at("08:08")
    assert order_of(lobby) == []


def test_a_full_bladder_takes_its_time_and_then_opens_by_itself():
    lobby = opened()
    issue(lobby, "08:00", SONO)
    assert statuses(lobby) == {"sono": "away"}
    assert slip_of(lobby).opens_at == at("08:40")
    assert lobby.do("08:39", c.Tick()) == []
    events = lobby.do("08:40", c.Tick())
    assert [type(event).__name__ for event in events] == ["SlipPlanned", "StopOpened"]
    assert {event.due_at for event in events} == {at("08:40")}
    assert statuses(lobby) == {"sono": "waiting"}


def test_results_come_before_what_needs_them():
    lobby = opened()
    issue(lobby, "08:00", BLOOD, replace(CT, needs=["blood"]))
    serve(lobby, "lab1", "08:05", "08:10")
    assert statuses(lobby)["ct"] == "away"
    assert slip_of(lobby).opens_at == at("08:40")
    lobby.do("08:40", c.Tick())
    assert statuses(lobby)["ct"] == "waiting"


def test_what_is_fasting_comes_before_what_ends_the_fast():
    lobby = opened()
    drugs = order("drugs", "p1", "rx", breaks_fast=True)
    issue(lobby, "08:00", drugs, BLOOD)
    assert order_of(lobby) == ["blood", "drugs"]


def sent_for_blood():
    """A lobby, and a visit whose doctor sent the patient for a blood test at 08:15."""
    lobby = opened()
    lobby.do("07:40", c.OpenStation("s1", "nurse", "d-lin"))
    visit = lobby.issue("08:00", c.CheckIn(appointment("a1", "p1", "im-lin-am", "08:00")))
    lobby.call("08:10", "s1")
    lobby.do("08:10", c.StartService("s1"))
    lobby.do("08:15", c.SendForExams("s1"))
    issue(lobby, "08:20", BLOOD, visit=visit.id)
    return lobby, visit


def test_the_doctor_is_last_with_the_results():
    lobby, visit = sent_for_blood()
    assert order_of(lobby) == ["blood", visit.id]
    serve(lobby, "lab1", "08:22", "08:25")
    assert lobby.ticket(visit).status == "away"
    lobby.do("08:55", c.Tick())
    assert lobby.ticket(visit).status == "waiting"
    assert (lobby.ticket(visit).returned, lobby.ticket(visit).stamp.rule) == (1, "return")
    serve(lobby, "s1", "08:56", "09:05")
    assert slip_of(lobby).ended_at == at("09:05")
    check(lobby.state)


def test_who_goes_back_to_the_doctor_too_early_keeps_that_place_until_the_turn():
    lobby, visit = sent_for_blood()
    lobby.do("08:21", c.ReturnWithResults(visit.id))
    assert statuses(lobby) == {"blood": "waiting", visit.id: "away"}
    rank = lobby.ticket(visit).held.rank
    serve(lobby, "lab1", "08:22", "08:25")
    lobby.do("08:55", c.Tick())
    assert (lobby.ticket(visit).status, lobby.ticket(visit).rank) == ("waiting", rank)


def test_a_withdrawn_order_leaves_the_slip():
    lobby = opened()
    issue(lobby, "08:00", BLOOD, CT, SONO)
    lobby.do("08:01", c.Cancel(ticket_of(lobby, "ct").id, "order_withdrawn"))
    assert order_of(lobby) == ["blood", "sono"]
    lobby.do("08:02", c.Cancel(ticket_of(lobby, "blood").id, "order_withdrawn"))
    assert order_of(lobby) == ["sono"]


def test_a_missed_patient_is_waited_for_where_the_call_was():
    lobby = opened()
    issue(lobby, "08:00", BLOOD, CT)
    lobby.call("08:05", "lab1")
    lobby.do("08:06", c.MarkMissed("lab1"))
    assert statuses(lobby) == {"blood": "missed", "ct": "away"}
    lobby.do("08:10", c.Rejoin(ticket_of(lobby, "blood").id))
    assert statuses(lobby) == {"blood": "waiting", "ct": "away"}


def test_a_further_order_becomes_a_stop_and_not_a_second_call():
    lobby = opened()
    issue(lobby, "08:00", BLOOD)
    drugs = order("drugs", "p1", "rx")
    lobby.do("08:01", c.CheckInOrder(drugs, "hospital"))
    assert statuses(lobby) == {"blood": "waiting", "drugs": "away"}
    assert lobby.refused("08:02", c.CheckInOrder(drugs)).code == "already_checked_in"
    lobby.do("08:03", c.Cancel(ticket_of(lobby, "drugs").id))
    assert order_of(lobby) == ["blood"]
    lobby.do("08:04", c.CheckInOrder(drugs))
    assert order_of(lobby) == ["blood", "drugs"], "cancelled by mistake: it may come onto the slip again"


def test_a_number_that_was_taken_before_comes_onto_the_slip_with_its_place():
    lobby = opened()
    before = lobby.issue("08:00", c.CheckInOrder(CT))
    issue(lobby, "08:30", BLOOD, CT)
    assert ticket_of(lobby, "ct").id == before.id
    assert sorted(statuses(lobby).values()) == ["away", "waiting"]
    serve(lobby, "lab1", "08:31", "08:35")
    assert lobby.ticket(before).rank == before.rank


def test_asked_again_the_order_is_that_of_the_present_waits():
    lobby = opened()
    issue(lobby, "08:00", CT, BLOOD)
    first = order_of(lobby)[0]
    crowded = {"ct": "ct", "blood": "lab"}[first]
    stay = [lobby.issue("08:00", c.CheckInOrder(order(f"x{n}", f"x{n}", crowded))) for n in range(12)]
    ours = ticket_of(lobby, first)
    for other in stay:
        # The others were there before: their places are in front.
        early = replace(lobby.ticket(other), rank=(2, at("07:00"), lobby.ticket(other).rank[2]))
        lobby.state.put_ticket(early)
    assert ahead(lobby.state, ours.id) == 12
    lobby.strict = False
    events = lobby.do("08:01", c.PlanItinerary("p1"))
    assert [type(event).__name__ for event in events] == ["StopHeld", "SlipPlanned", "StopOpened"]
    assert order_of(lobby)[0] != first
    assert lobby.ticket(ours).status == "away"


def test_finishing_is_taken_back_with_what_it_opened_until_that_is_called():
    lobby = opened()
    issue(lobby, "08:00", BLOOD, CT)
    lobby.call("08:05", "lab1")
    lobby.do("08:05", c.StartService("lab1"))
    before = records(lobby.state)
    lobby.do("08:08", c.Finish("lab1"))
    position, label = undoable(lobby.state, "lab1")
    assert label.zh.startswith("结束就诊")
    lobby.do("08:09", c.Undo(position))
    assert records(lobby.state) == before
    lobby.do("08:10", c.Finish("lab1"))
    lobby.call("08:11", "ct1")
    assert lobby.refused("08:12", c.Undo(undo_position(lobby, "Finished"))).code == "cannot_undo"


def undo_position(lobby: Lobby, kind: str) -> int:
    return next(row.position for row in reversed(lobby.log) if type(row.event).__name__ == kind)


def test_a_slip_is_not_undone():
    lobby = opened()
    issue(lobby, "08:00", BLOOD, CT)
    assert lobby.refused("08:01", c.Undo(lobby.state.position)).code == "nothing_to_undo"


def test_a_queue_that_counts_calls_keeps_a_moment_for_a_slip():
    counted = PlaceStamp(2, Text("每叫 2 位预约叫 1 位", "After {calls} booked"), of="appointment")
    site = with_orders()
    queues = [
        replace(queue, stamps=replace(queue.stamps, walk_in=counted)) if queue.id == "q-us" else queue
        for queue in site.queues
    ]
    lobby = Lobby(replace(site, queues=queues))
    issue(lobby, "08:00", order("sono", "p1", "us"))
    assert (ticket_of(lobby, "sono").rank[1], ticket_of(lobby, "sono").stamp.rule) == (at("08:00"), "slip")


def test_the_waits_spent_at_other_stops_teach_the_queue_nothing():
    lobby = opened()
    issue(lobby, "08:00", BLOOD, CT)
    assert ticket_of(lobby, "ct").expected is None


def test_a_snapshot_holds_the_slips():
    lobby = opened()
    issue(lobby, "08:00", SONO)
    again = restore(take(lobby.state))
    assert (again.slips, again.opens) == (lobby.state.slips, [(at("08:40"), "p1")])


def test_at_the_days_end_every_number_ends_and_the_next_day_has_no_slip():
    lobby = opened()
    issue(lobby, "08:00", BLOOD, CT, SONO)
    for hours in (6, 12, 18):
        lobby.do(at("08:00") + hours * 60 * MINUTE, c.Tick())
    lobby.do(at("05:00") + 24 * 60 * MINUTE, c.OpenDay("2026-03-03", 480, []))
    assert (lobby.state.slips, lobby.state.opens) == ({}, [])
    check(lobby.state)


def test_why_before_me_has_an_answer_for_a_number_that_waits_for_its_turn():
    lobby = opened()
    issue(lobby, "08:00", BLOOD, CT)
    other = lobby.issue("08:01", c.CheckInOrder(order("other", "p2", "ct")))
    held = ticket_of(lobby, "ct")
    answers = [explain(lobby.state, *pair) for pair in ((held.id, other.id), (other.id, held.id))]
    assert answers[0] == answers[1]
    assert answers[0].first == other.id, "who is not back yet is not called before"
