"""What each kind of page shows, and which events concern it."""

from __future__ import annotations

from typing import Any

from litestar import Request

from queue_server import contract as c
from queue_server.api.problems import ProblemError
from queue_server.engine.events import (
    BookingMissed,
    ClockConfirmed,
    ClockSeen,
    ConfigurationActivated,
    DayEnded,
    DayOpened,
    PrintReported,
    Recorded,
    SessionEnded,
    SessionsUpdated,
    StationClosed,
    StationOpened,
    Undone,
)
from queue_server.engine.state import State
from queue_server.views import Views

_EVERYWHERE = (ConfigurationActivated, DayOpened, DayEnded, SessionsUpdated, SessionEnded)
_NOWHERE = (BookingMissed, ClockSeen, ClockConfirmed)


def cursor_of(request: Request[Any, Any, Any], after: int | None) -> int | None:
    """The last position the client has: the ``Last-Event-ID`` header, else ``?after=``.

    Raises:
        ProblemError: ``invalid_request`` where the header is no position.
    """
    sent = request.headers.get("last-event-id")
    if not sent:
        return after
    if not sent.isdecimal():
        raise ProblemError("invalid_request", detail="Last-Event-ID: not a log position")
    return int(sent)


class BoardTopic:
    """A hall's board."""

    def __init__(self, views: Views, hall: str) -> None:
        """The board of ``hall``."""
        self._views = views
        self._hall = hall

    def concerns(self, recorded: Recorded) -> bool:
        """Whether it is about a queue or a station of the hall."""
        event = recorded.event
        if isinstance(event, (*_NOWHERE, PrintReported)):
            return False
        return self._hall in _halls(self._views.state, event)

    def change(self, recorded: Recorded) -> c.Change | None:
        """The event, masked."""
        return self._views.change(recorded.position, recorded.event)

    def view(self) -> c.BoardView:
        """The whole board."""
        return self._views.board(self._hall)


class StationTopic:
    """A station's console: everything of the queues it may serve."""

    def __init__(self, views: Views, station: str) -> None:
        """The console of ``station``."""
        self._views = views
        self._station = station

    def concerns(self, recorded: Recorded) -> bool:
        """Whether it is about the station or one of its queues."""
        event = recorded.event
        if isinstance(event, _NOWHERE):
            return False
        if isinstance(event, _EVERYWHERE) or getattr(event, "station", None) == self._station:
            return True
        state = self._views.state
        queues = _queues(state, event)
        station = state.index.stations.get(self._station) if state.index else None
        return station is not None and not queues.isdisjoint(station.queues)

    def change(self, recorded: Recorded) -> c.Change | None:
        """The event, masked."""
        return self._views.change(recorded.position, recorded.event)

    def by_time(self) -> list[tuple[str, str]]:
        """The alarms: they come by time alone."""
        index = self._views.state.index
        station = index.stations.get(self._station) if index else None
        return [(alarm.ticket, alarm.kind) for alarm in self._views.alarms(station.queues)] if station else []

    def view(self) -> c.StationView:
        """The whole console."""
        return self._views.station(self._station)


class KioskTopic(BoardTopic):
    """A kiosk's hall: whether tickets it shows have changed, and the time."""

    def concerns(self, recorded: Recorded) -> bool:
        """As a board, and paper too."""
        if isinstance(recorded.event, PrintReported):
            return self._hall in _halls(self._views.state, recorded.event)
        return super().concerns(recorded)

    def view(self) -> c.HallInfo:  # type: ignore[override]  # the page of another audience
        """The hall."""
        return self._views.hall(self._hall)


class TicketTopic:
    """One patient's ticket page: whatever happens in the ticket's queue may move its place."""

    def __init__(self, views: Views, ticket: str) -> None:
        """The page of ``ticket``."""
        self._views = views
        self._ticket = ticket

    def concerns(self, recorded: Recorded) -> bool:
        """Whether it is about this ticket or its queue."""
        event = recorded.event
        state = self._views.state
        ticket = state.tickets.get(self._ticket)
        if ticket is None or isinstance(event, _NOWHERE):
            return False
        return isinstance(event, _EVERYWHERE) or ticket.queue in _queues(state, event)

    def change(self, recorded: Recorded) -> c.Change | None:
        """The event where it is about this very ticket; others' are nobody's business."""
        if getattr(recorded.event, "ticket", None) != self._ticket:
            return None
        return self._views.change(recorded.position, recorded.event)

    def view(self) -> c.TicketView:
        """The whole ticket."""
        ticket = self._views.state.tickets.get(self._ticket)
        if ticket is None:
            raise ProblemError("unknown_ticket")
        return self._views.ticket(ticket)


def _queues(state: State, event: Any) -> set[str]:  # noqa: ANN401  (any event of the log)
    """The queues an event is about."""
    if isinstance(event, Undone):
        return {state.tickets[one].queue for one in event.tickets if one in state.tickets}
    if isinstance(event, StationOpened | StationClosed):
        station = state.index.stations.get(event.station) if state.index else None
        return set(station.queues) if station else set()
    named = {getattr(event, "queue", None), getattr(event, "from_queue", None)}
    return {queue for queue in named if queue}


def _halls(state: State, event: Any) -> set[str]:  # noqa: ANN401  (any event of the log)
    """The halls an event is seen in."""
    index = state.index
    if index is None:
        return set()
    if isinstance(event, _EVERYWHERE):
        return {hall.id for hall in index.site.halls}
    hall: str | None = getattr(event, "hall", None)
    if hall is not None:
        return {hall}
    halls = {index.queues[one].hall for one in _queues(state, event) if one in index.queues}
    station = index.stations.get(getattr(event, "station", None) or "")
    if station is not None:
        halls.add(station.hall)
    return halls
