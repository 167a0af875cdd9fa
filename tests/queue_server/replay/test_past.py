"""What a day was made of, where staff did something that no rule says."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from queue_server.engine import commands as c
from queue_server.engine.due import next_due
from queue_server.replay.changes import Plan
from queue_server.replay.fidelity import fidelity_of
from queue_server.replay.figures import waits_of
from queue_server.replay.past import PastError, effective, past_of
from queue_server.replay.rerun import rerun
from queue_server.simulation.distributions import MINUTE
from queue_server.simulation.lobby import Lobby
from tests.queue_server.replay.days import calls_of
from tests.sites import DAY, UTC_OFFSET_MIN, appointment, at, digest, registration, session, small_site


class Morning:
    """A morning by hand: one room, and a clock that the test moves."""

    def __init__(self, *more):
        self.lobby = Lobby()
        self.site = small_site()
        self.do("07:00", c.ActivateConfiguration(self.site, digest(self.site)))
        sessions = [session("im-am", "im", None, "morning", "08:00", "12:00", limit=0)]
        sessions += [session(name, clinic, None, "morning", "08:00", "12:00", limit=0) for name, clinic in more]
        self.do("07:00", c.OpenDay(DAY, UTC_OFFSET_MIN, sessions))
        self.do("08:00", c.OpenStation("s1", "nurse", None))

    def do(self, clock, command):
        return self.lobby.do(at(clock), command)

    def walk_in(self, clock, name, channel="kiosk"):
        self.do(clock, c.CheckInWalkIn("q-im", registration(name, f"person {name}", "im-am"), None, channel))

    def see(self, calls, ends, station="s1"):
        self.do(calls, c.CallNext(station))
        self.do(calls, c.StartService(station))
        self.do(ends, c.Finish(station))

    def ticket(self, n):
        """The ticket that was issued as the n-th."""
        return [one.event.ticket for one in self.lobby.log if type(one.event).__name__ == "TicketIssued"][n]

    def end(self):
        """The day's end, and what the day was made of."""
        while not self.lobby.state.day.ended:
            self.lobby.do(next_due(self.lobby.state), c.Tick())
        return past_of(self.site, self.lobby.log)

    def again(self):
        past = self.end()
        return (past, fidelity_of(past, rerun(past)))


def test_visits_carry_numbers_and_no_reference_to_anybody():
    morning = Morning()
    morning.do("08:05", c.CheckIn(appointment("a1", "person-wang", "im-am", "08:00")))
    morning.see("08:10", "08:20")
    past = morning.end()
    (visit,) = past.visits
    assert (visit.group, visit.person, visit.service, visit.was_seen) == ("appointment", 0, 10 * MINUTE, True)
    assert "wang" not in repr(past)
    assert "a1" not in [str(field) for field in visit.__struct_fields__]


def test_whose_numbers_they_are_says_the_configuration_that_came_before_the_day_opened():
    morning = Morning()
    morning.do("08:05", c.CheckIn(appointment("a1", "person-wang", "im-am", "08:00")))
    morning.see("08:10", "08:20")
    (visit,) = morning.end().visits
    assert visit.hospital_number is None, "the queue gave it"
    other = [replace(queue, numbers="hospital") for queue in morning.site.queues]
    (same,) = past_of(replace(morning.site, queues=other), morning.lobby.log).visits
    assert same == visit, "the log itself says what was configured at 07:00"


def test_who_is_seen_and_checks_in_again_is_a_return_that_follows_the_first_visit():
    morning = Morning()
    morning.walk_in("08:05", "r1")
    morning.see("08:10", "08:20")
    morning.do("09:00", c.CheckInWalkIn("q-im", registration("r2", "person r1", "im-am")))
    morning.see("09:05", "09:08")
    past, found = morning.again()
    assert [(visit.group, visit.after, visit.away) for visit in past.visits] == [
        ("walk_in", None, 0),
        ("return", 0, 40 * MINUTE),
    ]
    assert found.is_whole


