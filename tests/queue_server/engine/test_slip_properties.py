"""Any sequence of commands around guide slips: nobody is called twice at once, needs come first, everything ends."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.canonical import canonical, records
from queue_server.engine.due import next_due
from queue_server.engine.lobby import evolve
from queue_server.engine.queries import undoable
from queue_server.engine.refusals import Refusal
from queue_server.engine.site import Order
from queue_server.engine.state import State, copy
from queue_server.engine.transitions import LIVE
from tests.examples import share
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.invariants import check, check_order
from tests.sites import MINUTE, appointment, at, order, with_orders

STATIONS = ["lab1", "us1", "us2", "ct1", "rx1", "pay1", "s1"]
QUEUES = ["lab", "us", "ct", "rx", "pay"]
HERE = {"waiting", "called", "serving", "missed"}

facts = st.fixed_dictionaries(
    {},
    optional={
        "fasting": st.booleans(),
        "breaks_fast": st.booleans(),
        "ready_min": st.sampled_from([0, 10, 40]),
        "result_min": st.sampled_from([0, 5, 30]),
        "needs_before": st.booleans(),
        "slot": st.sampled_from([None, "08:30", "09:30"]),
    },
)
ordered = st.lists(st.tuples(st.sampled_from(QUEUES), facts), min_size=1, max_size=5)
operation = st.tuples(
    st.sampled_from(
        [
            "issue", "issue", "plan", "check_in", "visit", *["next"] * 8, *["start"] * 4, *["finish"] * 4, "missed",
            "rejoin", "cancel", "undo", "undo", "send", "return", "away", "back", "recall", "tick", "tick",
        ]
    ),
    st.integers(0, 2),
    st.integers(0, 6),
    st.sampled_from([0, 1, 60, 300, 900]),
)  # fmt: skip


def orders_of(person: str, wanted: list[tuple[str, dict]]) -> list[Order]:
    made: list[Order] = []
    for n, (queue, about) in enumerate(wanted):
        extra = dict(about)
        before = extra.pop("needs_before", False)
        slot = extra.pop("slot", None)
        if before and made:
            extra["needs"] = [made[-1].id]
        if slot is not None:
            extra |= {"slot_start": at(slot), "slot_end": at(slot) + 30 * MINUTE}
        made.append(order(f"{person}-{n}", person, queue, **extra))
    return made


def command_of(  # noqa: C901, PLR0911, PLR0912 - one branch a command
    lobby: Lobby, plans: list[list[tuple[str, dict]]], name: str, who: int, what: int
) -> c.Command:
    person = f"p{who}"
    station = STATIONS[what]
    tickets = sorted(lobby.state.tickets)
    mine = [key for key in tickets if lobby.state.tickets[key].person == person]
    ticket = mine[what % len(mine)] if mine else "nobody"
    orders = orders_of(person, plans[who])
    match name:
        case "issue":
            away = [key for key in mine if lobby.state.tickets[key].away == "exams"]
            return c.IssueItinerary(person, orders[: what + 1], away[0] if away else None)
        case "plan":
            return c.PlanItinerary(person)
        case "check_in":
            return c.CheckInOrder(orders[what % len(orders)])
        case "visit":
            return c.CheckIn(appointment(f"a{who}", person, "im-lin-am", "08:30"))
        case "next":
            return c.CallNext(station, "seen" if who else "missed")
        case "start":
            return c.StartService(station)
        case "finish":
            return c.Finish(station)
        case "missed":
            return c.MarkMissed(station)
        case "rejoin":
            return c.Rejoin(ticket)
        case "cancel":
            return c.Cancel(ticket, "order_withdrawn")
        case "undo":
            known = undoable(lobby.state, station)
            return c.Undo(known[0] if known else lobby.state.position)
        case "send":
            return c.SendForExams("s1")
        case "return":
            return c.ReturnWithResults(ticket)
        case "away":
            return c.StepAway(ticket, 10)
        case "back":
            return c.StepBack(ticket)
        case "recall":
            return c.Recall(station)
        case _:
            return c.Tick()


def check_slips(state: State) -> None:
    assert state.opens == sorted(
        (slip.opens_at, person) for person, slip in state.slips.items() if slip.opens_at is not None
    )
    for slip in state.slips.values():
        if slip.ended_at is not None:
            assert not slip.legs
            continue
        tickets = {stop.stop: state.tickets[stop.ticket] for stop in slip.stops}
        over = dict(slip.done)
        assert {leg.stop for leg in slip.legs} == tickets.keys() - over.keys()
        here = [key for key, ticket in tickets.items() if key not in over and ticket.status in HERE]
        assert len(here) <= 1, "called at two places at once"
        if here:
            assert here == [slip.legs[0].stop], "called out of the slip's order"
            assert slip.opens_at is None
        hold = any(ticket.away == "hold" for ticket in tickets.values())
        assert here or hold or slip.opens_at is not None, "waits for nothing"
        for ticket in tickets.values():
            if ticket.away == "slip":
                assert ticket.held is not None
                assert (ticket.rank, ticket.place) == (None, None)


def check_needs(lobby: Lobby, decided: list[e.Event]) -> None:
    """Whatever opens had all that it needs, with the result, and was ready."""
    for event in decided:
        if not isinstance(event, e.StopOpened):
            continue
        slip = next(slip for slip in lobby.state.slips.values() if slip.id == event.slip)
        stop = next(one for one in slip.stops if one.ticket == event.ticket)
        done = dict(slip.done)
        known = {one.stop for one in slip.stops}
        assert stop.ready_at <= lobby.now
        assert all(done[need] <= lobby.now for need in stop.needs if need in known)


def check_undo(lobby: Lobby, decided: list[e.Event], name: str) -> None:
    if name not in {"next", "start", "finish", "missed", "rejoin", "cancel", "send", "return", "away", "back"}:
        return
    if any(getattr(event, "due_at", None) is not None for event in decided):
        return
    before = State()
    for recorded in lobby.log[: len(lobby.log) - len(decided)]:
        evolve(before, recorded)
    aside = Lobby.__new__(Lobby)
    aside.__dict__.update(lobby.__dict__)
    aside.state, aside.log, aside.strict = copy(lobby.state), [], False
    aside.do(None, c.Undo(lobby.state.position))
    assert records(aside.state) == records(before)
    assert aside.state.opens == before.opens


@share(0.6)
@given(st.lists(operation, max_size=40), st.lists(ordered, min_size=3, max_size=3))
def test_whatever_is_asked_around_slips(operations, plans):
    whole_around_slips(operations, plans)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(operation, max_size=40), st.lists(ordered, min_size=3, max_size=3))
def test_whatever_is_asked_around_slips_ten_thousand_times(operations, plans):
    whole_around_slips(operations, plans)


def whole_around_slips(operations: list[tuple[str, int, int, int]], plans: list[list[tuple[str, dict]]]) -> None:
    lobby = Lobby(with_orders())
    lobby.now = at("07:50")
    open_all(lobby)
    lobby.now = at("08:00")
    for name, who, what, seconds in operations:
        before = canonical(lobby.state)
        orders = {person: tuple(leg.stop for leg in slip.legs) for person, slip in lobby.state.slips.items()}
        decided = lobby.ask(lobby.now + seconds * 1_000_000, command_of(lobby, plans, name, who, what))
        if isinstance(decided, Refusal) or not decided:
            assert canonical(lobby.state) == before
            continue
        check(lobby.state)
        check_slips(lobby.state)
        check_needs(lobby, decided)
        check_undo(lobby, decided, name)
        told = {event.person for event in decided if isinstance(event, e.SlipPlanned)}
        told |= set(lobby.state.slips) if any(isinstance(event, e.Undone) for event in decided) else set()
        for person, slip in lobby.state.slips.items():
            if person not in told:
                assert tuple(leg.stop for leg in slip.legs) == orders[person], "another order without an event"
    check_order(lobby.state)
    assert canonical(lobby.replayed()) == canonical(lobby.state)
    finish_all(lobby)


def open_all(lobby: Lobby) -> None:
    for station in STATIONS:
        lobby.do(None, c.OpenStation(station, "nurse", "d-lin" if station == "s1" else None))


def finish_all(lobby: Lobby) -> None:
    """Everybody is called in turn and comes: every slip ends long before the day does."""
    open_all(lobby)  # an opening may have been taken back
    for _ in range(100):
        running = [slip for slip in lobby.state.slips.values() if slip.ended_at is None]
        if not running:
            break
        for key in sorted(lobby.state.missed):
            lobby.ask(None, c.Rejoin(key))
        for ticket in [one for one in lobby.state.tickets.values() if one.away == "hold"]:
            lobby.do(None, c.StepBack(ticket.id))
        for station in STATIONS:
            lobby.ask(None, c.CallNext(station, "seen"))
        due = next_due(lobby.state)
        lobby.do(min(max(lobby.now, due or 0), lobby.now + 5 * MINUTE), c.Tick())
        check_slips(lobby.state)
    else:
        raise AssertionError("a slip never ends")
    assert all(
        lobby.state.tickets[stop.ticket].status not in LIVE or stop.kind == "visit"
        for slip in lobby.state.slips.values()
        for stop in slip.stops
    )
