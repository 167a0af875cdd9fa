"""What screens show: the committed state, today's list and masked names, as the contract's structs.

Everything here reads and nothing writes. Names are masked here and nowhere else; where a clinic does not show names,
boards get none at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from queue_server import contract as c
from queue_server.clock import Clock
from queue_server.engine import queries
from queue_server.engine.entries import SiteIndex, StationState, Ticket
from queue_server.engine.events import Called, Event, Recalled, RoomAssigned
from queue_server.engine.reasons import words_of
from queue_server.engine.record import shown_min
from queue_server.engine.site import Appointment, ClinicSession, Hall, Order, Registration, Room
from queue_server.engine.site import Text as Words
from queue_server.engine.stamps import MINUTE
from queue_server.engine.state import State
from queue_server.engine.transitions import LIVE
from queue_server.engine.triage_alarms import TriageAlarm
from queue_server.masking import mask

MOST_NEXT = 24
MOST_MISSED = 12
NEXT_OF_A_STATION = 2
_NAMES_HELD = 20_000
_CALLS_HELD = 2_000

PERIODS = {
    "morning": c.Text("上午", "Morning"),
    "afternoon": c.Text("下午", "Afternoon"),
    "night": c.Text("夜间", "Night"),
}
KINDS = {
    "appointment": c.Text("预约", "Appointment"),
    "walk_in": c.Text("现场", "Walk-in"),
    "late": c.Text("迟到", "Late"),
    "missed": c.Text("过号", "Missed"),
    "leftover": c.Text("顺延", "Carried over"),
    "triage": c.Text("分诊", "Triaged"),
    "return": c.Text("回诊", "Return"),
    "transferred": c.Text("转来", "Transferred"),
    "referred": c.Text("转诊", "Referred"),
    "moved_forward": c.Text("前移", "Moved forward"),
    "postponed": c.Text("延后", "Postponed"),
}


class Names:
    """Masked names by random reference. Full names are read, masked and let go at once."""

    def __init__(self, name_of: Callable[[str], str | None]) -> None:
        """Read full names with ``name_of``, which gives ``None`` for somebody unknown or erased."""
        self._name_of = name_of
        self._masked: dict[str, str | None] = {}

    def masked(self, person: str | None) -> str | None:
        """The masked name; ``None`` for nobody, somebody unknown, or somebody erased."""
        if person is None:
            return None
        if person not in self._masked:
            if len(self._masked) >= _NAMES_HELD:
                self._masked.clear()
            name = self._name_of(person)
            self._masked[person] = None if name is None else mask(name)
        return self._masked[person]

    def forget(self) -> None:
        """Read anew: names were changed or erased."""
        self._masked.clear()


class Voice:
    """The addresses of announcements; each is ordered once, however often a board is rendered."""

    def __init__(
        self,
        announce: Callable[[str, Words, str | None], list[str]],
        announce_door: Callable[[str, Words, str | None], list[str]] = lambda _number, _room, _name: [],
    ) -> None:
        """Order with ``announce``, which gives digests for a number, a room and a masked name.

        ``announce_door`` gives those of a second-stage call.
        """
        self._announce = announce
        self._announce_door = announce_door
        self._ordered: dict[tuple[int, int], list[str]] = {}

    def addresses(self, ticket: Ticket, room: Room, masked_name: str | None) -> list[str]:
        """The addresses of a call's sound files, in order."""
        return self._of((ticket.call or 0, ticket.recalls), self._announce, ticket, room, masked_name)

    def door_addresses(self, ticket: Ticket, room: Room, masked_name: str | None, at: int) -> list[str]:
        """The same of a second-stage call, which stands in the log at position ``at``."""
        return self._of((at, -1), self._announce_door, ticket, room, masked_name)

    def _of(
        self,
        call: tuple[int, int],
        announce: Callable[[str, Words, str | None], list[str]],
        ticket: Ticket,
        room: Room,
        masked_name: str | None,
    ) -> list[str]:
        if call not in self._ordered:
            if len(self._ordered) >= _CALLS_HELD:
                self._ordered.clear()
            digests = announce(ticket.number, room.name, masked_name)
            self._ordered[call] = [f"/api/board/voice/{digest}.wav" for digest in digests]
        return self._ordered[call]


