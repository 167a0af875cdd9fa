"""A clinic whose rooms have lists of their own, and short ways to ask what stands in them."""

from __future__ import annotations

from msgspec.structs import replace

from queue_server.engine import commands as c
from queue_server.engine.site import Site
from tests.queue_server.engine.driver import Lobby
from tests.sites import appointment, small_site


def in_two_stages(site: Site, look_ahead: int = 2, *, by_hand: bool = False) -> Site:
    """The same hospital with rooms that have lists of their own."""
    how = "by_hand" if by_hand else "automatic"
    queues = [replace(queue, room_look_ahead=look_ahead, room_assignment=how) for queue in site.queues]
    return replace(site, queues=queues)


def clinic(look_ahead=2, *, rooms=("s1", "s2"), people=6, by_hand=False, lock=0):
    """A pool of booked patients in the order of their slots, and rooms that call it."""
    lobby = Lobby(in_two_stages(small_site(lock=lock), look_ahead, by_hand=by_hand))
    for room in rooms:
        lobby.do("07:50", c.OpenStation(room, "nurse"))
    for i in range(people):
        lobby.issue("08:00", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-am", f"{8 + i // 6:02d}:{i % 6}0")))
    return lobby


def doors(lobby):
    numbers = {station: [key for _, key in listed] for station, listed in lobby.state.doors.items()}
    return {room: [lobby.state.tickets[key].number for key in keys] for room, keys in sorted(numbers.items())}


def called(lobby, clock, room, last_was="seen"):
    return lobby.call(clock, room, last_was).number


def numbered(lobby, number):
    return next(ticket for ticket in lobby.state.tickets.values() if ticket.number == number)
