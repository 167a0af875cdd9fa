"""What a station asks: open, close, call next, recall, missed, start, finish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from queue_server.engine import events as e
from queue_server.engine.absences import waiting
from queue_server.engine.joining import arrival_of, stamped
from queue_server.engine.lanes import lanes_of
from queue_server.engine.order import Course, Step, course_at
from queue_server.engine.reasons import REASONS
from queue_server.engine.refusals import Refusal, refusal
from queue_server.engine.serving import accepts, serving_at
from queue_server.engine.sessions import session_of
from queue_server.engine.site import Abandon, Text
from queue_server.engine.stamps import in_force, missed_rule, render

if TYPE_CHECKING:
    from queue_server.engine.commands import (
        CallNext,
        CloseStation,
        Current,
        Finish,
        MarkMissed,
        OpenStation,
        Pick,
        Recall,
        SendForExams,
        StartService,
    )
    from queue_server.engine.context import Context
    from queue_server.engine.entries import StationState, Ticket
    from queue_server.engine.state import State

Decision = list[e.Event] | Refusal

_NOBODY = Text("现在没有叫到的患者", "nobody is called here now")


def _opened(state: State, station_id: str) -> StationState | Refusal:
    if state.index is None or station_id not in state.index.stations:
        return refusal("unknown_station")
    station = state.stations.get(station_id)
    if station is None or not station.is_open:
        return refusal("station_closed")
    return station


def _moved_on(state: State, station: StationState, meant: Current) -> Refusal | None:
    """A command that means somebody whom the station does not have any more."""
    if meant is UNSET or meant == station.current:
        return None
    if station.current is None:
        return refusal("moved_on", now=_NOBODY)
    number = state.tickets[station.current].number
    return refusal("moved_on", ticket=station.current, now=Text(f"现在是 {number}", f"it is {number} now"))


def _current(state: State, station_id: str, meant: Current) -> Ticket | Refusal | None:
    station = _opened(state, station_id)
    if isinstance(station, Refusal):
        return station
    moved_on = _moved_on(state, station, meant)
    if moved_on is not None:
        return moved_on
    return state.tickets[station.current] if station.current else None


def _called(state: State, station_id: str, meant: Current) -> Ticket | Refusal:
    """The ticket that was called to the station and has not started yet."""
    ticket = _current(state, station_id, meant)
    if isinstance(ticket, Refusal):
        return ticket
    if ticket is None:
        return refusal("nobody_called")
    if ticket.status == "serving":
        return refusal("in_service", ticket=ticket.id)
    return ticket


def open_station(  # noqa: PLR0911 - one return a reason
    state: State, command: OpenStation, _ctx: Context
) -> Decision:
    """Staff take a station into use."""
    configured = state.index.stations.get(command.station) if state.index else None
    if state.index is None or configured is None:
        return refusal("unknown_station")
    if command.doctor is not None and command.doctor not in state.index.doctors:
        return refusal("unknown_doctor")
    if any(queue not in configured.queues for queue in command.queues):
        return refusal("unknown_queue")
    station = state.stations.get(command.station)
    if station is not None and station.is_open and station.staff != command.staff:
        return refusal("station_open")
    wanted = set(command.queues)
    # The configuration's order decides which list goes first when two are due together.
    queues = [queue for queue in configured.queues if not wanted or queue in wanted]
    if station is not None and station.is_open:
        if (station.doctor, list(station.queues)) == (command.doctor, queues):
            return []
        if station.current is not None:
            return refusal("station_busy", ticket=station.current)
    return [e.StationOpened(station=command.station, staff=command.staff, doctor=command.doctor, queues=queues)]


def close_station(state: State, command: CloseStation, _ctx: Context) -> Decision:
    """The station stops calling."""
    station = _opened(state, command.station)
    if isinstance(station, Refusal):
        return station
    if station.current is not None:
        return refusal("station_busy", ticket=station.current)
    return [e.StationClosed(station=command.station)]


def call_next(state: State, command: CallNext, _ctx: Context) -> Decision:
    """Settle whoever the station has, then call the smallest eligible rank; with nobody waiting the first is all."""
    station = _opened(state, command.station)
    if isinstance(station, Refusal):
        return station
    if state.day is None or state.day.ended:
        return refusal("day_not_open")
    moved_on = _moved_on(state, station, command.current)
    if moved_on is not None:
        return moved_on
    settled = _settle(state, station, command)
    if isinstance(settled, Refusal):
        return settled
    step = course_at(state, station).step()
    if step is None:
        return settled or _nobody(state, station)
    first = [stamped(state, step.first)] if step.first else []
    return [
        *settled,
        *first,
        _call_of(state, step, station.id, None),
        *(stamped(state, placed) for placed in step.due),
    ]


def pick(state: State, command: Pick, _ctx: Context) -> Decision:  # noqa: PLR0911 - one return a reason
    """Settle whoever the station has, then call the ticket that was chosen, for a reason that is told to those before.

    It counts for the lists of place stamps as any call does.
    """
    station = _opened(state, command.station)
    if isinstance(station, Refusal):
        return station
    if state.day is None or state.day.ended:
        return refusal("day_not_open")
    if command.reason not in REASONS["pick"]:
        return refusal("unknown_reason", ticket=command.ticket)
    moved_on = _moved_on(state, station, command.current)
    if moved_on is not None:
        return moved_on
    ticket = waiting(state, command.ticket)
    if isinstance(ticket, Refusal):
        return ticket
    if ticket.lane not in lanes_of(station.queues, station.doctor):
        return refusal("wrong_station", ticket=ticket.id)
    if not accepts(state, serving_at(state, station).levels, ticket):
        return refusal("other_level", ticket=ticket.id)
    if ticket.queue in state.paused:
        return refusal("queue_paused", ticket=ticket.id)
    settled = _settle(state, station, command)
    if isinstance(settled, Refusal):
        return settled
    step = course_at(state, station).take(ticket.id, called=True)
    return [
        *settled,
        _call_of(state, step, station.id, command.reason),
        *(stamped(state, placed) for placed in step.due),
    ]


def _call_of(state: State, step: Step, station: str, picked: str | None) -> e.Called:
    ticket = state.tickets[step.ticket]
    return e.Called(
        ticket=ticket.id,
        number=ticket.number,
        queue=ticket.queue,
        doctor=ticket.doctor,
        station=station,
        counts=step.counts,
        resets=step.resets,
        turn=step.turn,
        picked=picked,
    )


def _nobody(state: State, station: StationState) -> Refusal:
    """Nobody waits, or those who do wait in queues that stand still."""
    lanes = lanes_of(station.queues, station.doctor)
    if state.paused and Course(state, lanes, serving_at(state, station)).step() is not None:
        return refusal("queue_paused")
    return refusal("nobody_waiting")


def _settle(state: State, station: StationState, command: CallNext | Pick) -> Decision:
    """End the service or the call that the station still has."""
    if station.current is None:
        return []
    ticket = state.tickets[station.current]
    if ticket.status == "serving":
        return [_finished(ticket, station.id)]
    configured = state.index.stations[station.id].next_means if state.index else "ask"
    means = command.last_was or configured
    if means == "ask":
        return refusal("last_call_open", ticket=ticket.id)
    if means == "seen":
        return [_finished(ticket, station.id)]
    return missed_events(state, ticket, station.id)


def _finished(ticket: Ticket, station: str) -> e.Finished:
    return e.Finished(ticket=ticket.id, number=ticket.number, queue=ticket.queue, station=station)


def missed_events(state: State, ticket: Ticket, station: str) -> list[e.Event]:
    """The miss, and the ticket's end where the queue's rule says so."""
    missed = e.Missed(
        ticket=ticket.id, number=ticket.number, queue=ticket.queue, station=station, misses=ticket.misses + 1
    )
    ended = ended_by_misses(state, ticket, ticket.misses + 1)
    return [missed, ended] if ended else [missed]


def ended_by_misses(state: State, ticket: Ticket, misses: int) -> e.Lapsed | None:
    """The end of a ticket that was missed once too often."""
    queue = state.index.queues.get(ticket.queue) if state.index else None
    queue = in_force(queue, session_of(state, ticket)) if queue else None
    rule = missed_rule(queue, misses) if queue else None
    if queue is None or rule is None or not isinstance(rule[1], Abandon) or state.day is None:
        return None
    arrival = replace(arrival_of(state, ticket, state.now), misses=misses)
    sentence: Text = render(rule[1], queue, arrival, utc_offset_min=state.day.utc_offset_min)
    return e.Lapsed(
        ticket=ticket.id,
        number=ticket.number,
        queue=ticket.queue,
        station=None,
        reason="missed_too_often",
        sentence=sentence,
        due_at=None,
    )


def recall(state: State, command: Recall, _ctx: Context) -> Decision:
    """Call the same patient again."""
    ticket = _called(state, command.station, command.current)
    if isinstance(ticket, Refusal):
        return ticket
    return [
        e.Recalled(
            ticket=ticket.id,
            number=ticket.number,
            queue=ticket.queue,
            station=command.station,
            repeat=ticket.recalls + 1,
        )
    ]


def mark_missed(state: State, command: MarkMissed, _ctx: Context) -> Decision:
    """The called patient did not come."""
    ticket = _called(state, command.station, command.current)
    if isinstance(ticket, Refusal):
        return ticket
    return missed_events(state, ticket, command.station)


def start_service(state: State, command: StartService, _ctx: Context) -> Decision:
    """The called patient is here."""
    ticket = _called(state, command.station, command.current)
    if isinstance(ticket, Refusal):
        return ticket
    return [e.ServiceStarted(ticket=ticket.id, number=ticket.number, queue=ticket.queue, station=command.station)]


def send_for_exams(state: State, command: SendForExams, _ctx: Context) -> Decision:
    """The patient in service goes for exams; the station is free."""
    ticket = _current(state, command.station, command.current)
    if isinstance(ticket, Refusal):
        return ticket
    if ticket is None or ticket.status != "serving":
        return refusal("nobody_in_service")
    return [e.SentForExams(ticket=ticket.id, number=ticket.number, queue=ticket.queue, station=command.station)]


def finish(state: State, command: Finish, _ctx: Context) -> Decision:
    """The patient in service has been seen."""
    ticket = _current(state, command.station, command.current)
    if isinstance(ticket, Refusal):
        return ticket
    if ticket is None or ticket.status != "serving":
        return refusal("nobody_in_service")
    return [_finished(ticket, command.station)]
