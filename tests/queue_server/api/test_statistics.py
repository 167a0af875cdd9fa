"""What fee rules spared, bookings nobody came to, and who is here: as routes and as a command."""

from __future__ import annotations

import uuid
from collections import Counter

import msgspec

from queue_server.api.topics import BoardTopic, StationTopic
from queue_server.cli import main
from queue_server.engine.commands import Tick, UpdateSessions
from queue_server.engine.events import BookingMissed
from queue_server.log import maintenance
from queue_server.log.data import DATABASE
from queue_server.log.database import open_database
from queue_server.log.reports import DayBounds, savings, unkept
from queue_server.order_keeper import OrderKeeper
from tests.queue_server.api.rig import command, in_process, microseconds

DAY = "2026-11-23"
WHOLE = DayBounds(DAY, microseconds(f"{DAY}T05:00:00+08:00"), microseconds("2026-11-24T05:00:00+08:00"))


async def submit(site, asked):
    await site.lobby.service.submit(asked, actor="test", command_id=str(uuid.uuid4()))


async def pass_time(site, *moments):
    """The server has been on all the time: no longer silence than it believes."""
    for moment in moments:
        site.clock.set(microseconds(moment))
        await submit(site, Tick())


async def keep(site):
    await OrderKeeper(site.lobby.service, site.lobby.mirror, site.clock).catch_up()


def covered(site, status):
    """A registration of today that an earlier fee covers."""
    return next(
        one
        for one in site.lobby.mirror.registrations
        if one.paid and one.status == status and site.state.sessions[one.session].status == "open"
    )


