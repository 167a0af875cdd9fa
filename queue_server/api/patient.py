"""A patient's own ticket page: no log-in, an unguessable link, a limit on guessing."""

from __future__ import annotations

from typing import Any

from litestar import Request, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from queue_server import contract as c
from queue_server.api import patients
from queue_server.api.feed import FEED_RESPONSES, FeedResponse
from queue_server.api.guards import address_of
from queue_server.api.lobby import Lobby
from queue_server.api.problems import ProblemError
from queue_server.api.topics import TicketTopic, cursor_of
from queue_server.engine.entries import Ticket

Call = Request[Any, Any, Any]


@get("/{link:str}", sync_to_thread=False)
def show(request: Call, lobby: NamedDependency[Lobby], link: FromPath[str]) -> c.TicketView:
    """The ticket as it now stands."""
    return lobby.views.ticket(_linked(request, lobby, link))


@get("/{link:str}/feed", sync_to_thread=False, responses=FEED_RESPONSES)
def feed(
    request: Call, lobby: NamedDependency[Lobby], link: FromPath[str], after: FromQuery[int | None] = None
) -> FeedResponse:
    """The ticket as its place changes."""
    ticket = _linked(request, lobby, link)
    topic = TicketTopic(lobby.views, ticket.id)
    return lobby.hub.open(f"ticket:{ticket.id}", lambda: topic, f"ticket:{ticket.id}", cursor_of(request, after))


def _linked(request: Call, lobby: Lobby, link: str) -> Ticket:
    ticket = patients.by_link(lobby, link)
    if ticket is None:
        # Holders of a link are not counted: a whole waiting hall may share one address.
        lobby.limits.ticket.take(address_of(request))
        raise ProblemError("unknown_ticket")
    return ticket


router = Router("/api/ticket", tags=["patient"], route_handlers=[show, feed])
