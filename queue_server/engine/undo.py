"""Taking back: what each command changed, kept as the records were before it, and put back exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from queue_server.engine import events as e
from queue_server.engine.entries import DONE_AT_STATION, UNDO_ENTRIES, Countdown, StationState, UndoEntry, visit_of
from queue_server.engine.site import Text
from queue_server.engine.state import State
from queue_server.engine.transitions import LIVE

if TYPE_CHECKING:
    from queue_server.engine.events import ListKey, Recorded

_LABELS: dict[str, Text] = {
    "Stamped": Text("排队 {number}", "place of {number}"),
    "Lapsed": Text("作废 {number}", "end of {number}"),
    "Finished": Text("结束就诊 {number}", "finish {number}"),
    "Missed": Text("过号 {number}", "miss {number}"),
    "Recalled": Text("重呼 {number}", "recall {number}"),
    "Rejoined": Text("过号恢复 {number}", "rejoin {number}"),
    "Triaged": Text("分诊 {number}", "triage of {number}"),
    "IdentityMerged": Text("补登身份 {number}", "identity of {number}"),
    "ServiceStarted": Text("开始就诊 {number}", "start {number}"),
    "Cancelled": Text("取消 {number}", "cancel {number}"),
    "PaperCallRecorded": Text("补录 {number}", "paper entry {number}"),
    "StationOpened": Text("开始叫号", "opening the station"),
    "StationClosed": Text("停止叫号", "closing the station"),
    "Called": Text("叫号 {number}", "call {number}"),
    "SentForExams": Text("去检查 {number}", "send {number} for exams"),
    "ReturnedWithResults": Text("回诊 {number}", "return of {number}"),
    "Transferred": Text("转移 {number}", "transfer of {number}"),
    "SteppedAway": Text("暂离 {number}", "{number} stepping away"),
    "SteppedBack": Text("暂离返回 {number}", "{number} coming back"),
    "Postponed": Text("延后 {number}", "postponing {number}"),
    "Credited": Text("优先 {number}", "credit for {number}"),
    "RoomAssigned": Text("安排诊室 {number}", "room for {number}"),
    "RoomLeft": Text("回到大厅 {number}", "{number} back to the hall"),
    "MovedForward": Text("前移 {number}", "moving {number} forward"),
    "SessionReleased": Text("停诊处理", "clearing the cancelled session"),
}
"""What can be taken back, in words.

A check-in is not here: its number may be on paper already. It is taken back by cancelling the ticket.
"""

_WEIGHTS: dict[type, int] = {
    e.Stamped: 0,
    e.SlipPlanned: 0,
    e.SlipEnded: 0,
    e.StopHeld: 0,
    e.StopOpened: 0,
    e.RoomAssigned: 0,
    e.RoomLeft: 0,
    e.Lapsed: 1,
    e.Finished: 2,
    e.Missed: 2,
    e.Recalled: 3,
    e.Rejoined: 3,
    e.Triaged: 3,
    e.IdentityMerged: 3,
    e.ServiceStarted: 3,
    e.Cancelled: 3,
    e.PaperCallRecorded: 3,
    e.StationOpened: 3,
    e.StationClosed: 3,
    e.SentForExams: 3,
    e.ReturnedWithResults: 3,
    e.Transferred: 3,
    e.SteppedAway: 3,
    e.SteppedBack: 3,
    e.Postponed: 3,
    e.Credited: 3,
    e.MovedForward: 3,
    e.Called: 4,
    e.SessionReleased: 5,
}
"""The heaviest event of a command names it."""

_OF_SESSIONS = frozenset({"leftover", "moved", "handed_on"})
_WHOLE_SLIP = frozenset({e.SlipPlanned, e.SlipEnded})
_OF_SLIPS = _WHOLE_SLIP | {e.StopHeld, e.StopOpened}
"""What a command brings about on a slip is taken back with it, and never alone: its numbers may be on paper."""
_OF_ROOMS = frozenset({e.RoomAssigned, e.RoomLeft})
"""A place in a room's list that became free is filled by what somebody did, and is taken back with that."""
_BY_TIME = frozenset({e.Lapsed, e.SteppedBack})
_JOINS = frozenset({e.Rejoined, e.ReturnedWithResults, e.SteppedBack, e.StopOpened})
_OF_THE_FINISHED = frozenset({"PaperCallRecorded", "ReturnedWithResults"})
_NAMES_OF_JOINS = frozenset(kind.__name__ for kind in _JOINS)


