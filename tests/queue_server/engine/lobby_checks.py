"""What holds after everything that was asked, whatever it was."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.booking import kept_for_referrals
from queue_server.engine.bound import overtaking_ends_at
from queue_server.engine.canonical import canonical, records
from queue_server.engine.entries import GIVEN_BACK, Ticket
from queue_server.engine.lanes import lanes_of
from queue_server.engine.lobby import evolve
from queue_server.engine.queries import waiting_in_order
from queue_server.engine.refusals import Refusal
from queue_server.engine.site import ClinicSession, Site
from queue_server.engine.state import FOLDED, State, copy
from queue_server.log import snapshots
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.invariants import check, check_order, check_settled
from tests.queue_server.engine.lobby_operations import command_of, with_returns
from tests.sites import small_site

CLOCK_AHEAD_S = 13 * 3600
"""Seconds; further than a lobby believes while its day is open."""


def run(
    operations: list[tuple[str, int, int, int]],
    *,
    strict: bool,
    lock: int = 0,
    site: Site | None = None,
    sessions: list[ClinicSession] | None = None,
    rooms: Sequence[str] = (),
) -> Lobby:
    lobby = Lobby(site or with_returns(small_site(lock=lock)), sessions)
    lobby.strict = strict
    lobby.do("07:40", c.OpenStation("s1", "nurse0", "d-lin"))
    lobby.do("07:40", c.OpenStation("s3", "nurse0", "d-su"))
    for room in rooms:
        lobby.do("07:40", c.OpenStation(room, "nurse0"))
    seen: set[str] = set()
    promised: dict[tuple[str, e.Stamp], int] = {}
    for name, who, what, seconds in operations:
        before = canonical(lobby.state)
        waited = {ticket.id: ticket for ticket in lobby.state.tickets.values() if ticket.rank is not None}
        ahead = CLOCK_AHEAD_S if name == "clock" and what == 0 else 0
        decided = lobby.ask(lobby.now + (seconds + ahead) * 1_000_000, command_of(lobby, name, who, what))
        if isinstance(decided, Refusal) or not decided:
            assert canonical(lobby.state) == before, "the state changed without an event"
            continue
        if any(isinstance(event, e.DayOpened) for event in decided):
            seen &= set(lobby.state.tickets)
        seen |= {event.ticket for event in decided if isinstance(event, e.TicketIssued)}
        assert seen == set(lobby.state.tickets), "a ticket was lost"
        check(lobby.state)
        check_settled(lobby.state)
        check_promises(lobby, decided, waited, promised)
        check_levels(lobby, decided)
        check_quotas(lobby, decided)
        check_undo(lobby, decided, name)
    check_order(lobby.state)
    check_called_in_order(lobby)
    assert canonical(lobby.replayed()) == canonical(lobby.state)
    assert canonical(copy(lobby.state)) == canonical(lobby.state)
    check_snapshot(lobby.state)
    return lobby


def check_snapshot(state: State) -> None:
    """A snapshot holds the whole state, what is derived included."""
    restored = snapshots.restore(snapshots.take(state))
    for name in FOLDED:
        if name != "index":
            assert getattr(restored, name) == getattr(state, name), name
    assert canonical(restored) == canonical(state)


def check_promises(
    lobby: Lobby,
    decided: list[e.Event],
    waited: dict[str, Ticket],
    promised: dict[tuple[str, e.Stamp], int],
) -> None:
    """Nobody was called before a ticket against the bound that was published when the ticket got its stamp."""
    for event in decided:
        if isinstance(event, e.Called):
            caller = lobby.state.tickets[event.ticket]
            if event.picked is not None:
                continue  # Out of turn, by somebody's decision, and shown.
            lanes = lanes_of(lobby.state.stations[event.station].queues, lobby.state.stations[event.station].doctor)
            for other in waited.values():
                until = promised.get((other.id, other.stamp))
                if until is None or other.id == caller.id or other.lane not in lanes or caller.issued_at <= until:
                    continue
                if lobby.state.tickets[other.id].status != "waiting":
                    continue  # Its session ended by the same command, before the call.
                if other.queue in lobby.state.paused:
                    continue  # Nobody is called from its queue, and its page says so.
                assert caller.stamp.by != "time" or caller.misses, "somebody overtook against the promise"
    for ticket in lobby.state.tickets.values():
        bound = overtaking_ends_at(lobby.state, ticket.id)
        if bound is not None:
            promised.setdefault((ticket.id, ticket.stamp), bound)


def check_levels(lobby: Lobby, decided: list[e.Event]) -> None:
    """A room calls nobody of a level that it does not accept, but by somebody's decision."""
    for event in decided:
        if isinstance(event, e.Called) and event.picked is None and event.queue == "q-er":
            found = lobby.state.tickets[event.ticket].triage
            levels = lobby.state.index.stations[event.station].levels
            assert not levels or (found.level if found is not None else "III") in levels


