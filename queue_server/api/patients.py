"""Who is there, and what they may do today: from an identity to files, appointments, registrations and tickets.

Nobody learns here whether an identity exists: somebody unknown, somebody without business today and a name that
disagrees with the file all get the same empty reply.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec
import structlog

from queue_server import contract as c
from queue_server.api.lobby import Lobby
from queue_server.api.problems import ProblemError
from queue_server.engine import slips
from queue_server.engine.commands import CheckIn, CheckInOrder, CheckInWalkIn
from queue_server.engine.entries import Ticket
from queue_server.engine.site import Order
from queue_server.hospital.port import HospitalError
from queue_server.log.people import Person
from queue_server.masking import mask, same_name

log = structlog.get_logger("houzhen.api")

Channel: TypeAlias = Literal["kiosk", "desk"]
Through: TypeAlias = Literal["kiosk", "desk", "backfill"]
"""How somebody is checked in: ``backfill`` is at the desk and from paper."""
TICKET_PREFIX = "HZ:"
MOST_BY_NAME = 20
"""A list longer than this is no question any more."""
LIST_RETRY_S = 30
_TICKET_PATH = "/t/"
_BY_NAME = "SELECT person, name FROM people WHERE lower(substr(name, 1, ?)) = lower(?) ORDER BY name, person"


def identify(lobby: Lobby, asked: c.Identify, channel: Channel, hall: str | None = None) -> c.IdentifyReply:
    """What is known of an identity today, and what can be done through ``channel``, at a kiosk in ``hall``.

    Reads today's list and our own tables; never waits for the hospital.
    """
    value = asked.value.strip()
    if asked.kind == "code" and (ticket := by_link(lobby, link_in(value))) is not None:
        return reply(lobby, [_with(view, lobby.views.ticket(ticket)) for view in _holder(lobby, ticket, channel, hall)])
    people = lobby.service.people.find_by_identity(asked.kind, value)
    if not people and asked.kind == "code":
        # An appointment slip may carry the appointment's number alone.
        appointment = lobby.mirror.appointment(value)
        person = lobby.service.people.get(appointment.person) if appointment else None
        people = [person] if person else []
    if asked.name is not None:
        people = [person for person in people if _agrees(lobby, asked.name, person)]
    return reply(lobby, [patient(lobby, person, channel, hall) for person in people])


async def identify_shown(lobby: Lobby, asked: c.Identify, channel: Channel, hall: str | None = None) -> c.IdentifyReply:
    """What ``identify`` says; an electronic voucher is asked of the hospital, which alone knows whose it is.

    Raises:
        ProblemError: ``token_unchecked``, when nobody could say in time; ``list_unavailable``.
    """
    match asked.kind:
        case "insurance_code" | "health_card" as kind:
            check_list(lobby)
        case _:
            return identify(lobby, asked, channel, hall)
    try:
        references = await lobby.mirror.holders(kind, asked.value.strip())
    except HospitalError as error:
        log.info("token_unchecked", kind=asked.kind, reason=type(error).__name__)
        raise ProblemError("token_unchecked", words={"desk": desk_of(lobby)}, retry_after_s=LIST_RETRY_S) from None
    people = [person for person in map(lobby.service.people.get, references) if person is not None]
    return reply(lobby, [patient(lobby, person, channel, hall) for person in people])


def _agrees(lobby: Lobby, name: str, person: Person) -> bool:
    """Whether a card's name is the file's, or that of a guardian whose card stands for a child."""
    people = lobby.service.people
    holders = [person, *filter(None, map(people.get, lobby.mirror.guardians_of(person.person)))]
    return any(same_name(name, holder.name) for holder in holders)


def reply(lobby: Lobby, patients: list[c.PatientView]) -> c.IdentifyReply:
    """A reply with the age of today's list.

    Raises:
        ProblemError: ``list_unavailable`` while there has been no list today, so that nobody is told "nothing found".
    """
    check_list(lobby)
    return c.IdentifyReply(
        patients,
        list_as_of=lobby.views.moment(lobby.mirror.as_of),
        list_is_old=lobby.mirror.is_old(lobby.clock.now()),
    )


def check_list(lobby: Lobby) -> None:
    """Nothing while there is a list of today.

    Raises:
        ProblemError: ``list_unavailable`` while there has been none.
    """
    if not lobby.mirror.has_list:
        raise ProblemError("list_unavailable", words={"desk": desk_of(lobby)}, retry_after_s=LIST_RETRY_S)


def patient(lobby: Lobby, person: Person, channel: Channel, hall: str | None = None) -> c.PatientView:
    """One file, with what can be done with it today through ``channel``: staff may do more than a kiosk in ``hall``."""
    sessions = lobby.service.committed.sessions
    return c.PatientView(
        person=person.person,
        masked_name=mask(person.name),
        hint=_hint(person, "病案号尾号 {}", "{} 年生", "，"),
        hint_en=_hint(person, "file ending {}", "born {}", ", "),
        appointments=[
            lobby.views.appointment(one, sessions[one.session], lobby.would_refuse(CheckIn(one, channel, hall=hall)))
            for one in lobby.mirror.appointments_of(person.person)
            if one.session in sessions and one.status == "booked"
        ],
        registrations=[
            lobby.views.registration(
                one,
                sessions[one.session],
                lobby.would_refuse(
                    CheckInWalkIn(
                        sessions[one.session].queue, registration=one, person=one.person, channel=channel, hall=hall
                    )
                ),
            )
            for one in lobby.mirror.registrations_of(person.person)
            if one.session in sessions and one.status != "withdrawn"
        ],
        tickets=[lobby.views.ticket(one) for one in lobby.views.live_tickets(person.person)],
        orders=[
            lobby.views.order(one, lobby.would_refuse(CheckInOrder(one))) for one in open_orders(lobby, person.person)
        ],
        slip=_slip_of(lobby, person.person),
    )


def _slip_of(lobby: Lobby, person: str) -> str | None:
    slip = slips.running(lobby.service.committed, person)
    return slip.id if slip is not None else None


def open_orders(lobby: Lobby, person: str) -> list[Order]:
    """Today's orders of somebody that are still to be done, and in a queue that there is."""
    index = lobby.service.committed.index
    known = index.queues if index is not None else {}
    orders = lobby.mirror.orders_of(person)
    return [one for one in orders if one.status in {"open", "paid"} and one.queue in known]