def label_of(entry: UndoEntry) -> Text:
    """What would be taken back, in words."""
    label = _LABELS[entry.kind]
    return Text(label.zh.format(number=entry.number), label.en.format(number=entry.number))


def remember(state: State, recorded: Recorded) -> None:
    """Keep the records that ``recorded`` is about to change."""
    event: Any = recorded.event
    kind = type(event)
    weight = _WEIGHTS.get(kind)
    entry = _entry_of(state, recorded)
    if weight is None or _is_left_alone(event, entry):
        return
    ticket_id: str | None = getattr(event, "ticket", None)
    # A room's list is the tickets' own: whatever the station does meanwhile has nothing to do with it.
    station_id: str | None = None if kind in _OF_ROOMS else getattr(event, "station", None)
    bound, counted = _bound(state, event), _counted(state, event)
    at = recorded.position
    if entry is None:
        if len(state.undo) == UNDO_ENTRIES:
            del state.undo[next(iter(state.undo))]
        entry = UndoEntry(recorded.command_id, at, at, at, "", "", -1, station_id, {}, {}, {}, ())
    tickets, stations, countdowns, slips = entry.tickets, entry.stations, entry.countdowns, entry.slips
    if kind in _WHOLE_SLIP and event.person not in slips:
        slips = {**slips, event.person: state.slips.get(event.person)}
    if ticket_id is not None and ticket_id not in tickets:
        tickets = {**tickets, ticket_id: state.tickets[ticket_id]}
    if station_id is not None and station_id not in stations:
        stations = {**stations, station_id: state.stations.get(station_id)}
    for key in bound:
        if key not in countdowns:
            countdowns = {**countdowns, key: state.countdowns.get(key)}
    is_main = weight > entry.weight
    state.undo[entry.first] = UndoEntry(
        entry.command_id,
        entry.first,
        at,
        at if is_main else entry.main,
        kind.__name__ if is_main else entry.kind,
        (event.number if ticket_id is not None else "") if is_main else entry.number,
        weight if is_main else entry.weight,
        station_id if entry.station is None else entry.station,
        tickets,
        stations,
        countdowns,
        (*entry.counted, *counted) if counted else entry.counted,
        slips,
    )


def _is_left_alone(event: Any, entry: UndoEntry | None) -> bool:  # noqa: ANN401 - any event
    """Whether a time, a session, or a slip or room without a command that can be taken back brought it about."""
    kind = type(event)
    if kind in _BY_TIME and event.due_at is not None:
        return True
    if kind is e.Stamped and event.why in _OF_SESSIONS:
        return True
    if kind in _OF_ROOMS and entry is None:
        return bool(event.why != "hand")
    return kind in _OF_SLIPS and entry is None


def _entry_of(state: State, recorded: Recorded) -> UndoEntry | None:
    """The entry of the command at hand, once an event of it was remembered."""
    entry = next(reversed(state.undo.values()), None)
    if entry is None or entry.command_id != recorded.command_id or entry.last != state.position:
        return None
    return entry


_CALLS = frozenset({e.Called, e.PaperCallRecorded})


def _bound(state: State, event: Any) -> list[ListKey]:  # noqa: ANN401 - any event
    """The lists of place stamps that the event sets anew, joins, or gives a rank from."""
    kind = type(event)
    if kind in _CALLS:
        return [event.resets] if event.resets else []
    if kind is e.Stamped:
        place = state.tickets[event.ticket].place
        return [place.fifo] if place else []
    if kind in _JOINS and event.place:
        return [event.place.fifo]
    return []


