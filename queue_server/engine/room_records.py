"""What is found of the open rooms: how each serves its queues, who calls a list, and what a room's own list takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from queue_server.engine.entries import Lane
    from queue_server.engine.site import Level

Mode: TypeAlias = Literal["merge", "ratio", "strict"]


class Serving(NamedTuple):
    """A station's way of serving several queues.

    Attributes:
        mode: by rank, by turns, or one queue before the other.
        quotas: its queues in order, and how many of each are called in a turn.
        turn: whose turn it is, and how many were called in it so far.
        levels: of emergency queues, the levels of triage that the room accepts; empty: all.
    """

    mode: Mode
    quotas: tuple[tuple[str, int], ...]
    turn: tuple[str, int] | None
    levels: tuple[Level, ...] = ()


MERGE = Serving("merge", (), None)


class Caller(NamedTuple):
    """An open room that calls a list.

    Attributes:
        station: the room's station.
        doctor: who sits there, if a doctor does.
        levels: of emergency queues, the levels of triage that the room accepts; empty: all.
        order: the lanes that it calls, and its way of serving them.
        room: the station, where it calls from a list of its own (two-stage calling).
    """

    station: str
    doctor: str | None
    levels: tuple[Level, ...]
    order: tuple[tuple[Lane, ...], Serving]
    room: str | None


class Order(NamedTuple):
    """One order of calling, and the rooms that follow it.

    Attributes:
        lanes: what is called.
        serving: the way of serving them.
        rooms: ``None`` for all those that call from the hall, and each station that has a list of its own.
    """

    lanes: tuple[Lane, ...]
    serving: Serving
    rooms: tuple[str | None, ...]


class Callers(NamedTuple):
    """All the open rooms that call a list; many that call the same lists in the same way are one order.

    Attributes:
        rooms: in the order of the configuration; empty while none is open.
        orders: without an open room, the list's own.
        have_levels: whether any of the rooms accepts some levels of triage only.
    """

    rooms: tuple[Caller, ...]
    orders: tuple[Order, ...]
    have_levels: bool


class RoomList(NamedTuple):
    """What a room's list takes.

    Attributes:
        order: the room's place in the configuration.
        station: the room's station, which is open.
        lanes: what the room calls, with the queues that stand still.
        levels: of emergency queues, the levels of triage that it accepts; empty: all.
        look_ahead: how many tickets.
    """

    order: int
    station: str
    lanes: list[Lane]
    levels: tuple[Level, ...]
    look_ahead: int
