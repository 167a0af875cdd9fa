"""Who may book what: places in a slot, those kept for referrals, limits for one person, and the ban after no-shows.

Days are ``YYYY-MM-DD`` service days, moments UTC microseconds. The hospital's system keeps the bookings; this decides
from what it says, and every refusal has a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from queue_server.engine.refusals import Refusal, refusal
from queue_server.engine.site import BookingRules, ClinicSession, Slot, Text
from queue_server.engine.stamps import MINUTE

Source = Literal["public", "referral"]


class Booked(msgspec.Struct, frozen=True):
    """A booking that somebody holds. ``slot`` is the slot's beginning."""

    session: str
    clinic: str
    day: str
    slot: int
    source: Source = "public"


class Wish(msgspec.Struct, frozen=True):
    """A booking that is asked for."""

    session: ClinicSession
    slot: int
    """Which of the session's slots, from 0."""
    source: Source = "public"


class Record(msgspec.Struct, frozen=True):
    """What is known of the person who asks: bookings still to come, and the days of bookings that nobody came to."""

    held: Sequence[Booked] = ()
    no_shows: Sequence[str] = ()


class Waiter(msgspec.Struct, frozen=True):
    """Somebody who waits for a place of a full slot (候补), since the moment ``since``."""

    person: str
    since: int
    wish: Wish
    record: Record


def places(session: ClinicSession) -> list[int]:
    """How many may be booked in each slot: the session's limit, spread evenly, the first slots taking what is over.

    A session without a limit (0) has none in its slots; one without slots has one list of all.
    """
    count = max(1, len(session.slots))
    each, over = divmod(session.limit, count)
    return [each + (index < over) for index in range(count)]


def kept_for_referrals(rules: BookingRules, session: ClinicSession, slot: int, now: int) -> int:
    """How many places of the slot only a referral may take at ``now``."""
    starts_at = session.slots[slot].starts_at if session.slots else session.starts_at
    if now >= starts_at - rules.referral_until_min * MINUTE:
        return 0
    return places(session)[slot] * rules.referral_percent // 100


def left(
    rules: BookingRules, session: ClinicSession, slot: int, taken: Iterable[Booked], now: int, source: Source
) -> int:
    """How many more places of the slot somebody with ``source`` may book at ``now``.

    A referral takes a kept place first, so that the others lose none to it while there are any.
    """
    of_slot = [one for one in taken if one.session == session.id and one.slot == _starts(session, slot)]
    free = places(session)[slot] - len(of_slot)
    if source == "referral":
        return max(0, free)
    kept = kept_for_referrals(rules, session, slot, now)
    return max(0, free - max(0, kept - sum(one.source == "referral" for one in of_slot)))


def banned_until(rules: BookingRules, no_shows: Iterable[str]) -> str | None:
    """The last day on which the person may not book because of these no-shows; ``None`` when nothing forbids it.

    A ban begins with the no-show that makes ``no_shows`` of them within ``no_show_days``, its own day included.
    """
    if rules.no_shows <= 0:
        return None
    days = sorted(date.fromisoformat(day) for day in no_shows)
    until = None
    for first, last in zip(days, days[rules.no_shows - 1 :], strict=False):
        if (last - first).days < rules.no_show_days:
            until = last + timedelta(days=rules.ban_days)
    return until.isoformat() if until else None


def counted(rules: BookingRules, no_shows: Iterable[str], today: str) -> int:
    """How many of these no-shows still count towards a ban on ``today``."""
    now = date.fromisoformat(today)
    return sum(0 <= (now - date.fromisoformat(day)).days < rules.no_show_days for day in no_shows)


