"""The days that golden logs are recorded from: each holds every kind of event of its subject."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from queue_server.engine import commands as c
from queue_server.engine.refusals import Refusal
from queue_server.engine.site import Abandon, LateRule, Level, Paid, PlaceStamp, Text, TimeStamp
from tests.queue_server.engine.driver import Lobby
from tests.sites import (
    MINUTE,
    NEXT_DAY,
    appointment,
    at,
    emergency_site,
    order,
    registration,
    session,
    small_sessions,
    small_site,
    with_orders,
)


def story() -> Lobby:
    """Two days in which every kind of event happens, and every reason for a stamp."""
    night = msgspec.structs.replace(
        session("im-night", "im", None, "night", "18:00", "22:00"), ends_at=at("07:00", NEXT_DAY), slots=[]
    )
    longer = session("ent-long", "ent", None, "morning", "08:00", "13:00")
    lobby = Lobby(small_site(lock=1), [*small_sessions(), night, longer])
    lobby.do("07:50", c.OpenStation("s1", "nurse-1", "d-lin"))
    lobby.do("07:50", c.OpenStation("s3", "nurse-2", "d-su"))
    lobby.do("07:50", c.OpenStation("w1", "clerk"))
    for i in range(6):
        lobby.do("08:40", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-lin-am", "09:00")))
        lobby.do("08:40", c.CheckIn(appointment(f"e{i}", f"q{i}", "ent-am", "09:00", credits=["elder"] * (i % 2))))
    for i in range(3):
        lobby.do("08:42", c.CheckInWalkIn("q-ent", registration(f"w{i}", f"x{i}", "ent-am")))
        lobby.do("08:42", c.CheckIn(appointment(f"c{i}", f"y{i}", "ped-su-am", "09:30", number=str(40 + i))))
    lobby.do("08:44", c.CheckInWalkIn("q-ask"))
    lobby.do("08:45", c.ReportPrint("t00001", "done"))
    lobby.do("08:46", c.ReportPrint("t00002", "unknown"))
    for clock in ("09:00", "09:05", "09:10", "09:15"):
        lobby.call(clock, "s1", "seen")
        lobby.do(clock, c.StartService("s1"))
    gone = lobby.call("09:20", "s1")
    lobby.do("09:21", c.Recall("s1"))
    lobby.do("09:22", c.MarkMissed("s1"))
    lobby.do("09:25", c.Rejoin(gone.id))
    lobby.call("09:26", "s1")
    lobby.do("09:27", c.Undo(lobby.state.position))
    lobby.call("09:28", "s3")
    lobby.do("09:29", c.StartService("s3"))
    lobby.do("09:40", c.Finish("s3"))
    lobby.do("09:41", c.Cancel("t00011", "patient"))
    lobby.do("09:42", c.RecordPaperCall("s3", "t00014", at("09:30"), "seen"))
    lobby.do("09:45", c.UpdateSessions([msgspec.structs.replace(small_sessions()[1], status="cancelled")]))
    lobby.do("09:46", c.UpdateSessions([msgspec.structs.replace(small_sessions()[0], doctor="d-he")]))
    for i in range(4):
        lobby.do("09:50", c.CheckIn(appointment(f"g{i}", f"u{i}", "ent-long", "10:00")))
    lobby.do("09:51", c.CheckInWalkIn("q-ent", registration("v0", "v0", "ent-am")))
    lobby.do("09:52", c.CheckInWalkIn("q-ent", registration("v1", "v1", "ent-long")))
    while lobby.state.fifos["walk_in", "q-ent", None][0][1] != _ticket_of(lobby, "v1"):
        lobby.call("09:55", "s3", "seen")
    _second_act(lobby)
    lobby.do("11:55", c.CheckIn(appointment("c9", "y9", "ped-su-am", "11:30", number="49")))
    lobby.do("12:00", c.Tick())
    for i in range(3):
        lobby.do("12:05", c.CheckInWalkIn("q-ent", registration(f"l{i}", f"l{i}", "ent-long")))
    while not isinstance(lobby.ask("12:10", c.CallNext("s3", "seen")), Refusal):
        pass
    lobby.do("17:30", c.Tick())
    lobby.do("20:00", c.CheckInWalkIn("q-im", registration("n1", "z1", "im-night")))
    lobby.do("20:01", c.CloseStation("w1"))
    lobby.do(at("02:01", NEXT_DAY), c.Tick())
    lobby.do(at("05:00", NEXT_DAY), c.OpenDay(NEXT_DAY, 480, small_sessions(NEXT_DAY)))
    lobby.do(at("05:30", NEXT_DAY), c.CheckInWalkIn("q-im", registration("n2", "z2", "im-night")))
    lobby.do(at("20:00", NEXT_DAY), c.ConfirmClock())
    lobby.do(at("20:01", NEXT_DAY), c.CheckInWalkIn("q-ask"))
    return lobby


def emergency() -> Lobby:
    """A night in an emergency queue: levels and their change, an alarm, an identity found later, undo, the next day."""
    lobby = Lobby(emergency_site(lock=1))
    lobby.do("14:00", c.Tick())
    lobby.do("20:00", c.OpenStation("e1", "nurse-1"))
    tickets = [lobby.issue("20:01", c.CheckInWalkIn("q-er", person=f"p{i}" if i % 2 else None)).id for i in range(8)]
    for i, level in enumerate(["III", "IVa", "II", "IVb", "I", "III"]):
        lobby.do(f"20:{10 + i}", triage(lobby, tickets[i], level))
    lobby.call("20:20", "e1")
    lobby.do("20:21", c.Undo(lobby.state.position))
    lobby.call("20:22", "e1")
    lobby.do("20:23", c.StartService("e1"))
    lobby.do("20:24", c.MergeIdentity(tickets[4], "p-later"))
    missed = lobby.call("20:30", "e1", "seen")
    lobby.do("20:31", c.MarkMissed("e1"))
    lobby.do("20:32", c.Rejoin(missed.id))
    lobby.do("20:40", c.Tick())
    lobby.do("20:41", triage(lobby, tickets[0], "II", overridden=True, channel="chest_pain"))
    lobby.do("20:42", triage(lobby, tickets[1], "III"))
    lobby.do("20:43", c.Undo(lobby.state.position))
    lobby.do("20:44", c.MergeIdentity(tickets[6], "p-wrong"))
    lobby.do("20:45", c.Undo(lobby.state.position))
    lobby.do("21:30", c.Tick())
    lobby.do(at("05:00", NEXT_DAY), c.OpenDay(NEXT_DAY, 480, small_sessions(NEXT_DAY)))
    lobby.do(at("05:10", NEXT_DAY), c.CheckInWalkIn("q-er"))
    lobby.call(at("05:11", NEXT_DAY), "e1", "seen")
    return lobby


def serving() -> Lobby:
    """A morning by turns: rules of single sessions, lateness by thresholds, one to one while returns outnumber."""
    site = small_site()
    more = PlaceStamp(2, Text("再叫 {calls} 位", "after {calls}"), "first_visit", calls_when_more=1)
    end = TimeStamp("session_end", Text("排到 {key}", "queued as {key}"))
    void = LateRule(30, Abandon(Text("预约 {slot} 作废", "void")))
    own = replace(
        site.queues[0].stamps, missed=[more], late_rules=[void], severity={"severity_1": 30}, max_severity_min=30
    )
    queues = [
        replace(queue, stamps=own, stamp_sets={"strict": replace(own, late=end, late_after_min=5)})
        if queue.kind == "clinic" and queue.numbers == "issued"
        else queue
        for queue in site.queues
    ]
    turns = replace(site.stations[0], serves="ratio", ratio={"q-im": 2, "q-ent": 1})
    first = replace(site.stations[2], serves="strict")
    stations = [turns, site.stations[1], first, site.stations[3]]
    sessions = [replace(one, stamps="strict") if one.id == "im-lin-am" else one for one in small_sessions()]
    lobby = Lobby(replace(site, queues=queues, stations=stations), sessions)
    lobby.do("07:50", c.OpenStation("s1", "nurse-1", "d-lin"))
    lobby.do("07:50", c.OpenStation("s3", "nurse-2", "d-su"))
    for i in range(7):
        severe = ["severity_1"] * (i % 3 == 2)
        lobby.do("08:40", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-am", "09:00", credits=severe)))
        lobby.do("08:40", c.CheckIn(appointment(f"e{i}", f"q{i}", "ent-am", "08:30")))
        lobby.do("08:40", c.CheckIn(appointment(f"c{i}", f"y{i}", "ped-su-am", "08:30", number=str(i))))
    lobby.do("09:06", c.CheckIn(appointment("l1", "pl", "im-lin-am", "09:00")))
    lobby.do("09:07", c.CheckIn(appointment("l2", "ql", "im-am", "08:30"), "desk"))
    away = []
    for _ in range(3):
        away.append(lobby.call("09:10", "s1", "seen"))
        lobby.do("09:10", c.MarkMissed("s1"))
    for ticket in away:
        lobby.do("09:12", c.Rejoin(ticket.id))
    for _ in range(8):
        lobby.call("09:20", "s1", "seen")
        lobby.call("09:20", "s3", "seen")
    lobby.do("09:21", c.Undo(lobby.state.position - 1))
    while not isinstance(lobby.ask("09:30", c.CallNext("s1", "seen")), Refusal):
        pass
    return lobby


def slips() -> Lobby:
    """A guide slip with a return to the doctor: held and opened stops, a plan asked for, results that take time."""
    lobby = Lobby(with_orders())
    for station in ("lab1", "us1", "ct1", "rx1"):
        lobby.do("07:30", c.OpenStation(station, "nurse"))
    lobby.do("07:30", c.OpenStation("s1", "nurse-1", "d-lin"))
    visit = lobby.issue("08:00", c.CheckIn(appointment("a1", "p1", "im-lin-am", "08:00")))
    lobby.issue("08:01", c.CheckInOrder(order("ct", "p1", "ct", result_min=10)))
    lobby.call("08:02", "s1")
    lobby.do("08:03", c.StartService("s1"))
    lobby.do("08:10", c.SendForExams("s1"))
    wanted = [
        order("ct", "p1", "ct", result_min=10),
        order("blood", "p1", "lab", fasting=True, result_min=30),
        order("sono", "p1", "us", full_bladder=True, ready_min=40),
    ]
    lobby.do("08:12", c.IssueItinerary("p1", wanted, visit.id))
    lobby.do("08:13", c.PlanItinerary("p1"))
    lobby.do("08:14", c.CheckInOrder(order("drugs", "p1", "rx"), "hospital"))
    for clock in ("08:20", "08:30", "08:40", "08:52", "09:10", "09:20"):
        for station in ("lab1", "ct1", "us1", "rx1", "s1"):
            decided = lobby.ask(clock, c.CallNext(station, "seen"))
            if clock == "08:30" and not isinstance(decided, Refusal):
                lobby.do("08:31", c.Undo(lobby.state.position))
                lobby.do("08:32", c.CallNext(station, "seen"))
                lobby.now = at("08:33")
                break
    lobby.do("09:21", c.Tick())
    while lobby.state.slips["p1"].ended_at is None:
        for station in ("lab1", "ct1", "us1", "rx1", "s1"):
            lobby.ask(lobby.now + MINUTE, c.CallNext(station, "seen"))
    lobby.do("11:30", c.IssueItinerary("p2", [order("x", "p2", "lab"), order("y", "p2", "ct")]))
    lobby.do("11:31", c.Cancel(lobby.state.by_origin["y"], "order_withdrawn"))
    return lobby


def rooms() -> Lobby:
    """A morning in two stages, with bounds and expected waits: every reason for going to a door and for leaving it."""
    site = emergency_site(lock=1)
    queues = [
        replace(queue, room_look_ahead=2, room_assignment="by_hand" if queue.id == "q-ped" else "automatic")
        for queue in site.queues
    ]
    stations = [replace(one, queues=["q-ped"]) if one.id == "s3" else one for one in site.stations]
    stations[-1] = replace(stations[-1], levels=["I", "III"])
    lobby = Lobby(replace(site, queues=queues, stations=stations))
    for station, doctor in (("s1", "d-lin"), ("s2", None), ("s3", "d-su"), ("e1", None)):
        lobby.do("07:50", c.OpenStation(station, f"nurse-{station}", doctor))
    for i in range(9):
        credit = ["elder"] if i % 4 == 3 else []
        lobby.do(f"08:0{i}", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-am", f"0{8 + i // 6}:00", credits=credit)))
        lobby.do(f"08:0{i}", c.CheckIn(appointment(f"c{i}", f"y{i}", "ped-su-am", "08:30", number=str(40 + i))))
    lobby.do("08:10", c.CheckIn(appointment("own", "own", "im-lin-am", "08:00")))
    lobby.do("08:11", c.CheckInWalkIn("q-im", registration("w", "w", "im-am")))
    waits = [lobby.issue("08:12", c.CheckInWalkIn("q-er")).id for _ in range(4)]
    lobby.do("08:13", triage(lobby, waits[3], "I"))
    lobby.do("08:13", triage(lobby, waits[0], "II"))
    for child in ("c0", "c1"):
        lobby.do("08:14", c.AssignRoom(_ticket_of(lobby, child), "s3", "balance_load"))
    lobby.do("08:15", c.AssignRoom(_ticket_of(lobby, "c1"), None, "patient_request"))
    lobby.do("08:16", c.AssignRoom(_ticket_of(lobby, "a8"), "s2", "patient_request"))
    for station in ("s1", "s2", "s3", "e1"):
        lobby.call("08:20", station, "seen")
        if station != "s2":
            lobby.do("08:20", c.StartService(station))
    lobby.do("08:22", c.MarkMissed("s2"))
    lobby.do("08:23", c.Rejoin(_missed(lobby)))
    lobby.call("08:30", "s1", "seen")
    lobby.do("08:31", c.Undo(lobby.state.position))
    lobby.call("08:32", "s1", "seen")
    lobby.do("08:33", c.PauseQueue(["q-im"], "equipment"))
    lobby.do("08:34", c.ResumeQueue(["q-im"]))
    lobby.do("08:35", c.CallNext("s2", "seen"))
    lobby.do("08:36", c.StartService("s2"))
    lobby.do("08:40", c.Finish("s2"))
    lobby.do("08:41", c.CloseStation("s2"))
    lobby.do("08:42", c.OpenStation("s2", "nurse-s2"))
    # Room 1 is held up: whoever would be passed by somebody who came after the bound goes to room 2 instead.
    for i in range(4):
        lobby.do("09:50", c.CheckIn(appointment(f"late{i}", f"late{i}", "im-am", "09:30")))
    while not isinstance(lobby.ask("09:55", c.CallNext("s2", "seen")), Refusal):
        pass
    return lobby


def places() -> Lobby:
    """Places given before their counts have run out, behind locked heads, of a doctor's own list and of the pool."""
    site = small_site(lock=2)
    returns = PlaceStamp(2, Text("再叫 {calls} 位", "after {calls}"), "first_visit")
    queues = [
        replace(queue, stamps=replace(queue.stamps, returns=returns)) if queue.kind == "clinic" else queue
        for queue in site.queues
    ]
    lobby = Lobby(replace(site, queues=queues))
    for station, doctor in (("s1", "d-lin"), ("s2", "d-he")):
        lobby.do("07:50", c.OpenStation(station, f"nurse-{station}", doctor))
    for i in range(12):
        session = ("im-am", "im-lin-am", "im-he-am")[i % 3]
        lobby.do("08:00", c.CheckIn(appointment(f"a{i}", f"p{i}", session, f"08:{i % 6}0")))
        lobby.do("08:00", c.CheckIn(appointment(f"e{i}", f"q{i}", "ent-am", f"08:{i % 6}0")))
    seen, missed = [], []
    for i in range(4):
        for station in ("s1", "s2"):
            called = lobby.call("08:30", station, "seen")
            if i % 2:
                lobby.do("08:30", c.MarkMissed(station))
                missed.append(called.id)
            else:
                lobby.do("08:30", c.StartService(station))
                lobby.do("08:30", c.SendForExams(station))
                seen.append(called.id)
    for ticket in [*seen, *missed]:
        lobby.do("08:40", c.Rejoin(ticket))
    lobby.call("08:41", "s1", "seen")
    lobby.do("08:42", c.Undo(lobby.state.position))
    lobby.do("08:43", c.Cancel(lobby.state.lanes["q-im", "d-lin"][0][1]))
    while not all(isinstance(lobby.ask("08:50", c.CallNext(each, "seen")), Refusal) for each in ("s1", "s2")):
        pass
    return lobby


