"""Check-in: appointments, same-day registrations and queues that number anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queue_server.engine import events as e
from queue_server.engine.capacity import no_room
from queue_server.engine.fees import of_registration
from queue_server.engine.joining import Joined, due_at_once, join
from queue_server.engine.reasons import REASONS
from queue_server.engine.refusals import Refusal, refusal
from queue_server.engine.site import Abandon, Text
from queue_server.engine.stamps import (
    MINUTE,
    Arrival,
    check_in_rule,
    hhmm,
    in_force,
    of_group,
    ordinal,
    render,
    return_rule,
)
from queue_server.engine.transitions import LIVE

if TYPE_CHECKING:
    from queue_server.engine.commands import CheckIn, CheckInWalkIn
    from queue_server.engine.context import Context
    from queue_server.engine.entries import Day, SiteIndex
    from queue_server.engine.fees import Fee
    from queue_server.engine.site import Clinic, ClinicSession, Queue
    from queue_server.engine.state import State

Decision = list[e.Event] | Refusal


def opened_day(state: State) -> tuple[SiteIndex, Day] | Refusal:
    """Configuration and day, while a service day is open."""
    if state.index is None or state.day is None or state.day.ended:
        return refusal("day_not_open")
    return (state.index, state.day)


def desk_of(state: State) -> Text:
    """The staffed window, for sentences."""
    if state.index is None:
        raise ValueError("there is no configuration")
    return state.index.site.desk


def _session_of(state: State, session_id: str, *, now: int, is_backfill: bool) -> tuple[ClinicSession, Queue] | Refusal:
    index = state.index
    session = state.sessions.get(session_id)
    queue = index.queues.get(session.queue) if index and session else None
    if session is None or queue is None:
        return refusal("unknown_session", desk=desk_of(state))
    if session.status == "cancelled":
        return refusal("session_cancelled", desk=desk_of(state))
    # What was written on paper while the server was away is entered whenever it comes back.
    if now >= session.ends_at and not is_backfill:
        return refusal("session_over", desk=desk_of(state))
    return (session, queue)


def _is_of_today(day: Day, session: ClinicSession | None, date: str, now: int) -> bool:
    """Whether a booking for ``date`` is for the present; a night's session of yesterday may still be running."""
    return date == day.day or (session is not None and session.day == date and now < session.ends_at)


def here_before(state: State, origin_ref: str, visit: tuple[str, str, str | None]) -> Refusal | None:
    """The ticket that this person has for this visit already."""
    live = state.live_visits.get(visit)
    if live is not None:
        return refusal("already_checked_in", ticket=live)
    used = state.by_origin.get(origin_ref)
    if used is None:
        return None
    if state.tickets[used].status == "finished":
        return refusal("ticket_over", ticket=used, desk=desk_of(state))
    # The same booking under another reference to the person: one visit has one number.
    return refusal("already_checked_in", ticket=used) if state.tickets[used].status in LIVE else None


def next_number(state: State, queue: Queue) -> tuple[str, int]:
    """The next number of a queue that numbers by itself, and its serial."""
    serial = state.counters.get(queue.id, 0) + 1
    # A ticket carried over from yesterday keeps its number; today's counter steps over it.
    while (queue.id, f"{queue.prefix}{serial:03d}") in state.carried:
        serial += 1
    return (f"{queue.prefix}{serial:03d}", serial)


def number_for(state: State, queue: Queue, session: str | None, given: str | None) -> tuple[str, int | None] | Refusal:
    """The hospital's number where the queue takes that, else the queue's next; the serial is that of its counter."""
    if queue.numbers == "hospital" and queue.kind == "clinic":
        if not given:
            return refusal("number_missing", desk=desk_of(state))
        other = state.taken.get((queue.id, session, given))
        if other is not None:
            return refusal("number_taken", ticket=other, desk=desk_of(state))
        return (given, None)
    return next_number(state, queue)


