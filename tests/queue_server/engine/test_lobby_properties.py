"""Any sequence of commands, sensible or not: what must hold, holds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.booking import kept_for_referrals
from queue_server.engine.bound import overtaking_ends_at
from queue_server.engine.canonical import canonical, records
from queue_server.engine.entries import GIVEN_BACK, Ticket
from queue_server.engine.lanes import lanes_of
from queue_server.engine.lobby import evolve
from queue_server.engine.queries import undoable, waiting_in_order
from queue_server.engine.refusals import Refusal
from queue_server.engine.site import BookingRules, ClinicSession, Level, PlaceStamp, Site, Slot, Text
from queue_server.engine.state import FOLDED, State, copy
from queue_server.engine.triage_table import LEVELS
from queue_server.log import snapshots
from tests.golden_logs.stories import triage
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.invariants import check, check_order, check_settled
from tests.sites import (
    DAY,
    MINUTE,
    NEXT_DAY,
    appointment,
    digest,
    emergency_site,
    registration,
    small_sessions,
    small_site,
)

replace = msgspec.structs.replace
STATIONS = [("s1", "d-lin"), ("s1", None), ("s2", "d-he"), ("s3", "d-su"), ("w1", None), ("s2", "d-lin")]
EMERGENCY = ("e1", "e2")
SESSIONS = ["im-lin-am", "im-he-am", "im-am", "im-pm", "ped-su-am", "ped-su-pm", "ent-am"]
TARGETS = [("q-im", "d-lin"), ("q-im", None), ("q-ent", None), ("q-ped", "d-su"), ("q-im", "d-he"), ("q-ask", None)]
"""Queues and doctors to which a ticket may be sent on."""
QUEUES = {"im": "q-im", "ped": "q-ped", "ent": "q-ent"}

operation = st.tuples(
    st.sampled_from(
        [
            *["check_in"] * 5,
            *["register"] * 4,
            "ask",
            *["open"] * 3,
            "close",
            *["next"] * 9,
            "recall",
            *["missed"] * 3,
            *["rejoin"] * 3,
            *["start"] * 5,
            "finish",
            "cancel",
            "print",
            "paper",
            *["undo"] * 3,
            *["undo_any"] * 3,
            "tick",
            "next_day",
            *["sessions"] * 2,
            *["exams"] * 3,
            *["return"] * 3,
            *["away"] * 3,
            "back",
            *["transfer"] * 3,
            "refer",
            *["assign"] * 2,
            *["room"] * 2,
            *["postpone"] * 2,
            *["credit"] * 2,
            *["forward"] * 2,
            *["pick"] * 2,
            *["release"] * 2,
            "pause",
            *["resume"] * 3,
            "broadcast",
            "end_broadcast",
        ]
    ),
    st.integers(0, 11),
    st.integers(0, 6),
    st.sampled_from([0, 1, 20, 30, 60, 120, 600, 2400]),
)


def command_of(  # noqa: C901, PLR0911, PLR0912, PLR0915 - one branch a command
    lobby: Lobby, name: str, who: int, what: int
) -> c.Command:
    """The operation as a command; ``who`` and ``what`` choose people, tickets, sessions and stations."""
    station, doctor = STATIONS[what % len(STATIONS)]
    if name.endswith("_er"):
        name, station, doctor = name.removesuffix("_er"), EMERGENCY[what % 2], None
    tickets = sorted(lobby.state.tickets)
    ticket = tickets[(who * 7 + what) % len(tickets)] if tickets else "nobody"
    queued = [key for key in tickets if lobby.state.tickets[key].status == "waiting"]
    queued = queued[(who * 7 + what) % len(queued)] if queued and who else ticket
    day = lobby.state.day.day
    session = SESSIONS[what % len(SESSIONS)]
    clinic = session.split("-")[0]
    match name:
        case "check_in":
            slot = ["08:00", "08:30", "09:30", "11:30"][who % 4]
            credit = [[], ["elder"], ["referral", "elder"]][who % 3]
            booked = appointment(
                f"a{who}-{session}", f"p{who}", session, slot, number=f"{who:03d}", credits=credit, day=day
            )
            return c.CheckIn(booked, by_proxy=who % 5 == 0)
        case "register":
            number = f"{who + 1:03d}"  # overlaps the appointments' numbers on purpose
            return c.CheckInWalkIn(
                QUEUES[clinic],
                registration(
                    f"r{who}-{session}",
                    f"p{who}",
                    session,
                    number=number,
                    credits=["referral"] * (who % 3 == 2),
                    day=day,
                ),
                extra="urgent" if who % 2 else None,
            )
        case "ask":
            return c.CheckInWalkIn("q-ask", person=f"p{who}" if who % 2 else None)
        case "open":
            return c.OpenStation(station, f"nurse{who % 2}", doctor)
        case "close":
            return c.CloseStation(station)
        case "next":
            return c.CallNext(station, [None, "seen", "missed"][who % 3])
        case "recall":
            return c.Recall(station)
        case "missed":
            return c.MarkMissed(station)
        case "rejoin":
            missed = sorted(lobby.state.missed)
            return c.Rejoin(missed[who % len(missed)] if missed else ticket)
        case "start":
            return c.StartService(station)
        case "finish":
            return c.Finish(station)
        case "cancel":
            return c.Cancel(ticket, ["patient", "staff", "wrong_patient", "session_cancelled"][who % 4])
        case "print":
            return c.ReportPrint(ticket, ["done", "not_done", "unknown"][who % 3], reprint=what % 2 == 0)
        case "paper":
            called_at = lobby.now - who * MINUTE
            return c.RecordPaperCall(station, ticket, called_at, "seen" if what % 2 else "missed")
        case "exams":
            busy = [key for key, each in lobby.state.stations.items() if each.current is not None]
            return c.SendForExams(busy[who % len(busy)] if busy else station)
        case "return":
            gone = [key for key in tickets if lobby.state.tickets[key].status in {"away", "finished"}]
            return c.ReturnWithResults(gone[who % len(gone)] if gone else ticket)
        case "away":
            return c.StepAway(queued, [1, 5, 30, 0][who % 4])
        case "back":
            held = [key for _, key in lobby.state.backs]
            return c.StepBack(held[who % len(held)] if held else ticket)
        case "transfer" | "refer":
            queue, to = TARGETS[who % len(TARGETS)]
            return c.Transfer(ticket, queue, "wrong_department", to, is_referral=name == "refer")
        case "assign":
            return c.AssignDoctor(queued, ["d-lin", "d-he", None, "d-su"][who % 4], "balance_load")
        case "room":
            return c.AssignRoom(queued, station if who % 4 else None, "balance_load")
        case "postpone":
            return c.Postpone(queued, **[{"behind": 1}, {"behind": 3}, {"slots": 1}, {"slots": 4}][who % 4])
        case "credit":
            return c.GrantCredit(queued, ["elder", "referral"][who % 2], "document_seen")
        case "forward":
            return c.MoveForward(queued, "condition", tickets[who % len(tickets)] if tickets and who % 3 else None)
        case "pick":
            return c.Pick(station, queued, "condition", [None, "seen", "missed"][who % 3])
        case "release":
            off = [key for key, each in lobby.state.sessions.items() if each.status == "cancelled"]
            chosen = off[what % len(off)] if off else session
            return c.ReleaseSession(chosen, SESSIONS[who % 7] if who % 2 else None)
        case "pause":
            return c.PauseQueue([["q-im"], ["q-ent"], ["q-ask", "q-ped"]][who % 3], "equipment")
        case "resume":
            return c.ResumeQueue(list(lobby.state.paused) or ["q-im"])
        case "broadcast":
            return c.Broadcast(["h1", "h2"][who % 2], Text("请戴口罩", "Please wear a mask"), 1 + what * 20)
        case "end_broadcast":
            shown = [*lobby.state.broadcasts, 0]
            return c.EndBroadcast(["h1", "h2"][who % 2], shown[0])
        case "undo":
            known = undoable(lobby.state, station)
            return c.Undo(known[0] if known else lobby.state.position - who)
        case "undo_any":
            entries = list(lobby.state.undo.values())
            return c.Undo(entries[(who * 7 + what) % len(entries)].main if entries else lobby.state.position)
        case "next_day":
            return c.OpenDay(NEXT_DAY, 480, sessions_of(lobby, NEXT_DAY)) if what == 0 else c.Tick()
        case "sessions":
            changed = sessions_of(lobby, day)
            changed[who % 7] = msgspec.structs.replace(changed[who % 7], status="cancelled")
            return c.UpdateSessions(changed)
        case "arrive":
            return c.CheckInWalkIn("q-er")
        case "triage":
            emergencies = [key for key in tickets if lobby.state.tickets[key].queue == "q-er"]
            return triage(lobby, emergencies[who % len(emergencies)] if emergencies else ticket, LEVELS[what % 5])
        case _:
            return c.Tick()


def sessions_of(lobby: Lobby, day: str) -> list[ClinicSession]:
    """The day's sessions, with the limits that these sessions have in the lobby."""
    limits = {key: session.limit for key, session in lobby.state.sessions.items()}
    return [limited(one, limits.get(one.id, 0)) for one in small_sessions(day)]


