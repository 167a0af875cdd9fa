"""How the events of the lobby as a whole change the state: configuration, days, sessions, clock, what was undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from queue_server.engine import events as e
from queue_server.engine import undo
from queue_server.engine.entries import Day, SiteIndex, Ticket
from queue_server.engine.harvest import keep_record
from queue_server.engine.sessions import session_id_of
from queue_server.engine.state import State

if TYPE_CHECKING:
    from queue_server.engine.events import ListKey, Recorded


def _configuration(state: State, _recorded: Recorded, event: e.ConfigurationActivated) -> None:
    state.set_index(SiteIndex(event.site, event.digest))


def _day_opened(state: State, recorded: Recorded, event: e.DayOpened) -> None:
    carried = set(event.carried)
    keep_record(state, carried)
    for ticket_id in [key for key in state.tickets if key not in carried]:
        state.drop_ticket(ticket_id)
    kept = {ticket.session for ticket in state.tickets.values()}
    state.sessions = {
        key: session
        for key, session in state.sessions.items()
        if key in kept or (session.ends_at > recorded.at and key not in state.ended)
    }
    state.sessions.update((session.id, session) for session in event.sessions)
    state.ended = {key for key in state.ended if key in state.sessions}
    state.counters = {}
    state.carried = {(ticket.queue, ticket.number) for ticket in state.tickets.values()}
    state.service = {}
    state.judged = {}
    state.paused = {}
    state.slips = {}
    state.opens = []
    state.unkept = set()
    state.per_session = {key: count for key, count in state.per_session.items() if count}
    state.undo = {}
    held = {key for ticket in state.tickets.values() for key in _lists_kept(ticket)}
    in_use = {key: count for key, count in state.countdowns.items() if key in held or _is_in_use(state, key)}
    state.countdowns = {}
    state.lists = {}
    for key, countdown in in_use.items():
        state.set_countdown(key, countdown)
    state.lanes = {lane: entries for lane, entries in state.lanes.items() if entries}
    state.fifos = {key: members for key, members in state.fifos.items() if members}
    for station in list(state.stations.values()):
        state.put_station(replace(station, done=(), turn=None))
    state.day = Day(event.day, event.utc_offset_min, recorded.at, event.ends_at)
    state.plan_sessions()


def _is_in_use(state: State, key: ListKey) -> bool:
    return bool(state.fifos.get(key)) or key in state.outstanding


def _lists_kept(ticket: Ticket) -> list[ListKey]:
    """The lists of place stamps that a ticket which stepped away comes back into or is called from."""
    if ticket.held is None:
        return []
    if ticket.held.place is not None:
        return [ticket.held.place.fifo]
    return [ticket.stamp.fifo] if ticket.stamp.fifo is not None else []


def _day_ended(state: State, _recorded: Recorded, _event: e.DayEnded) -> None:
    if state.day is not None:
        state.day = replace(state.day, ended=True)


def _sessions(state: State, recorded: Recorded, event: e.SessionsUpdated) -> None:
    for session in event.sessions:
        before = state.sessions.get(session.id)
        if before is not None and (before.doctor, before.queue) != (session.doctor, session.queue):
            _touch(state, recorded, session.id)
        state.sessions[session.id] = session
        if session.ends_at > recorded.at:
            state.ended.discard(session.id)
    state.plan_sessions()


def _session_ended(state: State, recorded: Recorded, event: e.SessionEnded) -> None:
    state.ended.add(event.session)
    if event.leftovers != "continue":
        _touch(state, recorded, event.session)
    state.plan_sessions()


def _touch(state: State, recorded: Recorded, session: str) -> None:
    """An undo of what came before would put a ticket back to where the session no longer calls it."""
    for ticket in [ticket for ticket in state.tickets.values() if session_id_of(ticket) == session]:
        state.put_ticket(replace(ticket, touched=recorded.position))


def _nothing(_state: State, _recorded: Recorded, _event: e.ClockConfirmed | e.ClockSeen) -> None:
    """The clock's events move ``now``, which every event does."""


def _undone(state: State, _recorded: Recorded, event: e.Undone) -> None:
    undo.restore(state, event.first)


FOLDS: dict[type, Callable[[State, Recorded, Any], None]] = {
    e.ConfigurationActivated: _configuration,
    e.DayOpened: _day_opened,
    e.DayEnded: _day_ended,
    e.SessionsUpdated: _sessions,
    e.SessionEnded: _session_ended,
    e.Undone: _undone,
    e.ClockConfirmed: _nothing,
    e.ClockSeen: _nothing,
}
