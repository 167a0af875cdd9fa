"""A ticket goes to another queue, doctor or session and keeps its moment: the first who sees a patient sends on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from queue_server.engine import events as e
from queue_server.engine.absences import waiting
from queue_server.engine.checkin import next_number
from queue_server.engine.entries import REFERRAL
from queue_server.engine.follow import with_turns
from queue_server.engine.lanes import lock_of
from queue_server.engine.lines import Line, rank_by_time
from queue_server.engine.reasons import REASONS, words_of
from queue_server.engine.refusals import Refusal, refusal
from queue_server.engine.site import ClinicSession, Queue, Text
from queue_server.engine.stamps import MINUTE, ROUTINE_TIER, credit_min, hhmm, in_force, with_lock
from queue_server.engine.transitions import AT_A_STATION

if TYPE_CHECKING:
    from queue_server.engine.commands import AssignDoctor, Transfer
    from queue_server.engine.context import Context
    from queue_server.engine.entries import Ticket
    from queue_server.engine.state import State

Decision = list[e.Event] | Refusal
Kind = Literal["transfer", "referral", "doctor", "session"]


class Target(NamedTuple):
    """Where a ticket goes. ``assigned``: the doctor is its own and not its session's."""

    queue: Queue
    clinic: str | None
    doctor: str | None
    session: str | None
    assigned: bool


def moment_of(ticket: Ticket) -> int:
    """The moment by which the ticket waits; by a count of calls, the one at which it began to."""
    if ticket.stamp.key is not None:
        return ticket.stamp.key
    rank = ticket.rank or (ticket.held.rank if ticket.held else None)
    return rank[1] if rank else ticket.rejoined_at or ticket.issued_at


def tier_of(ticket: Ticket) -> int:
    """The tier of its rank, also of the one that it was called with; without any it waits as everybody."""
    rank = ticket.rank or (ticket.held.rank if ticket.held else None)
    if rank is None and ticket.status in AT_A_STATION:
        rank = ticket.called_with
    return rank[0] if rank else ROUTINE_TIER


def transfer(state: State, command: Transfer, ctx: Context) -> Decision:
    """Send a patient on, out of the waiting, a call or a service."""
    ticket = _movable(state, command.ticket, command.station)
    if isinstance(ticket, Refusal):
        return ticket
    if command.reason not in REASONS["transfer"]:
        return refusal("unknown_reason", ticket=ticket.id)
    target = _target(state, ticket, command.queue, command.doctor, ctx.now)
    if isinstance(target, Refusal):
        return target
    kind: Kind = "doctor" if target.queue.id == ticket.queue else "transfer"
    return _moved(state, ctx, ticket, target, "referral" if command.is_referral else kind, command.reason)


def assign(state: State, command: AssignDoctor, ctx: Context) -> Decision:
    """Give a waiting ticket to a doctor of its queue, or back to the pool."""
    ticket = waiting(state, command.ticket)
    if isinstance(ticket, Refusal):
        return ticket
    if command.reason not in REASONS["transfer"]:
        return refusal("unknown_reason", ticket=ticket.id)
    target = _target(state, ticket, ticket.queue, command.doctor, ctx.now)
    if isinstance(target, Refusal):
        return target
    return _moved(state, ctx, ticket, target, "doctor", command.reason)


def _movable(state: State, ticket_id: str, station: str | None) -> Ticket | Refusal:
    ticket = state.tickets.get(ticket_id)
    if ticket is None or ticket.status not in AT_A_STATION:
        if station is not None:
            return refusal("nobody_called", ticket=ticket.id if ticket else None)
        return waiting(state, ticket_id)
    return ticket if station in {None, ticket.station} else refusal("nobody_called", ticket=ticket.id)


def _target(  # noqa: PLR0911 - one return a reason
    state: State, ticket: Ticket, queue_id: str, doctor: str | None, now: int
) -> Target | Refusal:
    """Where ``queue_id`` and ``doctor`` are today: in a session, or where the doctor sits."""
    queue = state.index.queues.get(queue_id) if state.index else None
    if state.index is None or queue is None:
        return refusal("unknown_queue", ticket=ticket.id)
    if doctor is not None and doctor not in state.index.doctors:
        return refusal("unknown_doctor", ticket=ticket.id)
    if (queue_id, doctor) == ticket.lane:
        return refusal("same_place", ticket=ticket.id)
    sits = doctor is not None and any(
        station.is_open and station.doctor == doctor and queue_id in station.queues
        for station in state.stations.values()
    )
    own = _session_for(state, queue_id, doctor, now)
    if queue_id == ticket.queue:
        if doctor is not None and own is None and not sits:
            return refusal("no_session", ticket=ticket.id)
        return Target(queue, ticket.clinic, doctor, ticket.session, assigned=True)
    session = own or (_session_for(state, queue_id, None, now) if sits else None)
    if session is None and (queue.kind == "clinic" or (doctor is not None and not sits)):
        return refusal("no_session", ticket=ticket.id)
    assigned = doctor is not None and own is None
    return Target(queue, session.clinic if session else queue.clinic, doctor, session.id if session else None, assigned)


