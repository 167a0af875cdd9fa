"""Pure reads of the state, for screens, consoles and tickets. Moments are UTC microseconds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from queue_server.engine import undo
from queue_server.engine.bound import promise
from queue_server.engine.callers import callers_for
from queue_server.engine.estimate import calibration, expected_wait
from queue_server.engine.explain import explain
from queue_server.engine.overdue import overdue, waits_since
from queue_server.engine.places import area_of
from queue_server.engine.sessions import session_id_of
from queue_server.engine.standing import ahead, next_up, queue_in_order, waiting_in_order
from queue_server.engine.transitions import AT_A_STATION
from queue_server.engine.triage_alarms import triage_alarms

if TYPE_CHECKING:
    from queue_server.engine.entries import Ticket
    from queue_server.engine.site import ClinicSession, Text
    from queue_server.engine.state import State

__all__ = [
    "Counted",
    "ahead",
    "area_of",
    "away_for",
    "calibration",
    "callers_for",
    "current",
    "doctor_due",
    "done",
    "expected_wait",
    "explain",
    "history",
    "live_tickets",
    "missed",
    "missed_for",
    "next_up",
    "open_calls",
    "overdue",
    "promise",
    "queue_in_order",
    "sessions_today",
    "triage_alarms",
    "undoable",
    "waiting_count",
    "waiting_in_order",
    "waits_since",
]


def waiting_count(state: State, hall_id: str) -> int:
    """How many wait in the hall's queues."""
    queues = {queue.id for queue in state.index.queues.values() if queue.hall == hall_id} if state.index else set()
    by_rank = sum(len(entries) for (queue, _), entries in state.lanes.items() if queue in queues)
    return by_rank + sum(len(members) for key, members in state.fifos.items() if key[1] in queues)


def history(state: State, ticket_id: str) -> list[tuple[int, Text]]:
    """What happened to the ticket, oldest first: moment and sentence."""
    return list(state.history.get(ticket_id, ()))


def current(state: State, station_id: str) -> Ticket | None:
    """The one who is called to or in service at the station."""
    station = state.stations.get(station_id)
    return state.tickets[station.current] if station is not None and station.current else None


class Counted(NamedTuple):
    """How many of a session's tickets are over its limit, and how many nobody has called yet."""

    extra: int
    waiting: int


def sessions_today(state: State) -> list[tuple[ClinicSession, Counted]]:
    """Today's clinic sessions in the order of their beginnings, with their counts."""
    extra: Counter[str | None] = Counter()
    waiting: Counter[str | None] = Counter()
    for ticket in state.tickets.values():
        extra[ticket.session] += ticket.extra is not None
        waiting[session_id_of(ticket)] += ticket.status in {"waiting", "missed", "away"}
    found = sorted(state.sessions.values(), key=lambda session: (session.starts_at, session.id))
    return [(session, Counted(extra[session.id], waiting[session.id])) for session in found]


def away_for(state: State, station_id: str) -> list[Ticket]:
    """Who was sent for exams or stepped out and may be called here once back, longest away first.

    Not those who are at another stop of their guide slip: nobody can bring them here before their turn.
    """
    station = state.stations.get(station_id)
    if station is None or not station.is_open:
        return []
    tickets = [
        ticket
        for ticket in map(state.tickets.__getitem__, state.absent)
        if ticket.away != "slip" and ticket.queue in station.queues and ticket.doctor in {None, station.doctor}
    ]
    return sorted(tickets, key=lambda ticket: ticket.touched)


def doctor_due(state: State, station_id: str, now: int) -> str | None:
    """The doctor whose session is in the station's room now, or next today; ``None``: nobody, or it is not sure."""
    station = state.index.stations.get(station_id) if state.index else None
    if station is None:
        return None
    here = [
        session
        for session in state.sessions.values()
        if session.room == station.room
        and session.queue in station.queues
        and session.status == "open"
        and session.ends_at > now
    ]
    first = min((max(session.starts_at, now) for session in here), default=0)
    doctors = {session.doctor for session in here if session.starts_at <= first}
    return doctors.pop() if len(doctors) == 1 else None


def done(state: State, station_id: str) -> list[Ticket]:
    """The latest finished at the station, newest first, at most ten."""
    station = state.stations.get(station_id)
    tickets = [state.tickets[key] for key in station.done if key in state.tickets] if station else []
    return [ticket for ticket in tickets if ticket.status == "finished"]


def open_calls(state: State, hall_id: str) -> list[Ticket]:
    """The tickets called to or in service at the hall's stations, newest call first."""
    if state.index is None:
        return []
    tickets = [
        ticket
        for station in state.index.stations.values()
        if station.hall == hall_id and (ticket := current(state, station.id)) is not None
    ]
    return sorted(
        (ticket for ticket in tickets if ticket.status in AT_A_STATION),
        key=lambda ticket: ticket.call or 0,
        reverse=True,
    )


def missed(state: State, hall_id: str) -> list[Ticket]:
    """The tickets of the hall's queues that were missed and may come back, latest miss first."""
    if state.index is None:
        return []
    queues = state.index.queues
    tickets = [state.tickets[key] for key in state.missed]
    return sorted(
        (ticket for ticket in tickets if ticket.queue in queues and queues[ticket.queue].hall == hall_id),
        key=lambda ticket: (ticket.missed_at or 0, ticket.touched),
        reverse=True,
    )


def missed_for(state: State, station_id: str) -> list[Ticket]:
    """The missed tickets that this station might call once they are back, latest miss first."""
    station = state.stations.get(station_id)
    if station is None or not station.is_open:
        return []
    tickets = [state.tickets[key] for key in state.missed]
    return sorted(
        (ticket for ticket in tickets if ticket.queue in station.queues and ticket.doctor in {None, station.doctor}),
        key=lambda ticket: (ticket.missed_at or 0, ticket.touched),
        reverse=True,
    )


def live_tickets(state: State, person: str) -> list[Ticket]:
    """The person's tickets that have not ended, oldest first."""
    tickets = [state.tickets[key] for key in state.by_person.get(person, ())]
    return sorted(tickets, key=lambda ticket: (ticket.issued_at, ticket.id))


def undoable(state: State, station_id: str) -> tuple[int, Text] | None:
    """What ``Undo`` would take back at the station: the position to name, and the words for it."""
    for entry in reversed(state.undo.values()):
        if entry.station == station_id:
            return (entry.main, undo.label_of(entry)) if undo.blocker(state, entry) is None else None
    return None
