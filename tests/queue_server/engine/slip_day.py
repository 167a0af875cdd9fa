"""A laboratory, ultrasound, CT and a pharmacy on one morning, and one patient with a slip."""

from __future__ import annotations

from queue_server.engine import commands as c
from queue_server.engine import events as e
from tests.queue_server.engine.driver import Lobby
from tests.sites import order, with_orders

BLOOD = order("blood", "p1", "lab", fasting=True, result_min=30)
SONO = order("sono", "p1", "us", full_bladder=True, ready_min=40)
CT = order("ct", "p1", "ct", result_min=20)


def opened() -> Lobby:
    lobby = Lobby(with_orders())
    for station in ("lab1", "us1", "us2", "ct1", "rx1", "pay1"):
        lobby.do("07:30", c.OpenStation(station, f"nurse-{station}"))
    return lobby


def issue(lobby: Lobby, clock: str, *orders: object, **more: object) -> list[e.Event]:
    return lobby.do(clock, c.IssueItinerary("p1", list(orders), **more))


def slip_of(lobby: Lobby, person: str = "p1"):
    return lobby.state.slips[person]


def order_of(lobby: Lobby) -> list[str]:
    return [leg.stop for leg in slip_of(lobby).legs]


def statuses(lobby: Lobby) -> dict[str, str]:
    return {stop.stop: lobby.state.tickets[stop.ticket].status for stop in slip_of(lobby).stops}


def ticket_of(lobby: Lobby, key: str):
    return lobby.state.tickets[slip_of(lobby).stop(key).ticket]


def serve(lobby: Lobby, station: str, begins: str, ends: str) -> None:
    lobby.call(begins, station)
    lobby.do(begins, c.StartService(station))
    lobby.do(ends, c.Finish(station))