def by_link(lobby: Lobby, link: str) -> Ticket | None:
    """The ticket behind an unguessable link."""
    return lobby.links.find(link) if link else None


def why(lobby: Lobby, asked: c.WhyAsked, channel: Channel) -> c.WhyReply:
    """Which of two slips is or was called first, and why. The desk may name a slip by its number.

    A number that several tickets bear means the one that competes with the other slip.

    Raises:
        ProblemError: ``unknown_ticket``, ``same_ticket`` where both are one number, or ``number_repeated``.
    """
    ones, others = (_meant(lobby, said, channel) for said in (asked.one, asked.other))
    if not ones or not others:
        raise ProblemError("unknown_ticket")
    pairs = {frozenset((one.id, other.id)): (one, other) for one in ones for other in others if one.id != other.id}
    if not pairs:
        raise ProblemError("same_ticket")
    found = list(pairs.values())
    if len(found) > 1:
        found = [(one, other) for one, other in found if one.lane == other.lane]
    if len(found) != 1:
        repeated = asked.one if len(ones) > 1 else asked.other
        raise ProblemError("number_repeated", words={"number": repeated.strip().upper()})
    return lobby.views.why(*found[0])


def _meant(lobby: Lobby, said: str, channel: Channel) -> list[Ticket]:
    """The ticket that a scanned code leads to; at the desk also all of today's with a number."""
    link = link_in(said.strip())
    if link or channel == "kiosk":
        ticket = by_link(lobby, link)
        return [] if ticket is None else [ticket]
    wanted = said.strip().upper()
    return [one for one in lobby.service.committed.tickets.values() if one.number.upper() == wanted]


async def check_in(
    lobby: Lobby, asked: c.CheckInAsked, actor: str, channel: Through, hall: str | None = None
) -> c.TicketDone:
    """Check in an appointment; its facts come from today's list, and somebody else's is as good as none.

    Raises:
        ProblemError: ``unknown_appointment`` or ``list_unavailable``.
    """

    async def find() -> CheckIn:
        check_list(lobby)
        appointment = lobby.mirror.appointment(asked.appointment)
        if appointment is None or appointment.person != asked.person:
            raise ProblemError("unknown_appointment", words={"desk": desk_of(lobby)})
        return CheckIn(appointment, channel, by_proxy=asked.by_proxy, hall=hall)

    return _issued(lobby, await lobby.submit_found(CheckIn, find, asked, actor), actor)


async def check_in_order(lobby: Lobby, asked: c.CheckInOrderAsked, actor: str, channel: Channel) -> c.TicketDone:
    """Take a number with an order of today's list; somebody else's is as good as none.

    Raises:
        ProblemError: ``unknown_order`` or ``list_unavailable``.
    """

    async def find() -> CheckInOrder:
        check_list(lobby)
        order = lobby.mirror.order(asked.order)
        if order is None or order.person != asked.person:
            raise ProblemError("unknown_order", words={"desk": desk_of(lobby)})
        if order.status == "open":
            # Who has just paid elsewhere may wait a second.
            order = await lobby.mirror.fresh_order(order.id) or order
        return CheckInOrder(order, channel)

    return _issued(lobby, await lobby.submit_found(CheckInOrder, find, asked, actor), actor)


