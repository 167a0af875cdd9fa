"""Tickets whose session ends, changes its doctor, or runs on into the next day."""

from __future__ import annotations

import msgspec

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.entries import GIVEN_BACK
from queue_server.engine.lobby import evolve
from queue_server.engine.queries import expected_wait, waiting_in_order
from queue_server.engine.site import ClinicSession, Site, Text, TimeStamp
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.invariants import check, check_order
from tests.sites import DAY, NEXT_DAY, appointment, at, registration, session, small_sessions, small_site

replace = msgspec.structs.replace


def kinds(decided: list[e.Event]) -> list[str]:
    return [type(event).__name__ for event in decided]


def child(ref: str, number: int, slot: str = "11:30", session_id: str = "ped-su-am"):
    return c.CheckIn(appointment(ref, f"p-{ref}", session_id, slot, number=str(number)))


def order(lobby: Lobby, station: str) -> list[str]:
    return [ticket.number for ticket in waiting_in_order(lobby.state, station)]


def with_stamps(site: Site, queue_id: str, **stamps: object) -> Site:
    queues = [
        replace(queue, stamps=replace(queue.stamps, **stamps)) if queue.id == queue_id else queue
        for queue in site.queues
    ]
    return replace(site, queues=queues)


def other_queue_in_the_afternoon() -> Lobby:
    site = small_site()
    paediatrics = next(queue for queue in site.queues if queue.id == "q-ped")
    stations = [replace(one, queues=[*one.queues, "q-ped-pm"]) if one.id == "s3" else one for one in site.stations]
    site = replace(site, queues=[*site.queues, replace(paediatrics, id="q-ped-pm")], stations=stations)
    return Lobby(site, [replace(s, queue="q-ped-pm") if s.id == "ped-su-pm" else s for s in small_sessions()])


def end_day(lobby: Lobby) -> None:
    for clock in ("17:30", "23:30"):
        lobby.do(clock, c.Tick())
    lobby.do(at("05:00", NEXT_DAY), c.OpenDay(NEXT_DAY, 480, small_sessions(NEXT_DAY)))


# --- a morning's leftovers -------------------------------------------------------------------------------------------


def test_leftovers_do_not_move_into_another_queue_they_go_on():
    lobby = other_queue_in_the_afternoon()
    lobby.do("07:50", c.OpenStation("s3", "nurse", "d-su"))
    morning = lobby.issue("11:55", child("m", 3))
    lobby.issue("11:56", child("a", 3, "13:30", "ped-su-pm"))
    assert "Stamped" not in kinds(lobby.do("12:00", c.Tick()))
    assert lobby.ticket(morning).queue == "q-ped"
    check(lobby.state)
    lobby.do("12:01", c.Cancel(morning.id))
    end_day(lobby)
    assert lobby.state.tickets == {}
    assert lobby.state.taken == {}


def test_a_log_that_moved_a_ticket_into_another_queue_goes_on_folding():
    # An earlier version wrote such stamps; nothing could be cancelled and no further day be opened on its log.
    lobby = other_queue_in_the_afternoon()
    morning = lobby.issue("11:55", child("m", 3))
    stamp = e.Stamp("leftover", "moved", Text("", ""))
    moved = e.Stamped(
        ticket=morning.id,
        number=morning.number,
        queue="q-ped-pm",
        doctor="d-su",
        rank=(2, 1, 99),
        stamp=stamp,
        seq=99,
        why="leftover",
        continues_in="ped-su-pm",
    )
    evolve(lobby.state, e.Recorded(lobby.state.position + 1, lobby.now, "system", "tick", moved))
    check(lobby.state)
    lobby.do("12:01", c.Cancel(morning.id))
    end_day(lobby)
    assert lobby.state.taken == {}


def test_a_number_that_two_tickets_came_to_share_is_held_until_the_first_lets_it_go():
    lobby = Lobby()
    first = lobby.issue("08:50", child("a", 3, "09:00"))
    second = lobby.issue("08:51", child("b", 4, "09:00"))
    lobby.state.put_ticket(replace(lobby.ticket(second), number="3"))
    assert lobby.state.taken == {("q-ped", "ped-su-am", "3"): first.id}
    lobby.state.put_ticket(replace(lobby.ticket(second), number="4"))
    assert lobby.state.taken == {ticket.numbered: ticket.id for ticket in lobby.state.tickets.values()}


