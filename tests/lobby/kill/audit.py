"""What is in the log, against what was promised: read beside the running server, and in the end from its beginning."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from queue_server.engine import events as e
from queue_server.engine.canonical import canonical
from queue_server.engine.evolve import evolve
from queue_server.engine.state import State
from queue_server.log import snapshots
from queue_server.log.data import DATABASE
from queue_server.log.database import open_database
from queue_server.log.sqlite import SqliteLog
from tests.lobby.kill.client import Answer, Record
from tests.lobby.kill.screens import Screen, Sitting
from tests.queue_server.engine import invariants

SITE = "yunling"
EVERYWHERE = (e.ConfigurationActivated, e.DayOpened, e.DayEnded, e.SessionsUpdated, e.SessionEnded)
NOT_ON_BOARDS = (e.ClockSeen, e.ClockConfirmed, e.PrintReported)


class Audit:
    """The log as an independent reader folds it, further with each ``check``.

    Attributes:
        events: everything read so far.
        state: what it folds to.
    """

    def __init__(self, data: Path) -> None:
        self.events: list[e.Recorded] = []
        self.state = State()
        self._data = data
        self._runs: dict[tuple[str, str], tuple[int, int]] = {}
        self._numbers: dict[tuple[Any, ...], str] = {}

    def check(self, record: Record) -> None:
        """Everything acknowledged is there once, as acknowledged, and nothing that was refused."""
        log = SqliteLog(self._data / DATABASE, SITE, read_only=True)
        try:
            log.database.conn.execute("BEGIN")
            for recorded in log.read(self.state.position):
                self._take(recorded)
            conn = log.database.conn
            decided = conn.execute("SELECT position, decided_at FROM events WHERE site = ?", (SITE,)).fetchall()
            outcomes = conn.execute("SELECT actor, command_id, position, ticket FROM outcomes").fetchall()
        finally:
            log.close()
        invariants.check(self.state)
        self._check_decisions(dict(decided))
        self._check_outcomes(outcomes, record)

    def check_end(self, record: Record) -> None:
        """Nothing is left over: what the log has of the clients' commands is what they were told."""
        assert not record.waiting
        logged = {command_id for actor, command_id in self._runs if actor != "system"}
        assert logged == set(record.answers)

    def _take(self, recorded: e.Recorded) -> None:
        assert recorded.position == self.state.position + 1
        key = (recorded.actor, recorded.command_id)
        first, last = self._runs.get(key, (recorded.position, recorded.position - 1))
        assert last == recorded.position - 1, f"carried out twice: {key} after position {last} again at {recorded}"
        self._runs[key] = (first, recorded.position)
        if isinstance(recorded.event, e.TicketIssued):
            number = (recorded.event.queue, recorded.event.doctor, recorded.event.session, recorded.event.number)
            assert number not in self._numbers, f"number {number} twice"
            self._numbers[number] = recorded.event.ticket
        evolve(self.state, recorded)
        invariants.check_stations(self.state)
        self.events.append(recorded)

    def _check_decisions(self, decided: dict[int, int]) -> None:
        # Decided where the log then ended: nothing came in between, and nothing was decided on a log that was lost.
        for first, last in self._runs.values():
            assert {decided[position] for position in range(first, last + 1)} == {first - 1}

    def _check_outcomes(self, outcomes: list[tuple[str, str, int, str | None]], record: Record) -> None:
        found = {
            command_id: Answer(position, ticket)
            for actor, command_id, position, ticket in outcomes
            if actor != "system"
        }
        assert len(found) == sum(1 for actor, *_ in outcomes if actor != "system"), "one id, two actors"
        lost = [name for name in record.answers if name not in found]
        assert not lost, f"acknowledged and lost: {lost}"
        assert {name: found[name] for name in record.answers} == record.answers, "acknowledged as something else"
        assert not record.refused & set(found), "refused and carried out"
        assert set(found) <= set(record.answers) | record.waiting, "carried out, and nobody asked"
        for actor, command_id, position, _ in outcomes:
            assert self._runs[actor, command_id][1] == position


