"""Every way the lobby says no, and that it then changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from queue_server.engine import commands as c
from queue_server.engine.canonical import canonical
from queue_server.engine.lobby import Context, decide
from queue_server.engine.refusals import SENTENCES, Refusal, refusal
from queue_server.engine.site import Abandon, LateRule, Text
from queue_server.engine.state import State
from tests.queue_server.engine.driver import Lobby
from tests.sites import (
    DAY,
    MINUTE,
    NEXT_DAY,
    appointment,
    at,
    digest,
    emergency_site,
    order,
    registration,
    session,
    small_sessions,
    small_site,
    with_orders,
)

replace = msgspec.structs.replace
MASKS = Text("请戴口罩", "Please wear a mask")
BOOKED = appointment("a1", "p1", "im-lin-am", "09:00")
CHILD = appointment("c1", "p9", "ped-su-am", "09:00", number="7")
REGISTERED = registration("r1", "p2", "im-am")
ORDERED = order("o1", "p3", "us")


def checked_in(lobby: Lobby) -> str:
    return lobby.issue("08:50", c.CheckIn(BOOKED)).id


def called(lobby: Lobby) -> str:
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    ticket = checked_in(lobby)
    lobby.call("09:00", "s1")
    return ticket


def serving(lobby: Lobby) -> str:
    ticket = called(lobby)
    lobby.do("09:01", c.StartService("s1"))
    return ticket


def finished(lobby: Lobby) -> str:
    ticket = serving(lobby)
    lobby.do("09:10", c.Finish("s1"))
    return ticket


def opened_and_waiting(lobby: Lobby) -> str:
    opened(lobby)
    return checked_in(lobby)


def rooms(lobby: Lobby, how: str = "automatic") -> str:
    site = small_site()
    changed = replace(site, queues=[replace(queue, room_look_ahead=1, room_assignment=how) for queue in site.queues])
    lobby.do("07:00", c.ActivateConfiguration(changed, digest(changed)))
    return opened_and_waiting(lobby)


def rooms_by_hand(lobby: Lobby) -> str:
    return rooms(lobby, "by_hand")


def rooms_full(lobby: Lobby) -> str:
    first = rooms_by_hand(lobby)
    lobby.do("08:55", c.AssignRoom(first, "s1", "balance_load"))
    return lobby.issue("08:56", c.CheckIn(appointment("a5", "p5", "im-lin-am", "09:00"))).id


def rooms_and_a_miss(lobby: Lobby) -> str:
    ticket = rooms(lobby)
    lobby.call("08:57", "s1")
    lobby.do("08:58", c.MarkMissed("s1"))
    lobby.issue("08:59", c.CheckIn(appointment("a5", "p5", "im-lin-am", "09:00")))
    lobby.do("08:59", c.Rejoin(ticket))
    return ticket


def cancelled_session(lobby: Lobby) -> None:
    sessions = [replace(each, status="cancelled") for each in small_sessions()]
    lobby.do("07:00", c.UpdateSessions(sessions))


def full(lobby: Lobby) -> None:
    lobby.do("07:00", c.UpdateSessions([session("im-am", "im", None, "morning", "08:00", "12:00", limit=1)]))
    lobby.issue("08:50", c.CheckIn(appointment("a5", "p5", "im-am", "09:00")))


def first_child(lobby: Lobby) -> None:
    lobby.issue("08:50", c.CheckIn(CHILD))


def opened(lobby: Lobby) -> None:
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))


def ended(lobby: Lobby) -> None:
    for hour in ("11:00", "17:00", "23:00"):
        lobby.do(hour, c.Tick())
    lobby.do(at("05:00", NEXT_DAY), c.Tick())


def later_call(lobby: Lobby) -> None:
    called(lobby)
    lobby.do("09:02", c.Recall("s1"))
    lobby.do("09:03", c.Recall("s1"))


def noon(lobby: Lobby) -> None:
    lobby.do("12:00", c.Tick())


def strict_about_lateness(lobby: Lobby) -> None:
    site = small_site()
    void = LateRule(30, Abandon(Text("预约 {slot}，已过 30 分钟", "Booked {slot}, over 30 minutes ago")))
    queues = [replace(queue, stamps=replace(queue.stamps, late_rules=[void])) for queue in site.queues]
    changed = replace(site, queues=queues)
    lobby.do("07:00", c.ActivateConfiguration(changed, digest(changed)))


def emergency(lobby: Lobby, **command: str) -> str:
    site = emergency_site()
    lobby.do("07:00", c.ActivateConfiguration(site, digest(site)))
    return lobby.issue("08:50", c.CheckInWalkIn("q-er", **command)).id


def unknown_patient(lobby: Lobby) -> str:
    return emergency(lobby)


def known_patient(lobby: Lobby) -> str:
    return emergency(lobby, person="p1")


def known_and_unknown(lobby: Lobby) -> str:
    known_patient(lobby)
    return lobby.issue("08:50", c.CheckInWalkIn("q-er")).id


def emergency_called(lobby: Lobby) -> str:
    ticket = emergency(lobby)
    lobby.do("08:51", c.OpenStation("e1", "nurse"))
    return lobby.call("08:52", "e1").id if ticket else ""


def emergency_serving(lobby: Lobby) -> str:
    ticket = emergency_called(lobby)
    lobby.do("08:53", c.StartService("e1"))
    return ticket


def emergency_over(lobby: Lobby) -> str:
    ticket = emergency(lobby)
    lobby.do("08:51", c.Cancel(ticket))
    return ticket


def away(lobby: Lobby) -> str:
    ticket = checked_in(lobby)
    lobby.do("08:51", c.StepAway(ticket, 60))
    return ticket


def missed(lobby: Lobby) -> str:
    ticket = called(lobby)
    lobby.do("09:01", c.MarkMissed("s1"))
    return ticket


def cancelled(lobby: Lobby) -> str:
    ticket = checked_in(lobby)
    lobby.do("08:51", c.Cancel(ticket))
    return ticket


def urgent(ticket: str) -> c.Triage:
    due = at("09:30")
    return c.Triage(ticket, "III", "III", 2, due, due, due, channel=None, overridden=False, version="1")


def paused(lobby: Lobby) -> str:
    ticket = checked_in(lobby)
    lobby.do("08:51", c.OpenStation("s1", "nurse", "d-lin"))
    lobby.do("08:52", c.PauseQueue(["q-im"], "equipment"))
    return ticket


def texts(lobby: Lobby) -> None:
    for minutes in (10, 20, 30):
        lobby.do("08:50", c.Broadcast("h1", MASKS, minutes))


def twice(lobby: Lobby) -> str:
    """One person with a number in each of two clinics."""
    lobby.issue("08:50", c.CheckIn(appointment("e1", "p1", "ent-am", "09:00")))
    return checked_in(lobby)


def moved_session(lobby: Lobby) -> None:
    off = [replace(each, status="cancelled") for each in small_sessions() if each.id in {"im-am", "im-he-am"}]
    lobby.do("07:00", c.UpdateSessions(off))


def short_session(lobby: Lobby) -> None:
    for i in range(2):
        lobby.issue("08:40", c.CheckIn(appointment(f"b{i}", f"b{i}", "im-am", "09:00")))
    sessions = {each.id: each for each in small_sessions()}
    off = replace(sessions["im-am"], status="cancelled")
    lobby.do("08:41", c.UpdateSessions([off, replace(sessions["im-lin-am"], limit=1)]))


def first_child_of(lobby: Lobby) -> str:
    opened(lobby)
    return lobby.issue("08:50", c.CheckIn(CHILD)).id


def twice_called(lobby: Lobby) -> str:
    called(lobby)
    return lobby.issue("09:01", c.CheckIn(appointment("a9", "p9", "im-lin-am", "09:30"))).id


def an_elder(lobby: Lobby) -> str:
    return lobby.issue("08:50", c.CheckIn(appointment("a8", "p8", "im-lin-am", "09:00", credits=["elder"]))).id


def ordering(lobby: Lobby) -> None:
    site = with_orders()
    lobby.do("07:00", c.ActivateConfiguration(site, digest(site)))


def ordered(lobby: Lobby) -> str:
    ordering(lobby)
    return lobby.issue("08:50", c.CheckInOrder(ORDERED)).id


def nothing(_lobby: Lobby) -> None:
    return None


Case = tuple[str, Callable[[Lobby], str | None], str | int, Callable[[str | None], c.Command]]

BOOKING = {
    "slot_over", "too_far_ahead", "booking_banned", "booked_already", "too_many_bookings", "slot_full",
    "too_late_to_cancel",
}  # fmt: skip
"""See ``test_booking``."""

CASES: list[Case] = [
    ("already_checked_in", checked_in, "08:51", lambda _: c.CheckIn(BOOKED)),
    (
        "already_checked_in",
        checked_in,
        "08:51",
        lambda _: c.CheckInWalkIn("q-im", registration("r", "p1", "im-lin-am")),
    ),
    ("already_checked_in", ordered, "08:51", lambda _: c.CheckInOrder(ORDERED)),
    ("no_stops", ordering, "08:50", lambda _: c.IssueItinerary("p3", [])),
    ("no_stops", ordering, "08:50", lambda _: c.IssueItinerary("p4", [ORDERED])),
    ("order_unpaid", ordering, "08:50", lambda _: c.IssueItinerary("p3", [replace(ORDERED, status="open")])),
    ("order_withdrawn", ordering, "08:50", lambda _: c.IssueItinerary("p3", [replace(ORDERED, status="withdrawn")])),
    ("unknown_ticket", ordering, "08:50", lambda _: c.IssueItinerary("p3", [ORDERED], "none")),
    ("already_checked_in", ordered, "08:51", lambda _: c.IssueItinerary("px", [replace(ORDERED, person="px")])),
    (
        "too_many_stops",
        ordering,
        "08:50",
        lambda _: c.IssueItinerary("p3", [order(f"m{n}", "p3", "ct") for n in range(13)]),
    ),
    ("needs_missing", ordering, "08:50", lambda _: c.IssueItinerary("p3", [replace(ORDERED, needs=["gone"])])),
    (
        "needs_in_a_ring",
        ordering,
        "08:50",
        lambda _: c.IssueItinerary("p3", [replace(ORDERED, needs=["o2"]), replace(ORDERED, id="o2", needs=["o1"])]),
    ),
    ("no_slip", ordering, "08:50", lambda _: c.PlanItinerary("p3")),
    ("order_needed", ordering, "08:50", lambda _: c.CheckInWalkIn("q-us")),
    ("order_unpaid", ordering, "08:50", lambda _: c.CheckInOrder(replace(ORDERED, status="open"))),
    ("order_withdrawn", ordering, "08:50", lambda _: c.CheckInOrder(replace(ORDERED, status="withdrawn"))),
    ("order_done", ordering, "08:50", lambda _: c.CheckInOrder(replace(ORDERED, status="done"))),
    ("order_not_today", ordering, "08:50", lambda _: c.CheckInOrder(replace(ORDERED, day=NEXT_DAY))),
    ("unknown_queue", ordering, "08:50", lambda _: c.CheckInOrder(replace(ORDERED, queue="q-im"))),
    ("unknown_queue", ordering, "08:50", lambda _: c.CheckInOrder(replace(ORDERED, queue="none"))),
    ("not_today", nothing, "08:50", lambda _: c.CheckIn(appointment("x", "p", "im-am", "09:00", day=NEXT_DAY))),
    ("not_today", nothing, "08:50", lambda _: c.CheckInWalkIn("q-im", registration("r", "p", "im-am", day=NEXT_DAY))),
    ("too_early", nothing, "06:59", lambda _: c.CheckIn(BOOKED)),
    ("appointment_cancelled", nothing, "08:50", lambda _: c.CheckIn(replace(BOOKED, status="cancelled"))),
    ("session_cancelled", cancelled_session, "08:50", lambda _: c.CheckIn(BOOKED)),
    ("session_cancelled", cancelled_session, "08:50", lambda _: c.CheckInWalkIn("q-im", REGISTERED)),
    ("session_over", nothing, "12:00", lambda _: c.CheckIn(BOOKED)),
    ("session_over", nothing, "12:00", lambda _: c.CheckInWalkIn("q-im", REGISTERED)),
    ("unknown_session", nothing, "08:50", lambda _: c.CheckIn(replace(BOOKED, session="none"))),
    ("unknown_session", nothing, "08:50", lambda _: c.CheckInWalkIn("q-ent", REGISTERED)),
    ("registration_unpaid", nothing, "08:50", lambda _: c.CheckInWalkIn("q-im", replace(REGISTERED, status="unpaid"))),
    (
        "registration_withdrawn",
        nothing,
        "08:50",
        lambda _: c.CheckInWalkIn("q-im", replace(REGISTERED, status="withdrawn")),
    ),
    ("registration_needed", nothing, "08:50", lambda _: c.CheckInWalkIn("q-im")),
    ("queue_closed", noon, "17:30", lambda _: c.CheckInWalkIn("q-im")),
    ("unknown_queue", nothing, "08:50", lambda _: c.CheckInWalkIn("none")),
    ("unknown_queue", nothing, "08:50", lambda _: c.OpenStation("s1", "nurse", None, ["q-ask"])),
    ("unknown_station", nothing, "08:50", lambda _: c.OpenStation("none", "nurse")),
    ("unknown_station", nothing, "08:50", lambda _: c.CallNext("none")),
    ("unknown_station", nothing, "08:50", lambda _: c.RecordPaperCall("none", "t", 0, "seen")),
    ("unknown_ticket", nothing, "08:50", lambda _: c.Rejoin("none")),
    ("unknown_ticket", nothing, "08:50", lambda _: c.Cancel("none")),
    ("unknown_ticket", nothing, "08:50", lambda _: c.ReportPrint("none", "done")),
    ("unknown_ticket", nothing, "08:50", lambda _: c.RecordPaperCall("s1", "none", 0, "seen")),
    ("unknown_doctor", nothing, "08:50", lambda _: c.OpenStation("s1", "nurse", "none")),
    ("day_not_open", ended, at("05:01", NEXT_DAY), lambda _: c.CheckIn(BOOKED)),
    ("day_not_open", ended, at("05:01", NEXT_DAY), lambda _: c.CheckInWalkIn("q-ask")),
    ("day_not_open", ended, at("05:01", NEXT_DAY), lambda _: c.UpdateSessions([])),
    ("day_already_open", nothing, "08:50", lambda _: c.OpenDay(DAY, 480, [])),
    ("day_already_open", nothing, "08:50", lambda _: c.OpenDay("2026-03-01", 480, [])),
    ("station_open", opened, "08:50", lambda _: c.OpenStation("s1", "other", "d-lin")),
    ("station_closed", nothing, "08:50", lambda _: c.CallNext("s1")),
    ("station_closed", nothing, "08:50", lambda _: c.CloseStation("s1")),
    ("station_closed", nothing, "08:50", lambda _: c.Recall("s1")),
    ("station_closed", nothing, "08:50", lambda _: c.MarkMissed("s1")),
    ("station_closed", nothing, "08:50", lambda _: c.StartService("s1")),
    ("station_closed", nothing, "08:50", lambda _: c.Finish("s1")),
    ("station_busy", called, "09:01", lambda _: c.CloseStation("s1")),
    ("station_busy", called, "09:01", lambda _: c.OpenStation("s1", "nurse", "d-he")),
    ("last_call_open", called, "09:01", lambda _: c.CallNext("s1")),
    ("moved_on", called, "09:01", lambda _: c.CallNext("s1", "seen", None)),
    ("moved_on", called, "09:01", lambda _: c.Recall("s1", "other")),
    ("moved_on", called, "09:01", lambda _: c.MarkMissed("s1", "other")),
    ("moved_on", called, "09:01", lambda _: c.StartService("s1", "other")),
    ("moved_on", serving, "09:05", lambda _: c.Finish("s1", "other")),
    ("moved_on", opened, "08:50", lambda _: c.CallNext("s1", current="other")),
    ("nobody_waiting", opened, "08:50", lambda _: c.CallNext("s1")),
    ("nobody_waiting", finished, "09:15", lambda _: c.CallNext("s1")),
    ("nobody_called", opened, "08:50", lambda _: c.Recall("s1")),
    ("nobody_called", opened, "08:50", lambda _: c.MarkMissed("s1")),
    ("nobody_called", opened, "08:50", lambda _: c.StartService("s1")),
    ("nobody_in_service", opened, "08:50", lambda _: c.Finish("s1")),
    ("nobody_in_service", called, "09:01", lambda _: c.Finish("s1")),
    ("not_missed", checked_in, "08:51", c.Rejoin),
    ("not_missed", called, "09:01", c.Rejoin),
    ("ticket_over", finished, "09:11", c.Rejoin),
    ("ticket_over", finished, "09:11", c.Cancel),
    ("ticket_over", finished, "09:11", lambda ticket: c.RecordPaperCall("s1", ticket, at("09:00"), "seen")),
    ("ticket_over", finished, "09:11", lambda _: c.CheckIn(BOOKED)),
    ("in_service", serving, "09:02", c.Rejoin),
    ("in_service", serving, "09:02", c.Cancel),
    ("in_service", serving, "09:02", lambda _: c.Recall("s1")),
    ("in_service", serving, "09:02", lambda _: c.MarkMissed("s1")),
    ("in_service", serving, "09:02", lambda _: c.StartService("s1")),
    ("in_service", called, "09:02", lambda ticket: c.RecordPaperCall("s1", ticket, at("09:00"), "seen")),
    ("cannot_undo", later_call, "09:04", lambda _: c.Undo(5)),
    ("nothing_to_undo", checked_in, "08:51", lambda _: c.Undo(3)),
    ("nothing_to_undo", nothing, "08:51", lambda _: c.Undo(99)),
    ("limit_reached", full, "08:51", lambda _: c.CheckInWalkIn("q-im", REGISTERED)),
    ("too_late", strict_about_lateness, "09:31", lambda _: c.CheckIn(BOOKED)),
    ("number_missing", nothing, "08:50", lambda _: c.CheckIn(replace(CHILD, number=None))),
    ("number_missing", nothing, "08:50", lambda _: c.CheckIn(replace(CHILD, number=""))),
    ("number_taken", first_child, "08:51", lambda _: c.CheckIn(replace(CHILD, id="c2", person="other"))),
    ("clock_behind", checked_in, "08:49", lambda _: c.Tick()),
    ("clock_behind", checked_in, "08:49", lambda _: c.ConfirmClock()),
    ("clock_jump", nothing, at("17:00") + MINUTE, lambda _: c.CheckInWalkIn("q-ask")),
    ("clock_jump", nothing, at("17:00") + MINUTE, lambda _: c.OpenDay(NEXT_DAY, 480, [])),
    ("unknown_ticket", unknown_patient, "08:55", lambda _: urgent("nobody")),
    ("queue_without_triage", checked_in, "08:55", urgent),
    ("queue_without_triage", checked_in, "08:55", lambda ticket: c.MergeIdentity(ticket, "p2")),
    ("not_waiting", emergency_called, "08:55", urgent),
    ("in_service", emergency_serving, "08:55", urgent),
    ("ticket_over", emergency_over, "08:55", urgent),
    ("ticket_over", emergency_over, "08:55", lambda ticket: c.MergeIdentity(ticket, "p1")),
    ("has_person", known_patient, "08:55", lambda ticket: c.MergeIdentity(ticket, "p2")),
    ("person_here_already", known_and_unknown, "08:55", lambda ticket: c.MergeIdentity(ticket, "p1")),
    ("wrong_station", checked_in, "08:55", lambda ticket: c.RecordPaperCall("w1", ticket, at("08:52"), "seen")),
    ("bad_time", checked_in, "08:55", lambda ticket: c.RecordPaperCall("s1", ticket, at("08:56"), "seen")),
    ("bad_time", checked_in, "08:55", lambda ticket: c.RecordPaperCall("s1", ticket, at("08:49"), "seen")),
    ("unknown_ticket", nothing, "08:50", lambda _: c.ReturnWithResults("none")),
    ("unknown_ticket", nothing, "08:50", lambda _: c.StepAway("none", 5)),
    ("unknown_ticket", nothing, "08:50", lambda _: c.StepBack("none")),
    ("unknown_ticket", nothing, "08:50", lambda _: c.Transfer("none", "q-ent", "wrong_department")),
    ("unknown_ticket", opened, "08:50", lambda _: c.Pick("s1", "none", "condition")),
    ("unknown_station", nothing, "08:50", lambda _: c.Pick("none", "none", "condition")),
    ("station_closed", nothing, "08:50", lambda _: c.SendForExams("s1")),
    ("station_closed", nothing, "08:50", lambda _: c.Pick("s1", "none", "condition")),
    ("nobody_in_service", called, "09:01", lambda _: c.SendForExams("s1")),
    ("moved_on", serving, "09:05", lambda _: c.SendForExams("s1", "other")),
    ("moved_on", called, "09:05", lambda ticket: c.Pick("s1", ticket, "condition", current="other")),
    ("last_call_open", twice_called, "09:05", lambda ticket: c.Pick("s1", ticket, "condition")),
    ("wrong_station", first_child_of, "09:00", lambda ticket: c.Pick("s1", ticket, "condition")),
    ("not_waiting", called, "09:01", lambda ticket: c.Pick("s1", ticket, "condition", "seen")),
    ("not_waiting", missed, "09:02", lambda ticket: c.StepAway(ticket, 5)),
    ("not_waiting", missed, "09:02", lambda ticket: c.Transfer(ticket, "q-ent", "wrong_department")),
    ("not_waiting", away, "09:02", lambda ticket: c.MoveForward(ticket, "condition")),
    ("not_waiting", checked_in, "09:02", lambda ticket: c.MoveForward(ticket, "condition", "nobody")),
    ("in_service", serving, "09:02", lambda ticket: c.StepAway(ticket, 5)),
    ("in_service", serving, "09:02", c.ReturnWithResults),
    ("in_service", serving, "09:02", lambda ticket: c.Postpone(ticket, 1)),
    ("ticket_over", cancelled, "09:02", lambda ticket: c.Postpone(ticket, 1)),
    ("ticket_over", finished, "09:12", lambda ticket: c.AssignDoctor(ticket, "d-he", "balance_load")),
    ("not_away", checked_in, "08:55", c.StepBack),
    ("not_away", checked_in, "08:55", c.ReturnWithResults),
    ("not_away", missed, "09:02", c.ReturnWithResults),
    ("no_return", cancelled, "09:02", c.ReturnWithResults),
    ("session_over", finished, "12:00", c.ReturnWithResults),
    ("bad_minutes", checked_in, "08:55", lambda ticket: c.StepAway(ticket, 0)),
    ("bad_minutes", checked_in, "08:55", lambda ticket: c.StepAway(ticket, 121)),
    ("bad_minutes", nothing, "08:55", lambda _: c.Broadcast("h1", MASKS, 481)),
    ("bad_text", nothing, "08:55", lambda _: c.Broadcast("h1", Text(" ", "x"), 5)),
    ("bad_text", nothing, "08:55", lambda _: c.Broadcast("h1", Text("x", "y" * 61), 5)),
    ("bad_text", nothing, "08:55", lambda _: c.Broadcast("h1", Text("x", "two\nlines"), 5)),
    ("unknown_hall", nothing, "08:55", lambda _: c.Broadcast("h9", MASKS, 5)),
    ("too_many_texts", texts, "08:55", lambda _: c.Broadcast("h1", MASKS, 5)),
    ("unknown_text", texts, "08:55", lambda _: c.EndBroadcast("h1", 99)),
    ("unknown_text", texts, "08:55", lambda _: c.EndBroadcast("h2", 3)),
    ("unknown_reason", checked_in, "08:55", lambda ticket: c.Transfer(ticket, "q-ent", "because")),
    ("unknown_reason", checked_in, "08:55", lambda ticket: c.AssignDoctor(ticket, "d-he", "because")),
    ("unknown_reason", checked_in, "08:55", lambda ticket: c.GrantCredit(ticket, "elder", "")),
    ("unknown_reason", checked_in, "08:55", lambda ticket: c.MoveForward(ticket, "")),
    ("unknown_reason", opened, "08:55", lambda _: c.Pick("s1", "t", "")),
    ("unknown_reason", nothing, "08:55", lambda _: c.PauseQueue(["q-im"], "")),
    ("unknown_reason", nothing, "08:55", lambda _: c.CheckInWalkIn("q-im", REGISTERED, extra="because")),
    ("unknown_credit", checked_in, "08:55", lambda ticket: c.GrantCredit(ticket, "celebrity", "age_seen")),
    ("nothing_to_gain", checked_in, "08:55", lambda ticket: c.MoveForward(ticket, "condition")),
    ("nothing_to_gain", an_elder, "08:55", lambda ticket: c.GrantCredit(ticket, "referral", "referral_letter")),
    ("nobody_behind", checked_in, "08:55", lambda ticket: c.Postpone(ticket, 1)),
    ("no_later_slot", checked_in, "08:55", lambda ticket: c.Postpone(ticket, slots=9)),
    ("no_later_slot", checked_in, "08:55", c.Postpone),
    ("unknown_queue", checked_in, "08:55", lambda ticket: c.Transfer(ticket, "none", "wrong_department")),
    ("unknown_queue", nothing, "08:55", lambda _: c.PauseQueue(["none"], "equipment")),
    ("unknown_doctor", checked_in, "08:55", lambda ticket: c.AssignDoctor(ticket, "none", "balance_load")),
    ("same_place", checked_in, "08:55", lambda ticket: c.AssignDoctor(ticket, "d-lin", "balance_load")),
    ("no_session", checked_in, "08:55", lambda ticket: c.AssignDoctor(ticket, "d-su", "balance_load")),
    ("no_session", checked_in, "08:55", lambda ticket: c.Transfer(ticket, "q-ped", "wrong_department")),
    ("already_checked_in", twice, "08:55", lambda ticket: c.Transfer(ticket, "q-ent", "wrong_department")),
    (
        "nobody_called",
        checked_in,
        "08:55",
        lambda ticket: c.Transfer(ticket, "q-ent", "wrong_department", station="s1"),
    ),
    ("session_open", nothing, "08:55", lambda _: c.ReleaseSession("im-am")),
    ("unknown_session", nothing, "08:55", lambda _: c.ReleaseSession("none")),
    ("no_session", moved_session, "08:55", lambda _: c.ReleaseSession("im-am", "none")),
    ("session_cancelled", moved_session, "08:55", lambda _: c.ReleaseSession("im-am", "im-he-am")),
    ("session_over", moved_session, "12:30", lambda _: c.ReleaseSession("im-am", "im-lin-am")),
    ("queue_paused", paused, "09:00", lambda _: c.CallNext("s1")),
    ("queue_paused", paused, "09:00", lambda ticket: c.Pick("s1", ticket, "condition")),
    ("not_paused", nothing, "09:00", lambda _: c.ResumeQueue(["q-im"])),
    ("no_room_list", opened_and_waiting, "09:00", lambda ticket: c.AssignRoom(ticket, "s1", "balance_load")),
    ("not_at_a_door", rooms_by_hand, "09:00", lambda ticket: c.AssignRoom(ticket, None, "balance_load")),
    ("room_full", rooms_full, "09:00", lambda ticket: c.AssignRoom(ticket, "s1", "balance_load")),
    ("rooms_fill_themselves", rooms, "09:00", lambda ticket: c.AssignRoom(ticket, None, "balance_load")),
    ("waits_by_count", rooms_and_a_miss, "09:10", lambda ticket: c.AssignRoom(ticket, "s1", "balance_load")),
    ("day_not_open", ended, at("05:01", NEXT_DAY), lambda _: c.ReturnWithResults("t")),
    ("day_not_open", ended, at("05:01", NEXT_DAY), lambda _: c.ReleaseSession("im-am")),
    ("day_not_open", ended, at("05:01", NEXT_DAY), lambda _: c.NoteUnkept("im-am", [])),
    ("session_running", nothing, "09:00", lambda _: c.NoteUnkept("im-am", [])),
    ("unknown_session", nothing, "09:00", lambda _: c.NoteUnkept("none", [])),
    ("session_cancelled", moved_session, "12:30", lambda _: c.NoteUnkept("im-am", [])),
    ("unknown_reason", moved_session, "08:55", lambda _: c.ReleaseSession("im-am", "im-lin-am", "because")),
    ("session_short", short_session, "08:55", lambda _: c.ReleaseSession("im-am", "im-lin-am")),
]


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
    assert lobby.refused("08:52", c.Cancel("none")).message.zh == "没有找到这个号，请到一楼人工窗口询问。"
    early = lobby.refused("08:53", c.CheckIn(appointment("a2", "p2", "im-lin-am", "11:30")))
    assert early.message.zh == "现在签到太早，请在 09:30 以后再来。"
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