def test_a_patient_missed_in_the_morning_comes_back_into_the_afternoon():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s3", "nurse", "d-su"))
    gone = lobby.issue("11:50", child("m", 1))
    lobby.issue("11:51", child("n", 2))
    lobby.call("11:55", "s3")
    lobby.do("11:56", c.MarkMissed("s3"))
    lobby.do("12:00", c.Tick())
    lobby.do("12:30", c.Rejoin(gone.id))
    assert order(lobby, "s3") == ["2", "1"]
    # The afternoon begins at half past one, and so does the wait.
    assert expected_wait(lobby.state, gone.id)[0] >= 60
    assert lobby.call("13:30", "s3").number == "2"
    assert lobby.call("13:40", "s3", "seen").id == gone.id


def test_a_second_miss_in_the_morning_is_queued_by_the_afternoons_slots():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s3", "nurse", "d-su"))
    gone = lobby.issue("11:40", child("m", 1))
    for clock in ("11:45", "11:55"):
        lobby.call(clock, "s3")
        lobby.do(clock, c.MarkMissed("s3"))
        if clock == "11:45":
            lobby.do("11:46", c.Rejoin(gone.id))
    lobby.do("12:00", c.Tick())
    lobby.do("13:40", c.Rejoin(gone.id))
    assert lobby.ticket(gone).stamp.key == at("14:00")


def test_leftovers_come_before_an_afternoon_whose_rules_have_negative_allowances():
    site = small_site()
    early = TimeStamp(
        anchor="slot_start_within", grace_min=15, allowance_min=-60, sentence=Text("按 {key} 排", "As {key}")
    )
    lobby = Lobby(with_stamps(site, "q-ped", appointment=early))
    lobby.do("07:50", c.OpenStation("s3", "nurse", "d-su"))
    lobby.issue("11:54", child("a", 9, "13:30", "ped-su-pm"))
    lobby.issue("11:55", child("m", 3))
    lobby.do("12:00", c.Tick())
    lobby.issue("12:01", child("b", 8, "13:30", "ped-su-pm"))
    assert order(lobby, "s3") == ["3", "9", "8"]


def test_leftovers_leave_the_locked_head_of_the_afternoon_in_its_places():
    lobby = Lobby(small_site(lock=2))
    lobby.do("07:50", c.OpenStation("s3", "nurse", "d-su"))
    # An afternoon's patient stands second of two locked places, between the morning's.
    early = replace(appointment("a", "p-a", "ped-su-pm", "13:30", number="9"), slot_start=at("11:35"))
    lobby.issue("11:50", child("m", 1))
    lobby.issue("11:51", c.CheckIn(early))
    for number in (2, 3):
        lobby.issue(
            "11:52", c.CheckInWalkIn("q-ped", registration(f"r{number}", f"w{number}", "ped-su-am", number=str(number)))
        )
    assert order(lobby, "s3") == ["1", "9", "2", "3"]
    decided = lobby.do("12:00", c.Tick())
    assert order(lobby, "s3") == ["1", "9", "2", "3"]
    sentences = [event.stamp.sentence.zh for event in decided if isinstance(event, e.Stamped)]
    assert ["已锁定" in sentence for sentence in sentences] == [False, True, True]
    lobby.issue("12:05", child("b", 8, "13:30", "ped-su-pm"))
    assert order(lobby, "s3") == ["1", "9", "2", "3", "8"]