def check_snapshot(data: Path, whole: State) -> None:
    """The state that the stopped server had lived to is the one that its log gives from the first event on."""
    log = SqliteLog(data / DATABASE, SITE, read_only=True)
    try:
        snapshot = log.load_snapshot()
        assert snapshot is not None
        lived = snapshots.restore(snapshot)
        assert lived is not None
        assert lived.position == log.position()
        assert canonical(lived) == canonical(snapshots.fold(log, whole=True)) == canonical(whole)
    finally:
        log.close()


def projections(data: Path) -> list[list[dict[str, Any]]]:
    """Every row of the tables for queries."""
    database = open_database(data / DATABASE, read_only=True)
    try:
        return [list(database.query(f"SELECT * FROM {name} ORDER BY 1")) for name in ("tickets", "calls")]
    finally:
        database.close()


# --- boards -----------------------------------------------------------------------------------------------------------


def news_of(hall: str, audit: Audit) -> list[e.Recorded]:
    """The events that a hall's board is told of."""
    return [recorded for recorded in audit.events if is_seen_in(hall, recorded.event, audit.state)]


def check_screen(screen: Screen, audit: Audit) -> None:
    """The screen saw every event of its hall once and in order, and each snapshot was the truth of its moment."""
    news = news_of(screen.hall, audit)
    # A connection may have been cut before it brought anything.
    sittings = [one for one in screen.sittings if one.snapshot is not None or one.changes]
    first = sittings[0].snapshot
    assert first is not None
    if screen.remembers:
        assert [sitting.snapshot for sitting in sittings[1:]] == [None] * (len(sittings) - 1)
        seen = [change for sitting in sittings for change in sitting.changes]
        _check_changes(seen, [one for one in news if one.position > first["position"]], first["hall"])
    else:
        for sitting in sittings:
            assert sitting.snapshot is not None
            begun = sitting.snapshot["position"]
            _check_changes(
                sitting.changes, [one for one in news if begun < one.position <= sitting.cursor], screen.hall
            )
    _check_snapshots(sittings, screen.hall, audit.events)


def is_seen_in(hall: str, event: e.Event, state: State) -> bool:
    """Whether an event concerns a hall's board: its stations, its queues, or everybody."""
    if isinstance(event, EVERYWHERE):
        return True
    if isinstance(event, NOT_ON_BOARDS):
        return False
    index = state.index
    queues = [state.tickets[one].queue for one in event.tickets] if isinstance(event, e.Undone) else []
    queues += [event.queue] if getattr(event, "queue", None) else []
    station = index.stations.get(getattr(event, "station", None) or "")
    queues += station.queues if station and not isinstance(event, e.Undone) else []
    return hall in {index.queues[queue].hall for queue in queues} | ({station.hall} if station else set())


def _check_changes(seen: list[tuple[int, dict[str, Any]]], news: list[e.Recorded], hall: str) -> None:
    positions = [position for position, _ in seen]
    twice = [position for position, times in Counter(positions).items() if times > 1]
    assert not twice, f"{hall}: seen twice: {twice}"
    lost = sorted({recorded.position for recorded in news} - set(positions))
    assert not lost, f"{hall}: lost: {lost}"
    assert positions == [recorded.position for recorded in news]
    for (position, change), recorded in zip(seen, news, strict=True):
        said = (change["position"], change["kind"], change["ticket"], change["number"], change["station"])
        event = recorded.event
        meant = [getattr(event, name, None) for name in ("ticket", "number", "station")]
        assert said == (position, type(event).__name__, *meant)


def _check_snapshots(sittings: list[Sitting], hall: str, events: list[e.Recorded]) -> None:
    shown = {one.snapshot["position"]: one.snapshot for one in sittings if one.snapshot is not None}
    state = State()
    for recorded in events:
        evolve(state, recorded)
        if (board := shown.pop(state.position, None)) is not None:
            calls = {(one["call"], one["ticket"], one["station"], one["status"]) for one in board["calls"]}
            stations = state.index.stations
            tickets = list(state.tickets.values())
            assert calls == {
                (one.call, one.id, one.station, one.status)
                for one in tickets
                if one.status in {"called", "serving"} and stations[one.station].hall == hall
            }
            assert board["waiting"] == sum(
                1 for one in tickets if one.status == "waiting" and state.index.queues[one.queue].hall == hall
            )
    assert not shown, f"{hall}: a board of a position that the log does not have: {sorted(shown)}"
