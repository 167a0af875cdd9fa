"""Room in a session, places kept for referrals, fees that an earlier fee covers, and bookings that nobody came to."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.canonical import canonical
from queue_server.engine.capacity import Room, room_in
from queue_server.engine.queries import history
from queue_server.engine.refusals import Refusal
from queue_server.engine.site import BookingRules, FeeRules, Paid, Site
from queue_server.log import snapshots
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.invariants import check
from tests.sites import DAY, NEXT_DAY, appointment, at, registration, small_sessions, small_site

replace = msgspec.structs.replace


def site_with(booking: BookingRules | None = None, fees: FeeRules | None = None) -> Site:
    site = small_site()
    return replace(site, booking=booking or site.booking, fees=fees or site.fees)


def limited(limit: int, percent: int, until_min: int = 0) -> Lobby:
    """Internal medicine's pool takes so many, of which so many per cent are kept for referrals."""
    sessions = [replace(one, limit=limit, slots=[]) if one.id == "im-am" else one for one in small_sessions()]
    return Lobby(site_with(BookingRules(referral_percent=percent, referral_until_min=until_min)), sessions)


def came(lobby: Lobby, clock: str, who: str, *, referral: bool = False, extra: str | None = None) -> str:
    """``issued``, ``extra`` or the code of the refusal."""
    paid = registration(who, who, "im-am", credits=["referral"] if referral else [])
    decided = lobby.ask(clock, c.CheckInWalkIn("q-im", paid, who, "desk", extra=extra))
    if isinstance(decided, Refusal):
        return decided.code
    issued = next(event for event in decided if isinstance(event, e.TicketIssued))
    return "issued" if issued.extra is None else "extra"


# --- places kept for referrals ----------------------------------------------------------------------------------------


def test_the_places_kept_are_a_referrals_and_patients_over_the_limit_do_not_take_them():
    lobby = limited(4, 50)
    assert [came(lobby, "07:30", f"p{i}") for i in range(3)] == ["issued", "issued", "kept_for_referrals"]
    assert came(lobby, "07:31", "p3", extra="urgent") == "extra"
    assert [came(lobby, "07:32", f"r{i}", referral=True) for i in range(3)] == ["issued", "issued", "limit_reached"]
    assert came(lobby, "07:33", "p4") == "limit_reached"


def test_places_that_no_referral_took_are_open_to_everybody_when_the_time_has_come():
    lobby = limited(4, 50, until_min=30)
    assert [came(lobby, "07:29", f"p{i}") for i in range(3)] == ["issued", "issued", "kept_for_referrals"]
    assert [came(lobby, "07:30", f"q{i}") for i in range(3)] == ["issued", "issued", "limit_reached"]


def test_a_referral_that_goes_again_gives_its_kept_place_back():
    lobby = limited(2, 50)
    assert came(lobby, "07:30", "r0", referral=True) == "issued"
    assert came(lobby, "07:31", "p0") == "issued"
    lobby.do("07:32", c.Cancel("t00001"))
    assert came(lobby, "07:33", "p1") == "kept_for_referrals"
    assert came(lobby, "07:34", "r1", referral=True) == "issued"


class Unread(dict):
    """Tickets of which each may be looked up, and all of them never."""

    def __iter__(self):
        raise AssertionError("the whole day was read")

    values = items = keys = __iter__


def test_the_room_is_told_without_looking_through_the_day():
    lobby = limited(4, 50)
    assert [came(lobby, "07:30", "r0", referral=True), came(lobby, "07:31", "p0")] == ["issued", "issued"]
    lobby.state.tickets = Unread(lobby.state.tickets)
    session = lobby.state.sessions["im-am"]
    assert room_in(lobby.state, session, at("07:32")) == Room(1, 1)