def limited(session: ClinicSession, limit: int) -> ClinicSession:
    """With so many places in two slots: of more, some are left to be kept."""
    if not limit:
        return session
    middle = (session.starts_at + session.ends_at) // 2
    return replace(session, limit=limit, slots=[Slot(session.starts_at, middle), Slot(middle, session.ends_at)])


def with_returns(site: Site) -> Site:
    """The same hospital with returns by count in one queue, and a small limit in another's session."""
    rule = PlaceStamp(
        calls=2, of="first_visit", sentence=Text("回诊，再叫 {calls} 位", "Back: after {calls} first visits")
    )
    return replace(
        site,
        queues=[
            replace(queue, stamps=replace(queue.stamps, returns=rule)) if queue.id == "q-ped" else queue
            for queue in site.queues
        ],
    )


def in_two_stages(site: Site, look_ahead: int, *, by_hand: bool = False) -> Site:
    """The same hospital with rooms that have lists of their own."""
    how = "by_hand" if by_hand else "automatic"
    queues = [replace(queue, room_look_ahead=look_ahead, room_assignment=how) for queue in site.queues]
    return replace(site, queues=queues)


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
        decided = lobby.ask(lobby.now + seconds * 1_000_000, command_of(lobby, name, who, what))
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
    if name.removesuffix("_er") not in UNDOABLE or due:
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


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(operation, max_size=45), st.integers(0, 3))
def test_whatever_is_asked_the_lobby_stays_whole(operations, lock):
    run(operations, lock=lock, strict=True)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(operation, max_size=45), st.integers(0, 3), st.integers(1, 3), st.booleans())
