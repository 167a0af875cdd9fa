"""What every view is made from: the committed state, the server's time and the names of things."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from queue_server import contract as c
from queue_server.clock import Clock
from queue_server.engine import queries
from queue_server.engine.entries import SiteIndex, Ticket
from queue_server.engine.site import Hall, Room
from queue_server.engine.state import State
from queue_server.views.names import Names
from queue_server.views.words import PERIODS, words


class Present:
    """The committed state as it stands now, and the words for its parts."""

    def __init__(
        self,
        state: Callable[[], State],
        clock: Clock,
        names: Names,
        *,
        public_url: str | None = None,
        voice: Callable[[Ticket, Room, str | None], list[str]] = lambda _ticket, _room, _name: [],
        door_voice: Callable[[Ticket, Room, str | None, int], list[str]] = lambda _ticket, _room, _name, _at: [],
        issuing: Callable[[], bool] = lambda: True,
    ) -> None:
        """Wire the views.

        Args:
            state: gives the committed state.
            clock: the server's time, shown on every screen.
            names: masked names.
            public_url: where patients' telephones reach the ticket pages, if anywhere.
            voice: the addresses of a call's announcement.
            door_voice: those of a second-stage call's.
            issuing: whether numbers are issued now.
        """
        self._state = state
        self._clock = clock
        self._names = names
        self._public_url = public_url.rstrip("/") if public_url else None
        self._voice = voice
        self._door_voice = door_voice
        self._issuing = issuing

    @property
    def issuing(self) -> bool:
        """Whether numbers are issued now."""
        return self._issuing()

    @property
    def state(self) -> State:
        """The committed state."""
        return self._state()

    @property
    def index(self) -> SiteIndex:
        """The active configuration by id.

        Raises:
            RuntimeError: no configuration is active yet.
        """
        index = self.state.index
        if index is None:
            raise RuntimeError("nothing can be shown before a configuration is active")
        return index

    def moment(self, moment: int) -> datetime:
        """UTC microseconds as a moment with the hospital's offset."""
        index = self._state().index
        return datetime.fromtimestamp(moment / 1_000_000, UTC if index is None else ZoneInfo(index.site.time_zone))

    @property
    def server_time(self) -> datetime:
        """Now, with the hospital's offset."""
        return self.moment(self._clock.now())

    def doctor(self, doctor: str | None) -> c.Text | None:
        """A doctor's name; ``None`` for the pool and for one who is not configured."""
        if doctor is None:
            return None
        known = self.index.doctors.get(doctor)
        return words(known.name) if known else None

    def _maybe(self, moment: int | None) -> datetime | None:
        return None if moment is None else self.moment(moment)

    def _clinic(self, ticket: Ticket) -> c.Text:
        """Clinic or queue; a ticket of something that is configured no longer still has its id."""
        index = self.index
        found = index.clinics.get(ticket.clinic or "") or index.queues.get(ticket.queue)
        return words(found.name) if found else c.Text(ticket.queue, ticket.queue)

    def _area(self, ticket: Ticket) -> c.Text:
        index = self.index
        clinic = index.clinics.get(ticket.clinic or "")
        if clinic is not None:
            return words(clinic.area)
        queue = index.queues.get(ticket.queue)
        return words(queries.area_of(index, queue) if queue else index.site.desk)

    def _period(self, ticket: Ticket) -> c.Text | None:
        # The number's own session: a morning's 3 stays the morning's, also when it is called in the afternoon.
        session = self.state.sessions.get(ticket.session or "")
        return PERIODS[session.period] if session else None

    def _room_of(self, ticket: Ticket) -> Room | None:
        index = self.index
        station = index.stations.get(ticket.station or "")
        return index.rooms[station.room] if station else None

    def _stage(self, ticket: Ticket) -> c.Stage | None:
        """In which stage a ticket waits; ``None`` where its queue has one only."""
        if ticket.status != "waiting":
            return None
        if ticket.door is not None:
            return "door"
        queue = self.index.queues.get(ticket.queue)
        return "hall" if queue is not None and queue.room_look_ahead else None

    def _door(self, ticket: Ticket) -> c.Text | None:
        index = self.index
        station = index.stations.get(ticket.door or "")
        return words(index.rooms[station.room].name) if station else None

    def _shown_name(self, ticket: Ticket) -> str | None:
        clinic = self.index.clinics.get(ticket.clinic or "")
        return None if clinic is not None and not clinic.show_names else self._names.masked(ticket.person)

    def _standing_still(self, queues: list[str]) -> list[c.Text]:
        """The names of those of ``queues`` from which nobody is called for now."""
        index = self.index
        return [words(index.queues[queue].name) for queue in queues if queue in self.state.paused]


def hall_of(index: SiteIndex, hall: str) -> Hall:
    """A hall by its id.

    Raises:
        KeyError: no such hall.
    """
    for known in index.site.halls:
        if known.id == hall:
            return known
    raise KeyError(hall)
