"""What may be asked of a small lobby, drawn at random, and the sites it is asked at."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_server.engine import commands as c
from queue_server.engine.queries import undoable
from queue_server.engine.site import BookingRules, ClinicSession, Level, PlaceStamp, Site, Slot, Text
from queue_server.engine.triage_table import LEVELS
from tests.golden_logs.stories import triage
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.two_stages import in_two_stages
from tests.sites import MINUTE, NEXT_DAY, appointment, emergency_site, registration, small_sessions, small_site

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
            *["unkept"] * 2,
            "clock",
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
            credit = [[], ["elder"], ["referral", "elder", "military"]][who % 3]
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
        case "unkept":
            booked = [
                appointment(f"a{one}-{session}", f"p{one}", session, "08:00", number=f"{one:03d}", day=day)
                for one in (who, who + 1)
            ]
            return c.NoteUnkept(session, booked)
        case "clock":
            return c.ConfirmClock()
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
        case "identify":
            unknown = [key for key in tickets if lobby.state.tickets[key].queue == "q-er"]
            return c.MergeIdentity(unknown[what % len(unknown)] if unknown else ticket, f"p{who}")
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


emergency = st.tuples(
    st.sampled_from(
        [
            *["arrive"] * 3,
            *["triage"] * 4,
            *["next_er"] * 5,
            *["open_er", "close_er", "start_er", "missed_er", "rejoin", "undo_er"],
            *["identify"] * 2,
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
