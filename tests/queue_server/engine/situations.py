"""What may have gone before: a lobby at the moment at which it is asked for something it refuses."""

from __future__ import annotations

from msgspec.structs import replace

from queue_server.engine import commands as c
from queue_server.engine.site import Abandon, LateRule, Text
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.two_stages import in_two_stages
from tests.sites import (
    NEXT_DAY,
    appointment,
    at,
    digest,
    emergency_site,
    order,
    registration,
    session,
    small_sessions,
    small_site,
    with_orders,
)

MASKS = Text("请戴口罩", "Please wear a mask")
BOOKED = appointment("a1", "p1", "im-lin-am", "09:00")
CHILD = appointment("c1", "p9", "ped-su-am", "09:00", number="7")
REGISTERED = registration("r1", "p2", "im-am")
ORDERED = order("o1", "p3", "us")


def checked_in(lobby: Lobby) -> str:
    return lobby.issue("08:50", c.CheckIn(BOOKED)).id


def called(lobby: Lobby) -> str:
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    ticket = checked_in(lobby)
    lobby.call("09:00", "s1")
    return ticket


def serving(lobby: Lobby) -> str:
    ticket = called(lobby)
    lobby.do("09:01", c.StartService("s1"))
    return ticket


def finished(lobby: Lobby) -> str:
    ticket = serving(lobby)
    lobby.do("09:10", c.Finish("s1"))
    return ticket


def opened_and_waiting(lobby: Lobby) -> str:
    opened(lobby)
    return checked_in(lobby)


def rooms(lobby: Lobby, *, by_hand: bool = False) -> str:
    changed = in_two_stages(small_site(), 1, by_hand=by_hand)
    lobby.do("07:00", c.ActivateConfiguration(changed, digest(changed)))
    return opened_and_waiting(lobby)


def rooms_by_hand(lobby: Lobby) -> str:
    return rooms(lobby, by_hand=True)


def rooms_full(lobby: Lobby) -> str:
    first = rooms_by_hand(lobby)
    lobby.do("08:55", c.AssignRoom(first, "s1", "balance_load"))
    return lobby.issue("08:56", c.CheckIn(appointment("a5", "p5", "im-lin-am", "09:00"))).id


def rooms_and_a_miss(lobby: Lobby) -> str:
    ticket = rooms(lobby)
    lobby.call("08:57", "s1")
    lobby.do("08:58", c.MarkMissed("s1"))
    lobby.issue("08:59", c.CheckIn(appointment("a5", "p5", "im-lin-am", "09:00")))
    lobby.do("08:59", c.Rejoin(ticket))
    return ticket


def cancelled_session(lobby: Lobby) -> None:
    sessions = [replace(each, status="cancelled") for each in small_sessions()]
    lobby.do("07:00", c.UpdateSessions(sessions))


def full(lobby: Lobby) -> None:
    lobby.do("07:00", c.UpdateSessions([session("im-am", "im", None, "morning", "08:00", "12:00", limit=1)]))
    lobby.issue("08:50", c.CheckIn(appointment("a5", "p5", "im-am", "09:00")))


def first_child(lobby: Lobby) -> None:
    lobby.issue("08:50", c.CheckIn(CHILD))


def opened(lobby: Lobby) -> None:
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))


def ended(lobby: Lobby) -> None:
    for hour in ("11:00", "17:00", "23:00"):
        lobby.do(hour, c.Tick())
    lobby.do(at("05:00", NEXT_DAY), c.Tick())


def later_call(lobby: Lobby) -> None:
    called(lobby)
    lobby.do("09:02", c.Recall("s1"))
    lobby.do("09:03", c.Recall("s1"))


def noon(lobby: Lobby) -> None:
    lobby.do("12:00", c.Tick())


def strict_about_lateness(lobby: Lobby) -> None:
    site = small_site()
    void = LateRule(30, Abandon(Text("预约 {slot}，已过 30 分钟", "Booked {slot}, over 30 minutes ago")))
    queues = [replace(queue, stamps=replace(queue.stamps, late_rules=[void])) for queue in site.queues]
    changed = replace(site, queues=queues)
    lobby.do("07:00", c.ActivateConfiguration(changed, digest(changed)))