def _missed(lobby: Lobby) -> str:
    return next(iter(lobby.state.missed))


def triage(
    lobby: Lobby, ticket: str, level: Level, *, overridden: bool = False, channel: str | None = None
) -> c.Triage:
    """A level as the consensus has it, given in the lobby's present minute."""
    minutes = {"I": 0, "II": 10, "III": 30, "IVa": 60, "IVb": 240}[level]
    tier = {"I": 0, "II": 1}.get(level, 2)
    wait = minutes * MINUTE
    key = lobby.now + (wait if tier == 2 else 0)
    reassess = lobby.now + wait if tier == 2 else None
    suggested: Level | None = None if overridden else level
    return c.Triage(ticket, level, suggested, tier, key, lobby.now + wait, reassess, channel, overridden, "1")


def _second_act(lobby: Lobby) -> None:
    """Everything that may happen to a ticket besides being called: away and back, sent on, forward and behind."""
    lobby.do("10:00", c.OpenStation("s2", "nurse-3", "d-he"))
    lobby.do("10:00", c.UpdateSessions([small_sessions()[1]]))
    for i in range(6):
        lobby.do("10:00", c.CheckIn(appointment(f"h{i}", f"h{i}", "im-he-am", "10:30"), by_proxy=i == 0))
    _, second, third, fourth, fifth, sixth = (_ticket_of(lobby, f"h{i}") for i in range(6))
    first = lobby.call("10:02", "s2").id
    lobby.do("10:03", c.StartService("s2"))
    lobby.do("10:05", c.SendForExams("s2"))
    lobby.do("10:06", c.StepAway(second, 10))
    lobby.do("10:07", c.StepAway(third, 30))
    lobby.do("10:08", c.StepBack(third))
    lobby.do("10:17", c.Tick())
    lobby.do("10:20", c.ReturnWithResults(first))
    lobby.do("10:21", c.GrantCredit(fourth, "elder", "age_seen"))
    lobby.do("10:22", c.MoveForward(sixth, "frail"))
    lobby.do("10:23", c.Postpone(second, behind=2))
    lobby.do("10:24", c.Postpone(third, slots=1))
    lobby.do("10:25", c.Transfer(fifth, "q-ent", "wrong_department"))
    lobby.do("10:26", c.Transfer(fourth, "q-ped", "needs_other_care", "d-su", is_referral=True))
    lobby.do("10:27", c.AssignDoctor(sixth, None, "balance_load"))
    lobby.do("10:28", c.Pick("s2", third, "results_ready", "seen"))
    lobby.do("10:29", c.StartService("s2"))
    lobby.do("10:30", c.PauseQueue(["q-im", "q-ask"], "equipment"))
    lobby.do("10:31", c.Broadcast("h2", Text("设备检修", "Equipment is being repaired"), 20))
    lobby.do("10:32", c.Broadcast("h1", Text("请戴口罩", "Please wear a mask"), 60))
    lobby.do("10:35", c.ResumeQueue(["q-im", "q-ask"]))
    lobby.do("10:36", c.EndBroadcast("h1", max(lobby.state.broadcasts)))
    lobby.do("10:40", c.CallNext("s2", "seen"))
    lobby.do("10:52", c.Cancel(second, "abandoned"))
    full = msgspec.structs.replace(small_sessions()[2], limit=1)
    lobby.do("10:53", c.UpdateSessions([full]))
    lobby.do("10:54", c.CheckInWalkIn("q-im", registration("k0", "k0", "im-am")))
    lobby.do("10:54", c.CheckInWalkIn("q-im", registration("k1", "k1", "im-am"), extra="doctor_consent"))
    lobby.do("10:55", c.CheckInWalkIn("q-ped", registration("k2", "y0", "ped-su-am", number="60")))
    lobby.do("10:56", c.UpdateSessions([msgspec.structs.replace(full, status="cancelled")]))
    lobby.do("10:57", c.ReleaseSession("im-am", "im-pm"))
    lobby.do("10:58", c.UpdateSessions([msgspec.structs.replace(small_sessions()[1], status="cancelled")]))
    lobby.do("10:59", c.ReleaseSession("im-he-am"))


