"""The bound as it was published: over random days nobody is called against the sentence that a ticket was given."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.bound import overtaking_ends_at
from queue_server.engine.rooms import Rooms
from queue_server.engine.site import LateRule, PlaceStamp, Text, TimeStamp
from queue_server.simulation.day import Misses
from queue_server.simulation.distributions import Exponential, Lognormal
from queue_server.simulation.policy import Policy
from queue_server.simulation.runner import run_seed
from tests.examples import share
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.sentences import hold_to_the_sentences
from tests.queue_server.simulation import plans
from tests.sites import MINUTE, appointment, at, clinic_stamps, digest, registration, small_site

WORDS = Text("", "")
TIME = st.builds(
    TimeStamp,
    st.sampled_from(["slot_start_within", "check_in", "slot_end", "session_end", "now"]),
    st.just(WORDS),
    st.integers(-40, 60),
    st.integers(0, 30),
    st.integers(-1, 2),
)
PLACE = st.builds(PlaceStamp, st.integers(1, 4), st.just(WORDS), st.sampled_from(["any", "first_visit", "appointment"]))
STAMPS = st.builds(
    msgspec.structs.replace,
    st.just(clinic_stamps()),
    appointment=TIME | st.just(TimeStamp("slot_start", WORDS)),
    walk_in=TIME | PLACE,
    late=TIME | PLACE | st.just(TimeStamp("slot_start", WORDS)),
    missed=st.lists(TIME | PLACE, max_size=2),
    late_after_min=st.integers(0, 30),
    late_rules=st.lists(TIME | PLACE | st.just(TimeStamp("slot_start", WORDS)), max_size=2).map(
        lambda rules: [LateRule(31 + 20 * place, rule) for place, rule in enumerate(rules)]
    ),
    credits=st.fixed_dictionaries({"elder": st.integers(0, 90)}),
    max_credit_min=st.integers(0, 60),
    lock=st.integers(0, 3),
)


@share(0.4)
@given(STAMPS, st.integers(0, 1_000_000))
def test_over_random_days_the_engine_keeps_to_the_sentence_as_it_was_published(stamps, seed):
    hold_to_the_sentences(run_seed(plans.WITH_MISSES, Policy("drawn", stamps), seed).log)


UNEQUAL = plans.day(
    stations=[
        plans.StationPlan("r1", [plans.Shift("08:00", "12:00", overtime=True)]),
        plans.StationPlan("r2", [plans.Shift("08:00", "08:20"), plans.Shift("10:00", "12:00", "d-lin", overtime=True)]),
        plans.StationPlan("r3", [plans.Shift("08:30", "12:00", "d-he", overtime=True)]),
    ],
    service=Lognormal(9, 1.8),
    misses=Misses(0.3, back=Exponential(8)),
    credits={"elder": 0.3},
)
"""Rooms of which one may be held up for an hour while the others go on."""


@share(0.2)
@given(STAMPS, st.integers(0, 1_000_000), st.integers(1, 4))
def test_in_two_stages_the_engine_keeps_to_the_sentence_as_it_was_published(stamps, seed, look_ahead):
    hold_to_the_sentences(run_seed(UNEQUAL, Policy("drawn", stamps, room_look_ahead=look_ahead), seed).log)


def test_without_the_rooms_heeding_it_the_sentence_would_be_broken(monkeypatch):
    """That is what two stages put at risk: who came long after is at the door of the faster room."""
    monkeypatch.setattr(Rooms, "_until", lambda _self, _entry: None)
    with pytest.raises(AssertionError, match="against the sentence"):
        _days_held_to_the_sentences(Policy("usual", clinic_stamps(), room_look_ahead=3), 20)


def _days_held_to_the_sentences(policy: Policy, days: int) -> None:
    for seed in range(days):
        hold_to_the_sentences(run_seed(UNEQUAL, policy, seed).log)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STAMPS, st.integers(0, 1_000_000), st.integers(1, 4))
def test_over_thousands_of_days_in_two_stages_the_engine_keeps_to_the_sentence(stamps, seed, look_ahead):
    hold_to_the_sentences(run_seed(UNEQUAL, Policy("drawn", stamps, room_look_ahead=look_ahead), seed).log)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STAMPS, st.integers(0, 1_000_000))
def test_over_thousands_of_days_the_engine_keeps_to_the_sentence(stamps, seed):
    hold_to_the_sentences(run_seed(plans.WITH_MISSES, Policy("drawn", stamps), seed).log)


def test_a_usual_day_has_sentences_to_hold_it_to():
    assert hold_to_the_sentences(run_seed(plans.WITH_MISSES, Policy("usual", clinic_stamps(lock=2)), 1).log) > 40


def test_the_check_would_notice_a_sentence_that_is_not_kept():
    log = run_seed(plans.WITH_MISSES, Policy("usual", clinic_stamps()), 1).log
    bolder = [
        msgspec.structs.replace(one, event=msgspec.structs.replace(one.event, stamp=_hours_earlier(one.event.stamp)))
        if isinstance(one.event, e.TicketIssued) and one.event.stamp.bound
        else one
        for one in log
    ]
    with pytest.raises(AssertionError, match="against the sentence"):
        hold_to_the_sentences(bolder)


def _hours_earlier(stamp: e.Stamp) -> e.Stamp:
    return msgspec.structs.replace(stamp, bound=stamp.bound - 60 * MINUTE)


def test_a_sentence_stays_as_it_was_told_when_the_rules_change():
    lobby = Lobby()
    ticket = lobby.issue("08:50", c.CheckIn(appointment("a", "p1", "im-am", "09:00")))
    told = ticket.stamp
    assert told.bound == at("09:35")
    site = small_site()
    queues = [
        msgspec.structs.replace(
            queue,
            stamps=msgspec.structs.replace(queue.stamps, credits={"elder": 60}, max_credit_min=60),
        )
        for queue in site.queues
    ]
    changed = msgspec.structs.replace(site, queues=queues)
    lobby.do("08:51", c.ActivateConfiguration(changed, digest(changed)))
    assert lobby.ticket(ticket).stamp == told
    later = lobby.issue("08:52", c.CheckIn(appointment("b", "p2", "im-am", "09:00")))
    assert later.stamp.bound == at("10:15")


def test_who_is_stamped_again_is_given_another_sentence():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    lobby.do("07:51", c.ActivateConfiguration(*_with_time_stamp_for_the_missed()))
    ticket = lobby.issue("08:50", c.CheckInWalkIn("q-im", registration("r", "p1", "im-am")))
    first = ticket.stamp.promise
    lobby.call("09:00", "s1")
    lobby.do("09:01", c.MarkMissed("s1"))
    assert overtaking_ends_at(lobby.state, ticket.id) is None, "who does not wait is promised nothing"
    lobby.do("09:10", c.Rejoin(ticket.id))
    again = lobby.ticket(ticket).stamp
    assert again.bound == at("09:45")
    assert again.promise != first


def _with_time_stamp_for_the_missed():
    site = small_site()
    stamps = msgspec.structs.replace(site.queues[0].stamps, missed=[TimeStamp("now", WORDS)])
    queues = [msgspec.structs.replace(queue, stamps=stamps) if queue.id == "q-im" else queue for queue in site.queues]
    changed = msgspec.structs.replace(site, queues=queues)
    return (changed, digest(changed))
