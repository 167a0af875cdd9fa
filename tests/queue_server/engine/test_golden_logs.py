"""Logs of earlier versions fold to the records they had."""

from __future__ import annotations

import pytest

from queue_server.engine import events as e
from queue_server.engine.lobby import evolve
from queue_server.engine.state import State
from tests.golden_logs.record import FOLDER, TOLD, digest, read, record
from tests.queue_server.engine.invariants import check, check_order

NAMES = sorted(path.stem for path in FOLDER.glob("*.jsonl"))


@pytest.mark.parametrize("name", NAMES)
def test_golden_log(name):
    state = State()
    for recorded in read(name):
        evolve(state, recorded)
        check(state)
    check_order(state)
    assert digest(read(name), told=name in TOLD) == (FOLDER / f"{name}.sha256").read_text().strip()


FIRST_KINDS = {
    "ConfigurationActivated", "DayOpened", "DayEnded", "SessionsUpdated", "SessionEnded", "TicketIssued", "Stamped",
    "Called", "Recalled", "Missed", "Rejoined", "ServiceStarted", "Finished", "Cancelled", "Lapsed", "NoShow",
    "StationOpened", "StationClosed", "PrintReported", "PaperCallRecorded", "Undone", "ClockConfirmed", "ClockSeen",
}  # fmt: skip
"""The events of the first two versions."""
LATEST = "v3"
EMERGENCY = {"Triaged", "ReassessmentDue", "IdentityMerged"}
"""These are in a log of their own."""
SLIPS = {"SlipIssued", "SlipPlanned", "SlipEnded", "StopHeld", "StopOpened"}
"""So are these."""
ROOMS = {"RoomAssigned", "RoomLeft"}
"""And these."""
BOOKINGS = {"BookingMissed"}
"""And this."""


def test_there_is_a_log_of_every_version_and_each_holds_every_kind_of_event_of_its_time():
    assert NAMES == ["bookings", "emergency", "places", "rooms", "serving", "slips", "v1", "v2", "v3"]
    kinds = {name: {type(recorded.event).__name__ for recorded in read(name)} for name in NAMES}
    assert kinds["v1"] == kinds["v2"] == FIRST_KINDS
    assert kinds[LATEST] == set(e.TYPES) - EMERGENCY - SLIPS - ROOMS - BOOKINGS
    assert kinds["emergency"] >= EMERGENCY
    assert kinds["slips"] >= SLIPS
    assert kinds["rooms"] >= ROOMS
    assert kinds["bookings"] >= BOOKINGS


def test_the_latest_holds_every_reason_for_a_stamp_and_todays_versions():
    log = [recorded.event for recorded in read(LATEST)]
    whys = {event.why for event in log if isinstance(event, e.Stamped)}
    assert whys == {"due", "alone", "leftover", "moved", "handed_on"}
    log += [recorded.event for name in ("emergency", "slips", "rooms", "bookings") for recorded in read(name)]
    assert {type(event).__name__: event.v for event in log} == e.VERSIONS
    moved = [event for event in log if isinstance(event, e.Transferred)]
    assert {event.kind for event in moved} == {"transfer", "referral", "doctor", "session"}
    issued = [event for event in log if isinstance(event, e.TicketIssued)]
    assert any(event.extra for event in issued)
    assert any(event.by_proxy for event in issued)
    assert any(event.returns for event in issued)
    assert any(event.picked for event in log if isinstance(event, e.Called))
    assert {event.due_at is None for event in log if isinstance(event, e.SteppedBack)} == {True, False}
    assert {event.due_at is None for event in log if isinstance(event, e.BroadcastEnded)} == {True, False}
    assert "abandoned" in {event.reason for event in log if isinstance(event, e.Cancelled)}


def test_a_log_holds_turns_rules_of_sessions_and_a_count_that_depends_on_who_waits():
    log = [recorded.event for recorded in read("serving")]
    calls = [event for event in log if isinstance(event, e.Called)]
    assert {event.turn for event in calls} == {"none", "begins", "goes_on"}
    places = [event.place for event in log if isinstance(event, e.Rejoined) and event.place]
    assert {place.calls_when_more for place in places} == {1}
    opened = next(event for event in log if isinstance(event, e.DayOpened))
    assert {session.stamps for session in opened.sessions} == {None, "strict"}


def test_a_log_holds_every_reason_for_a_door_and_what_tickets_were_told():
    log = [recorded.event for recorded in read("rooms")]
    assert {event.why for event in log if isinstance(event, e.RoomAssigned)} == {"free", "emergency", "hand"}
    left = {event.why for event in log if isinstance(event, e.RoomLeft)}
    assert left == {"closed", "paused", "level", "displaced", "full", "hand"}
    issued = [event for event in log if isinstance(event, e.TicketIssued)]
    assert sum(event.stamp.bound is not None for event in issued) > 10
    assert sum(event.expected is not None for event in issued) > 10
    assert digest(read("rooms"), told=True) != digest(read("rooms"))


def test_a_log_holds_places_that_were_given_before_their_counts_had_run_out():
    log = [recorded.event for recorded in read("places")]
    given = [event for event in log if isinstance(event, e.Stamped) and event.why == "due"]
    assert any(event.due_at_count for event in given)
    assert not all(event.due_at_count for event in given)
    assert {event.doctor for event in given} > {None}


def test_a_log_once_recorded_is_never_recorded_again():
    with pytest.raises(FileExistsError):
        record("v1")
