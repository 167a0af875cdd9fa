"""A station's console, and what one may choose when opening it."""

from __future__ import annotations

from queue_server import contract as c
from queue_server.engine import queries
from queue_server.engine.entries import StationState
from queue_server.views.tickets import TicketViews
from queue_server.views.waits import WaitViews
from queue_server.views.words import words


class StationViews(TicketViews, WaitViews):
    """The consoles of the stations."""

    def station(self, station_id: str) -> c.StationView:
        """All that a station's console shows.

        Raises:
            KeyError: no such station.
        """
        state = self.state
        index = self.index
        station = index.stations[station_id]
        standing = state.stations.get(station_id, StationState(station_id))
        queues = standing.queues or tuple(station.queues)
        current = queries.current(state, station_id)
        undo = queries.undoable(state, station_id)
        return c.StationView(
            station=station_id,
            name=words(station.name),
            room=words(index.rooms[station.room].name),
            is_open=standing.is_open,
            staff=standing.staff,
            doctor=self.doctor(standing.doctor),
            queues=[words(index.queues[queue].name) for queue in queues],
            current=None if current is None else self.row(current),
            waiting=[self.row(ticket) for ticket in queries.waiting_in_order(state, station_id)],
            missed=[self.row(ticket) for ticket in queries.missed_for(state, station_id)],
            done=[self.row(ticket) for ticket in queries.done(state, station_id)],
            undo=None if undo is None else c.UndoView(undo[0], words(undo[1])),
            next_means=station.next_means,
            position=state.position,
            server_time=self.server_time,
            alarms=self.alarms(list(queues)),
            track_record=self.track_record(list(queues)),
            away=[self.row(ticket) for ticket in queries.away_for(state, station_id)],
            paused=self._standing_still(list(queues)),
        )

    def station_choices(self) -> list[c.Choice]:
        """Every station, with what it calls as the note, or who calls from there now."""
        state = self.state
        index = self.index
        choices = []
        for station in index.stations.values():
            standing = state.stations.get(station.id)
            staff = standing.staff if standing is not None and standing.is_open else None
            names = [index.queues[queue].name for queue in station.queues]
            serves = c.Text("、".join(name.zh for name in names), ", ".join(name.en for name in names))
            note = c.Text(f"{staff} 使用中", f"in use by {staff}") if staff else serves
            choices.append(c.Choice(station.id, words(station.name), note))
        return choices

    def doctor_choices(self) -> list[c.Choice]:
        """Every doctor, with the clinic as the note."""
        index = self.index
        return [
            c.Choice(doctor.id, words(doctor.name), words(index.clinics[doctor.clinic].name))
            for doctor in index.doctors.values()
        ]
