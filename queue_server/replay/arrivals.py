"""How a patient of a past day comes to wait when the day runs again."""

from __future__ import annotations

from collections.abc import Mapping

from queue_server.engine import commands as c
from queue_server.engine.site import Appointment, ClinicSession, Order, Registration
from queue_server.replay.visits import Past, Visit


def check_in(
    past: Past, sessions: Mapping[str, ClinicSession], n: int, now: int
) -> c.CheckIn | c.CheckInOrder | c.CheckInWalkIn:
    """What visit ``n`` asks for at ``now``; ``sessions`` are those known by then."""
    visit = past.visits[n]
    person, reference, credits_ = f"p{visit.person}", f"v{n}", list(visit.credits)
    # An order's own ticket is asked for; whom a clinic asks for no check-in is never late here either.
    channel = "desk" if visit.channel == "hospital" and visit.origin == "order" else visit.channel
    if visit.origin == "order":
        slot_start, slot_end = visit.slot or (None, None)
        what = Order(
            id=reference, person=person, kind="exam", queue=visit.queue, day=past.day, status="paid",
            slot_start=slot_start, slot_end=slot_end, credits=credits_,
        )  # fmt: skip
        return c.CheckInOrder(what, visit.channel)
    if visit.session is None:
        return c.CheckInWalkIn(visit.queue, None, person, channel)
    session = _session_for(visit, sessions, now)
    day = sessions[session].day if session in sessions else past.day
    if visit.origin == "appointment" and visit.slot is not None:
        slot = visit.slot
        if visit.after is not None and slot[0] == slot[1]:
            # No slot of the hospital's: a moment that came with the return goes with it.
            slot = (slot[0] + now - visit.checked_in, slot[1] + now - visit.checked_in)
        booked = Appointment(reference, person, session, day, *slot, number=visit.hospital_number, credits=credits_)
        return c.CheckIn(booked, channel)
    registered = Registration(reference, person, session, day, "paid", visit.hospital_number, credits_)
    return c.CheckInWalkIn(visit.queue, registered, None, channel, extra=visit.extra)


def _session_for(visit: Visit, sessions: Mapping[str, ClinicSession], now: int) -> str:
    """The session it checked in for; a return that comes at another time takes the first that has not ended."""
    if visit.after is None or now == visit.checked_in:
        return visit.session or ""
    own = sessions.get(visit.session or "")
    if own is None:
        return visit.session or ""
    alike = sorted(
        (
            session
            for session in sessions.values()
            if (session.queue, session.doctor, session.status) == (own.queue, own.doctor, "open")
        ),
        key=lambda session: (session.ends_at, session.id),
    )
    return next((session.id for session in alike if now < session.ends_at), own.id)
