"""Many at once over HTTP: no number and no patient twice."""

from __future__ import annotations

import asyncio
from itertools import islice

import msgspec

from queue_server.config import digest
from tests.queue_server.api import rig
from tests.queue_server.api.rig import command, listening

ROUNDS = 60
AT_ONCE = 4
CHECK_IN_EVERY = 3  # rounds: so many bookings are open at once
MINUTE = 60_000_000


def four_windows(original):
    """The demonstration hospital with four windows that call the enquiry's one list."""

    def configuration(**options):
        loaded = original(**options)
        window = next(one for one in loaded.site.stations if one.queues == ["enquiry"])
        others = [msgspec.structs.replace(window, id=f"{window.id}-{n}") for n in range(2, AT_ONCE + 1)]
        site = msgspec.structs.replace(loaded.site, stations=[*loaded.site.stations, *others])
        return msgspec.structs.replace(loaded, site=site, digest=digest(site))

    return configuration


async def together(client_posts):
    """Every request on its way before any is answered; the answers in the order of the requests."""
    return await asyncio.gather(*(client.post(path, json=body) for client, path, body in client_posts))


def check_in(booking):
    person, appointment = booking
    return command(person=person, appointment=appointment.id)


def open_bookings(live):
    """Those whose check-in is open, the earliest first."""
    now, state = live.clock.now(), live.state
    for person, booking in live.bookings():
        session = state.sessions[booking.session]
        opens = booking.slot_start - state.index.clinics[session.clinic].check_in_opens_min * MINUTE
        if opens <= now < session.ends_at:
            yield person, booking


async def test_sixty_rounds_of_four_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(rig, "configuration", four_windows(rig.configuration))
    async with listening(tmp_path / "data") as live:
        kiosks = [await live.device("kiosk") for _ in range(AT_ONCE)]
        nurses = [await live.staff() for _ in range(AT_ONCE)]
        windows = [one.id for one in live.configuration.site.stations if one.queues == ["enquiry"]]
        assert len(windows) == AT_ONCE
        for nurse, window in zip(nurses, windows, strict=True):
            answer = await nurse.post("/api/station/open", json=command(station=window))
            assert answer.status_code == 200, answer.text
        answers = await together((kiosk, "/api/kiosk/join", command(queue="enquiry")) for kiosk in kiosks)
        numbers = [answer.json()["ticket"]["number"] for answer in answers]
        bookings = open_bookings(live)
        called, checked_in = [], []
        for at in range(ROUNDS):
            chosen = list(islice(bookings, AT_ONCE + 1)) if at % CHECK_IN_EVERY == 0 else []
            different, same = chosen[:AT_ONCE], chosen[AT_ONCE:] * AT_ONCE
            answers = await together(
                [
                    *((kiosk, "/api/kiosk/join", command(queue="enquiry")) for kiosk in kiosks),
                    *(
                        (nurse, "/api/station/call-next", command(station=window, last_was="seen"))
                        for nurse, window in zip(nurses, windows, strict=True)
                    ),
                    *(
                        (kiosk, "/api/kiosk/check-in", check_in(booking))
                        for kiosk, booking in zip(kiosks * 2, [*different, *same], strict=False)
                    ),
                ]
            )
            joins, calls, others, one = (answers[at : at + AT_ONCE] for at in range(0, 4 * AT_ONCE, AT_ONCE))
            # Four wait in the one list at the least, and four windows call: each gets another one of them.
            assert [answer.status_code for answer in (*joins, *calls)] == [200] * 2 * AT_ONCE
            numbers += [answer.json()["ticket"]["number"] for answer in joins]
            called += [answer.json()["ticket"] for answer in calls]
            assert [answer.status_code for answer in others] == [200] * len(different)
            checked_in += [answer.json()["ticket"]["ticket"] for answer in others]
            if one:
                assert sorted(answer.status_code for answer in one) == [200, 409, 409, 409]
                ticket = next(answer.json()["ticket"]["ticket"] for answer in one if answer.status_code == 200)
                told = [answer.json() for answer in one if answer.status_code == 409]
                assert {(problem["code"], problem["ticket"]) for problem in told} == {("already_checked_in", ticket)}
                checked_in.append(ticket)
        assert len(set(numbers)) == len(numbers) == (ROUNDS + 1) * AT_ONCE
        assert len(set(called)) == len(called) == ROUNDS * AT_ONCE
        assert len(set(checked_in)) == len(checked_in) == ROUNDS // CHECK_IN_EVERY * (AT_ONCE + 1)
        held = [live.state.tickets[ticket] for ticket in checked_in]
        assert len({ticket.origin_ref for ticket in held}) == len(held)
        assert len({(ticket.queue, ticket.session, ticket.number) for ticket in held}) == len(held)
        now_at = {live.state.stations[window].current for window in windows}
        assert len(now_at) == AT_ONCE
        assert now_at <= set(called)
