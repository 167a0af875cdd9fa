"""Fold an event into the state. Reads nothing but the event and the records it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec.structs import replace

from queue_server.engine import events as e
from queue_server.engine import undo
from queue_server.engine.entries import DONE_AT_STATION, HISTORY_LINES, Day, Held, SiteIndex, Ticket
from queue_server.engine.fold_moves import FOLDS as MOVES
from queue_server.engine.fold_notices import FOLDS as NOTICES
from queue_server.engine.fold_rooms import FOLDS as ROOMS
from queue_server.engine.fold_slips import FOLDS as SLIPS
from queue_server.engine.folding import change, join_list, leave_station, set_station, take_place
from queue_server.engine.harvest import keep_record
from queue_server.engine.history import line_of, overtaken_line
from queue_server.engine.serving import after_turn
from queue_server.engine.sessions import session_id_of
from queue_server.engine.site import Text
from queue_server.engine.state import State
from queue_server.engine.transitions import after
from queue_server.engine.triaged import TriageRecord

if TYPE_CHECKING:
    from queue_server.engine.events import ListKey, Recorded


def evolve(state: State, recorded: Recorded) -> None:
    """Fold ``recorded`` into ``state``, in place.

    Raises:
        ImpossibleError: the log asks for a change that no command can bring about.
        ValueError: a position that does not follow the last one.
    """
    if recorded.position != state.position + 1:
        raise ValueError(f"position {recorded.position} does not follow {state.position}")
    event = recorded.event
    kind = type(event)
    undo.remember(state, recorded)
    _FOLDS[kind](state, recorded, event)
    state.position = recorded.position
    state.now = recorded.at
    ticket_id: str | None = getattr(event, "ticket", None)
    if ticket_id is not None:
        _note(state, ticket_id, recorded)
    elif isinstance(event, e.Undone):
        for each in event.tickets:
            _note(state, each, recorded)
    if isinstance(event, e.MovedForward):
        for each in event.overtaken:
            _write(state, each, recorded.at, overtaken_line(event))


def _note(state: State, ticket_id: str, recorded: Recorded) -> None:
    line = line_of(state, recorded.event)
    if line is not None:
        _write(state, ticket_id, recorded.at, line)


def _write(state: State, ticket_id: str, at: int, line: Text) -> None:
    lines = state.history.get(ticket_id, ())
    state.history[ticket_id] = (*lines[-(HISTORY_LINES - 1) :], (at, line))


# --- configuration, clock, day ---------------------------------------------------------------------------------------


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


# --- tickets ---------------------------------------------------------------------------------------------------------


def _issued(state: State, recorded: Recorded, event: e.TicketIssued) -> None:
    if event.serial is not None:
        state.counters[event.queue] = event.serial
    state.seq = event.seq
    state.put_ticket(
        Ticket(
            id=event.ticket,
            number=event.number,
            queue=event.queue,
            clinic=event.clinic,
            session=event.session,
            doctor=event.doctor,
            person=event.person,
            origin=event.origin,
            origin_ref=event.origin_ref,
            slot_start=event.slot_start,
            slot_end=event.slot_end,
            credits=tuple(event.credits),
            channel=event.channel,
            link=event.link,
            issued_at=recorded.at,
            status="waiting" if event.slip is None else "away",
            rank=event.rank if event.slip is None else None,
            place=event.place,
            stamp=event.stamp,
            touched=recorded.position,
            placed=recorded.position,
            backfilled=event.channel == "backfill",
            expected=event.expected,
            returned=int(event.returns),
            extra=event.extra,
            by_proxy=event.by_proxy,
            slip=event.slip,
            fee=event.fee,
            away=None if event.slip is None else "slip",
            held=None if event.slip is None else Held(event.rank, None),
        )
    )
    join_list(state, recorded, event.place)


def _stamped(state: State, recorded: Recorded, event: e.Stamped) -> None:
    before = state.tickets[event.ticket]
    if before.place is not None:
        key = before.place.fifo
        state.countdowns[key] = replace(state.countdowns[key], touched=recorded.position)
    state.seq = event.seq
    change(
        state,
        recorded,
        event.ticket,
        "Stamped",
        queue=event.queue,
        doctor=event.doctor,
        rank=event.rank,
        place=None,
        stamp=event.stamp,
        placed=recorded.position,
        continues_in=event.continues_in or before.continues_in,
        due_at_count=event.due_at_count,
    )


def _triaged(state: State, recorded: Recorded, event: e.Triaged) -> None:
    held = state.tickets[event.ticket].triage
    record = TriageRecord(
        level=event.level,
        suggested=event.suggested,
        overridden=event.overridden,
        channel=event.channel,
        version=event.version,
        tier=event.tier,
        key=event.key,
        at=recorded.at,
        first_at=recorded.at if held is None else held.first_at,
        respond_by=event.respond_by,
        reassess_at=event.reassess_at,
        times=1 if held is None else held.times + 1,
    )
    fields = {"rank": event.rank, "place": None, "stamp": event.stamp, "placed": recorded.position, "triage": record}
    state.seq = event.seq
    change(state, recorded, event.ticket, "Triaged", **fields)


def _reassessment_due(state: State, _recorded: Recorded, event: e.ReassessmentDue) -> None:
    ticket = state.tickets[event.ticket]
    status = after(ticket.status, "ReassessmentDue")
    due = replace(ticket.triage, due_since=event.due_at) if ticket.triage is not None else None
    # Not touched: that a moment has come is nobody's act, and what was done before it can still be taken back.
    state.put_ticket(replace(ticket, status=status, triage=due))


def _identity_merged(state: State, recorded: Recorded, event: e.IdentityMerged) -> None:
    change(state, recorded, event.ticket, "IdentityMerged", person=event.person)


def _count_down(state: State, recorded: Recorded, event: e.Called | e.PaperCallRecorded) -> None:
    for key in event.counts:
        before = state.countdowns[key]
        state.countdowns[key] = replace(before, count=before.count + 1)
    if event.resets is not None:
        before = state.countdowns[event.resets]
        state.countdowns[event.resets] = replace(before, count=0, was_called=True, touched=recorded.position)


def _called(state: State, recorded: Recorded, event: e.Called) -> None:
    before = state.tickets[event.ticket]
    ticket = change(
        state,
        recorded,
        event.ticket,
        "Called",
        rank=None,
        place=None,
        station=event.station,
        call=recorded.position,
        calls=before.calls + 1,
        recalls=0,
        called_at=recorded.at,
        called_with=before.rank,
        listed_at=before.door_since if before.door == event.station else None,
        first_called_at=recorded.at if before.first_called_at is None else before.first_called_at,
        picked=event.picked,
    )
    _count_down(state, recorded, event)
    station = state.stations.get(event.station)
    turn = after_turn(station.turn if station else None, event.queue, event.turn)
    set_station(state, recorded, event.station, current=ticket.id, turn=turn)


def _recalled(state: State, recorded: Recorded, event: e.Recalled) -> None:
    before = state.tickets[event.ticket]
    change(state, recorded, event.ticket, "Recalled", calls=before.calls + 1, recalls=event.repeat)
    set_station(state, recorded, event.station)


def _missed(state: State, recorded: Recorded, event: e.Missed) -> None:
    change(state, recorded, event.ticket, "Missed", misses=event.misses, missed_at=recorded.at)
    set_station(state, recorded, event.station, current=None)


def _rejoined(state: State, recorded: Recorded, event: e.Rejoined) -> None:
    take_place(state, recorded, event, queue=event.queue, rejoined_at=recorded.at)


def _started(state: State, recorded: Recorded, event: e.ServiceStarted) -> None:
    change(state, recorded, event.ticket, "ServiceStarted", started_at=recorded.at)
    set_station(state, recorded, event.station)


def _finished(state: State, recorded: Recorded, event: e.Finished) -> None:
    before = state.tickets[event.ticket]
    if before.status == "away":
        # Sent for exams and not back by the day's end: seen when the patient left, and the station has others now.
        change(state, recorded, event.ticket, "Finished", ended_at=recorded.at)
        return
    station = state.stations.get(event.station)
    server = station.doctor if station is not None and station.doctor is not None else event.station
    change(
        state,
        recorded,
        event.ticket,
        "Finished",
        finished_at=recorded.at,
        ended_at=recorded.at,
        server=server,
    )
    # Who came back to the doctor was on the list already.
    before_it = [key for key in state.stations[event.station].done if key != event.ticket]
    done = (event.ticket, *before_it[: DONE_AT_STATION - 1])
    set_station(state, recorded, event.station, current=None, done=done)


def _ended(state: State, recorded: Recorded, event: e.Cancelled | e.Lapsed | e.NoShow) -> None:
    change(state, recorded, event.ticket, type(event).__name__, rank=None, place=None, ended_at=recorded.at)
    leave_station(state, recorded, event.station, event.ticket)


def _printed(state: State, _recorded: Recorded, event: e.PrintReported) -> None:
    before = state.tickets[event.ticket]
    # A further copy that fails does not unmake the first one.
    outcome = before.print if event.reprint and before.print == "done" else event.outcome
    copies = before.copies + (event.reprint and event.outcome == "done")
    state.put_ticket(replace(before, print=outcome, copies=copies))


def _paper_call(state: State, recorded: Recorded, event: e.PaperCallRecorded) -> None:
    before = state.tickets[event.ticket]
    fields: dict[str, Any] = {
        "rank": None,
        "place": None,
        "station": event.station,
        "call": recorded.position,
        "calls": before.calls + 1,
        "recalls": 0,
        "called_at": event.called_at,
        "picked": None,
        "backfilled": True,
    }
    if event.outcome == "seen":
        change(state, recorded, event.ticket, "PaperSeen", **fields, finished_at=event.called_at, ended_at=recorded.at)
        station = state.stations.get(event.station)
        if station is not None:
            # Not touched: whoever is at the station now has nothing to do with what was done on paper.
            done = (event.ticket, *station.done[: DONE_AT_STATION - 1])
            state.put_station(replace(station, done=done))
    else:
        fields |= {"misses": event.misses, "missed_at": event.called_at}
        change(state, recorded, event.ticket, "PaperMissed", **fields)
    _count_down(state, recorded, event)


# --- stations --------------------------------------------------------------------------------------------------------


def _station_opened(state: State, recorded: Recorded, event: e.StationOpened) -> None:
    set_station(
        state,
        recorded,
        event.station,
        is_open=True,
        staff=event.staff,
        doctor=event.doctor,
        queues=tuple(event.queues),
        turn=None,
    )


def _station_closed(state: State, recorded: Recorded, event: e.StationClosed) -> None:
    set_station(state, recorded, event.station, is_open=False, staff=None, doctor=None, queues=(), turn=None)


def _undone(state: State, _recorded: Recorded, event: e.Undone) -> None:
    undo.restore(state, event.first)


_Fold: TypeAlias = Callable[[State, "Recorded", Any], None]

_FOLDS: dict[type, _Fold] = {
    e.ConfigurationActivated: _configuration,
    e.DayOpened: _day_opened,
    e.DayEnded: _day_ended,
    e.SessionsUpdated: _sessions,
    e.SessionEnded: _session_ended,
    e.TicketIssued: _issued,
    e.Stamped: _stamped,
    e.Called: _called,
    e.Recalled: _recalled,
    e.Missed: _missed,
    e.Rejoined: _rejoined,
    e.Triaged: _triaged,
    e.ReassessmentDue: _reassessment_due,
    e.IdentityMerged: _identity_merged,
    e.ServiceStarted: _started,
    e.Finished: _finished,
    e.Cancelled: _ended,
    e.Lapsed: _ended,
    e.NoShow: _ended,
    e.StationOpened: _station_opened,
    e.StationClosed: _station_closed,
    e.PrintReported: _printed,
    e.PaperCallRecorded: _paper_call,
    e.Undone: _undone,
    e.ClockConfirmed: _nothing,
    e.ClockSeen: _nothing,
    **MOVES,
    **NOTICES,
    **ROOMS,
    **SLIPS,
}