class Views:
    """Renders the committed state for each audience."""

    def __init__(
        self,
        state: Callable[[], State],
        clock: Clock,
        names: Names,
        *,
        public_url: str | None = None,
        voice: Callable[[Ticket, Room, str | None], list[str]] = lambda _ticket, _room, _name: [],
        door_voice: Callable[[Ticket, Room, str | None, int], list[str]] = lambda _ticket, _room, _name, _at: [],
        issuing: Callable[[], bool] = lambda: True,
    ) -> None:
        """Wire the views.

        Args:
            state: gives the committed state.
            clock: the server's time, shown on every screen.
            names: masked names.
            public_url: where patients' telephones reach the ticket pages, if anywhere.
            voice: the addresses of a call's announcement.
            door_voice: those of a second-stage call's.
            issuing: whether numbers are issued now.
        """
        self._state = state
        self._clock = clock
        self._names = names
        self._public_url = public_url.rstrip("/") if public_url else None
        self._voice = voice
        self._door_voice = door_voice
        self._issuing = issuing

    @property
    def issuing(self) -> bool:
        """Whether numbers are issued now."""
        return self._issuing()

    @property
    def state(self) -> State:
        """The committed state."""
        return self._state()

    def moment(self, moment: int) -> datetime:
        """UTC microseconds as a moment with the hospital's offset."""
        site = self.state.site
        zone = ZoneInfo(site.time_zone) if site else UTC
        return datetime.fromtimestamp(moment / 1_000_000, zone)

    @property
    def server_time(self) -> datetime:
        """Now, with the hospital's offset."""
        return self.moment(self._clock.now())

    # --- one ticket ---------------------------------------------------------------------------------------------------

    def ticket(self, ticket: Ticket, *, with_history: bool = True) -> c.TicketView:
        """A ticket as its holder sees it."""
        state = self.state
        index = _index(state)
        stations = queries.stations_for(state, ticket)
        ahead = queries.ahead(state, ticket.id, stations)
        paused = self._paused(ticket)
        wait = queries.expected_wait(state, ticket.id, stations, self._clock.now())
        return c.TicketView(
            ticket=ticket.id,
            number=ticket.number,
            status=ticket.status,
            hospital=words(index.site.name),
            clinic=self._clinic(ticket),
            doctor=self.doctor(ticket.doctor),
            period=self._period(ticket),
            area=self._area(ticket),
            room=self.room(ticket),
            masked_name=self._names.masked(ticket.person),
            slot_start=self._maybe(ticket.slot_start),
            slot_end=self._maybe(ticket.slot_end),
            ahead=ahead,
            wait=None if wait is None or paused is not None else c.WaitRange(*wait),
            reason=words(ticket.stamp.sentence),
            issued_at=self.moment(ticket.issued_at),
            printed=ticket.print,
            qr=self.code(ticket),
            position=state.position,
            server_time=self.server_time,
            history=self._history(ticket) if with_history else [],
            wait_at_issue=None if ticket.expected is None else c.WaitRange(*shown_min(ticket.expected)),
            promise=_maybe_words(queries.promise(state, ticket.id)),
            back_at=self._maybe(ticket.back_at),
            paused=paused,
            stage=self._stage(ticket),
            door=self._door(ticket),
            door_since=self._maybe(ticket.door_since),
        )

    def code(self, ticket: Ticket) -> str:
        """What the code on a ticket's paper carries."""
        return f"{self._public_url}/t/{ticket.link}" if self._public_url else f"HZ:{ticket.link}"

    def room(self, ticket: Ticket) -> c.Text | None:
        """Where a ticket's holder is to go, once called."""
        room = self._room_of(ticket) if ticket.status in {"called", "serving"} else None
        return words(room.name) if room else None

    def row(self, ticket: Ticket) -> c.TicketRow:
        """A ticket as a console lists it."""
        return c.TicketRow(
            ticket=ticket.id,
            number=ticket.number,
            masked_name=self._names.masked(ticket.person),
            status=ticket.status,
            clinic=self._clinic(ticket),
            doctor=self.doctor(ticket.doctor),
            kind=kind_of(ticket),
            reason=words(ticket.stamp.sentence),
            issued_at=self.moment(ticket.issued_at),
            slot_start=self._maybe(ticket.slot_start),
            called_at=self._maybe(ticket.called_at),
            calls=ticket.calls,
            misses=ticket.misses,
            printed=ticket.print,
            backfilled=ticket.backfilled,
            period=self._period(ticket),
            triage=self._triage(ticket),
            back_at=self._maybe(ticket.back_at),
            by_proxy=ticket.by_proxy,
            extra=None if ticket.extra is None else words(words_of("extra", ticket.extra)),
            stage=self._stage(ticket),
            door=self._door(ticket),
        )

    def _triage(self, ticket: Ticket) -> c.TriageView | None:
        held = ticket.triage
        if held is None:
            return None
        return c.TriageView(
            level=held.level,
            is_overridden=held.overridden,
            channel=held.channel,
            at=self.moment(held.at),
            respond_by=self.moment(held.respond_by),
            reassess_since=self._maybe(held.due_since) if ticket.status == "waiting" else None,
        )

    # --- boards -------------------------------------------------------------------------------------------------------

    def board(self, hall: str) -> c.BoardView:
        """All that a hall's board shows.

        Raises:
            KeyError: no such hall.
        """
        state = self.state
        index = _index(state)
        calls = [call for call in map(self.call, queries.open_calls(state, hall)) if call is not None]
        return c.BoardView(
            hall=hall,
            name=words(_hall(index, hall).name),
            hospital=words(index.site.name),
            calls=calls,
            next_up=self._next_up(hall),
            missed=[self._next(ticket, None) for ticket in queries.missed(state, hall)[:MOST_MISSED]],
            waiting=queries.waiting_count(state, hall),
            position=state.position,
            server_time=self.server_time,
            broadcasts=[
                c.BroadcastView(shown.started, words(shown.text), self.moment(shown.until))
                for shown in state.broadcasts.values()
                if shown.hall == hall
            ],
            paused=self._standing_still([queue.id for queue in index.queues.values() if queue.hall == hall]),
        )

    def call(self, ticket: Ticket) -> c.CallView | None:
        """An open call; ``None`` when the ticket is not called or in service."""
        room = self._room_of(ticket)
        if (
            ticket.status not in {"called", "serving"}
            or room is None
            or ticket.call is None
            or ticket.called_at is None
        ):
            return None
        name = self._shown_name(ticket)
        return c.CallView(
            call=ticket.call,
            ticket=ticket.id,
            number=ticket.number,
            masked_name=name,
            clinic=self._clinic(ticket),
            room=words(room.name),
            station=ticket.station or "",
            called_at=self.moment(ticket.called_at),
            status="called" if ticket.status == "called" else "serving",
            repeat=ticket.recalls,
            voice=self._voice(ticket, room, name),
            doctor=self.doctor(ticket.doctor),
            period=self._period(ticket),
        )

    def _next_up(self, hall: str) -> list[c.NextView]:
        index = _index(self.state)
        shown = []
        for ticket, station in islice(queries.next_up(self.state, hall, NEXT_OF_A_STATION), MOST_NEXT):
            shown.append(self._next(ticket, index.rooms[index.stations[station].room] if station else None))
        return shown

    def _next(self, ticket: Ticket, room: Room | None) -> c.NextView:
        return c.NextView(
            ticket=ticket.id,
            number=ticket.number,
            masked_name=self._shown_name(ticket),
            clinic=self._clinic(ticket),
            doctor=self.doctor(ticket.doctor),
            room=words(room.name) if room else None,
            period=self._period(ticket),
            stage=self._stage(ticket),
        )

    def _shown_name(self, ticket: Ticket) -> str | None:
        clinic = _index(self.state).clinics.get(ticket.clinic or "")
        return None if clinic is not None and not clinic.show_names else self._names.masked(ticket.person)

    # --- stations and kiosks ------------------------------------------------------------------------------------------

    def station(self, station_id: str) -> c.StationView:
        """All that a station's console shows.

        Raises:
            KeyError: no such station.
        """
        state = self.state
        index = _index(state)
        station = index.stations[station_id]
        standing = state.stations.get(station_id, StationState(station_id))
        queues = standing.queues or tuple(station.queues)
        current = queries.current(state, station_id)
        undo = queries.undoable(state, station_id)
        return c.StationView(
            station=station_id,
            name=words(station.name),
            room=words(index.rooms[station.room].name),
            is_open=standing.is_open,
            staff=standing.staff,
            doctor=self.doctor(standing.doctor),
            queues=[words(index.queues[queue].name) for queue in queues],
            current=None if current is None else self.row(current),
            waiting=[self.row(ticket) for ticket in queries.waiting_in_order(state, station_id)],
            missed=[self.row(ticket) for ticket in queries.missed_for(state, station_id)],
            done=[self.row(ticket) for ticket in queries.done(state, station_id)],
            undo=None if undo is None else c.UndoView(undo[0], words(undo[1])),
            next_means=station.next_means,
            position=state.position,
            server_time=self.server_time,
            alarms=self.alarms(list(queues)),
            track_record=self.track_record(list(queues)),
            away=[self.row(ticket) for ticket in queries.away_for(state, station_id)],
            paused=self._standing_still(list(queues)),
        )

    def _standing_still(self, queues: list[str]) -> list[c.Text]:
        """The names of those of ``queues`` from which nobody is called for now."""
        index = _index(self.state)
        return [words(index.queues[queue].name) for queue in queues if queue in self.state.paused]

    def _paused(self, ticket: Ticket) -> c.Text | None:
        pause = self.state.paused.get(ticket.queue) if ticket.status in LIVE else None
        if pause is None:
            return None
        why = words_of("pause", pause.reason)
        return c.Text(
            f"暂停叫号（{why.zh}），恢复后再估计等候时间",
            f"Nobody is called for now ({why.en}); the wait is estimated again afterwards",
        )

    def alarms(self, queues: list[str] | None = None) -> list[c.AlarmView]:
        """The waits of ``queues``, or of all, that have passed a limit by the server's time.

        Those of emergency queues first, the most urgent level first; then the longest.
        """
        state = self.state
        return [
            *(self._triage_alarm(late) for late in queries.triage_alarms(state, self._clock.now(), queues)),
            *self._long_waits(queues),
        ]

    def _triage_alarm(self, late: TriageAlarm) -> c.AlarmView:
        return c.AlarmView(
            ticket=late.ticket.id,
            number=late.ticket.number,
            queue=late.ticket.queue,
            clinic=self._clinic(late.ticket),
            doctor=self.doctor(late.ticket.doctor),
            since=self.moment(late.since),
            limit_min=(late.since - late.triage.at) // MINUTE,
            waits_since=self.moment(late.triage.at),
            kind=late.kind,
            level=late.triage.level,
        )

    def _long_waits(self, queues: list[str] | None) -> list[c.AlarmView]:
        state = self.state
        return [
            c.AlarmView(
                ticket=late.ticket.id,
                number=late.ticket.number,
                queue=late.ticket.queue,
                clinic=self._clinic(late.ticket),
                doctor=self.doctor(late.ticket.doctor),
                since=self.moment(late.since),
                limit_min=late.limit_min,
                waits_since=self.moment(queries.waits_since(state, late.ticket)),
            )
            for late in queries.overdue(state, self._clock.now(), queues)
        ]

    def track_record(self, queues: list[str]) -> c.TrackRecord:
        """How often the waits shown at check-in held in the last week."""
        inside, waits = queries.calibration(self.state, queues)
        return c.TrackRecord(inside, waits, round(100 * inside / waits) if waits else None)

    def waits(self) -> c.WaitsView:
        """What the nurse desk sees of the waits."""
        return c.WaitsView(self.alarms(), self.track_record(list(_index(self.state).queues)), self.server_time)

    def queue_waits(self) -> list[c.QueueWaits]:
        """Every queue's track record."""
        queues = _index(self.state).queues.values()
        return [c.QueueWaits(queue.id, words(queue.name), self.track_record([queue.id])) for queue in queues]

    def why(self, one: Ticket, other: Ticket) -> c.WhyReply:
        """Which of two tickets is or was called first, and why."""
        found = queries.explain(self.state, one.id, other.id)
        first = None if found.first is None else self.state.tickets[found.first].number
        order = (other, one) if found.first == other.id else (one, other)
        numbers = [ticket.number for ticket in order]
        return c.WhyReply(
            first=first,
            because=found.because,
            sentence=words(found.sentence),
            position=found.position,
            server_time=self.server_time,
            numbers=numbers,
            rule=words(found.rule),
            reasons=[words(stamp) for stamp in found.stamps],
        )

    def hall(self, hall: str) -> c.HallInfo:
        """What a kiosk knows of its place.

        Raises:
            KeyError: no such hall.
        """
        state = self.state
        index = _index(state)
        offset = self.server_time.utcoffset()
        return c.HallInfo(
            hospital=words(index.site.name),
            hall=hall,
            hall_name=words(_hall(index, hall).name),
            desk=words(index.site.desk),
            paper_desk=words(index.site.paper_desk),
            open_queues=[
                c.Choice(queue.id, words(queue.name))
                for queue in index.queues.values()
                # An emergency goes to a nurse and is not asked to stand at a kiosk.
                if queue.kind == "open" and not queue.triage and queue.hall == hall
            ],
            server_time=self.server_time,
            utc_offset_min=int(offset.total_seconds()) // 60 if offset else 0,
            position=state.position,
            issuing=self.issuing,
        )

    def station_choices(self) -> list[c.Choice]:
        """Every station, with what it calls as the note, or who calls from there now."""
        state = self.state
        index = _index(state)
        choices = []
        for station in index.stations.values():
            standing = state.stations.get(station.id)
            staff = standing.staff if standing is not None and standing.is_open else None
            names = [index.queues[queue].name for queue in station.queues]
            serves = c.Text("、".join(name.zh for name in names), ", ".join(name.en for name in names))
            note = c.Text(f"{staff} 使用中", f"in use by {staff}") if staff else serves
            choices.append(c.Choice(station.id, words(station.name), note))
        return choices

    def doctor_choices(self) -> list[c.Choice]:
        """Every doctor, with the clinic as the note."""
        index = _index(self.state)
        return [
            c.Choice(doctor.id, words(doctor.name), words(index.clinics[doctor.clinic].name))
            for doctor in index.doctors.values()
        ]

    # --- what a patient may check in with -----------------------------------------------------------------------------

    def appointment(
        self, appointment: Appointment, session: ClinicSession, problem: c.Problem | None
    ) -> c.AppointmentView:
        """An appointment that a patient may confirm."""
        clinic = _index(self.state).clinics[session.clinic]
        return c.AppointmentView(
            appointment=appointment.id,
            clinic=words(clinic.name),
            doctor=self.doctor(session.doctor),
            area=words(clinic.area),
            period=PERIODS[session.period],
            slot_start=self.moment(appointment.slot_start),
            slot_end=self.moment(appointment.slot_end),
            problem=problem,
        )

    def registration(
        self, registration: Registration, session: ClinicSession, problem: c.Problem | None
    ) -> c.RegistrationView:
        """A registration with which a patient may join a queue."""
        clinic = _index(self.state).clinics[session.clinic]
        return c.RegistrationView(
            registration=registration.id,
            queue=session.queue,
            clinic=words(clinic.name),
            doctor=self.doctor(session.doctor),
            area=words(clinic.area),
            period=PERIODS[session.period],
            problem=problem,
        )

    def order(self, order: Order, problem: c.Problem | None) -> c.OrderView:
        """An order with which a patient may take a number.

        Raises:
            KeyError: no such queue.
        """
        index = _index(self.state)
        queue = index.queues[order.queue]
        return c.OrderView(
            order=order.id,
            kind=order.kind,
            name=words(order.name if order.name.zh else queue.name),
            queue=queue.id,
            area=words(queries.area_of(index, queue)),
            is_paid=order.status != "open",
            preparation=words(order.preparation) if order.preparation.zh else None,
            slot_start=self._maybe(order.slot_start),
            slot_end=self._maybe(order.slot_end),
            problem=problem,
        )

    def live_tickets(self, person: str) -> Sequence[Ticket]:
        """Today's live tickets of somebody."""
        return queries.live_tickets(self.state, person)

    # --- changes ------------------------------------------------------------------------------------------------------

    def change(self, position: int, event: Event) -> c.Change:
        """An event as a feed's audience may see it: no reference to a person, no link, no reason."""
        call = None
        ticket_id = getattr(event, "ticket", None)
        if isinstance(event, Called | Recalled):
            ticket = self.state.tickets.get(event.ticket)
            # By the time a missed call is read again it may be over; then nobody is to go there any more.
            call = self.call(ticket) if ticket is not None and ticket.station == event.station else None
        return c.Change(
            position=position,
            kind=type(event).__name__,
            ticket=ticket_id,
            number=getattr(event, "number", None),
            queue=getattr(event, "queue", None),
            station=getattr(event, "station", None),
            call=call,
            door=self._door_call(position, event) if isinstance(event, RoomAssigned) else None,
        )

    def _door_call(self, position: int, event: RoomAssigned) -> c.DoorCallView | None:
        """The second-stage call of an assignment; ``None`` where the ticket waits at that door no more."""
        ticket = self.state.tickets.get(event.ticket)
        if ticket is None or ticket.door != event.station or ticket.touched != position:
            return None
        index = _index(self.state)
        room = index.rooms[index.stations[event.station].room]
        name = self._shown_name(ticket)
        return c.DoorCallView(
            at=position,
            ticket=ticket.id,
            number=ticket.number,
            masked_name=name,
            clinic=self._clinic(ticket),
            room=words(room.name),
            station=event.station,
            voice=self._door_voice(ticket, room, name, position),
        )

    # --- parts --------------------------------------------------------------------------------------------------------

    def _room_of(self, ticket: Ticket) -> Room | None:
        index = _index(self.state)
        station = index.stations.get(ticket.station or "")
        return index.rooms[station.room] if station else None

    def _stage(self, ticket: Ticket) -> c.Stage | None:
        """In which stage a ticket waits; ``None`` where its queue has one only."""
        if ticket.status != "waiting":
            return None
        if ticket.door is not None:
            return "door"
        queue = _index(self.state).queues.get(ticket.queue)
        return "hall" if queue is not None and queue.room_look_ahead else None

    def _door(self, ticket: Ticket) -> c.Text | None:
        index = _index(self.state)
        station = index.stations.get(ticket.door or "")
        return words(index.rooms[station.room].name) if station else None

    def _clinic(self, ticket: Ticket) -> c.Text:
        """Clinic or queue; a ticket of something that is configured no longer still has its id."""
        index = _index(self.state)
        found = index.clinics.get(ticket.clinic or "") or index.queues.get(ticket.queue)
        return words(found.name) if found else c.Text(ticket.queue, ticket.queue)

    def _area(self, ticket: Ticket) -> c.Text:
        index = _index(self.state)
        clinic = index.clinics.get(ticket.clinic or "")
        if clinic is not None:
            return words(clinic.area)
        queue = index.queues.get(ticket.queue)
        return words(queries.area_of(index, queue) if queue else index.site.desk)

    def doctor(self, doctor: str | None) -> c.Text | None:
        """A doctor's name; ``None`` for the pool and for one who is not configured."""
        if doctor is None:
            return None
        known = _index(self.state).doctors.get(doctor)
        return words(known.name) if known else None

    def _period(self, ticket: Ticket) -> c.Text | None:
        # The number's own session: a morning's 3 stays the morning's, also when it is called in the afternoon.
        session = self.state.sessions.get(ticket.session or "")
        return PERIODS[session.period] if session else None

    def _history(self, ticket: Ticket) -> list[c.HistoryLine]:
        lines = self.state.history.get(ticket.id, ())
        return [c.HistoryLine(self.moment(at), words(sentence)) for at, sentence in lines]

    def _maybe(self, moment: int | None) -> datetime | None:
        return None if moment is None else self.moment(moment)


def _index(state: State) -> SiteIndex:
    if state.index is None:
        raise RuntimeError("nothing can be shown before a configuration is active")
    return state.index


def _hall(index: SiteIndex, hall: str) -> Hall:
    for known in index.site.halls:
        if known.id == hall:
            return known
    raise KeyError(hall)


def words(text: Words) -> c.Text:
    """The engine's words as the contract's."""
    return c.Text(text.zh, text.en)


def _maybe_words(text: Words | None) -> c.Text | None:
    return None if text is None else words(text)


def kind_of(ticket: Ticket) -> c.Text:
    """预约, 现场, 过号 ...: by the rule of the present stamp."""
    rule = "missed" if ticket.stamp.rule.startswith("missed") else ticket.stamp.rule
    return KINDS.get(rule, KINDS["walk_in"])
