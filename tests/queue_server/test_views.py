"""What screens show of the committed state."""

from __future__ import annotations

import msgspec
import pytest

from queue_server.engine.entries import SiteIndex
from queue_server.engine.events import Called
from queue_server.engine.site import Text
from queue_server.masking import mask
from queue_server.views import Names, Views, Voice, kind_of
from tests.queue_server.api.rig import command, in_process


@pytest.fixture
async def called(tmp_path):
    """A site with somebody of the main hall called, and the ticket."""
    async with in_process(tmp_path / "data") as site:
        nurse = await site.staff()
        halls = {queue.id: queue.hall for queue in site.configuration.site.queues}
        sessions = site.state.sessions
        index = next(at for at, (_, one) in enumerate(site.bookings()) if halls[sessions[one.session].queue] == "main")
        ticket = await site.check_in(nurse, index, "desk")
        station = await site.open_for(nurse, ticket)
        answer = await nurse.post("/api/station/call-next", json=command(station=station))
        assert answer.status_code == 200, answer.text
        yield site, site.state.tickets[ticket["ticket"]]


async def test_whoever_has_no_place_is_not_told_why_it_is_that_of_nine(called):
    """A missed ticket's former place is gone, and what comes with the next one is said instead."""
    site, ticket = called
    assert site.lobby.views.ticket(ticket).reason.zh == ticket.stamp.sentence.zh
    nurse = await site.staff(name="other")
    answer = await nurse.post("/api/station/missed", json=command(station=ticket.station))
    assert answer.status_code == 200, answer.text
    reason = site.lobby.views.ticket(site.state.tickets[ticket.id]).reason
    assert reason.zh == "过号后原来的位置不再保留，重新候诊时按过号的规则安排。"
    assert "no longer kept" in reason.en
    site.state.index = SiteIndex(without_missed_rules(site.configuration.site), "kept")
    assert site.lobby.views.ticket(site.state.tickets[ticket.id]).reason.zh == "重新候诊时保留原来的排队时刻。"


async def test_who_is_at_exams_is_told_how_the_way_back_goes(called):
    site, ticket = called
    nurse = await site.staff(name="other")
    for verb in ("start", "send-for-exams"):
        answer = await nurse.post(f"/api/station/{verb}", json=command(station=ticket.station))
        assert answer.status_code == 200, answer.text
    reason = site.lobby.views.ticket(site.state.tickets[ticket.id]).reason
    assert reason.zh == "检查后回来，按回诊的规则安排位置。"
    assert "back with results" in reason.en


def without_missed_rules(site):
    def kept(stamps):
        return msgspec.structs.replace(stamps, missed=[])

    queues = [
        msgspec.structs.replace(
            one,
            stamps=kept(one.stamps),
            stamp_sets={name: kept(stamps) for name, stamps in one.stamp_sets.items()},
        )
        for one in site.queues
    ]
    return msgspec.structs.replace(site, queues=queues)


async def test_a_sensitive_clinics_names_stay_off_the_boards_only(called):
    site, ticket = called
    masked = mask(site.lobby.service.people.name(ticket.person))
    assert site.lobby.views.board("main").calls[0].masked_name == masked
    hidden = [
        msgspec.structs.replace(one, show_names=one.id != ticket.clinic) for one in site.configuration.site.clinics
    ]
    site.state.index = SiteIndex(msgspec.structs.replace(site.configuration.site, clinics=hidden), "hidden")
    assert site.lobby.views.board("main").calls[0].masked_name is None
    assert site.lobby.views.ticket(ticket).masked_name == masked, "its holder's own"
    assert site.lobby.views.row(ticket).masked_name == masked, "and the nurse's"


async def test_a_voice_gets_the_mask_and_never_more(called):
    site, ticket = called
    said = []

    def announce(number, room, name):
        said.append((number, room.zh, name))
        return ["d1", "d2"]

    views = Views(lambda: site.state, site.clock, site.lobby.names, voice=Voice(announce).addresses)
    first, again = views.board("main"), views.board("main")
    assert first.calls[0].voice == again.calls[0].voice == ["/api/board/voice/d1.wav", "/api/board/voice/d2.wav"]
    assert len(said) == 1, "ordered once, however often it is shown"
    assert said[0][2] == mask(site.lobby.service.people.name(ticket.person))


async def test_a_change_read_again_after_the_call_is_over_calls_nobody(called):
    site, ticket = called
    recorded = next(one for one in site.lobby.service.since(0) if isinstance(one.event, Called))
    views = site.lobby.views
    assert views.change(recorded.position, recorded.event).call.number == ticket.number
    nurse = await site.staff(name="second")
    await nurse.post("/api/station/start", json=command(station=ticket.station))
    await nurse.post("/api/station/finish", json=command(station=ticket.station))
    assert views.change(recorded.position, recorded.event).call is None


