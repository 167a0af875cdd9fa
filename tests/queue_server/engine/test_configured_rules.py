"""What a clinic or a room may be configured to do: where one checks in, without check-in, by number, by level."""

from __future__ import annotations

import msgspec

from queue_server.engine import commands as c
from queue_server.engine.explain import explain
from queue_server.engine.queries import ahead, waiting_in_order
from queue_server.engine.rules import rules_of
from queue_server.engine.site import Site, Station, Text, TimeStamp
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.invariants import check, check_order
from tests.sites import MINUTE, appointment, at, emergency_site, registration, small_site

replace = msgspec.structs.replace


def with_clinic(clinic: str, **fields: object) -> Site:
    site = small_site()
    return replace(site, clinics=[replace(one, **fields) if one.id == clinic else one for one in site.clinics])


def session_rule(lobby: Lobby) -> str:
    """What the public page says of check-in."""
    rules = rules_of(lobby.state.site, lobby.state.index.queues["q-im"])
    return next(rule.text.zh for rule in rules if rule.about == "session")


# --- check-in ---------------------------------------------------------------------------------------------------------


def test_a_clinic_may_ask_for_check_in_at_its_own_halls_kiosks():
    lobby = Lobby(with_clinic("im", check_in_at="own_hall"))
    booked = appointment("a1", "p1", "im-am", "09:00")
    refused = lobby.refused("08:40", c.CheckIn(booked, hall="h1"))
    assert refused.code == "other_hall"
    assert refused.message.zh == "这个科室只在二楼候诊区签到，没有取号，请到那里的自助机。"
    paid = registration("r1", "p2", "im-am")
    assert lobby.refused("08:40", c.CheckInWalkIn("q-im", paid, "p2", hall="h1")).code == "other_hall"
    assert lobby.issue("08:41", c.CheckIn(booked, hall="h2")).number == "A001"
    assert lobby.issue("08:42", c.CheckInWalkIn("q-im", paid, "p2", "desk", hall=None)).number == "A002"
    elsewhere = appointment("a2", "p3", "ent-am", "09:00")
    assert lobby.issue("08:43", c.CheckIn(elsewhere, hall="h1")).number == "E001"
    assert "只在二楼候诊区的自助机签到" in session_rule(lobby)


def test_whom_nobody_asks_to_check_in_is_never_late_and_waits_from_the_booked_time():
    lobby = Lobby(with_clinic("im", needs_check_in=False))
    early = lobby.issue("08:00", c.CheckIn(appointment("a1", "p1", "im-am", "10:00"), "hospital"))
    unheard = lobby.issue("09:50", c.CheckIn(appointment("a2", "p2", "im-am", "09:00"), "hospital"))
    late = lobby.issue("09:50", c.CheckIn(appointment("a3", "p3", "im-am", "09:00"), "desk"))
    assert (early.stamp.rule, early.stamp.key) == ("appointment", at("10:00"))
    assert (unheard.stamp.rule, unheard.stamp.key) == ("appointment", at("09:00"))
    assert late.stamp.rule == "late"
    assert session_rule(lobby).startswith("不用签到")


# --- by the hospital's number -----------------------------------------------------------------------------------------


def by_number() -> Site:
    """Paediatrics calls in the order of the hospital's numbers: four minutes from each to the next."""
    site = small_site()
    rule = TimeStamp(anchor="number", each_min=4, sentence=Text("按号序，{key}", "By number, {key}"))
    queues = [
        replace(one, stamps=replace(one.stamps, appointment=rule, walk_in=rule)) if one.id == "q-ped" else one
        for one in site.queues
    ]
    return replace(site, queues=queues)


def test_numbers_are_called_in_the_order_of_registration_whoever_checks_in_first():
    lobby = Lobby(by_number())
    lobby.do("07:50", c.OpenStation("s3", "nurse", "d-su"))
    for number, clock in (("3", "08:00"), ("12", "08:01"), ("2", "08:02"), ("1", "08:03")):
        booked = appointment(f"a{number}", f"p{number}", "ped-su-am", "08:00", number=number)
        lobby.issue(clock, c.CheckIn(booked))
    walked = registration("r5", "p5", "ped-su-am", number="5")
    lobby.issue("08:04", c.CheckInWalkIn("q-ped", walked, "p5"))
    waiting = waiting_in_order(lobby.state, "s3")
    assert [ticket.number for ticket in waiting] == ["1", "2", "3", "5", "12"]
    assert waiting[3].stamp.key == at("08:00") + 4 * 4 * MINUTE
    assert all(ticket.stamp.bound is None for ticket in waiting)


