"""Every service point of the demonstration hospital is a queue: who gets a number there, and that it is called."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
import pytest

from queue_server.config import load
from queue_server.engine import commands as c
from queue_server.engine.entries import Ticket
from queue_server.engine.site import ClinicSession, Order, Registration
from tests.queue_server.engine.driver import Lobby
from tests.sites import DAY, at, digest

ORDERS = {
    "pharmacy": "prescription",
    "blood": "blood",
    "ultrasound": "exam",
    "ct": "exam",
    "mri": "exam",
    "ecg": "exam",
}
OPEN = ["cashier", "enquiry", "health_check"]
FEVER = ClinicSession(
    "fever-am", DAY, "fever", "fever", None, "morning", at("08:00"), at("12:00"), 0, [], status="open"
)


@cache
def demonstration():
    """The site of ``config/hospital.toml``."""
    return load(Path("config")).site


def lobby_of(**changed: object) -> Lobby:
    """The demonstration hospital, with these fields of every queue of orders changed."""
    site = demonstration()
    queues = [msgspec.structs.replace(queue, **changed) if queue.kind == "order" else queue for queue in site.queues]
    lobby = Lobby(msgspec.structs.replace(site, queues=queues), [FEVER])
    lobby.strict = False
    return lobby


def is_called(lobby: Lobby, ticket: Ticket) -> bool:
    """Whether the first station of its queue calls the ticket."""
    station = next(one.id for one in lobby.state.site.stations if ticket.queue in one.queues)
    lobby.do(None, c.OpenStation(station, "staff"))
    return lobby.call(None, station).id == ticket.id


def ordered(queue: str, status: str = "paid") -> Order:
    return Order(id="o1", person="p1", kind=ORDERS[queue], queue=queue, day=DAY, status=status)


@pytest.mark.parametrize("queue", sorted(ORDERS))
def test_a_paid_order_gives_a_number_and_an_unpaid_one_none(queue):
    lobby = lobby_of()
    assert lobby.refused("08:30", c.CheckInOrder(ordered(queue, "open"))).code == "order_unpaid"
    assert lobby.refused("08:30", c.CheckInWalkIn(queue)).code == "order_needed"
    ticket = lobby.issue("08:30", c.CheckInOrder(ordered(queue)))
    assert ticket.number == f"{lobby.state.index.queues[queue].prefix}001"
    assert is_called(lobby, ticket)


@pytest.mark.parametrize("queue", sorted(ORDERS))
def test_with_payment_afterwards_an_open_order_gives_a_number_too(queue):
    lobby = lobby_of(needs_paid=False)
    assert is_called(lobby, lobby.issue("08:30", c.CheckInOrder(ordered(queue, "open"))))


def test_the_pharmacys_tickets_are_made_by_the_payment_and_the_exams_at_the_kiosk():
    ways = {queue.id: queue.makes_ticket for queue in demonstration().queues if queue.kind == "order"}
    assert ways == dict.fromkeys(ORDERS, "at_kiosk") | {"pharmacy": "at_payment"}


@pytest.mark.parametrize("queue", OPEN)
def test_windows_and_desks_number_anybody_in_the_order_of_coming(queue):
    lobby = lobby_of()
    first = lobby.issue("08:30", c.CheckInWalkIn(queue))
    lobby.issue("08:31", c.CheckInWalkIn(queue, person="p1"))
    assert is_called(lobby, first)


def test_something_to_pay_takes_a_number_of_the_cashier():
    lobby = lobby_of()
    bill = Order(id="b1", person="p1", kind="payment", queue="cashier", day=DAY, status="open")
    assert is_called(lobby, lobby.issue("08:30", c.CheckInOrder(bill)))


def test_the_fever_clinic_takes_registrations_in_the_order_of_coming():
    lobby = lobby_of()
    tickets = [
        lobby.issue(f"08:3{n}", c.CheckInWalkIn("fever", Registration(f"r{n}", f"p{n}", "fever-am", DAY, "paid")))
        for n in (1, 2)
    ]
    assert tickets[0].rank < tickets[1].rank
    assert is_called(lobby, tickets[0])


def test_every_queue_of_the_demonstration_is_called_somewhere():
    site = demonstration()
    assert {queue.id for queue in site.queues} == {name for station in site.stations for name in station.queues}
    assert digest(site) == load(Path("config")).digest