def _counted(state: State, event: Any) -> list[tuple[ListKey, int]]:  # noqa: ANN401 - any event
    """What the event adds to the counts of lists; a count that begins anew loses what it had."""
    kind = type(event)
    if kind in _CALLS:
        counted = [(key, 1) for key in event.counts]
        return [*counted, (event.resets, -_count(state, event.resets))] if event.resets else counted
    if kind in _JOINS and event.place and event.place.fresh:
        return [(event.place.fifo, -_count(state, event.place.fifo))]
    return []


def _count(state: State, key: ListKey) -> int:
    countdown = state.countdowns.get(key)
    return countdown.count if countdown is not None else 0


def find(state: State, position: int) -> UndoEntry | None:
    """The command that wrote ``position``, if it can be taken back at all."""
    return next((entry for entry in state.undo.values() if entry.first <= position <= entry.last), None)


def blocker(state: State, entry: UndoEntry) -> int | None:
    """The log position of a later event that touched what the command touched, or ``None``."""
    later = [state.tickets[key].touched for key in entry.tickets]
    later += [state.stations[key].touched for key in entry.stations if not _is_listed(entry, key)]
    later += [slip.touched for key in entry.slips if (slip := state.slips.get(key)) is not None]
    for key in {**entry.countdowns, **dict(entry.counted)}:
        if (countdown := state.countdowns.get(key)) is not None:
            later.append(countdown.touched)
            if entry.kind in _NAMES_OF_JOINS:
                # Whoever came into the list after this one counts on what it found there.
                later.append(countdown.joined)
    for before in entry.tickets.values():
        now = state.tickets[before.id]
        if before.status not in LIVE or (before.status, before.numbered) == (now.status, now.numbered):
            continue
        for other in (
            state.live_visits.get(visit_of(before)) if before.person is not None else None,
            state.taken.get(before.numbered),
        ):
            if other is not None and other != before.id:
                later.append(state.tickets[other].touched)
    worst = max(later, default=0)
    return worst if worst > entry.last else None


def restore(state: State, first: int) -> None:
    """Put back the records as they were before the command that began at position ``first``."""
    entry = state.undo.pop(first)
    for ticket in entry.tickets.values():
        # What became of the paper is no part of what is taken back.
        held = state.tickets[ticket.id]
        state.put_ticket(replace(ticket, print=held.print, copies=held.copies))
    for station_id, station in entry.stations.items():
        if _is_listed(entry, station_id):
            # The station's opening may have been taken back meanwhile.
            now = state.stations.get(station_id)
            if station is not None and now is not None:
                state.put_station(replace(now, done=_done(state, now, station)))
        elif station is None:
            state.drop_station(station_id)
        else:
            state.put_station(replace(station, done=_done(state, state.stations[station_id], station)))
    for slip in entry.slips.values():
        if slip is not None:
            state.put_slip(slip)
    _restore_lists(state, entry)


def _is_listed(entry: UndoEntry, station_id: str) -> bool:
    """Whether the station is in the entry for its list of the finished alone.

    A call on paper, and the return of somebody who was seen there, leave the rest of it.
    """
    return entry.kind in _OF_THE_FINISHED and station_id == entry.station


def _done(state: State, now: StationState, before: StationState) -> tuple[str, ...]:
    """The station's latest finished as they were, and those entered from paper meanwhile."""
    listed = [*(key for key in now.done if key not in before.done), *before.done]
    finished = [key for key in listed if (ticket := state.tickets.get(key)) and ticket.status == "finished"]
    return tuple(finished[:DONE_AT_STATION])


def _restore_lists(state: State, entry: UndoEntry) -> None:
    for key, added in entry.counted:
        now = state.countdowns.get(key)
        if now is not None:
            state.countdowns[key] = replace(now, count=max(0, now.count - added))
    for key, before in entry.countdowns.items():
        now = state.countdowns.get(key)
        if before is not None:
            state.set_countdown(key, replace(before, count=now.count if now is not None else before.count))
        elif now is not None and not state.fifos.get(key) and key not in state.outstanding:
            state.drop_countdown(key)
    for ticket in entry.tickets.values():
        # A log of an earlier version may have lost the list meanwhile; nobody waits in a list that is not counted.
        if ticket.place is not None and ticket.place.fifo not in state.countdowns:
            state.set_countdown(ticket.place.fifo, Countdown(ticket.place.of))