def test_what_was_taken_back_did_not_happen_and_is_told():
    morning = Morning()
    morning.walk_in("08:05", "r1")
    morning.walk_in("08:06", "r2")
    called = morning.do("08:10", c.CallNext("s1"))
    position = morning.lobby.log[-1].position
    assert len(called) == 1
    morning.do("08:11", c.Undo(position))
    morning.see("08:12", "08:20")
    morning.see("08:20", "08:30")
    past, found = morning.again()
    assert [call.at for call in past.calls] == [at("08:12"), at("08:20")]
    assert (found.is_whole, found.by_hand) == (True, {"undone": 1})
    kept, _ = effective(morning.lobby.log)
    assert len(kept) == len(morning.lobby.log) - 2


def test_a_call_on_paper_comes_again_as_it_was_entered():
    morning = Morning()
    for n in range(3):
        morning.walk_in(f"08:0{n}", f"r{n}")
    ticket = [one.event.ticket for one in morning.lobby.log if type(one.event).__name__ == "TicketIssued"][2]
    morning.do("08:30", c.RecordPaperCall("s1", ticket, at("08:25"), "seen"))
    morning.see("08:31", "08:40")
    morning.see("08:41", "08:50")
    past, found = morning.again()
    assert (found.by_hand, found.is_whole, len(past.calls)) == ({"paper": 1}, True, 2)


def test_the_end_of_a_called_ticket_frees_the_room():
    morning = Morning()
    for n in range(2):
        morning.walk_in(f"08:0{n}", f"r{n}")
    morning.do("08:10", c.CallNext("s1"))
    ticket = next(one.event.ticket for one in morning.lobby.log if type(one.event).__name__ == "Called")
    morning.do("08:12", c.Cancel(ticket, "wrong_patient"))
    morning.see("08:13", "08:20")
    past, found = morning.again()
    assert past.visits[0].turned_away == 2 * MINUTE
    assert (found.is_whole, found.by_hand) == (True, {"desk_cancel": 1})


def test_a_call_without_a_beginning_lasts_until_it_was_settled():
    morning = Morning()
    for n in range(2):
        morning.walk_in(f"08:0{n}", f"r{n}")
    morning.do("08:10", c.CallNext("s1"))
    morning.do("08:25", c.CallNext("s1", "seen"))
    past, found = morning.again()
    assert (past.visits[0].walk, past.visits[0].service) == (0, 15 * MINUTE)
    assert (past.visits[1].was_seen, past.visits[1].service) == (False, 15 * MINUTE)
    assert found.alike == 2


def test_where_the_day_cannot_be_given_again_the_first_difference_and_its_reason_are_told():
    morning = Morning()
    morning.walk_in("08:05", "r1")
    morning.see("08:10", "08:20")
    past = morning.end()
    outcome = rerun(past)
    elsewhere = [one.__class__(one.at + MINUTE, one.station, one.visit) for one in outcome.calls]
    found = fidelity_of(past, outcome._replace(calls=elsewhere))
    assert (found.alike, found.median_off_min, found.first, found.first_number) == (0, 1.0, past.calls[0], "A001")


def test_a_day_that_is_not_over_is_refused():
    morning = Morning()
    with pytest.raises(PastError, match=f"{DAY} is still open"):
        past_of(morning.site, morning.lobby.log)
    with pytest.raises(PastError, match="no service day opens"):
        past_of(morning.site, morning.lobby.log[:1])


def test_a_configuration_and_sessions_of_the_day_come_again_at_their_moments():
    morning = Morning()
    morning.walk_in("08:05", "r1")
    changed = small_site(lock=2)
    morning.do("08:06", c.ActivateConfiguration(changed, digest(changed)))
    cancelled = session("im-am", "im", None, "morning", "08:00", "11:00", limit=0)
    morning.do("08:07", c.UpdateSessions([cancelled]))
    morning.see("08:10", "08:20")
    past = morning.end()
    again = rerun(past)
    assert [one.at for one in past.news] == [at("08:06"), at("08:07")]
    kinds = [(one.at, type(one.event).__name__) for one in again.log]
    assert (at("08:06"), "ConfigurationActivated") in kinds
    assert (at("08:07"), "SessionsUpdated") in kinds
    assert (at("11:00"), "SessionEnded") in kinds
    assert calls_of(again.log, again.tickets) == calls_of(morning.lobby.log, past.tickets)