async def join(site, client, registration):
    session = site.state.sessions[registration.session]
    site.clock.set(max(site.clock.now(), session.starts_at))
    body = command(queue=session.queue, person=registration.person, registration=registration.id)
    answer = await client.post("/api/desk/join", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["ticket"]


async def note(site, person, *days):
    """Bookings of earlier days to which the person did not come."""
    rows = [(f"x-{day}", person, "s", "internal", None, microseconds(f"{day}T09:00:00+08:00")) for day in days]
    await site.lobby.write(
        lambda database: database.conn.executemany("INSERT INTO unkept VALUES (?, ?, ?, ?, ?, ?)", rows)
    )


async def no_shows(client, person):
    """What the desk is told: the days, how many count, the limit, until when there is no booking."""
    asked = (await client.get(f"/api/desk/no-shows/{person}")).json()
    return (asked["days"], asked["counted"], asked["limit"], asked["banned_until"])


async def after_the_day(site):
    """The sessions are over, and the list was taken over since."""
    await pass_time(site, f"{DAY}T15:00:00+08:00", f"{DAY}T21:30:00+08:00")
    await site.lobby.mirror.refresh()
    await keep(site)


async def test_a_visit_that_an_earlier_fee_covers_needs_no_payment_and_is_counted(site):
    nurse, admin = await site.staff(), await site.staff("administrator")
    free = covered(site, "unpaid")
    ticket = await join(site, nurse, free)
    assert "3 天内同一病情不再收取" in ticket["history"][0]["sentence"]["zh"]
    report = (await admin.get("/api/admin/savings", params={"first": DAY, "last": DAY})).json()
    clinic = site.state.sessions[free.session].clinic
    row = {"day": DAY, "clinic": clinic, "rule": "covered", "visits": 1, "fen": 2_000}
    assert report == {"first": DAY, "last": DAY, "visits": 1, "fen": 2_000, "rows": [row]}
    usual = (await admin.get("/api/admin/savings")).json()
    assert (usual["first"], usual["last"], usual["rows"]) == ("2026-10-25", DAY, [row])
    await nurse.post("/api/desk/cancel", json=command(ticket=ticket["ticket"]))
    assert (await admin.get("/api/admin/savings", params={"first": DAY, "last": DAY})).json()["visits"] == 0
    await join(site, nurse, free)
    assert (await admin.get("/api/admin/savings", params={"first": DAY, "last": DAY})).json()["visits"] == 1


async def test_a_report_is_of_days_in_order_and_for_administrators(site):
    admin, nurse = await site.staff("administrator"), await site.staff()
    for days in (
        {"first": "2026-11-24", "last": DAY},
        {"first": "2020-01-01", "last": DAY},
        {"first": "9999-12-31", "last": "9999-12-31"},
        {"last": "0001-01-01"},
    ):
        answer = await admin.get("/api/admin/savings", params=days)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert (await admin.get("/api/admin/savings", params={"first": "soon"})).status_code == 400
    assert (await nurse.get("/api/admin/no-shows")).status_code == 403


async def test_bookings_nobody_came_to_are_counted_and_bring_a_ban(site):
    came = await site.check_in(await site.device("kiosk"))
    await after_the_day(site)
    nurse, admin = await site.staff(), await site.staff("administrator")
    state = site.state
    booked = [one for one in site.lobby.mirror.appointments if one.status == "booked" and one.session in state.sessions]
    expected = {one.id for one in booked if state.sessions[one.session].status == "open"}
    expected.discard(state.tickets[came["ticket"]].origin_ref)
    assert state.unkept == expected
    noted = [one for one in site.lobby.service.since(0) if isinstance(one.event, BookingMissed)]
    assert {one.event.appointment for one in noted} == expected
    topics = [BoardTopic(site.lobby.views, hall.id) for hall in site.configuration.site.halls]
    topics += [StationTopic(site.lobby.views, station.id) for station in site.configuration.site.stations]
    assert not any(topic.concerns(one) for topic in topics for one in noted), "it is on no screen"
    report = (await admin.get("/api/admin/no-shows", params={"first": DAY, "last": DAY})).json()
    assert report["bookings"] == sum(row["never_came"] for row in report["rows"]) == len(expected)
    mine = Counter(one.person for one in booked if one.id in expected)
    person = next(person for person, count in mine.items() if count == 2)
    assert await no_shows(nurse, person) == ([DAY, DAY], 2, 3, None)
    await note(site, person, "2026-11-10")
    # The third one is of DAY: 90 days from then.
    assert await no_shows(nurse, person) == (["2026-11-10", DAY, DAY], 3, 3, "2027-02-21")
    assert await no_shows(nurse, "nobody") == ([], 0, 3, None)
    position = state.position
    await keep(site)
    assert site.state.position == position


async def test_a_list_from_before_the_sessions_end_condemns_nobody(site):
    await site.lobby.mirror.stop()
    await pass_time(site, f"{DAY}T15:00:00+08:00", f"{DAY}T21:30:00+08:00")
    await keep(site)
    assert site.state.unkept == set()


async def test_three_of_them_bring_a_ban(site):
    nurse = await site.staff()
    days = ["2026-11-01", "2026-11-02", "2026-11-03"]
    await note(site, "somebody", *days)
    assert await no_shows(nurse, "somebody") == (days, 3, 3, "2027-02-01")


async def test_who_waited_until_the_days_end_is_no_no_show_and_who_missed_the_call_is(site):
    kiosk, nurse = await site.device("kiosk"), await site.staff()
    waited, missed = [await site.check_in(kiosk, index) for index in (0, 1)]
    station = await site.open_for(nurse, missed)
    pick = command(station=station, ticket=missed["ticket"], reason="condition")
    assert (await nurse.post("/api/station/pick", json=pick)).status_code == 200
    assert (await nurse.post("/api/station/missed", json=command(station=station))).status_code == 200
    await after_the_day(site)
    await pass_time(site, "2026-11-24T01:00:00+08:00", "2026-11-24T05:30:00+08:00")
    admin = await site.staff("administrator")
    statuses = [
        row["status"]
        for each in (waited, missed)
        for row in site.lobby.service.reader.query("SELECT status FROM tickets WHERE ticket = ?", [each["ticket"]])
    ]
    assert statuses == ["no_show", "lapsed"]
    report = (await admin.get("/api/admin/no-shows", params={"first": DAY, "last": DAY})).json()
    assert sum(row["missed_their_call"] for row in report["rows"]) == 1


async def test_the_tables_are_written_again_from_the_log_and_printed(tmp_path, capsys):
    async with in_process(tmp_path / "data") as site:
        nurse = await site.staff()
        await join(site, nurse, covered(site, "unpaid"))
        await after_the_day(site)
    data = tmp_path / "data"

    def found():
        database = open_database(data / DATABASE, read_only=True)
        try:
            return savings(database, [WHOLE]), unkept(database, [WHOLE])
        finally:
            database.close()

    before = found()
    assert before[0]
    assert before[1]
    maintenance.rebuild(data)
    assert found() == before
    assert main(["report", "savings", "--data", str(data), "--from", DAY, "--to", DAY]) == 0
    assert "1 visits were spared 20.00 yuan." in capsys.readouterr().out
    assert main(["report", "no-shows", "--data", str(data), "--from", DAY, "--to", DAY]) == 0
    assert "bookings were not kept." in capsys.readouterr().out
    assert main(["report", "savings", "--data", str(data), "--from", DAY, "--to", "2026-11-01"]) == 1
    assert main(["report", "savings", "--data", str(tmp_path / "none"), "--from", DAY, "--to", DAY]) == 1


async def test_whoever_comes_after_all_is_no_no_show(site):
    await after_the_day(site)
    nurse = await site.staff()
    booked = next(one for one in site.lobby.mirror.appointments if one.id in site.state.unkept)
    session = site.state.sessions[booked.session]
    longer = msgspec.structs.replace(session, ends_at=microseconds(f"{DAY}T23:00:00+08:00"))
    await submit(site, UpdateSessions([longer]))
    answer = await nurse.post("/api/desk/check-in", json=command(person=booked.person, appointment=booked.id))
    assert answer.status_code == 200, answer.text
    left = site.lobby.service.reader.query("SELECT * FROM unkept WHERE appointment = ?", [booked.id])
    assert list(left) == []


# --- who is here ------------------------------------------------------------------------------------------------------


async def test_the_desk_looks_at_one_clinic_and_then_at_another(site):
    nurse, kiosk = await site.staff(), await site.device("kiosk")
    clinics = (await nurse.get("/api/desk/clinics")).json()
    assert {"internal", "surgery"} <= {one["id"] for one in clinics}
    ticket = await site.check_in(kiosk)
    held = site.state.tickets[ticket["ticket"]]
    shown = (await nurse.get(f"/api/desk/clinics/{held.clinic}")).json()
    rows = {row["appointment"]: row for row in shown["rows"]}
    mine = rows[held.origin_ref]
    assert (mine["here"], mine["number"], shown["here"]) == ("here", held.number, 1)
    assert mine["masked_name"] is None or "*" in mine["masked_name"]
    due = [row for row in shown["rows"] if row["here"] == "not_here"]
    assert len(due) == shown["not_here"]
    other = next(one["id"] for one in clinics if one["id"] != held.clinic)
    assert held.origin_ref not in {
        row["appointment"] for row in (await nurse.get(f"/api/desk/clinics/{other}")).json()["rows"]
    }
    answer = await nurse.get("/api/desk/clinics/none")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_clinic")
