"""What a ticket lives through besides being called: away and back, sent on, forward and behind, let go."""

from __future__ import annotations

import msgspec
import pytest

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.due import next_due
from queue_server.engine.entries import Ticket
from queue_server.engine.explain import why_before
from queue_server.engine.queries import away_for, history, next_up, sessions_today, waiting_in_order
from queue_server.engine.site import PlaceStamp, Text
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.invariants import check
from tests.sites import MINUTE, NEXT_DAY, appointment, at, registration, session, small_sessions, small_site

replace = msgspec.structs.replace


def opened(*, lock: int = 0, count: int = 4) -> tuple[Lobby, list[Ticket]]:
    """Station s1 with Dr Lin, and so many booked patients of hers."""
    lobby = Lobby(small_site(lock=lock))
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    slots = ["09:00", "09:00", "09:30", "09:30", "10:00", "10:30"]
    tickets = [
        lobby.issue("08:40", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-lin-am", slots[i]))) for i in range(count)
    ]
    return lobby, tickets


def order(lobby: Lobby, station: str = "s1") -> list[str]:
    check(lobby.state)
    return [ticket.number for ticket in waiting_in_order(lobby.state, station)]


def last_line(lobby: Lobby, ticket: Ticket) -> Text:
    return history(lobby.state, ticket.id)[-1][1]


def in_service(lobby: Lobby, clock: str = "09:00") -> Ticket:
    ticket = lobby.call(clock, "s1", "seen")
    lobby.do(clock, c.StartService("s1"))
    return ticket


# --- exams and returns -----------------------------------------------------------------------------------------------


def test_a_return_waits_two_first_visits_where_the_queue_says_so():
    site = small_site()
    rule = PlaceStamp(calls=2, of="first_visit", sentence=Text("再叫 {calls} 位初诊", "after {calls} first visits"))
    queues = [replace(queue, stamps=replace(queue.stamps, returns=rule)) for queue in site.queues]
    lobby = Lobby(replace(site, queues=queues))
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    for i in range(5):
        lobby.issue("08:40", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-lin-am", "09:00")))
    gone = in_service(lobby)
    lobby.do("09:05", c.SendForExams("s1"))
    assert (lobby.state.stations["s1"].current, lobby.ticket(gone).status) == (None, "away")
    assert [ticket.id for ticket in away_for(lobby.state, "s1")] == [gone.id]
    lobby.do("09:40", c.ReturnWithResults(gone.id))
    assert order(lobby) == ["A002", "A003", "A001", "A004", "A005"]
    assert lobby.ticket(gone).returned == 1


def test_a_return_by_time_begins_to_wait_anew():
    lobby, _ = opened()
    gone = in_service(lobby)
    lobby.do("09:05", c.SendForExams("s1"))
    lobby.do("09:40", c.ReturnWithResults(gone.id))
    held = lobby.ticket(gone)
    assert held.stamp.key == at("10:10"), "like a walk-in who comes now"
    assert order(lobby) == ["A002", "A003", "A004", "A001"]


def test_one_button_brings_anybody_back():
    lobby, tickets = opened()
    gone = in_service(lobby)
    lobby.do("09:05", c.SendForExams("s1"))
    lobby.do("09:06", c.StepAway(tickets[2].id, 30))
    assert isinstance(lobby.do("09:10", c.Rejoin(gone.id))[0], e.ReturnedWithResults)
    assert isinstance(lobby.do("09:11", c.Rejoin(tickets[2].id))[0], e.SteppedBack)


def test_a_visit_finished_today_may_return_and_a_new_registration_returns_too():
    lobby, _ = opened()
    seen = in_service(lobby)
    lobby.do("09:05", c.Finish("s1"))
    assert lobby.state.stations["s1"].done == (seen.id,)
    lobby.do("09:40", c.ReturnWithResults(seen.id))
    assert (lobby.ticket(seen).status, lobby.ticket(seen).number) == ("waiting", seen.number)
    assert lobby.state.stations["s1"].done == ()
    lobby.do("09:41", c.Undo(lobby.state.position))
    assert lobby.state.stations["s1"].done == (seen.id,)
    again = lobby.issue("10:00", c.CheckInWalkIn("q-im", registration("r1", seen.person, "im-am")))
    assert (again.stamp.rule, again.returned) == ("return", 1)
    other = lobby.issue("10:00", c.CheckInWalkIn("q-im", registration("r2", "somebody", "im-am")))
    assert (other.stamp.rule, other.returned) == ("walk_in", 0)


def test_who_never_comes_back_from_exams_was_seen():
    lobby, _ = opened(count=2)
    gone = in_service(lobby)
    lobby.do("09:05", c.SendForExams("s1"))
    lobby.call("09:06", "s1")
    for hour in ("12:00", "17:30", "23:00"):
        lobby.do(hour, c.Tick())
    lobby.do(at("05:00", NEXT_DAY), c.Tick())
    assert lobby.ticket(gone).status == "finished"
    assert lobby.ticket(gone).finished_at == at("09:05")
    statuses = [ticket.status for ticket in lobby.state.tickets.values()]
    assert sorted(statuses) == ["finished", "no_show"]


# --- stepping away ---------------------------------------------------------------------------------------------------


def test_the_place_is_kept_and_the_time_brings_it_back():
    lobby, tickets = opened(lock=2)
    before = order(lobby)
    lobby.do("08:50", c.StepAway(tickets[0].id, 10))
    assert order(lobby) == before[1:]
    assert next_due(lobby.state) == at("09:00")
    decided = lobby.do("09:00", c.Tick())
    assert [(type(event), event.due_at) for event in decided] == [(e.SteppedBack, at("09:00"))]
    assert order(lobby) == before, "also within the locked head"
    assert last_line(lobby, tickets[0]).zh == "暂离时间到，恢复候诊，位置不变"


def test_calls_go_on_for_one_who_waits_by_a_count_and_steps_away():
    lobby, _ = opened(count=6)
    missed = lobby.call("09:00", "s1")
    lobby.do("09:01", c.MarkMissed("s1"))
    lobby.do("09:02", c.Rejoin(missed.id))
    assert lobby.ticket(missed).place is not None
    lobby.do("09:03", c.StepAway(missed.id, 60))
    for minute in (4, 5, 6):
        lobby.call(f"09:0{minute}", "s1", "seen")
    decided = lobby.do("09:10", c.StepBack(missed.id))
    assert [type(event) for event in decided] == [e.SteppedBack, e.Stamped], "three were called meanwhile"
    assert order(lobby)[0] == missed.number


def test_who_is_away_when_the_session_lapses_is_gone():
    lobby = Lobby()
    ticket = lobby.issue("11:30", c.CheckIn(appointment("e1", "p1", "ent-am", "11:30")))
    lobby.do("11:31", c.StepAway(ticket.id, 60))
    lobby.do("12:00", c.Tick())
    assert lobby.ticket(ticket).status == "lapsed"
    assert lobby.state.backs == []


def test_another_doctor_meanwhile():
    lobby, tickets = opened()
    lobby.do("08:50", c.StepAway(tickets[1].id, 60))
    lobby.do("08:55", c.UpdateSessions([replace(small_sessions()[0], doctor="d-he")]))
    lobby.do("08:56", c.StepBack(tickets[1].id))
    lobby.do("08:57", c.OpenStation("s2", "other", "d-he"))
    assert order(lobby, "s2") == ["A001", "A002", "A003", "A004"]


# --- transfers -------------------------------------------------------------------------------------------------------


def test_sent_on_with_the_moment_and_a_new_number_where_the_queue_numbers():
    lobby, tickets = opened()
    lobby.do("08:41", c.OpenStation("s3", "nurse", "d-su"))
    lobby.issue("08:50", c.CheckIn(appointment("e1", "q1", "ent-am", "10:00")))
    wrong = in_service(lobby)
    decided = lobby.do("09:05", c.Transfer(wrong.id, "q-ent", "wrong_department", station="s1"))
    moved = lobby.ticket(wrong)
    assert (moved.number, moved.queue, moved.clinic, moved.session) == ("E002", "q-ent", "ent", "ent-am")
    assert (moved.status, moved.stamp.key, moved.rank[1]) == ("waiting", tickets[0].stamp.key, tickets[0].stamp.key)
    assert lobby.state.stations["s1"].current is None
    assert decided[0].from_number == "A001"
    assert last_line(lobby, wrong).zh.startswith(
        "从内科 林一转到耳鼻喉科（挂错科室），按 09:00 排；号码由 A001 改为 E002"
    )
    assert order(lobby, "s3") == ["E002", "E001"]


def test_a_number_that_a_transfer_gave_is_never_given_again():
    lobby, tickets = opened()
    lobby.do("08:50", c.Transfer(tickets[1].id, "q-ent", "wrong_department"))
    position = lobby.state.position
    lobby.do("08:51", c.Undo(position))
    assert lobby.ticket(tickets[1]).number == "A002"
    following = lobby.issue("08:52", c.CheckIn(appointment("e1", "q1", "ent-am", "09:00")))
    assert following.number == "E002"


def test_a_hospital_number_that_is_taken_gets_a_further_part():
    lobby = Lobby()
    second = lobby.issue("12:00", c.CheckIn(appointment("c2", "p2", "ped-su-pm", "13:30", number="7")))
    off = replace(next(each for each in small_sessions() if each.id == "ped-su-pm"), status="cancelled")
    more = session("ped-more", "ped", "d-su", "afternoon", "13:30", "17:30")
    lobby.do("12:01", c.UpdateSessions([off, more]))
    lobby.issue("12:02", c.CheckIn(appointment("c3", "p3", "ped-more", "13:30", number="7")))
    lobby.do("12:03", c.ReleaseSession("ped-su-pm", "ped-more"))
    assert (lobby.ticket(second).number, lobby.ticket(second).session) == ("7-2", "ped-more")
    check(lobby.state)


def test_a_referral_adds_its_credit_and_not_the_sum():
    lobby, tickets = opened()
    lobby.do("08:50", c.Transfer(tickets[1].id, "q-ent", "needs_other_care", is_referral=True))
    moved = lobby.ticket(tickets[1])
    assert (moved.credits, moved.stamp.rule) == (("referral",), "referred")
    assert moved.stamp.key == tickets[1].stamp.key, "this queue has no credits"
    elder = lobby.issue("08:51", c.CheckIn(appointment("x1", "x1", "ent-am", "09:00", credits=["elder"])))
    lobby.do("08:52", c.Transfer(elder.id, "q-im", "needs_other_care", "d-he", is_referral=True))
    assert lobby.ticket(elder).stamp.key == elder.stamp.key, "the elder's credit is greater"
    plain = lobby.issue("08:53", c.CheckIn(appointment("x2", "x2", "ent-am", "09:00")))
    lobby.do("08:54", c.Transfer(plain.id, "q-im", "needs_other_care", "d-he", is_referral=True))
    assert plain.stamp.key - lobby.ticket(plain).stamp.key == 15 * MINUTE


def test_a_doctor_given_to_one_ticket_stays_its_own():
    lobby, tickets = opened()
    lobby.do("08:50", c.OpenStation("s2", "nurse", "d-he"))
    lobby.do("08:51", c.AssignDoctor(tickets[1].id, "d-he", "balance_load"))
    assert (order(lobby), order(lobby, "s2")) == (["A001", "A003", "A004"], ["A002"])
    lobby.do("08:52", c.UpdateSessions([replace(small_sessions()[0], doctor="d-su")]))
    assert order(lobby, "s2") == ["A002"]
    lobby.call("09:00", "s2")
    lobby.do("09:01", c.MarkMissed("s2"))
    lobby.do("09:02", c.Rejoin(tickets[1].id))
    assert lobby.ticket(tickets[1]).doctor == "d-he"


# --- forward, behind, picked -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lock", "expected"), [(0, ["A004", "A001", "A002", "A003"]), (2, ["A001", "A002", "A004", "A003"])]
)
def test_forward_never_above_the_locked_head(lock, expected):
    lobby, tickets = opened(lock=lock)
    lobby.do("08:50", c.MoveForward(tickets[3].id, "frail"))
    assert order(lobby) == expected
    passed = tickets[2]
    assert last_line(lobby, passed).zh == "A004 由护士前移到前面（体弱，不宜久等）"
    assert why_before(lobby.state, tickets[3].id, passed.id).zh.startswith(
        "由护士前移。A004：护士前移（体弱，不宜久等）"
    )


def test_forward_in_front_of_one_and_the_later_mover_in_front_of_the_earlier():
    lobby, tickets = opened(count=6)
    for clock, ticket in (("08:50", tickets[4]), ("08:51", tickets[5])):
        lobby.do(clock, c.MoveForward(ticket.id, "condition", tickets[2].id))
    assert order(lobby) == ["A001", "A002", "A005", "A006", "A003", "A004"]
    lobby.do("08:52", c.MoveForward(tickets[5].id, "condition", tickets[4].id))
    assert order(lobby) == ["A001", "A002", "A006", "A005", "A003", "A004"]


def test_behind_so_many_and_into_a_later_slot():
    lobby, tickets = opened()
    lobby.do("08:50", c.Postpone(tickets[0].id, behind=2))
    assert order(lobby) == ["A002", "A003", "A001", "A004"]
    lobby.do("08:51", c.Postpone(tickets[1].id, behind=99))
    assert order(lobby) == ["A003", "A001", "A004", "A002"]
    lobby.do("08:52", c.Postpone(tickets[2].id, slots=2))
    assert lobby.ticket(tickets[2]).stamp.key == at("10:30")
    assert last_line(lobby, tickets[2]).en == "Postponed at the patient's wish, queued as 10:30"


def test_a_credit_at_the_desk_leaves_the_locked_head_alone():
    lobby, tickets = opened(lock=2)
    lobby.do("08:50", c.GrantCredit(tickets[3].id, "elder", "age_seen"))
    assert lobby.ticket(tickets[3]).stamp.key == tickets[3].stamp.key - 20 * MINUTE
    assert order(lobby) == ["A001", "A002", "A004", "A003"]
    assert "高龄优先（已核对年龄）" in last_line(lobby, tickets[3]).zh
    lobby.do("08:51", c.GrantCredit(tickets[0].id, "elder", "age_seen"))
    assert order(lobby)[0] == "A001"
    lobby.do("08:52", c.Undo(lobby.state.position))
    assert lobby.ticket(tickets[0]).credits == ()


def test_a_pick_counts_as_a_call_and_says_why():
    lobby, tickets = opened(count=6)
    missed = lobby.call("09:00", "s1")
    lobby.do("09:01", c.MarkMissed("s1"))
    lobby.do("09:02", c.Rejoin(missed.id))
    lobby.do("09:03", c.Pick("s1", tickets[5].id, "results_ready"))
    assert lobby.state.countdowns["missed_1", "q-im", "d-lin"].count == 1
    assert lobby.ticket(tickets[5]).picked == "results_ready"
    assert why_before(lobby.state, tickets[5].id, tickets[1].id).zh.startswith("A006 被提前叫号（结果已出）")
    lobby.do("09:04", c.Undo(lobby.state.position))
    assert order(lobby)[0] == "A002"
    picked = lobby.do("09:05", c.Pick("s1", missed.id, "present"))
    assert picked[0].resets == ("missed_1", "q-im", "d-lin")


# --- sessions, queues, halls -----------------------------------------------------------------------------------------


def test_a_cancelled_session_lets_its_patients_go_or_takes_them_along():
    lobby, tickets = opened()
    missed = lobby.call("09:00", "s1")
    lobby.do("09:01", c.MarkMissed("s1"))
    lobby.do("09:02", c.StepAway(tickets[1].id, 30))
    lobby.do("09:03", c.UpdateSessions([replace(small_sessions()[0], status="cancelled")]))
    decided = lobby.do("09:04", c.ReleaseSession("im-lin-am", "im-am"))
    assert isinstance(decided[0], e.SessionReleased)
    assert (decided[0].tickets, len(decided)) == (4, 5)
    assert order(lobby) == ["A003", "A004"], "the pool, in the order they had"
    assert [lobby.ticket(ticket).status for ticket in tickets] == ["missed", "away", "waiting", "waiting"]
    lobby.do("09:32", c.Tick())
    assert order(lobby) == ["A002", "A003", "A004"]
    lobby.do("09:33", c.Rejoin(missed.id))
    assert {lobby.ticket(ticket).doctor for ticket in tickets} == {None}
    off = replace(small_sessions()[2], status="cancelled")
    lobby.do("09:34", c.UpdateSessions([off]))
    lobby.do("09:35", c.ReleaseSession("im-am"))
    assert {lobby.ticket(ticket).status for ticket in tickets} == {"cancelled"}
    assert last_line(lobby, tickets[3]).zh == "停诊，已取消"
    lobby.do("09:36", c.Undo(lobby.state.position))
    assert {lobby.ticket(ticket).status for ticket in tickets} == {"waiting"}


def test_a_queue_that_stands_still_is_neither_called_nor_shown_as_next():
    lobby, _ = opened()
    lobby.issue("08:41", c.CheckIn(appointment("e1", "q1", "ent-am", "10:30")))
    lobby.do("08:50", c.PauseQueue(["q-im"], "equipment"))
    assert lobby.do("08:50", c.PauseQueue(["q-im"], "equipment")) == []
    assert [ticket.number for ticket, _ in next_up(lobby.state, "h2", 2)] == ["E001"]
    assert lobby.call("09:00", "s1").number == "E001"
    lobby.do("09:01", c.StartService("s1"))
    lobby.do("09:01", c.Finish("s1"))
    assert lobby.refused("09:01", c.CallNext("s1")).code == "queue_paused"
    lobby.do("09:02", c.ResumeQueue(["q-im"]))
    assert lobby.call("09:03", "s1", "seen").number == "A001"


def test_a_new_day_begins_without_pauses_and_texts_end_by_themselves():
    lobby, _ = opened(count=1)
    lobby.do("12:00", c.PauseQueue(["q-ask"], "break"))
    shown = lobby.do("23:00", c.Broadcast("h1", Text("请戴口罩", "Please wear a mask"), 480))
    assert [type(event) for event in shown][-1] is e.BroadcastStarted
    lobby.do(at("05:00", NEXT_DAY), c.OpenDay(NEXT_DAY, 480, small_sessions(NEXT_DAY)))
    assert lobby.state.paused == {}
    assert len(lobby.state.broadcasts) == 1
    ended = lobby.do(at("07:00", NEXT_DAY), c.Tick())
    assert [(type(event), event.due_at) for event in ended] == [(e.BroadcastEnded, at("07:00", NEXT_DAY))]


def test_over_the_limit_with_a_reason_and_counted_apart():
    lobby = Lobby()
    lobby.do("07:00", c.UpdateSessions([session("im-am", "im", None, "morning", "08:00", "12:00", limit=1)]))
    first = lobby.issue("08:50", c.CheckInWalkIn("q-im", registration("r1", "p1", "im-am"), extra="urgent"))
    assert first.extra is None, "there was room"
    second = lobby.issue("08:51", c.CheckInWalkIn("q-im", registration("r2", "p2", "im-am"), extra="doctor_consent"))
    assert second.extra == "doctor_consent"
    assert last_line(lobby, second).zh.endswith("（加号：医生同意）")
    counted = {each.id: count for each, count in sessions_today(lobby.state)}
    assert (counted["im-am"].extra, counted["im-am"].waiting) == (1, 2)


def test_somebody_checks_in_for_the_patient():
    lobby = Lobby()
    ticket = lobby.issue("08:50", c.CheckIn(appointment("a1", "p1", "im-lin-am", "09:00"), by_proxy=True))
    assert ticket.by_proxy
    assert last_line(lobby, ticket).en.endswith("(somebody checked in for the patient)")