def test_whatever_is_asked_in_two_stages_the_lobby_stays_whole(operations, lock, look_ahead, by_hand):
    run(operations, strict=True, site=in_two_stages(with_returns(small_site(lock=lock)), look_ahead, by_hand=by_hand))


emergency = st.tuples(
    st.sampled_from(
        [
            *["arrive"] * 3,
            *["triage"] * 4,
            *["next_er"] * 5,
            *["open_er", "close_er", "start_er", "missed_er", "rejoin", "undo_er"],
            *["register"] * 3,
        ]
    ),
    st.integers(0, 11),
    st.integers(0, 6),
    st.sampled_from([0, 1, 60, 600]),
)
accepted = st.sampled_from(
    [
        (["I", "II", "III"], ["III", "IVa", "IVb"]),
        (["I", "II"], []),
        (["III", "IVa", "IVb"], ["I", "II", "III", "IVa"]),
    ]
)


def with_levels_and_quotas(
    levels: tuple[list[Level], list[Level]], percent: int, look_ahead: int, *, lock: int = 0
) -> tuple[Site, list[ClinicSession]]:
    """The hospital with an emergency whose two rooms accept these levels, and sessions of which places are kept."""
    site = with_returns(emergency_site(lock=lock))
    room = site.stations[-1]
    both = [replace(room, levels=levels[0]), replace(room, id="e2", room="r1", levels=levels[1])]
    booking = BookingRules(referral_percent=percent, referral_until_min=0)
    site = replace(site, stations=[*site.stations[:-1], *both], booking=booking)
    return (
        in_two_stages(site, look_ahead) if look_ahead else site,
        [limited(one, 6 if one.id in {"im-am", "ent-am", "ped-su-am"} else 0) for one in small_sessions()],
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(operation | emergency, min_size=12, max_size=45),
    accepted,
    st.sampled_from([50, 34, 100]),
    st.integers(0, 2),
)
def test_whatever_is_asked_levels_and_kept_places_are_heeded(operations, levels, percent, look_ahead):
    site, sessions = with_levels_and_quotas(levels, percent, look_ahead)
    run(operations, strict=True, site=site, sessions=sessions, rooms=EMERGENCY)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(operation | emergency, max_size=60),
    accepted,
    st.integers(0, 3),
    st.sampled_from([50, 34, 100]),
    st.integers(0, 2),
)
def test_whatever_is_asked_levels_and_kept_places_are_heeded_thousands_of_times(
    operations, levels, lock, percent, look_ahead
):
    site, sessions = with_levels_and_quotas(levels, percent, look_ahead, lock=lock)
    run(operations, strict=False, site=site, sessions=sessions, rooms=EMERGENCY)


