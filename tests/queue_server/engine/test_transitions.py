"""The one transition table, cell by cell."""

from __future__ import annotations

import pytest

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.lobby import evolve
from queue_server.engine.transitions import LIVE, STATUSES, TRANSITIONS, ImpossibleError, after
from tests.queue_server.engine.driver import Lobby
from tests.sites import appointment

# Rows are statuses, columns events; a dot is impossible.
TABLE = """
            Stamped  Called  Recalled  Missed  Rejoined  ServiceStarted  Finished  Cancelled  Lapsed  NoShow   PaperSeen  PaperMissed   Triaged  ReassessmentDue  IdentityMerged
waiting     waiting  called  .         .       .         .               .         cancelled  lapsed  no_show  finished   missed        waiting  waiting          waiting
called      .        .       called    missed  .         serving         finished  cancelled  lapsed  no_show  .          .             .        .                called
serving     .        .       .         .       .         .               finished  .          .       .        .          .             .        .                serving
finished    .        .       .         .       .         .               .         .          .       .        .          .             .        .                finished
missed      .        .       .         .       waiting   .               .         cancelled  lapsed  no_show  finished   missed        .        .                missed
away        .        .       .         .       waiting   .               finished  cancelled  lapsed  no_show  .          .             .        .                away
cancelled   .        .       .         .       .         .               .         .          .       .        .          .             .        .                .
no_show     .        .       .         .       .         .               .         .          .       .        .          .             .        .                .
lapsed      .        .       .         .       .         .               .         .          .       .        .          .             .        .                .
"""  # noqa: E501 - a table
SLIPS = """
            StopHeld  StopOpened
waiting     away      .
called      .         .
serving     .         .
finished    .         waiting
missed      .         .
away        .         waiting
cancelled   .         .
no_show     .         .
lapsed      .         .
"""
ROOMS = """
            RoomAssigned  RoomLeft
waiting     waiting       waiting
called      .             .
serving     .             .
finished    .             .
missed      .             .
away        .             .
cancelled   .             .
no_show     .             .
lapsed      .             .
"""
MOVES = """
            SentForExams  ReturnedWithResults  Transferred  SteppedAway  SteppedBack  Postponed  Credited  MovedForward
waiting     .             .                    waiting      away         .            waiting    waiting   waiting
called      .             .                    waiting      .            .            .          .         .
serving     away          .                    waiting      .            .            .          .         .
finished    .             waiting              .            .            .            .          .         .
missed      .             .                    missed       .            .            .          .         .
away        .             waiting              away         .            waiting      .          .         .
cancelled   .             .                    .            .            .            .          .         .
no_show     .             .                    .            .            .            .          .         .
lapsed      .             .                    .            .            .            .          .         .
"""


def cells(table: str) -> list[tuple[str, str, str]]:
    head, *rows = [line.split() for line in table.strip().splitlines()]
    return [(row[0], event, cell) for row in rows for event, cell in zip(head, row[1:], strict=True)]


CELLS = cells(TABLE) + cells(MOVES) + cells(SLIPS) + cells(ROOMS)


@pytest.mark.parametrize(("status", "event", "expected"), CELLS)
def test_cell(status, event, expected):
    if expected == ".":
        with pytest.raises(ImpossibleError, match=f"a ticket that is {status} cannot meet {event}"):
            after(status, event)
    else:
        assert after(status, event) == expected


def test_the_table_is_whole():
    assert {event for _, event, _ in CELLS} == set(TRANSITIONS)
    for event in TRANSITIONS:
        assert {status for status, name, _ in CELLS if name == event} == set(STATUSES)
    ended = set(STATUSES) - LIVE
    # Who somebody was may come out when the treatment is over.
    leaving = {(status, event) for status, event, cell in CELLS if status in ended and cell != "."}
    assert leaving == {("finished", name) for name in ("ReturnedWithResults", "IdentityMerged", "StopOpened")}


def test_a_log_that_asks_for_the_impossible_is_not_folded():
    lobby = Lobby()
    ticket = lobby.issue("08:40", c.CheckIn(appointment("a1", "p1", "im-lin-am", "09:00")))
    event = e.Finished(ticket=ticket.id, number=ticket.number, queue=ticket.queue, station="s1")
    with pytest.raises(ImpossibleError):
        evolve(lobby.state, e.Recorded(lobby.state.position + 1, lobby.now, "x", "c", event))


def test_a_log_with_a_gap_is_not_folded():
    lobby = Lobby()
    with pytest.raises(ValueError, match="position 4 does not follow 2"):
        evolve(lobby.state, e.Recorded(4, lobby.now, "x", "c", e.ClockSeen(due_at=1)))