def check_quotas(lobby: Lobby, decided: list[e.Event]) -> None:
    """Nobody was registered beyond a session's limit without a reason, nor in a place that is kept for a referral."""
    holders: dict[str, list[bool]] = {}
    for ticket in lobby.state.tickets.values():
        if ticket.session is not None and ticket.status not in GIVEN_BACK:
            holders.setdefault(ticket.session, []).append("referral" in ticket.credits)
    assert lobby.state.referred == {session: sum(found) for session, found in holders.items() if any(found)}
    for event in decided:
        if not isinstance(event, e.TicketIssued) or event.origin != "registration" or event.extra is not None:
            continue
        session = lobby.state.sessions[event.session]
        if not session.limit:
            continue
        booking, slots = lobby.state.site.booking, range(len(session.slots))
        kept = sum(kept_for_referrals(booking, session, slot, lobby.now) for slot in slots)
        is_referral = "referral" in event.credits
        others = len(holders[session.id]) - 1
        left = max(0, kept - (sum(holders[session.id]) - is_referral))
        assert others + left < session.limit or (is_referral and left), "a place too many, or a kept one"


UNDOABLE = {
    "open", "close", "next", "recall", "missed", "rejoin", "start", "finish", "cancel", "paper",
    "exams", "return", "away", "back", "transfer", "refer", "assign", "postpone", "credit", "forward", "pick",
    "release", "room",
}  # fmt: skip


def check_undo(lobby: Lobby, decided: list[e.Event], name: str) -> None:
    """Taking the last command back gives exactly the records before it. Tried aside, on a copy."""
    due = any(getattr(event, "due_at", None) is not None for event in decided)
    if name.removesuffix("_er") not in UNDOABLE or due or lobby.state.day.ended:
        return
    until = len(lobby.log) - len(decided)
    before = State()
    for recorded in lobby.log[:until]:
        evolve(before, recorded)
    aside = Lobby.__new__(Lobby)
    aside.__dict__.update(lobby.__dict__)
    aside.state, aside.log, aside.strict = copy(lobby.state), [], False
    aside.do(None, c.Undo(lobby.state.position))
    now, then = records(aside.state), records(before)
    if name in {"transfer", "refer", "release"}:
        # A number that was told to somebody is never given again, also where the transfer was taken back.
        now["counters"] = then["counters"]
    assert msgspec.json.encode(now) == msgspec.json.encode(then)
    check(aside.state)
    assert waiting_orders(aside.state) == waiting_orders(before)


def waiting_orders(state: State) -> dict[str, list[str]]:
    return {
        station.id: [ticket.id for ticket in waiting_in_order(state, station.id)] for station in state.stations.values()
    }


def check_called_in_order(lobby: Lobby) -> None:
    """The order shown is the order called."""
    for station in list(lobby.state.stations.values()):
        aside = Lobby.__new__(Lobby)
        aside.__dict__.update(lobby.__dict__)
        aside.state, aside.log, aside.strict = copy(lobby.state), [], False
        aside.now = aside.state.now  # a refused command may have come later, when something is due
        aside.ask(None, c.Tick())  # an undo may have brought somebody back to where the time away is over
        order = [ticket.id for ticket in waiting_in_order(aside.state, station.id)]
        stands_still = not lobby.state.paused.keys().isdisjoint(station.queues)
        called = []
        while True:
            decided = aside.ask(None, c.CallNext(station.id, "seen"))
            if isinstance(decided, Refusal):
                assert decided.code in {"nobody_waiting", "station_closed", "day_not_open", "queue_paused"}
                break
            called += [event.ticket for event in decided if isinstance(event, e.Called)]
        if lobby.state.day.ended:
            assert called == []
        elif station.is_open and stands_still:
            assert all(lobby.state.tickets[key].queue not in lobby.state.paused for key in called)
        elif station.is_open:
            assert called == order