def test_a_credit_for_a_referral_at_the_desk_takes_a_kept_place_and_taking_it_back_gives_it():
    lobby = limited(4, 50)
    assert came(lobby, "07:30", "p0") == "issued"
    lobby.do("07:31", c.GrantCredit("t00001", "referral", "document_seen"))
    session = lobby.state.sessions["im-am"]
    assert room_in(lobby.state, session, lobby.now) == Room(2, 1)
    lobby.do("07:32", c.Undo(lobby.state.position))
    assert room_in(lobby.state, session, lobby.now) == Room(1, 2)
    check(lobby.state)


@settings(max_examples=100, deadline=None)
@given(
    limit=st.integers(1, 8),
    percent=st.integers(0, 100),
    wishes=st.lists(st.tuples(st.booleans(), st.booleans()), max_size=16),
)
def test_whoever_asks_the_limit_holds_without_reasons_and_referrals_get_their_share(limit, percent, wishes):
    lobby = limited(limit, percent)
    lobby.strict = False
    got = [
        (referral, came(lobby, "07:30", f"p{i}", referral=referral, extra="urgent" if extra else None))
        for i, (referral, extra) in enumerate(wishes)
    ]
    kept = limit * percent // 100
    regular = [referral for referral, result in got if result == "issued"]
    assert sum(not referral for referral in regular) <= limit - kept
    # A place that was kept is refused to no referral.
    refused = [index for index, (referral, result) in enumerate(got) if referral and result != "issued"]
    for index in refused:
        assert sum(referral for referral, result in got[:index]) >= kept
    check(lobby.state)


def test_a_session_without_a_limit_has_room_for_everybody():
    lobby = limited(0, 50)
    assert room_in(lobby.state, lobby.state.sessions["im-am"], at("07:30")) is None
    assert {came(lobby, "07:30", f"p{i}") for i in range(50)} == {"issued"}


def test_a_kept_place_is_taken_first_by_a_referral():
    assert Room(1, 1).without(referral=True) == Room(1, 0)
    assert Room(1, 0).without(referral=True) == Room(0, 0)
    assert Room(0, 1).admits(referral=True)
    assert not Room(0, 1).admits(referral=False)


# --- a cancelled session's patients in another one --------------------------------------------------------------------


def released(limit: int, patients: int) -> Lobby:
    """So many wait for internal medicine's pool, which is cancelled; Dr Lin's session has so many places."""
    lobby = Lobby()
    for i in range(patients):
        lobby.issue("08:40", c.CheckIn(appointment(f"b{i}", f"b{i}", "im-am", "09:00")))
    sessions = {each.id: each for each in small_sessions()}
    off = replace(sessions["im-am"], status="cancelled")
    lobby.do("08:41", c.UpdateSessions([off, replace(sessions["im-lin-am"], limit=limit)]))
    return lobby


def test_a_released_session_goes_where_there_is_room_and_beyond_it_for_a_reason_only():
    lobby = released(limit=2, patients=3)
    refused = lobby.refused("08:45", c.ReleaseSession("im-am", "im-lin-am"))
    assert refused.code == "session_short"
    assert refused.message.zh == "那个门诊只余 2 个号，这里有 3 位，没有移动。请另选门诊，或写明加号理由。"
    events = lobby.do("08:46", c.ReleaseSession("im-am", "im-lin-am", "session_cancelled"))
    assert (events[0].extra, events[0].tickets) == ("session_cancelled", 3)
    assert lobby.state.per_session["im-lin-am"] == 3
    check(lobby.state)


def test_a_released_session_that_has_room_needs_no_reason_and_takes_none_down():
    lobby = released(limit=3, patients=3)
    events = lobby.do("08:46", c.ReleaseSession("im-am", "im-lin-am", "session_cancelled"))
    assert events[0].extra is None
    ended = released(limit=1, patients=3)
    assert [type(event).__name__ for event in ended.do("08:46", c.ReleaseSession("im-am"))[:2]] == [
        "SessionReleased",
        "Cancelled",
    ]


# --- fees -------------------------------------------------------------------------------------------------------------

YESTERDAY = "2026-03-01"
TODAY = DAY


