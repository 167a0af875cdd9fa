"""A call as a board shows and speaks it, and the changes that a feed tells of."""

from __future__ import annotations

from queue_server import contract as c
from queue_server.engine.entries import Ticket
from queue_server.engine.events import Called, Event, Recalled, RoomAssigned
from queue_server.views.present import Present
from queue_server.views.words import words


class CallViews(Present):
    """Calls into a room and to its door."""

    def call(self, ticket: Ticket) -> c.CallView | None:
        """An open call; ``None`` when the ticket is not called or in service."""
        room = self._room_of(ticket)
        if (
            ticket.status not in {"called", "serving"}
            or room is None
            or ticket.call is None
            or ticket.called_at is None
        ):
            return None
        name = self._shown_name(ticket)
        return c.CallView(
            call=ticket.call,
            ticket=ticket.id,
            number=ticket.number,
            masked_name=name,
            clinic=self._clinic(ticket),
            room=words(room.name),
            station=ticket.station or "",
            called_at=self.moment(ticket.called_at),
            status="called" if ticket.status == "called" else "serving",
            repeat=ticket.recalls,
            voice=self._voice(ticket, room, name),
            doctor=self.doctor(ticket.doctor),
            period=self._period(ticket),
        )

    def change(self, position: int, event: Event) -> c.Change:
        """An event as a feed's audience may see it: no reference to a person, no link, no reason."""
        call = None
        ticket_id = getattr(event, "ticket", None)
        if isinstance(event, Called | Recalled):
            ticket = self.state.tickets.get(event.ticket)
            # By the time a missed call is read again it may be over; then nobody is to go there any more.
            call = self.call(ticket) if ticket is not None and ticket.station == event.station else None
        return c.Change(
            position=position,
            kind=type(event).__name__,
            ticket=ticket_id,
            number=getattr(event, "number", None),
            queue=getattr(event, "queue", None),
            station=getattr(event, "station", None),
            call=call,
            door=self._door_call(position, event) if isinstance(event, RoomAssigned) else None,
        )

    def _door_call(self, position: int, event: RoomAssigned) -> c.DoorCallView | None:
        """The second-stage call of an assignment; ``None`` where the ticket waits at that door no more."""
        ticket = self.state.tickets.get(event.ticket)
        if ticket is None or ticket.door != event.station or ticket.touched != position:
            return None
        index = self.index
        room = index.rooms[index.stations[event.station].room]
        name = self._shown_name(ticket)
        return c.DoorCallView(
            at=position,
            ticket=ticket.id,
            number=ticket.number,
            masked_name=name,
            clinic=self._clinic(ticket),
            room=words(room.name),
            station=event.station,
            voice=self._door_voice(ticket, room, name, position),
        )