def test_who_is_sent_for_exams_returns_on_the_same_ticket_as_long_after():
    morning = Morning()
    for n in range(3):
        morning.walk_in(f"08:0{n}", f"r{n}")
    morning.do("08:10", c.CallNext("s1"))
    morning.do("08:11", c.StartService("s1"))
    ticket = morning.ticket(0)
    morning.do("08:20", c.SendForExams("s1"))
    morning.see("08:20", "08:30")
    morning.do("08:50", c.ReturnWithResults(ticket))
    morning.see("08:50", "09:00")
    morning.see("09:00", "09:04")
    past, found = morning.again()
    back = past.visits[3]
    assert (back.group, back.joins, back.after, back.away) == ("return", "results", 0, 30 * MINUTE)
    assert (past.visits[0].ends, found.is_whole, found.by_hand) == ("exams", True, {})
    outcome = rerun(past)
    was, now = waits_of(past, morning.lobby.log, past.tickets), waits_of(past, outcome.log, outcome.tickets)
    assert [(wait.visit, wait.waited, wait.outcome) for wait in was] == [
        (wait.visit, wait.waited, wait.outcome) for wait in now
    ]
    assert [wait.waited // MINUTE for wait in was] == [10, 19, 48, 10]


def test_a_rule_for_returns_counts_first_visits_also_for_who_registered_again():
    morning = Morning()
    for n in range(6):
        morning.walk_in(f"08:0{n}", f"r{n}")
    morning.see("08:10", "08:20")
    morning.do("08:30", c.CheckInWalkIn("q-im", registration("again", "person r0", "im-am")))
    for n in range(6):
        morning.see(f"08:{30 + 2 * n}", f"08:{31 + 2 * n}")
    past = morning.end()
    for calls in (1, 3):
        order = [call.visit for call in rerun(past, Plan(return_ratio=calls)).calls]
        assert order.index(6) == 1 + calls


def test_what_staff_and_patients_changed_of_the_order_comes_again():
    morning = Morning()
    for n in range(6):
        morning.walk_in(f"08:0{n}", f"r{n}")
    morning.do("08:06", c.StepAway(morning.ticket(0), 20))
    morning.do("08:07", c.MoveForward(morning.ticket(4), "frail", morning.ticket(1)))
    morning.see("08:10", "08:20")
    morning.do("08:20", c.Pick("s1", morning.ticket(5), "present"))
    morning.do("08:21", c.StartService("s1"))
    morning.do("08:24", c.Finish("s1"))
    morning.do("08:25", c.PauseQueue(["q-im"], "other"))
    morning.do("08:40", c.ResumeQueue(["q-im"]))
    for n in range(4):
        morning.see(f"08:{40 + 2 * n}", f"08:{41 + 2 * n}")
    past, found = morning.again()
    assert [call.visit for call in past.calls] == [4, 5, 0, 1, 2, 3]
    assert (found.is_whole, found.by_hand) == (True, {"moved": 2, "picked": 1})
    # The pause is no break of the room's, but of the queue's.
    assert past.rooms[0].breaks == ()


def test_who_is_sent_on_out_of_a_service_waits_there_as_another_visit():
    morning = Morning(("ent-am", "ent"))
    morning.do("08:00", c.OpenStation("s3", "nurse", None))
    morning.walk_in("08:05", "r1")
    morning.do("08:10", c.CallNext("s1"))
    morning.do("08:11", c.StartService("s1"))
    morning.do("08:20", c.Transfer(morning.ticket(0), "q-ent", "doctor_request"))
    morning.see("08:22", "08:30", "s3")
    past, found = morning.again()
    assert [(visit.queue, visit.joins, visit.ends) for visit in past.visits] == [
        ("q-im", "check_in", "sent_on"),
        ("q-ent", "sent_on", "seen"),
    ]
    assert (found.is_whole, found.by_hand) == (True, {"moved": 1})
