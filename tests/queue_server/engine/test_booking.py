"""Slots, places kept for referrals, limits and bans."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_server.engine.booking import (
    Booked,
    Record,
    Waiter,
    Wish,
    bad_slots,
    banned_until,
    check,
    kept_for_referrals,
    left,
    may_cancel,
    may_wait,
    next_in_line,
    places,
)
from queue_server.engine.site import BookingRules, ClinicSession, Slot, Text
from queue_server.engine.stamps import MINUTE

TODAY = "2026-11-23"
EIGHT = 1_763_856_000_000_000
HOUR = 60 * MINUTE
DESK = Text("一楼人工窗口", "the staffed window")


def session(*, limit=20, hours=4, after=0, **more):
    starts = EIGHT + after * 24 * HOUR
    slots = [Slot(starts + n * HOUR, starts + (n + 1) * HOUR) for n in range(hours)]
    day = (date.fromisoformat(TODAY) + timedelta(days=after)).isoformat()
    return ClinicSession(
        f"s{after}", day, "internal", "q", None, "morning", starts, starts + max(hours, 1) * HOUR, limit, slots, **more
    )


def booked(of, slot=0, source="public"):
    return Booked(of.id, of.clinic, of.day, of.slots[slot].starts_at, source)


def asked(of, slot=0, *, rules=BookingRules(), record=Record(), taken=(), now=EIGHT - HOUR, source="public"):  # noqa: B008 - frozen
    found = check(rules, Wish(of, slot, source), record, taken, today=TODAY, now=now, desk=DESK)
    return found.code if found else None


def test_a_limit_is_spread_over_the_slots():
    assert places(session(limit=10, hours=4)) == [3, 3, 2, 2]
    assert places(session(limit=7, hours=0)) == [7]
    assert places(session(limit=0)) == [0, 0, 0, 0]


def test_a_slot_is_booked_until_it_is_full():
    of = session(limit=4, hours=2)
    assert asked(of) is None
    assert asked(of, taken=[booked(of)]) is None
    assert asked(of, taken=[booked(of), booked(of)]) == "slot_full"
    assert asked(of, slot=1, taken=[booked(of), booked(of)]) is None
    assert asked(session(limit=0), taken=[booked(session(limit=0))] * 99) is None, "without a limit"


def test_places_are_kept_for_referrals_until_the_slot_is_near():
    rules = BookingRules(referral_percent=50, referral_until_min=120)
    of = session(limit=8, hours=2)
    early, near = EIGHT - 121 * MINUTE, EIGHT - 120 * MINUTE
    assert (kept_for_referrals(rules, of, 0, early), kept_for_referrals(rules, of, 0, near)) == (2, 0)
    half = [booked(of), booked(of)]
    assert asked(of, rules=rules, taken=half, now=early) == "slot_full"
    assert asked(of, rules=rules, taken=half, now=near) is None
    assert asked(of, rules=rules, taken=half, now=early, source="referral") is None
    # A referral took one of the kept places, so the public has two still.
    with_referral = [booked(of, source="referral"), booked(of)]
    assert left(rules, of, 0, with_referral, early, "public") == 1
    assert asked(of, rules=rules, taken=[*with_referral, booked(of)], now=early) == "slot_full"


def waiter(of, person, since, *, record=Record(), source="public"):  # noqa: B008 - frozen
    return Waiter(person, since, Wish(of, 0, source), record)


def may_wait_for(of, person, *, taken, waiters=(), record=Record(), places=2, now=EIGHT - 5 * HOUR):  # noqa: B008 - frozen
    rules = BookingRules(waiting_list=places)
    asking = waiter(of, person, now, record=record)
    found = may_wait(rules, asking, waiters, taken, today=TODAY, now=now, desk=DESK)
    return found.code if found else None


def test_for_a_full_slot_so_many_wait_and_each_once():
    of = session(limit=4, hours=2)
    full = [booked(of), booked(of)]
    first, second = waiter(of, "p1", 1), waiter(of, "p2", 2)
    assert may_wait_for(of, "p1", taken=full) is None
    assert may_wait_for(of, "p1", taken=full[:1]) == "slot_free"
    assert may_wait_for(of, "p1", taken=full, waiters=[first]) == "waiting_already"
    assert may_wait_for(of, "p3", taken=full, waiters=[first, second]) == "waiting_list_full"
    assert may_wait_for(of, "p3", taken=full, places=0) == "waiting_list_full", "there is no list"
    elsewhere = Waiter("p1", 1, Wish(of, 1), Record())
    assert may_wait_for(of, "p1", taken=full, waiters=[elsewhere, second]) is None, "another slot's is another list"
    assert may_wait_for(of, "p1", taken=full, record=Record([booked(of)])) == "booked_already"
    assert may_wait_for(of, "p1", taken=full, now=EIGHT - 120 * MINUTE) == "waiting_list_over"


def test_a_place_that_becomes_free_is_who_has_waited_longest_and_may_book_now():
    of = session(limit=4, hours=2)
    rules = BookingRules(waiting_list=9)
    banned = Record(no_shows=["2026-11-01", "2026-11-02", "2026-11-03"])
    waiters = [waiter(of, "p3", 3), waiter(of, "p1", 1, record=banned), waiter(of, "p2", 2)]

    def given(taken, now=EIGHT - 5 * HOUR):
        found = next_in_line(rules, waiters, taken, today=TODAY, now=now, desk=DESK)
        return found.person if found else None

    assert given([booked(of), booked(of)]) is None, "nothing is free"
    assert given([booked(of)]) == "p2"
    assert given([booked(of)], now=EIGHT - 120 * MINUTE) is None, "so near it is open to everybody"
    assert given([booked(of)], now=EIGHT - 120 * MINUTE - 1) == "p2"


@given(
    st.integers(0, 40), st.integers(0, 100), st.lists(st.sampled_from(["public", "referral"]), max_size=60),
)  # fmt: skip
def test_a_slot_is_never_overbooked_and_kept_places_are_there(limit, percent, wishes):
    rules = BookingRules(referral_percent=percent)
    of = session(limit=limit, hours=1)
    now = EIGHT - 2 * 24 * HOUR
    taken = []
    for source in wishes:
        if left(rules, of, 0, taken, now, source) > 0:
            taken.append(booked(of, source=source))
    assert len(taken) <= limit
    kept = limit * percent // 100
    assert sum(one.source == "public" for one in taken) <= limit - kept
    refused = len(wishes) > len(taken)
    if refused and wishes.count("public") >= limit and wishes.count("referral") >= kept:
        assert len(taken) == limit, "nobody is refused while there is a place for them"


def test_limits_for_one_person():
    of, other = session(after=1), replace(session(after=1), clinic="eye")
    assert asked(of, record=Record([booked(of)])) == "booked_already"
    assert asked(of, record=Record([booked(other)])) is None
    assert asked(of, rules=BookingRules(at_once=1), record=Record([booked(other)])) == "too_many_bookings"
    assert asked(of, rules=BookingRules(a_day_and_clinic=2), record=Record([booked(of)])) is None


def test_when_one_may_book():
    assert asked(session(after=28)) is None
    assert asked(session(after=29)) == "too_far_ahead"
    assert asked(session(after=-1)) == "slot_over"
    of = session()
    assert asked(of, slot=0, now=of.slots[0].ends_at - 1) is None
    assert asked(of, slot=0, now=of.slots[0].ends_at) == "slot_over"
    assert asked(replace(of, status="cancelled")) == "session_cancelled"


@pytest.mark.parametrize(
    ("no_shows", "until"),
    [
        ([], None),
        (["2026-09-01", "2026-10-01"], None),
        (["2026-09-01", "2026-10-01", "2026-11-20"], "2027-02-18"),
        (["2026-08-23", "2026-10-01", "2026-11-20"], "2027-02-18"),
        (["2026-08-22", "2026-10-01", "2026-11-20"], None),
        (["2026-11-20", "2026-09-01", "2026-10-01"], "2027-02-18"),
    ],
    ids=["none", "two", "three", "within 90 days", "one day too far", "in any order"],
)
def test_three_no_shows_a_quarter_bring_a_ban(no_shows, until):
    assert banned_until(BookingRules(), no_shows) == until
    assert asked(session(), record=Record(no_shows=no_shows)) == ("booking_banned" if until else None)


def test_a_ban_ends_and_never_meets_a_referral():
    days = ["2026-06-01", "2026-06-02", "2026-06-03"]
    assert banned_until(BookingRules(), days) == "2026-09-01"
    assert asked(session(), record=Record(no_shows=days)) is None
    recent = ["2026-11-01", "2026-11-02", "2026-11-03"]
    assert asked(session(), record=Record(no_shows=recent), source="referral") is None
    assert banned_until(BookingRules(no_shows=0), recent * 9) is None
    assert banned_until(BookingRules(no_shows=1, ban_days=7), ["2026-11-03"]) == "2026-11-10"


def test_a_booking_can_be_cancelled_in_time():
    of = session()
    assert may_cancel(BookingRules(), booked(of), EIGHT - 60 * MINUTE) is None
    late = may_cancel(BookingRules(), booked(of), EIGHT - 60 * MINUTE + 1)
    assert late is not None
    assert "60" in late.message.zh


def test_a_session_without_slots_is_booked_as_a_whole():
    of = session(limit=1, hours=0)
    whole = Booked(of.id, of.clinic, of.day, of.starts_at)
    assert asked(of) is None
    assert asked(of, taken=[whole]) == "slot_full"


def test_slots_are_an_hour_at_most_within_their_session_and_apart():
    of = session(hours=2)
    assert bad_slots(BookingRules(), of) == []
    hour_and_a_minute = replace(of, slots=[Slot(of.starts_at, of.starts_at + 61 * MINUTE)])
    assert bad_slots(BookingRules(), hour_and_a_minute) == ["slot 1 of s0 is 61 min long; 1 to 60 are allowed"]
    wrong = replace(of, slots=[of.slots[0], replace(of.slots[0], ends_at=of.ends_at + 1), Slot(of.ends_at, of.ends_at)])
    said = " / ".join(bad_slots(BookingRules(longest_slot_min=600), wrong))
    assert "slot 2 of s0 is not within its session" in said
    assert "slot 2 of s0 begins before slot 1 ends" in said
    assert "slot 3 of s0 is 0 min long" in said