def test_the_end_of_a_session_hands_a_lists_turn_to_the_next():
    longer = session("ent-long", "ent", None, "morning", "08:00", "13:00")
    lobby = Lobby(sessions=[*small_sessions(), longer])
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    for i in range(4):
        lobby.issue("08:00", c.CheckIn(appointment(f"a{i}", f"p{i}", "ent-long", "08:30")))
    leaves = lobby.issue("08:01", c.CheckInWalkIn("q-ent", registration("r0", "w0", "ent-am")))
    stays = lobby.issue("08:02", c.CheckInWalkIn("q-ent", registration("r1", "w1", "ent-long")))
    lobby.call("11:00", "s1", "seen")
    lobby.call("11:01", "s1", "seen")
    assert lobby.ticket(leaves).rank is not None
    call = lobby.state.position
    decided = lobby.do("12:00", c.Tick())
    handed = [event for event in decided if isinstance(event, e.Stamped)]
    assert [(event.ticket, event.why) for event in handed] == [(stays.id, "handed_on")]
    assert waiting_in_order(lobby.state, "s1")[0].id == stays.id
    # Time did it: nobody can take it back, nor what it rests on.
    stamped = next(recorded.position for recorded in lobby.log if recorded.event == handed[0])
    assert lobby.refused("12:01", c.Undo(stamped)).code == "nothing_to_undo"
    assert lobby.refused("12:01", c.Undo(call)).code == "cannot_undo"


# --- undo across an end ----------------------------------------------------------------------------------------------


def test_what_was_called_before_a_sessions_end_is_not_put_back_after_it():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    for i in range(3):
        lobby.issue("11:00", c.CheckIn(appointment(f"a{i}", f"p{i}", "ent-am", "11:30")))
    cancelled = lobby.issue("11:00", c.CheckIn(appointment("a3", "p3", "ent-am", "11:30")))
    lobby.call("11:57", "s1")
    call = lobby.state.position
    lobby.do("11:58", c.Cancel(cancelled.id))
    cancel = lobby.state.position
    ended = lobby.do("12:00", c.Tick())
    end = next(r.position for r in lobby.log if r.event in ended and getattr(r.event, "session", "") == "ent-am")
    for position in (call, cancel):
        refused = lobby.refused("12:01", c.Undo(position))
        assert (refused.code, refused.position) == ("cannot_undo", end)


def test_a_session_that_goes_on_blocks_no_undo():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    lobby.issue("11:00", c.CheckIn(appointment("a", "p", "im-lin-am", "11:30")))
    lobby.call("11:58", "s1")
    position = lobby.state.position
    lobby.do("12:00", c.Tick())
    lobby.do("12:01", c.Undo(position))


def test_nothing_is_taken_back_after_the_days_end():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    position = lobby.state.position
    for clock in ("12:00", "17:30", "23:30"):
        lobby.do(clock, c.Tick())
    lobby.do(at("05:00", NEXT_DAY), c.Tick())
    assert lobby.refused(at("05:01", NEXT_DAY), c.Undo(position)).code == "day_not_open"


# --- a session gets another doctor -----------------------------------------------------------------------------------


def changed(lobby: Lobby, session_id: str, doctor: str | None) -> c.UpdateSessions:
    return c.UpdateSessions([replace(lobby.state.sessions[session_id], doctor=doctor)])