def test_streams_with_a_step_and_an_offset_of_their_own_are_interleaved():
    """Booked numbers every 10 minutes from the beginning, walk-ins every 20 and 5 later: 1 a 2 3 b 4 5 c."""
    site = small_site()
    words = Text("按号序，{key}", "By number, {key}")
    rules = {
        "appointment": TimeStamp(anchor="number", each_min=10, sentence=words),
        "walk_in": TimeStamp(anchor="number", each_min=20, allowance_min=-2000 + 5, sentence=words),
    }
    queues = [replace(one, stamps=replace(one.stamps, **rules)) if one.id == "q-ped" else one for one in site.queues]
    lobby = Lobby(replace(site, queues=queues))
    lobby.do("07:50", c.OpenStation("s3", "nurse", "d-su"))
    for number in ("103", "101", "102"):
        paid = registration(f"r{number}", f"w{number}", "ped-su-am", number=number)
        lobby.issue("08:00", c.CheckInWalkIn("q-ped", paid, f"w{number}"))
    for number in ("5", "4", "3", "2", "1"):
        booked = appointment(f"a{number}", f"p{number}", "ped-su-am", "08:00", number=number)
        lobby.issue("08:01", c.CheckIn(booked))
    called = [ticket.number for ticket in waiting_in_order(lobby.state, "s3")]
    assert called == ["1", "101", "2", "3", "102", "4", "5", "103"]


def test_a_number_that_is_no_count_has_its_slot():
    lobby = Lobby(by_number())
    booked = appointment("a1", "p1", "ped-su-am", "09:30", number="加3")
    assert lobby.issue("09:00", c.CheckIn(booked)).stamp.key == at("09:30")


# --- the levels that a room accepts -----------------------------------------------------------------------------------


def two_rooms() -> Lobby:
    """``e1`` takes levels I to III, ``e2`` III to IVb."""
    site = emergency_site()
    stations = [
        *(replace(one, levels=["I", "II", "III"]) if one.id == "e1" else one for one in site.stations),
        Station("e2", Text("急诊 2 诊室", "Emergency 2"), "h1", "er1", ["q-er"], levels=["III", "IVa", "IVb"]),
    ]
    lobby = Lobby(replace(site, stations=stations))
    lobby.do("08:00", c.OpenStation("e1", "one"))
    lobby.do("08:00", c.OpenStation("e2", "two"))
    return lobby


def triage(lobby: Lobby, ticket: str, level: str) -> None:
    tier = {"I": 0, "II": 1}.get(level, 2)
    due = lobby.now + {"III": 30, "IVa": 60, "IVb": 240}.get(level, 0) * MINUTE
    lobby.do(None, c.Triage(ticket, level, level, tier, due, due, None, None, overridden=False, version="1"))


def test_a_room_calls_the_levels_that_it_accepts_and_who_is_not_triaged_counts_as_third():
    lobby = two_rooms()
    mild, fresh, grave, third = (lobby.issue("08:00", c.CheckInWalkIn("q-er")) for _ in range(4))
    lobby.now = at("08:05")
    triage(lobby, mild.id, "IVa")
    triage(lobby, grave.id, "I")
    triage(lobby, third.id, "III")
    first = [ticket.id for ticket in waiting_in_order(lobby.state, "e1")]
    second = [ticket.id for ticket in waiting_in_order(lobby.state, "e2")]
    assert first == [grave.id, fresh.id, third.id]
    assert second == [fresh.id, third.id, mild.id]
    assert (ahead(lobby.state, mild.id), ahead(lobby.state, grave.id), ahead(lobby.state, third.id)) == (2, 0, 1)
    why = explain(lobby.state, grave.id, mild.id)
    assert (why.first, why.because) == (None, "other_level")
    check(lobby.state)
    check_order(lobby.state)
    assert lobby.refused(None, c.Pick("e2", grave.id, "condition")).code == "other_level"
    assert [lobby.call(None, "e2", "seen").id for _ in range(3)] == second
    assert lobby.call(None, "e1").id == grave.id
    lobby.do(None, c.CallNext("e1", "seen"))
    assert lobby.refused(None, c.CallNext("e1")).code == "nobody_waiting"
    said = [rule.text.zh for rule in rules_of(lobby.state.site, lobby.state.index.queues["q-er"])]
    assert "急诊 2 诊室接 III、IVa、IVb 级" in said


def test_a_level_that_gets_worse_leaves_one_rooms_list_for_the_others():
    lobby = two_rooms()
    ticket = lobby.issue("08:00", c.CheckInWalkIn("q-er"))
    triage(lobby, ticket.id, "IVb")
    assert lobby.refused("08:01", c.CallNext("e1")).code == "nobody_waiting"
    triage(lobby, ticket.id, "II")
    assert lobby.refused("08:02", c.CallNext("e2")).code == "nobody_waiting"
    assert lobby.call("08:02", "e1").id == ticket.id


# --- a trainee's room -------------------------------------------------------------------------------------------------


def test_a_trainees_station_calls_the_list_of_the_doctor_it_is_opened_for():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "lin", "d-lin", ["q-im"]))
    lobby.do("07:50", c.OpenStation("s2", "trainee", "d-lin", ["q-im"]))
    own = [lobby.issue("08:50", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-lin-am", "09:00"))) for i in range(3)]
    assert lobby.call("09:00", "s1").id == own[0].id
    assert lobby.call("09:00", "s2").id == own[1].id
    assert lobby.call("09:05", "s2", "seen").id == own[2].id
    check(lobby.state)
