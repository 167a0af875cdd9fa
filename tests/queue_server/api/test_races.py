"""Many at once over HTTP: no number and no patient twice."""

from __future__ import annotations

import asyncio

from tests.queue_server.api.rig import command

ROUNDS = 60
AT_ONCE = 4


async def test_sixty_rounds_of_four_at_once(live):
    kiosks = [await live.device("kiosk") for _ in range(AT_ONCE)]
    nurse = await live.staff()
    bookings = live.bookings()
    by_doctor = {}
    for person, one in bookings:
        session = live.state.sessions[one.session]
        by_doctor.setdefault((session.queue, session.doctor), []).append((person, one))
    (queue, _), _ = max(by_doctor.items(), key=lambda item: len(item[1]))
    stations = [one.id for one in live.configuration.site.stations if "enquiry" in one.queues][:AT_ONCE]
    stations += [one.id for one in live.configuration.site.stations if queue in one.queues][: AT_ONCE - len(stations)]
    for station in stations:
        answer = await nurse.post("/api/station/open", json=command(station=station))
        assert answer.status_code == 200, answer.text
    issued, called = [], []
    for at in range(ROUNDS):
        answers = await asyncio.gather(
            *(kiosk.post("/api/kiosk/join", json=command(queue="enquiry")) for kiosk in kiosks),
            *(
                kiosk.post(
                    "/api/kiosk/check-in",
                    json=command(person=bookings[at][0], appointment=bookings[at][1].id),
                )
                for kiosk in kiosks
            ),
            *(
                nurse.post("/api/station/call-next", json=command(station=station, last_was="seen"))
                for station in stations
            ),
        )
        joins, check_ins, calls = answers[:AT_ONCE], answers[AT_ONCE : 2 * AT_ONCE], answers[2 * AT_ONCE :]
        assert [answer.status_code for answer in joins] == [200] * AT_ONCE
        assert sorted(answer.status_code for answer in check_ins) == [200, 409, 409, 409]
        live_ticket = next(one.json()["ticket"]["ticket"] for one in check_ins if one.status_code == 200)
        problems = [answer.json() for answer in check_ins if answer.status_code == 409]
        assert {(one["code"], one["ticket"]) for one in problems} == {("already_checked_in", live_ticket)}
        issued += [answer.json()["ticket"]["number"] for answer in joins]
        assert {answer.status_code for answer in calls} <= {200, 409}
        assert {answer.json()["code"] for answer in calls if answer.status_code == 409} <= {"nobody_waiting"}
        called += [answer.json()["ticket"] for answer in calls if answer.status_code == 200]
    assert len(set(issued)) == len(issued) == ROUNDS * AT_ONCE
    assert len(set(called)) == len(called)
    assert len(called) >= ROUNDS