def test_the_waiting_follow_their_session_to_its_new_doctor_in_their_order():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    lobby.do("07:50", c.OpenStation("s2", "other", "d-he"))
    theirs = [
        lobby.issue("08:40", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-lin-am", slot)))
        for i, slot in enumerate(("09:30", "09:00", "10:00"))
    ]
    own = lobby.issue("08:41", c.CheckIn(appointment("own", "own", "im-he-am", "09:15")))
    before = [lobby.ticket(ticket).rank for ticket in theirs]
    decided = lobby.do("08:50", changed(lobby, "im-lin-am", "d-he"))
    assert kinds(decided) == ["SessionsUpdated", "Stamped", "Stamped", "Stamped"]
    assert [lobby.ticket(ticket).rank for ticket in theirs] == before
    assert {event.why for event in decided[1:]} == {"moved"}
    assert waiting_in_order(lobby.state, "s1") == []
    assert [ticket.id for ticket in waiting_in_order(lobby.state, "s2")] == [
        theirs[1].id, own.id, theirs[0].id, theirs[2].id,
    ]  # fmt: skip
    moved = lobby.ticket(theirs[0]).stamp
    assert (moved.rule, moved.by, moved.key) == ("appointment", "time", theirs[0].stamp.key)
    assert moved.sentence.zh.endswith("（出诊医生已变更，次序不变）")
    check(lobby.state)
    check_order(lobby.state)
    # The number stays the session's: nobody else gets it there.
    assert lobby.state.taken["q-im", "im-lin-am", theirs[0].number] == theirs[0].id


def test_a_doctors_locked_head_stays_before_those_who_come_with_another_session():
    lobby = Lobby(small_site(lock=1))
    lobby.do("07:50", c.OpenStation("s2", "other", "d-he"))
    own = [lobby.issue("08:40", c.CheckIn(appointment(f"h{i}", f"h{i}", "im-he-am", "10:00"))) for i in range(2)]
    theirs = [lobby.issue("08:41", c.CheckIn(appointment(f"l{i}", f"l{i}", "im-lin-am", "09:00"))) for i in range(2)]
    lobby.do("08:50", changed(lobby, "im-lin-am", "d-he"))
    expected = [own[0], *theirs, own[1]]
    assert [ticket.id for ticket in waiting_in_order(lobby.state, "s2")] == [ticket.id for ticket in expected]


def test_whoever_waits_by_a_count_keeps_the_place_that_it_would_have_given():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    for i in range(6):
        lobby.issue("08:40", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-lin-am", "09:00")))
    gone = lobby.call("09:00", "s1")
    lobby.do("09:01", c.MarkMissed("s1"))
    lobby.do("09:02", c.Rejoin(gone.id))
    numbers = order(lobby, "s1")
    assert numbers == ["A002", "A003", "A004", "A001", "A005", "A006"]
    lobby.do("09:03", changed(lobby, "im-lin-am", "d-he"))
    lobby.do("09:04", c.OpenStation("s2", "other", "d-he"))
    assert order(lobby, "s2") == numbers
    check(lobby.state)


def test_a_missed_patient_comes_back_to_the_doctor_who_holds_the_session_now():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    gone = lobby.issue("08:40", c.CheckIn(appointment("a", "p", "im-lin-am", "09:00")))
    lobby.call("09:00", "s1")
    call = lobby.state.position
    lobby.do("09:01", c.MarkMissed("s1"))
    lobby.do("09:02", changed(lobby, "im-lin-am", "d-he"))
    lobby.do("09:03", c.OpenStation("s2", "other", "d-he"))
    assert lobby.refused("09:04", c.Undo(call + 1)).code == "cannot_undo"
    lobby.do("09:05", c.Rejoin(gone.id))
    assert lobby.call("09:06", "s2").id == gone.id


def test_a_lists_turn_is_handed_on_when_its_head_follows_another_session():
    extra = session("im-lin-b", "im", "d-lin", "morning", "08:00", "12:00")
    lobby = Lobby(sessions=[*small_sessions(), extra])
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    for i in range(8):
        lobby.issue("08:40", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-lin-b" if i else "im-lin-am", "09:00")))
    first = lobby.call("09:00", "s1")
    second = lobby.call("09:00", "s1", "missed")
    lobby.do("09:00", c.MarkMissed("s1"))
    for ticket in (first, second):
        lobby.do("09:01", c.Rejoin(ticket.id))
    for _ in range(3):
        lobby.call("09:02", "s1", "seen")
    assert lobby.ticket(first).rank is not None
    decided = lobby.do("09:03", changed(lobby, "im-lin-am", "d-he"))
    assert [(event.ticket, event.why) for event in decided[1:]] == [(first.id, "moved"), (second.id, "handed_on")]
    check(lobby.state)


def test_leftovers_are_found_by_their_session_whoever_holds_it():
    lobby = Lobby()
    ticket = lobby.issue("08:40", c.CheckIn(appointment("a", "p", "ent-am", "09:00")))
    lobby.do("08:50", changed(lobby, "ent-am", "d-he"))
    assert lobby.ticket(ticket).doctor == "d-he"
    lobby.do("12:00", c.Tick())
    assert lobby.ticket(ticket).status == "lapsed"


# --- a night across the day's opening ---------------------------------------------------------------------------------


def a_night(limit: int = 40) -> ClinicSession:
    night = session("im-night", "im", None, "night", "18:00", "18:30", limit=limit)
    return replace(night, ends_at=at("07:00", NEXT_DAY), slots=[])


def test_a_night_that_runs_on_takes_its_own_patients_after_the_days_opening():
    lobby = Lobby(sessions=[*small_sessions(), a_night(limit=3)])
    lobby.do("16:00", c.OpenStation("s1", "nurse"))
    seen = lobby.issue("20:00", c.CheckInWalkIn("q-im", registration("r1", "p1", "im-night")))
    lobby.call("20:01", "s1")
    lobby.do("20:02", c.StartService("s1"))
    lobby.do("20:20", c.Finish("s1"))
    lobby.do("23:00", c.Tick())
    lobby.do(at("05:00", NEXT_DAY), c.OpenDay(NEXT_DAY, 480, small_sessions(NEXT_DAY)))
    late = lobby.issue(at("05:30", NEXT_DAY), c.CheckInWalkIn("q-im", registration("r2", "p2", "im-night")))
    assert late.number != seen.number
    booked = replace(appointment("b", "p3", "im-night", "18:00"), slot_start=at("05:30", NEXT_DAY))
    lobby.issue(at("05:31", NEXT_DAY), c.CheckIn(booked))
    # The limit counts the whole night, and so do the bookings that were used.
    refused = lobby.refused(at("05:32", NEXT_DAY), c.CheckInWalkIn("q-im", registration("r4", "p4", "im-night")))
    assert refused.code == "limit_reached"
    refused = lobby.refused(at("05:32", NEXT_DAY), c.CheckInWalkIn("q-im", registration("r1", "p1", "im-night")))
    assert refused.code == "ticket_over"
    refused = lobby.refused(at("07:00", NEXT_DAY), c.CheckInWalkIn("q-im", registration("r5", "p5", "im-night")))
    assert refused.code == "not_today"
    check(lobby.state)


def test_a_night_without_patients_is_not_forgotten_at_the_days_opening():
    lobby = Lobby(sessions=[*small_sessions(), a_night()])
    lobby.do("16:00", c.Tick())
    lobby.do("23:00", c.Tick())
    lobby.do(at("05:00", NEXT_DAY), c.OpenDay(NEXT_DAY, 480, small_sessions(NEXT_DAY)))
    lobby.issue(at("05:30", NEXT_DAY), c.CheckInWalkIn("q-im", registration("r", "p", "im-night")))
    assert "SessionEnded" in kinds(lobby.do(at("07:00", NEXT_DAY), c.Tick()))


def test_yesterdays_bookings_are_for_yesterday():
    lobby = Lobby()
    for clock in ("12:00", "17:30", "23:30"):
        lobby.do(clock, c.Tick())
    lobby.do(at("05:00", NEXT_DAY), c.OpenDay(NEXT_DAY, 480, small_sessions(NEXT_DAY)))
    booked = c.CheckIn(appointment("a", "p", "im-lin-am", "09:00", day=DAY))
    assert lobby.refused(at("08:50", NEXT_DAY), booked).code == "not_today"


# --- one booking, one number ------------------------------------------------------------------------------------------


def test_one_booking_is_not_checked_in_twice_under_another_reference_to_the_person():
    lobby = Lobby()
    ticket = lobby.issue("08:40", c.CheckIn(appointment("a1", "p1", "im-lin-am", "09:00")))
    refused = lobby.refused("08:41", c.CheckIn(appointment("a1", "p1-anew", "im-lin-am", "09:00")))
    assert (refused.code, refused.ticket) == ("already_checked_in", ticket.id)
    walk_in = lobby.issue("08:42", c.CheckInWalkIn("q-im", registration("r1", "p2", "im-am")))
    refused = lobby.refused("08:43", c.CheckInWalkIn("q-im", registration("r1", "p2-anew", "im-am")))
    assert (refused.code, refused.ticket) == ("already_checked_in", walk_in.id)
    lobby.do("08:44", c.Cancel(ticket.id))
    assert "cancelled" in GIVEN_BACK
    lobby.issue("08:45", c.CheckIn(appointment("a1", "p1-anew", "im-lin-am", "09:00")))


def test_whoever_is_treated_before_payment_may_wait_unpaid():
    lobby = Lobby()
    unpaid = replace(registration("r", "p", "ped-su-am", number="5"), status="unpaid")
    assert lobby.issue("08:00", c.CheckInWalkIn("q-ped", unpaid)).status == "waiting"