async def test_a_ticket_of_what_is_configured_no_longer_is_still_shown(called):
    site, ticket = called
    bare = msgspec.structs.replace(site.configuration.site, clinics=[], queues=[], stations=[], rooms=[], doctors=[])
    site.state.index = SiteIndex(bare, "bare")
    shown = site.lobby.views.ticket(ticket)
    assert (shown.clinic.zh, shown.room, shown.doctor) == (ticket.queue, None, None)
    assert shown.area.zh == site.configuration.site.desk.zh


def test_names_are_read_once_and_anew_when_forgotten():
    asked = []
    names = Names(lambda person: asked.append(person) or {"p1": "王芳"}.get(person))
    assert [names.masked(one) for one in ("p1", "p1", "p2", None)] == ["王*", "王*", None, None]
    assert asked == ["p1", "p2"]
    names.forget()
    assert names.masked("p1") == "王*"
    assert asked == ["p1", "p2", "p1"]


@pytest.mark.parametrize(
    ("rule", "zh"),
    [("appointment", "预约"), ("walk_in", "现场"), ("late", "迟到"), ("missed_2", "过号"), ("leftover", "顺延")],
)
def test_the_kind_is_by_the_stamps_rule(rule, zh):
    class Stamped:
        stamp = type("Stamp", (), {"rule": rule, "sentence": Text("", "")})

    assert kind_of(Stamped()).zh == zh


async def test_one_number_of_two_doctors_is_told_apart_by_doctor_and_session(tmp_path):
    async with in_process(tmp_path / "data") as site:
        nurse = await site.staff()
        queue = next(queue for queue in site.configuration.site.queues if queue.numbers == "hospital")
        by_number = {}
        for at, (_, booking) in enumerate(site.bookings()):
            session = site.state.sessions[booking.session]
            if session.queue == queue.id and session.period == "morning":
                by_number.setdefault(booking.number, {})[session.doctor] = at
        number, two = next((number, held) for number, held in by_number.items() if len(held) > 1)
        tickets = [await site.check_in(nurse, at, "desk") for at in list(two.values())[:2]]
        assert [ticket["number"] for ticket in tickets] == [number, number]
        views = site.lobby.views
        rows = [views.row(site.state.tickets[ticket["ticket"]]) for ticket in tickets]
        assert len({row.doctor.zh for row in rows}) == 2
        assert {row.period.zh for row in rows} == {"上午"}
        waiting = [one for one in views.board(queue.hall).next_up if one.number == number]
        assert {(one.doctor.zh, one.period.zh) for one in waiting} == {(row.doctor.zh, "上午") for row in rows}
        for ticket in tickets:
            station = await site.open_for(nurse, ticket)
            answer = await nurse.post("/api/station/call-next", json=command(station=station))
            assert answer.status_code == 200, answer.text
        calls = views.board(queue.hall).calls
        assert {(call.number, call.doctor.zh, call.period.zh) for call in calls} == {
            (number, row.doctor.zh, "上午") for row in rows
        }


async def test_a_number_of_the_morning_stays_the_mornings_in_the_afternoon(called):
    site, ticket = called
    views = site.lobby.views
    assert site.state.sessions[ticket.session].period == "morning"
    moved = msgspec.structs.replace(ticket, continues_in="an afternoon")
    assert views.row(moved).period.zh == views.call(moved).period.zh == views.ticket(moved).period.zh == "上午"


async def test_a_patient_is_never_told_one_number_of_minutes(tmp_path):
    """On the ticket's page, at check-in and from call to call: a range with two ends, or nothing."""
    async with in_process(tmp_path / "data") as site:
        kiosk, nurse = await site.device("kiosk"), await site.staff()
        tickets = [await site.check_in(kiosk, index) for index in range(8)]
        station = await site.open_for(nurse, tickets[0])
        seen = 0
        for minutes in range(12):
            await nurse.post("/api/station/call-next", json=command(station=station, last_was="seen"))
            site.clock.set(site.clock.now() + (3 + minutes) * 60_000_000)
            for ticket in tickets:
                link = site.state.tickets[ticket["ticket"]].link
                shown = (await site.client().get(f"/api/ticket/{link}")).json()
                assert "track_record" not in shown
                for wait in filter(None, (shown["wait"], shown["wait_at_issue"])):
                    assert 0 <= wait["low_min"] < wait["high_min"]
                    seen += 1
                assert (shown["wait"] is None) == (shown["status"] != "waiting")
        assert seen > 20
        held = next(one for one in site.state.tickets.values() if one.status == "waiting")
        await nurse.post("/api/desk/pause", json=command(queues=[held.queue], reason="equipment"))
        still = (await site.client().get(f"/api/ticket/{held.link}")).json()
        assert (still["wait"], still["paused"] is not None) == (None, True)
