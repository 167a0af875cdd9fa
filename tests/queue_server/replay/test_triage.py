"""A past day of an emergency queue: again in the same order, and under other targets in another."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queue_server.cli import main
from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.due import next_due
from queue_server.replay.changes import Plan
from queue_server.replay.fidelity import fidelity_of
from queue_server.replay.past import past_of
from queue_server.replay.rerun import rerun
from queue_server.replay.write import write_log
from queue_server.simulation.lobby import Lobby
from tests.queue_server.replay.days import calls_of
from tests.sites import DAY, MINUTE, UTC_OFFSET_MIN, at, digest, emergency_site

SECOND = MINUTE // 60
MINUTES = {"I": 0, "II": 10, "III": 30, "IVa": 60, "IVb": 240}


class Emergency:
    """A morning in the emergency area: one room, and patients by minute of arrival, level and minute of triage."""

    def __init__(self, patients, services):
        self.lobby, self.site = Lobby(), emergency_site()
        self.do(at("07:00"), c.ActivateConfiguration(self.site, digest(self.site)))
        self.do(at("07:00"), c.OpenDay(DAY, UTC_OFFSET_MIN, []))
        self.do(at("08:00"), c.OpenStation("e1", "nurse"))
        self.tickets = {}
        # Nothing happens twice in one instant: each has a second of its own in its minute.
        moments = [(at("08:00") + come * MINUTE + n * SECOND, "come", n) for n, (come, _, _) in enumerate(patients)]
        moments += [(at("08:00") + seen * MINUTE + n * SECOND, "level", n) for n, (_, _, seen) in enumerate(patients)]
        free = at("08:30")
        for service in services:
            moments.append((free, "call", service))
            free += service * MINUTE
        for now, what, n in sorted(moments):
            if what == "come":
                decided = self.do(now, c.CheckInWalkIn("q-er"))
                self.tickets[n] = next(one.ticket for one in decided if isinstance(one, e.TicketIssued))
            elif what == "level":
                self.triage(now, n, patients[n][1])
            else:
                self.see(now, n)
        while not self.lobby.state.day.ended:
            self.do(next_due(self.lobby.state), c.Tick())

    def do(self, now, command):
        return self.lobby.do(now, command)

    def triage(self, now, n, level):
        if self.lobby.state.tickets[self.tickets[n]].status != "waiting":
            return
        tier, due = {"I": 0, "II": 1}.get(level, 2), now + MINUTES[level] * MINUTE
        again = None if tier < 2 else due
        self.do(
            now, c.Triage(self.tickets[n], level, level, tier, due, due, again, None, overridden=False, version="1")
        )

    def see(self, now, service):
        if any(self.lobby.state.lanes.values()):
            self.do(now, c.CallNext("e1"))
            self.do(now, c.StartService("e1"))
            self.do(now + service * MINUTE - 1, c.Finish("e1"))

    @property
    def past(self):
        return past_of(self.site, self.lobby.log)


def order(calls):
    return [visit for _, _, visit in calls]


PATIENTS = st.lists(
    st.tuples(st.integers(0, 25), st.sampled_from(sorted(MINUTES)), st.integers(1, 4)).map(
        lambda one: (one[0], one[1], one[0] + one[2])
    ),
    min_size=1,
    max_size=9,
)


@given(patients=PATIENTS, services=st.lists(st.integers(2, 9), min_size=9, max_size=9))
@settings(max_examples=40)
def test_under_the_same_rules_a_day_of_emergencies_comes_again_call_by_call(patients, services):
    day = Emergency(patients, services)
    past = day.past
    again = rerun(past)
    assert calls_of(again.log, again.tickets) == calls_of(day.lobby.log, past.tickets)
    levels = [one.event.level for one in again.log if isinstance(one.event, e.Triaged)]
    assert levels == [one.event.level for one in day.lobby.log if isinstance(one.event, e.Triaged)]
    assert fidelity_of(past, again).is_whole


def three():
    """IVa at 8:01, III at 8:20, and the most urgent last."""
    return Emergency([(0, "IVa", 1), (19, "III", 20), (22, "I", 23)], [5, 5, 5])


def test_under_other_targets_the_levels_change_places_and_the_most_urgent_stays_first():
    past = three().past
    was = order(calls_of(rerun(past).log, rerun(past).tickets))
    assert was == [2, 1, 0]
    later = rerun(past, Plan(targets={"III": 45}))
    assert order(calls_of(later.log, later.tickets)) == [2, 0, 1]
    sooner = rerun(past, Plan(targets={"IVa": 40}))
    assert order(calls_of(sooner.log, sooner.tickets)) == [2, 0, 1]
    held = [one.event for one in later.log if isinstance(one.event, e.Triaged) and one.event.level == "III"]
    assert [(event.key, event.respond_by) for event in held] == [(at("09:05") + SECOND, at("09:05") + SECOND)]


def test_levels_one_and_two_have_no_other_place():
    past = three().past
    late = rerun(past, Plan(targets={"I": 300, "II": 300}))
    assert order(calls_of(late.log, late.tickets)) == [2, 1, 0]


def test_the_command_takes_targets(tmp_path, capsys):
    write_log(tmp_path / "data", "lakeside", three().lobby.log)
    asked = ["replay", "--data", str(tmp_path / "data"), "--day", DAY]
    assert main([*asked, "--level", "III=45", "--level", "IVa=90", "--together"]) == 0
    assert "level III within 45 min, level IVa within 90 min" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main([*asked, "--level", "I=45"])
    assert "III, IVa or IVb and minutes" in capsys.readouterr().err
