"""A ticket as a day's events tell of it, and how long its visit took or would have taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from queue_server.engine import events as e
from queue_server.engine.site import Site
from queue_server.engine.stamps import MINUTE
from queue_server.replay.visits import Absence, Act, Group, PaperCall, Visit

_ORIGINS = ("appointment", "registration", "open", "order")


class PastTicket:
    """A ticket while its events are read."""

    __slots__ = (
        "absences", "acts", "away", "called_at", "cancelled_at", "doctor", "ends", "event", "finished_at",
        "follows", "index", "is_called", "issued_at", "joins", "missed_at", "paper", "person", "queue", "reason",
        "sent_on", "started_at", "status", "turned_away",
    )  # fmt: skip

    def __init__(self, event: e.TicketIssued, at: int, person: int, index: int) -> None:
        self.event = event
        self.issued_at = at
        self.person = person
        self.index = index
        self.queue = event.queue
        self.joins: Any = "check_in"
        self.ends: Any = "seen"
        self.sent_on: Any = None
        self.acts: list[Act] = []
        self.doctor = event.doctor
        self.status = "waiting"
        self.is_called = False
        self.called_at: int | None = None
        self.started_at: int | None = None
        self.finished_at: int | None = None
        self.cancelled_at: int | None = None
        self.turned_away: int | None = None
        self.reason: Any = "patient"
        self.missed_at: int | None = None
        self.absences: list[Absence] = []
        self.paper: list[PaperCall] = []
        self.follows: int | None = None
        self.away = 0


def group_of(ticket: PastTicket) -> Group:
    """The class under which the visit is counted."""
    if ticket.follows is not None and ticket.joins != "sent_on":
        return "return"
    return {"appointment": "appointment", "open": "open"}.get(ticket.event.origin, "walk_in")  # type: ignore[return-value]  # the literal's own words


def taken_by(ticket: PastTicket) -> tuple[int, int] | None:
    """From the call to the beginning, and from there to the end; ``None``: not seen."""
    if ticket.finished_at is None or ticket.called_at is None:
        return None
    started = ticket.started_at if ticket.started_at is not None else ticket.called_at
    return (started - ticket.called_at, ticket.finished_at - started)


class Usual:
    """How long is usual, for those whom nobody saw on the day and whom a rerun may call."""

    def __init__(self, site: Site) -> None:
        self.means = {queue.id: queue.mean_service_min * MINUTE for queue in site.queues}
        self.found: dict[tuple[str, Group | None], tuple[list[int], list[int]]] = {}
        self.known: dict[tuple[str, Group], tuple[int, int]] = {}

    def add(self, queue: str, group: Group, taken: tuple[int, int]) -> None:
        """Take in a visit that was seen: from the call to the beginning, and from there to the end."""
        for key in ((queue, group), (queue, None)):
            walks, services = self.found.setdefault(key, ([], []))
            walks.append(taken[0])
            services.append(taken[1])

    def of(self, queue: str, group: Group) -> tuple[int, int]:
        """The medians of the queue's class, else of the queue, else what the configuration says."""
        if (queue, group) not in self.known:
            walks, services = self.found.get((queue, group)) or self.found.get((queue, None)) or ([], [])
            self.known[queue, group] = (
                (int(median(walks)), int(median(services))) if services else (0, self.means.get(queue, 8 * MINUTE))
            )
        return self.known[queue, group]


def visits_of(site: Site, tickets: Sequence[PastTicket]) -> Iterator[Visit]:
    """The tickets as visits; one that nobody saw takes as long as is usual for its queue and class."""
    by_hospital = {queue.id for queue in site.queues if queue.numbers == "hospital" and queue.kind == "clinic"}
    usual = Usual(site)
    groups = [group_of(ticket) for ticket in tickets]
    for ticket, group in zip(tickets, groups, strict=True):
        taken = taken_by(ticket)
        if taken is not None:
            usual.add(ticket.event.queue, group, taken)
    for ticket, group in zip(tickets, groups, strict=True):
        event = ticket.event
        taken = taken_by(ticket)
        walk, service = taken or usual.of(event.queue, group)
        slot = None if event.slot_start is None else (event.slot_start, event.slot_end or event.slot_start)
        left = None if ticket.cancelled_at is None else ticket.cancelled_at - ticket.issued_at
        yield Visit(
            person=ticket.person,
            number=event.number,
            group=group,
            queue=ticket.queue if ticket.joins == "sent_on" else event.queue,
            clinic=event.clinic,
            session=event.session,
            doctor=ticket.doctor if ticket.joins != "check_in" else event.doctor,
            origin=event.origin if event.origin in _ORIGINS else "registration",
            channel=event.channel,
            slot=slot,
            hospital_number=event.number if event.queue in by_hospital else None,
            credits=tuple(event.credits),
            checked_in=ticket.issued_at,
            walk=walk,
            service=service,
            after=ticket.follows,
            away=ticket.away,
            absences=tuple(ticket.absences),
            leaves=left if ticket.turned_away is None else None,
            turned_away=ticket.turned_away,
            reason=ticket.reason,
            joins=ticket.joins,
            ends=ticket.ends,
            sent_on=ticket.sent_on,
            extra=event.extra,
            acts=tuple(ticket.acts),
            paper=tuple(ticket.paper),
            was_called=ticket.is_called,
            was_seen=taken is not None,
        )