def with_fee(name: str, *paid: Paid, status: str = "paid", fen: int = 2_000) -> c.CheckInWalkIn:
    facts = {"status": status, "fen": fen, "illness": "J20", "paid": list(paid)}
    return c.CheckInWalkIn("q-im", replace(registration(name, name, "im-am"), **facts), name)


def test_the_fee_and_what_was_spared_ride_in_the_event_without_the_illness():
    lobby = Lobby()
    ticket = lobby.issue("08:00", with_fee("r1", Paid("r0", YESTERDAY, "im", 2_000, "J20")))
    assert (ticket.fee.fen, ticket.fee.saved_fen, ticket.fee.rule, ticket.fee.paid_by) == (0, 2_000, "covered", "r0")
    issued = next(recorded.event for recorded in lobby.log if isinstance(recorded.event, e.TicketIssued))
    assert b"J20" not in e.encode(issued)
    assert "3 天内同一病情不再收取" in history(lobby.state, ticket.id)[0][1].zh
    full = lobby.issue("08:01", with_fee("r2", Paid("r0", YESTERDAY, "ped", 2_000, "J20")))
    assert (full.fee.fen, full.fee.saved_fen, full.fee.rule) == (2_000, 0, "full")
    assert lobby.issue("08:02", with_fee("r3", fen=0)).fee is None


@pytest.mark.parametrize(
    ("paid", "code"),
    [
        ((), "registration_unpaid"),
        ((Paid("r9", TODAY, "im", 2_000, "I10"),), None),
        ((Paid("r9", "2026-02-27", "im", 2_000, "J20"),), "registration_unpaid"),
        ((Paid("r1", TODAY, "im", 2_000, "J20"),), "registration_unpaid"),
    ],
    ids=["no earlier fee", "same day and clinic", "three days ago", "its own fee"],
)
def test_an_unpaid_registration_that_owes_nothing_needs_no_payment(paid, code):
    decided = Lobby().ask("08:00", with_fee("r1", *paid, status="unpaid"))
    assert (decided.code if isinstance(decided, Refusal) else None) == code


def test_the_hospitals_own_fee_rules_count():
    lobby = Lobby(site_with(fees=FeeRules(days=1, once_a_day=False)))
    ticket = lobby.issue("08:00", with_fee("r1", Paid("r0", YESTERDAY, "im", 2_000, "J20")))
    assert ticket.fee.rule == "full"


# --- bookings that nobody came to -------------------------------------------------------------------------------------


def test_whoever_did_not_come_is_noted_once_after_the_session_and_whoever_came_never():
    lobby = Lobby()
    booked = [appointment(f"a{i}", f"p{i}", "im-am", "09:00") for i in range(4)]
    lobby.issue("08:50", c.CheckIn(booked[0]))
    gone = lobby.issue("08:50", c.CheckIn(booked[1]))
    lobby.do("08:51", c.Cancel(gone.id, "patient"))
    lobby.issue("08:52", c.CheckInWalkIn("q-im", registration("r", "p4", "im-am"), "p4", "desk"))
    facts = [
        *booked[:3],
        appointment("a4", "p4", "im-am", "09:00"),
        replace(booked[3], status="cancelled"),
        appointment("x", "x", "im-lin-am", "09:00"),
    ]
    noted = lobby.do("12:00", c.NoteUnkept("im-am", facts))
    missed = [event for event in noted if isinstance(event, e.BookingMissed)]
    assert [(event.appointment, event.person, event.clinic) for event in missed] == [("a2", "p2", "im")]
    assert lobby.do("12:01", c.NoteUnkept("im-am", facts)) == []
    assert lobby.state.unkept == {"a2"}
    assert canonical(lobby.replayed()) == canonical(lobby.state)
    assert canonical(snapshots.restore(snapshots.take(lobby.state))) == canonical(lobby.state)
    lobby.do("22:00", c.Tick())
    lobby.do(at("05:00", NEXT_DAY), c.OpenDay(NEXT_DAY, 480, small_sessions(NEXT_DAY)))
    assert lobby.state.unkept == set()