async def join(
    lobby: Lobby,
    asked: c.JoinAsked,
    actor: str,
    channel: Through,
    *,
    extra: str | None = None,
    hall: str | None = None,
) -> c.TicketDone:
    """Join a queue, with a registration of today's list or, where the queue is open to anybody, without.

    ``extra`` is the reason for which the desk gives a number over the session's limit; ``hall`` is where the kiosk
    stands.

    Raises:
        ProblemError: ``unknown_registration``, ``unknown_person`` or ``list_unavailable``.
    """

    async def find() -> CheckInWalkIn:
        registration = None
        if asked.registration is not None:
            check_list(lobby)
            registration = lobby.mirror.registration(asked.registration)
            if registration is None or registration.person != asked.person:
                raise ProblemError("unknown_registration", words={"desk": desk_of(lobby)})
            if registration.status == "unpaid":
                # The one question that may wait a second: a patient who has just paid elsewhere.
                registration = await lobby.mirror.fresh_registration(registration.id)
        elif asked.person is not None and lobby.service.people.get(asked.person) is None:
            raise ProblemError("unknown_person")
        return CheckInWalkIn(
            asked.queue, registration, asked.person, channel, by_proxy=asked.by_proxy, extra=extra, hall=hall
        )

    return _issued(lobby, await lobby.submit_found(CheckInWalkIn, find, asked, actor), actor)


def _issued(lobby: Lobby, done: c.Done, actor: str) -> c.TicketDone:
    lobby.issued_by[done.ticket or ""] = actor
    return lobby.ticket_done(done)


def desk_of(lobby: Lobby) -> c.Text:
    """The staffed window, for sentences."""
    desk = lobby.configuration.site.desk
    return c.Text(desk.zh, desk.en)


def by_number(lobby: Lobby, number: str) -> list[c.PatientView]:
    """Those who hold a ticket of today with this number, live or ended; numbers repeat between queues and sessions."""
    wanted = number.strip().upper()
    found: dict[str, c.PatientView] = {}
    for ticket in lobby.service.committed.tickets.values():
        if ticket.number.upper() == wanted:
            for view in _holder(lobby, ticket, "desk"):
                key = view.person or ticket.id
                found[key] = _with(found.get(key, view), lobby.views.ticket(ticket))
    return list(found.values())


def by_name(lobby: Lobby, name: str) -> c.IdentifyReply:
    """Those with business today whose name begins so, or who come with somebody whose name does; as masked files.

    The reply is sure where exactly one person bears exactly this name; otherwise the desk asks.
    """
    wanted = name.strip()
    found: dict[str, bool] = {}
    for row in lobby.service.reader.query(_BY_NAME, [len(wanted), wanted]) if wanted else ():
        found[row["person"]] = same_name(row["name"], wanted)
        for child in lobby.mirror.children_of(row["person"]):
            found.setdefault(child, False)
    today = [person for person in found if _has_business(lobby, person)]
    if len(today) > MOST_BY_NAME:
        return msgspec.structs.replace(reply(lobby, []), is_sure=False, is_too_many=True)
    people = [person for person in map(lobby.service.people.get, today) if person is not None]
    is_sure = len(people) == 1 and found[people[0].person]
    return msgspec.structs.replace(reply(lobby, [patient(lobby, person, "desk") for person in people]), is_sure=is_sure)


def _has_business(lobby: Lobby, person: str) -> bool:
    sessions = lobby.service.committed.sessions
    return (
        any(one.status == "booked" and one.session in sessions for one in lobby.mirror.appointments_of(person))
        or any(one.status != "withdrawn" and one.session in sessions for one in lobby.mirror.registrations_of(person))
        or bool(open_orders(lobby, person))
        or bool(lobby.views.live_tickets(person))
    )


def _holder(lobby: Lobby, ticket: Ticket, channel: Channel, hall: str | None = None) -> list[c.PatientView]:
    person = lobby.service.people.get(ticket.person) if ticket.person else None
    if person is not None:
        return [patient(lobby, person, channel, hall)]
    # A number from an open queue has nobody behind it, and somebody erased has no name any more.
    return [c.PatientView(ticket.person or "", "", ticket.number, ticket.number, [], [], [lobby.views.ticket(ticket)])]


def _with(view: c.PatientView, scanned: c.TicketView) -> c.PatientView:
    """The file with the ticket that led to it: who asks about one that has ended is told so, and not nothing."""
    if any(one.ticket == scanned.ticket for one in view.tickets):
        return view
    return msgspec.structs.replace(view, tickets=[*view.tickets, scanned])


def link_in(scanned: str) -> str:
    """The link in a scanned ticket code: ``HZ:`` and the link, or a ticket page's address; empty otherwise."""
    if scanned.startswith(TICKET_PREFIX):
        return scanned.removeprefix(TICKET_PREFIX)
    if scanned.startswith(("http://", "https://")) and _TICKET_PATH in scanned:
        return scanned.rpartition(_TICKET_PATH)[2]
    return ""


def _hint(person: Person, tail: str, born: str, between: str) -> str:
    parts = []
    if person.file_tail:
        parts.append(tail.format(person.file_tail))
    if person.birth_year is not None:
        parts.append(born.format(person.birth_year))
    return between.join(parts)