def emergency(lobby: Lobby, **command: str) -> str:
    site = emergency_site()
    lobby.do("07:00", c.ActivateConfiguration(site, digest(site)))
    return lobby.issue("08:50", c.CheckInWalkIn("q-er", **command)).id


def unknown_patient(lobby: Lobby) -> str:
    return emergency(lobby)


def known_patient(lobby: Lobby) -> str:
    return emergency(lobby, person="p1")


def known_and_unknown(lobby: Lobby) -> str:
    known_patient(lobby)
    return lobby.issue("08:50", c.CheckInWalkIn("q-er")).id


def emergency_called(lobby: Lobby) -> str:
    ticket = emergency(lobby)
    lobby.do("08:51", c.OpenStation("e1", "nurse"))
    return lobby.call("08:52", "e1").id if ticket else ""


def emergency_serving(lobby: Lobby) -> str:
    ticket = emergency_called(lobby)
    lobby.do("08:53", c.StartService("e1"))
    return ticket


def emergency_over(lobby: Lobby) -> str:
    ticket = emergency(lobby)
    lobby.do("08:51", c.Cancel(ticket))
    return ticket


def away(lobby: Lobby) -> str:
    ticket = checked_in(lobby)
    lobby.do("08:51", c.StepAway(ticket, 60))
    return ticket


def missed(lobby: Lobby) -> str:
    ticket = called(lobby)
    lobby.do("09:01", c.MarkMissed("s1"))
    return ticket


def cancelled(lobby: Lobby) -> str:
    ticket = checked_in(lobby)
    lobby.do("08:51", c.Cancel(ticket))
    return ticket


def paused(lobby: Lobby) -> str:
    ticket = checked_in(lobby)
    lobby.do("08:51", c.OpenStation("s1", "nurse", "d-lin"))
    lobby.do("08:52", c.PauseQueue(["q-im"], "equipment"))
    return ticket


def texts(lobby: Lobby) -> None:
    for minutes in (10, 20, 30):
        lobby.do("08:50", c.Broadcast("h1", MASKS, minutes))


def twice(lobby: Lobby) -> str:
    """One person with a number in each of two clinics."""
    lobby.issue("08:50", c.CheckIn(appointment("e1", "p1", "ent-am", "09:00")))
    return checked_in(lobby)


def moved_session(lobby: Lobby) -> None:
    off = [replace(each, status="cancelled") for each in small_sessions() if each.id in {"im-am", "im-he-am"}]
    lobby.do("07:00", c.UpdateSessions(off))


def short_session(lobby: Lobby) -> None:
    for i in range(2):
        lobby.issue("08:40", c.CheckIn(appointment(f"b{i}", f"b{i}", "im-am", "09:00")))
    sessions = {each.id: each for each in small_sessions()}
    off = replace(sessions["im-am"], status="cancelled")
    lobby.do("08:41", c.UpdateSessions([off, replace(sessions["im-lin-am"], limit=1)]))


def first_child_of(lobby: Lobby) -> str:
    opened(lobby)
    return lobby.issue("08:50", c.CheckIn(CHILD)).id


def twice_called(lobby: Lobby) -> str:
    called(lobby)
    return lobby.issue("09:01", c.CheckIn(appointment("a9", "p9", "im-lin-am", "09:30"))).id


def an_elder(lobby: Lobby) -> str:
    return lobby.issue("08:50", c.CheckIn(appointment("a8", "p8", "im-lin-am", "09:00", credits=["elder"]))).id


def ordering(lobby: Lobby) -> None:
    site = with_orders()
    lobby.do("07:00", c.ActivateConfiguration(site, digest(site)))


def ordered(lobby: Lobby) -> str:
    ordering(lobby)
    return lobby.issue("08:50", c.CheckInOrder(ORDERED)).id


def nothing(_lobby: Lobby) -> None:
    return None