def check_in(  # noqa: C901, PLR0911 - one return a reason
    state: State, command: CheckIn, ctx: Context
) -> Decision:
    """An appointment's patient is here."""
    opened = opened_day(state)
    if isinstance(opened, Refusal):
        return opened
    index, day = opened
    booked = command.appointment
    known = state.sessions.get(booked.session)
    if not _is_of_today(day, known, booked.day, ctx.now):
        return refusal("not_today")
    if booked.status == "cancelled":
        return refusal("appointment_cancelled", desk=index.site.desk)
    if known is not None:
        before = here_before(state, booked.id, (booked.person, known.clinic, known.id))
        if before is not None:
            return before
    is_backfill = command.channel == "backfill"
    found = _session_of(state, booked.session, now=ctx.now, is_backfill=is_backfill)
    if isinstance(found, Refusal):
        return found
    session, queue = found[0], in_force(found[1], found[0])
    clinic = index.clinics.get(session.clinic)
    if (elsewhere := _elsewhere(index, clinic, command)) is not None:
        return elsewhere
    if clinic is not None and not is_backfill:
        opens = booked.slot_start - clinic.check_in_opens_min * MINUTE
        if ctx.now < opens:
            return refusal("too_early", time=hhmm(opens, day.utc_offset_min))
    number = number_for(state, queue, session.id, booked.number)
    if isinstance(number, Refusal):
        return number
    # Whom nobody asks to check in is never late, whenever the server hears of it.
    here = min(ctx.now, booked.slot_start) if command.channel == "hospital" else ctx.now
    arrival = Arrival(
        ctx.now,
        here,
        booked.slot_start,
        booked.slot_end,
        session,
        tuple(booked.credits),
        number=ordinal(number[0]),
    )
    name, rule = check_in_rule(queue, here, booked.slot_start, by_staff=command.channel != "kiosk")
    name, rule = of_group(queue, booked.credits, name, rule)
    if isinstance(rule, Abandon):
        sentence = render(rule, queue, arrival, utc_offset_min=day.utc_offset_min)
        return refusal("too_late", sentence=with_full_stop(sentence), desk=index.site.desk)
    return issue_ticket(
        state,
        ctx,
        number=number,
        joined=join(state, queue, session.doctor, name, rule, arrival),
        queue=queue,
        session=session,
        arrival=arrival,
        origin="appointment",
        origin_ref=booked.id,
        person=booked.person,
        channel=command.channel,
        by_proxy=command.by_proxy,
    )


def _elsewhere(index: SiteIndex, clinic: Clinic | None, command: CheckIn | CheckInWalkIn) -> Refusal | None:
    """A kiosk of another hall, where the clinic's patients check in at their own."""
    if clinic is None or clinic.check_in_at == "anywhere" or command.channel != "kiosk":
        return None
    if command.hall in {None, clinic.hall}:
        return None
    name = next((hall.name for hall in index.site.halls if hall.id == clinic.hall), clinic.area)
    return refusal("other_hall", hall=name)


def with_full_stop(text: Text) -> Text:
    """A configured sentence with its full stop, so that another one can follow."""
    return Text(text.zh.rstrip("。. ") + "。", text.en.rstrip(". ") + ".")


def check_in_walk_in(  # noqa: PLR0911 - one return a reason
    state: State, command: CheckInWalkIn, ctx: Context
) -> Decision:
    """A patient without an appointment."""
    opened = opened_day(state)
    if isinstance(opened, Refusal):
        return opened
    index, _ = opened
    queue = index.queues.get(command.queue)
    if queue is None:
        return refusal("unknown_queue")
    if command.registration is not None:
        return _registered(state, command, queue, ctx)
    if queue.kind == "clinic":
        running = any(
            session.queue == queue.id and session.status == "open" and ctx.now < session.ends_at
            for session in state.sessions.values()
        )
        if not running:
            return refusal("queue_closed", desk=index.site.desk)
        return refusal("registration_needed")
    if queue.kind == "order":
        return refusal("order_needed")
    if command.person is not None:
        live = state.live_visits.get((command.person, queue.id, None))
        if live is not None:
            return refusal("already_checked_in", ticket=live)
    number = number_for(state, queue, None, None)
    if isinstance(number, Refusal):
        return number
    arrival = Arrival(ctx.now, ctx.now, None, None, None, ())
    return issue_ticket(
        state,
        ctx,
        number=number,
        joined=join(state, queue, None, "walk_in", queue.stamps.walk_in, arrival),
        queue=queue,
        session=None,
        arrival=arrival,
        origin="open",
        origin_ref=None,
        person=command.person,
        channel=command.channel,
        by_proxy=command.by_proxy,
    )