def bookings() -> Lobby:
    """A day of fees that cover others, places kept for referrals, a cancelled session and bookings nobody came to."""
    site = small_site()
    rules = replace(site.booking, referral_percent=50, referral_until_min=0)
    sessions = small_sessions()
    sessions[2] = replace(sessions[2], limit=4, slots=[])
    sessions[4] = replace(sessions[4], limit=2)
    lobby = Lobby(replace(site, booking=rules), sessions)
    before = Paid("r0", "2026-03-01", "im", 2_000, "J20")
    for i in range(3):
        lobby.ask(
            "07:40",
            c.CheckInWalkIn(
                "q-im",
                replace(registration(f"r{i + 1}", f"p{i}", "im-am"), fen=2_000, illness="J20", paid=[before] * (i % 2)),
            ),
        )
    lobby.do("07:41", c.CheckInWalkIn("q-im", registration("r4", "p4", "im-am"), extra="urgent"))
    for i in range(3):
        lobby.ask("07:42", c.CheckInWalkIn("q-im", registration(f"f{i}", f"q{i}", "im-am", credits=["referral"])))
    lobby.do("07:45", c.CheckIn(appointment("a1", "p5", "im-am", "08:00")))
    lobby.do("08:00", c.UpdateSessions([replace(sessions[2], status="cancelled")]))
    lobby.do("08:01", c.ReleaseSession("im-am", "im-pm"))
    for i in range(3):
        lobby.do("08:10", c.CheckIn(appointment(f"b{i}", f"s{i}", "im-lin-am", "08:30")))
    lobby.do("08:11", c.UpdateSessions([replace(sessions[0], status="cancelled"), replace(sessions[1], limit=1)]))
    lobby.do("08:12", c.ReleaseSession("im-lin-am", "im-he-am", "session_cancelled"))
    booked = [appointment(f"g{i}", f"g{i}", "ped-su-am", "09:00", number=str(i + 1)) for i in range(3)]
    lobby.do("08:50", c.CheckIn(booked[0]))
    lobby.do("12:00", c.NoteUnkept("ped-su-am", booked))
    return lobby


def _ticket_of(lobby: Lobby, origin_ref: str) -> str:
    return lobby.state.by_origin[origin_ref]