def check(  # noqa: PLR0911 - one return a reason
    rules: BookingRules, wish: Wish, record: Record, taken: Iterable[Booked], *, today: str, now: int, desk: Text
) -> Refusal | None:
    """Why the wish cannot be booked; ``None``: it can.

    Args:
        rules: the hospital's.
        wish: what is asked for.
        record: of the person who asks.
        taken: the bookings of the session.
        today: the service day.
        now: the moment, UTC microseconds.
        desk: where to ask.
    """
    session = wish.session
    ahead = (date.fromisoformat(session.day) - date.fromisoformat(today)).days
    if session.status == "cancelled":
        return refusal("session_cancelled", desk=desk)
    if ahead < 0 or now >= _ends(session, wish.slot):
        return refusal("slot_over")
    if ahead > rules.ahead_days:
        return refusal("too_far_ahead", days=str(rules.ahead_days))
    banned = banned_until(rules, record.no_shows)
    if banned is not None and today <= banned and wish.source == "public":
        return refusal("booking_banned", until=banned, desk=desk)
    same = sum(one.day == session.day and one.clinic == session.clinic for one in record.held)
    if same >= rules.a_day_and_clinic:
        return refusal("booked_already", desk=desk)
    if rules.at_once and len(record.held) >= rules.at_once:
        return refusal("too_many_bookings", count=str(rules.at_once))
    if session.limit and left(rules, session, wish.slot, taken, now, wish.source) <= 0:
        return refusal("slot_full")
    return None


def may_wait(
    rules: BookingRules,
    asking: Waiter,
    waiters: Iterable[Waiter],
    taken: Iterable[Booked],
    *,
    today: str,
    now: int,
    desk: Text,
) -> Refusal | None:
    """Why nobody is put down as waiting for a place of the slot; ``None``: it can be done. Arguments as of ``check``.

    Who may not book may not wait either, and while there is a place nobody needs to.
    """
    wish = asking.wish
    why = check(rules, wish, asking.record, taken, today=today, now=now, desk=desk)
    if why is None:
        return refusal("slot_free")
    if why.code != "slot_full":
        return why
    if not _is_kept_for_waiters(rules, wish, now):
        return refusal("waiting_list_over", minutes=str(rules.waiting_until_min))
    of_slot = [one.person for one in waiters if (one.wish.session.id, one.wish.slot) == (wish.session.id, wish.slot)]
    if asking.person in of_slot:
        return refusal("waiting_already")
    return refusal("waiting_list_full") if len(of_slot) >= rules.waiting_list else None


def next_in_line(
    rules: BookingRules, waiters: Iterable[Waiter], taken: Sequence[Booked], *, today: str, now: int, desk: Text
) -> Waiter | None:
    """Whose a place is that has become free: of those who may book it now, who has waited longest."""
    for one in sorted(waiters, key=lambda waiter: (waiter.since, waiter.person)):
        may_book = check(rules, one.wish, one.record, taken, today=today, now=now, desk=desk) is None
        if may_book and _is_kept_for_waiters(rules, one.wish, now):
            return one
    return None


def _is_kept_for_waiters(rules: BookingRules, wish: Wish, now: int) -> bool:
    return now < _starts(wish.session, wish.slot) - rules.waiting_until_min * MINUTE


def may_cancel(rules: BookingRules, booked: Booked, now: int) -> Refusal | None:
    """Why a booking cannot be cancelled any more without counting as a no-show; ``None``: it can."""
    if now > booked.slot - rules.cancel_until_min * MINUTE:
        return refusal("too_late_to_cancel", minutes=str(rules.cancel_until_min))
    return None


def bad_slots(rules: BookingRules, session: ClinicSession) -> list[str]:
    """What is wrong with a session's slots, each in a sentence that names the slot: too long, outside, overlapping."""
    wrong = []
    before: Slot | None = None
    for index, slot in enumerate(session.slots, 1):
        minutes = (slot.ends_at - slot.starts_at) / MINUTE
        if not 0 < minutes <= rules.longest_slot_min:
            wrong.append(
                f"slot {index} of {session.id} is {minutes:g} min long; 1 to {rules.longest_slot_min} are allowed"
            )
        if slot.starts_at < session.starts_at or slot.ends_at > session.ends_at:
            wrong.append(f"slot {index} of {session.id} is not within its session")
        if before is not None and slot.starts_at < before.ends_at:
            wrong.append(f"slot {index} of {session.id} begins before slot {index - 1} ends")
        before = slot
    return wrong


def _starts(session: ClinicSession, slot: int) -> int:
    return session.slots[slot].starts_at if session.slots else session.starts_at


def _ends(session: ClinicSession, slot: int) -> int:
    return session.slots[slot].ends_at if session.slots else session.ends_at
