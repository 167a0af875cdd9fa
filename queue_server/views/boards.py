"""A hall's board: who is called, who is next, whose call was missed."""

from __future__ import annotations

from itertools import islice

from queue_server import contract as c
from queue_server.engine import queries
from queue_server.engine.entries import Ticket
from queue_server.engine.site import Room
from queue_server.views.calls import CallViews
from queue_server.views.present import hall_of
from queue_server.views.words import PERIODS, words

MOST_NEXT = 24
MOST_MISSED = 12
NEXT_OF_A_STATION = 2


class BoardViews(CallViews):
    """The boards of the halls."""

    def board(self, hall: str) -> c.BoardView:
        """All that a hall's board shows.

        Raises:
            KeyError: no such hall.
        """
        state = self.state
        index = self.index
        calls = [call for call in map(self.call, queries.open_calls(state, hall)) if call is not None]
        return c.BoardView(
            hall=hall,
            name=words(hall_of(index, hall).name),
            hospital=words(index.site.name),
            calls=calls,
            next_up=self._next_up(hall),
            missed=[self._next(ticket, None) for ticket in queries.missed(state, hall)[:MOST_MISSED]],
            waiting=queries.waiting_count(state, hall),
            position=state.position,
            server_time=self.server_time,
            broadcasts=[
                c.BroadcastView(shown.started, words(shown.text), self.moment(shown.until))
                for shown in state.broadcasts.values()
                if shown.hall == hall
            ],
            paused=self._standing_still([queue.id for queue in index.queues.values() if queue.hall == hall]),
            cancelled=self._not_held(hall),
        )

    def _not_held(self, hall: str) -> list[c.Text]:
        """Clinic, doctor and half of the day of the sessions that are not held."""
        index = self.index
        now = self._clock.now()
        said = []
        for session in sorted(self.state.sessions.values(), key=lambda one: (one.starts_at, one.id)):
            clinic = index.clinics.get(session.clinic)
            if session.status != "cancelled" or clinic is None or clinic.hall != hall or now >= session.ends_at:
                continue
            doctor, period = self.doctor(session.doctor), PERIODS[session.period]
            zh = " ".join(part.zh for part in (clinic.name, doctor, period) if part is not None)
            en = ", ".join(part.en for part in (clinic.name, doctor, period) if part is not None)
            said.append(c.Text(f"{zh}停诊", f"{en}: cancelled"))
        return said

    def _next_up(self, hall: str) -> list[c.NextView]:
        index = self.index
        shown = []
        for ticket, station in islice(queries.next_up(self.state, hall, NEXT_OF_A_STATION), MOST_NEXT):
            shown.append(self._next(ticket, index.rooms[index.stations[station].room] if station else None))
        return shown

    def _next(self, ticket: Ticket, room: Room | None) -> c.NextView:
        return c.NextView(
            ticket=ticket.id,
            number=ticket.number,
            masked_name=self._shown_name(ticket),
            clinic=self._clinic(ticket),
            doctor=self.doctor(ticket.doctor),
            room=words(room.name) if room else None,
            period=self._period(ticket),
            stage=self._stage(ticket),
        )