def configurations() -> list[Site]:
    """The hospital with and without lists at its rooms, and with stations that have other queues, turns, or went."""
    plain = with_returns(small_site(lock=1))
    two = in_two_stages(plain, 2)
    changes = [{"queues": ["q-ped"]}, {"serves": "ratio", "ratio": {"q-im": 2, "q-ent": 1}}]
    return [
        plain,
        two,
        in_two_stages(plain, 1, by_hand=True),
        *(replace(two, stations=[replace(two.stations[0], **change), *two.stations[1:]]) for change in changes),
        replace(two, stations=[station for station in two.stations if station.id != "s2"]),
        replace(two, queues=[replace(one, room_look_ahead=0) if one.id == "q-ent" else one for one in two.queues]),
    ]


def whole_under_changing_rules(steps: list[tuple[str, int, int, int] | int]) -> None:
    known = configurations()
    lobby = Lobby(known[1])
    lobby.strict = False
    lobby.do("07:40", c.OpenStation("s1", "nurse0", "d-lin"))
    lobby.do("07:40", c.OpenStation("s3", "nurse0", "d-su"))
    for step in steps:
        if isinstance(step, int):
            lobby.ask(lobby.now, c.ActivateConfiguration(known[step], digest(known[step])))
        else:
            name, who, what, seconds = step
            lobby.ask(lobby.now + seconds * 1_000_000, command_of(lobby, name, who, what))
        check(lobby.state)
        check_settled(lobby.state)
    check_order(lobby.state)
    assert canonical(lobby.replayed()) == canonical(lobby.state)


steps = st.lists(operation | st.integers(0, 6), max_size=45)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_whatever_rules_are_activated_in_the_middle_of_a_day_the_lobby_stays_whole(asked):
    whole_under_changing_rules(asked)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_whatever_rules_are_activated_thousands_of_times(asked):
    whole_under_changing_rules(asked)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(operation, max_size=60), st.integers(0, 3), st.integers(1, 3), st.booleans())
def test_whatever_is_asked_in_two_stages_thousands_of_times(operations, lock, look_ahead, by_hand):
    run(operations, strict=False, site=in_two_stages(with_returns(small_site(lock=lock)), look_ahead, by_hand=by_hand))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(operation, max_size=60), st.integers(0, 3))
def test_whatever_is_asked_ten_thousand_times(operations, lock):
    run(operations, lock=lock, strict=False)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(operation, min_size=60, max_size=90))
def test_a_log_gives_the_same_state_in_another_process_with_another_hash_seed(operations):
    lobby = run(operations, lock=2, strict=False)
    log = msgspec.json.encode([(r.position, r.at, r.actor, r.command_id, r.event) for r in lobby.log])
    program = (
        "import sys, msgspec\n"
        "from queue_server.engine.events import Event, Recorded\n"
        "from queue_server.engine.lobby import evolve\n"
        "from queue_server.engine.canonical import canonical\n"
        "from queue_server.engine.state import State\n"
        "rows = msgspec.json.decode(sys.stdin.buffer.read(), type=list[tuple[int, int, str, str, Event]])\n"
        "state = State()\n"
        "for row in rows:\n"
        "    evolve(state, Recorded(*row))\n"
        "sys.stdout.buffer.write(canonical(state))\n"
    )
    for seed in ("1", "4242"):
        finished = subprocess.run(
            [sys.executable, "-c", program],
            input=log,
            capture_output=True,
            check=True,
            cwd=Path(__file__).parents[3],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
        )
        assert finished.stdout == canonical(lobby.state)


def test_the_day_of_the_invented_site_is_the_day_of_its_lobby():
    assert Lobby().state.day.day == DAY