def _session_for(state: State, queue: str, doctor: str | None, now: int) -> ClinicSession | None:
    return min(
        (
            session
            for session in state.sessions.values()
            if (session.queue, session.doctor, session.status) == (queue, doctor, "open") and now < session.ends_at
        ),
        key=lambda session: (session.starts_at, session.id),
        default=None,
    )


def _moved(state: State, ctx: Context, ticket: Ticket, target: Target, kind: Kind, reason: str) -> Decision:
    event = transferred(state, ticket, target, kind, reason)
    if isinstance(event, Refusal):
        return event
    return with_turns(state, ctx, [event], [ticket.lane])


def transferred(state: State, ticket: Ticket, target: Target, kind: Kind, reason: str) -> e.Transferred | Refusal:
    """The event that takes ``ticket`` to ``target`` with its moment; refused where the person has a number there."""
    queue = target.queue
    if ticket.person is not None:
        visit = (ticket.person, target.clinic or queue.id, target.session)
        live = state.live_visits.get(visit)
        if live not in {None, ticket.id}:
            return refusal("already_checked_in", ticket=live)
    number, serial = _number(state, ticket, target)
    granted = [*ticket.credits, REFERRAL] if kind == "referral" else list(ticket.credits)
    ruled = in_force(queue, state.sessions.get(target.session or ""))
    minutes = credit_min(ruled, granted)[0] - credit_min(ruled, ticket.credits)[0]
    key = moment_of(ticket) - minutes * MINUTE
    seq = state.seq + 1
    rank: e.Rank | None = None
    locked = False
    waits = ticket.status not in {"missed", "away"} or ticket.away == "hold"
    if waits:
        line = Line(state.lanes.get((queue.id, target.doctor), []), lock_of(state, queue.id))
        line.gone.add(ticket.id)
        rank, locked = rank_by_time(line, tier_of(ticket), key, seq)
    sentence = _sentence(state, ticket, target, kind, reason, key, minutes)
    stamp = e.Stamp(
        "referred" if kind == "referral" else "transferred",
        "moved",
        with_lock(sentence, lock_of(state, queue.id)) if locked else sentence,
        key,
    )
    return e.Transferred(
        kind=kind,
        ticket=ticket.id,
        number=number,
        serial=serial,
        from_number=ticket.number,
        from_queue=ticket.queue,
        from_doctor=ticket.doctor,
        from_session=ticket.session,
        queue=queue.id,
        clinic=target.clinic,
        doctor=target.doctor,
        session=target.session,
        assigned=target.assigned,
        station=ticket.station if ticket.status in AT_A_STATION else None,
        reason=reason,
        credits=granted,
        rank=rank,
        stamp=stamp,
        seq=seq,
    )


def _number(state: State, ticket: Ticket, target: Target) -> tuple[str, int | None]:
    """The number there: the same, or the queue's next where it numbers by itself.

    A number of the hospital's that is somebody else's there gets a further part: nobody is turned away for a number.
    """
    queue = target.queue
    if queue.id != ticket.queue and (queue.numbers == "issued" or queue.kind == "open"):
        return next_number(state, queue)
    number, part = ticket.number, 2
    while state.taken.get((queue.id, target.session, number)) not in {None, ticket.id}:
        number, part = f"{ticket.number}-{part}", part + 1
    return (number, None)


def _sentence(state: State, ticket: Ticket, target: Target, kind: Kind, reason: str, key: int, minutes: int) -> Text:
    clock = hhmm(key, state.day.utc_offset_min if state.day else 0)
    was = place_name(state, ticket.queue, ticket.doctor)
    now = place_name(state, target.queue.id, target.doctor)
    words = words_of("transfer", reason)
    how = Text("转诊", "Referred") if kind == "referral" else Text("转", "Moved")
    zh = f"从{was.zh}{how.zh}到{now.zh}（{words.zh}），按 {clock} 排"
    en = f"{how.en} from {was.en} to {now.en} ({words.en}), queued as {clock}"
    if minutes > 0:
        return Text(f"{zh}，提前 {minutes} 分钟", f"{en}, {minutes} minutes earlier")
    return Text(zh, en)


def place_name(state: State, queue_id: str, doctor_id: str | None) -> Text:
    """A queue with its doctor's name, in words; something that is configured no longer has its id."""
    queue = state.index.queues.get(queue_id) if state.index else None
    doctor = state.index.doctors.get(doctor_id or "") if state.index else None
    name = queue.name if queue else Text(queue_id, queue_id)
    if doctor is None:
        return name
    return Text(f"{name.zh} {doctor.name.zh}", f"{name.en}, {doctor.name.en}")