def _registered(  # noqa: C901, PLR0911 - one return a reason
    state: State, command: CheckInWalkIn, queue: Queue, ctx: Context
) -> Decision:
    registered = command.registration
    if registered is None or state.day is None or state.index is None:
        return refusal("registration_needed")
    known = state.sessions.get(registered.session)
    if not _is_of_today(state.day, known, registered.day, ctx.now):
        return refusal("not_today")
    if registered.status == "withdrawn":
        return refusal("registration_withdrawn", desk=desk_of(state))
    if known is not None:
        before = here_before(state, registered.id, (registered.person, known.clinic, known.id))
        if before is not None:
            return before
    is_backfill = command.channel == "backfill"
    found = _session_of(state, registered.session, now=ctx.now, is_backfill=is_backfill)
    if isinstance(found, Refusal):
        return found
    session, queue_of_session = found
    if queue_of_session.id != queue.id:
        return refusal("unknown_session", desk=desk_of(state))
    clinic = state.index.clinics.get(session.clinic)
    if (elsewhere := _elsewhere(state.index, clinic, command)) is not None:
        return elsewhere
    fee = of_registration(state.index.site.fees, registered, session.clinic)
    # Where an earlier fee covers the visit there is nothing to pay.
    is_owed = registered.status == "unpaid" and (fee is None or fee.fen > 0)
    if is_owed and not (clinic and clinic.treat_before_payment):
        return refusal("registration_unpaid")
    full = no_room(state, session, registered.credits, ctx.now)
    if command.extra is not None and command.extra not in REASONS["extra"]:
        return refusal("unknown_reason")
    if full is not None and command.extra is None:
        return full
    number = number_for(state, queue, session.id, registered.number)
    if isinstance(number, Refusal):
        return number
    arrival = Arrival(ctx.now, ctx.now, None, None, session, tuple(registered.credits), number=ordinal(number[0]))
    # Who was seen here today and registered again is back with results.
    returns = (registered.person, session.clinic) in state.seen
    ruled = in_force(queue, session)
    name, rule = return_rule(ruled) if returns else of_group(ruled, registered.credits, "walk_in", ruled.stamps.walk_in)
    return issue_ticket(
        state,
        ctx,
        number=number,
        joined=join(state, queue, session.doctor, name, rule, arrival),
        queue=queue,
        session=session,
        arrival=arrival,
        origin="registration",
        origin_ref=registered.id,
        person=registered.person,
        channel=command.channel,
        by_proxy=command.by_proxy,
        extra=command.extra if full is not None else None,
        returns=returns,
        fee=fee,
    )


def issue_ticket(  # noqa: PLR0913 - a ticket has as many fields as it has
    state: State,
    ctx: Context,
    *,
    number: tuple[str, int | None],
    joined: Joined,
    queue: Queue,
    session: ClinicSession | None,
    arrival: Arrival,
    origin: e.Origin,
    origin_ref: str | None,
    person: str | None,
    channel: str,
    by_proxy: bool,
    extra: str | None = None,
    returns: bool = False,
    slip: str | None = None,
    fee: Fee | None = None,
) -> list[e.Event]:
    """The ticket, and the stamp of one whose list owes no call."""
    label, serial = number
    ticket = ctx.new_id()
    issued = e.TicketIssued(
        ticket=ticket,
        number=label,
        serial=serial,
        queue=queue.id,
        clinic=session.clinic if session else queue.clinic,
        session=session.id if session else None,
        doctor=session.doctor if session else None,
        person=person,
        origin=origin,
        origin_ref=origin_ref,
        slot_start=arrival.slot_start,
        slot_end=arrival.slot_end,
        credits=list(arrival.credits),
        channel=channel,  # type: ignore[arg-type]  # the command's own Literal, read as str
        link=ctx.secret(),
        rank=joined.rank,
        place=joined.place,
        stamp=joined.stamp,
        seq=joined.seq,
        extra=extra,
        by_proxy=by_proxy,
        returns=returns,
        slip=slip,
        fee=fee,
    )
    return [issued, *due_at_once(state, joined, ticket, label, ctx.now)]
