"""A lobby to be measured: the real server in a process of its own, with as many patients as are needed.

``python -m tests.bench.lobby_server DATA APPOINTMENTS`` prints one JSON line once it listens: its address, credentials
of a kiosk and a board, a nurse's cookie and page token, the stations and everybody's (person, appointment).
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Literal

import msgspec
import uvloop
from sqlite_utils import Database

from queue_server import logs, serving
from queue_server.api.log_ins import csrf_of
from queue_server.app import ADAPTERS, running
from queue_server.clock import SettableClock
from queue_server.config import HospitalSettings, VoiceSettings, load
from queue_server.engine.site import Appointment, ClinicSession, Order, Registration, Slot, Station
from queue_server.hospital.port import DayList, Identity, NotFound, PatientFile, TokenKind
from queue_server.log import accounts

CONFIG = Path(__file__).parents[2] / "config"
STATIONS = 64
QUEUES = 4
HOUR = 3_600_000_000


class LargeHospital:
    """As many patients as asked for, each with one appointment of the next hour, spread over the clinics' pools."""

    def __init__(self, appointments: int, queues: list[tuple[str, str]], now: int) -> None:
        self._appointments = appointments
        self._queues = queues
        self._now = now

    async def today(self, day: str) -> DayList:
        """The list of the day."""
        start = self._now
        sessions = [
            ClinicSession(
                f"s-{queue}", day, clinic, queue, None, "morning", start, start + 8 * HOUR, 0,
                [Slot(start, start + HOUR)],
            )
            for clinic, queue in self._queues
        ]  # fmt: skip
        numbers = range(self._appointments)
        files = [
            PatientFile(
                f"P{n}", f"F{n}", "王秀英", "female", "1960-01-01", [Identity("hospital_card", f"{n}", "王秀英")]
            )
            for n in numbers
        ]
        booked = [
            Appointment(f"A{n}", f"P{n}", sessions[n % len(sessions)].id, day, start, start + HOUR) for n in numbers
        ]
        return DayList(day=day, sessions=sessions, appointments=booked, registrations=[], people=files)

    async def appointment(self, appointment: str) -> Appointment:
        """Nobody asks for one of them."""
        raise NotFound(appointment)

    async def registration(self, registration: str) -> Registration:
        """There are none."""
        raise NotFound(registration)

    async def order(self, order: str) -> Order:
        """There are none."""
        raise NotFound(order)

    async def patients(self, kind: Literal["id_card", "hospital_card", "code"], value: str) -> list[PatientFile]:
        """Everybody is known by the list."""
        raise NotFound(f"{kind} {value}")

    async def holders(self, kind: TokenKind, token: str) -> list[PatientFile]:
        """Nobody shows a token."""
        raise NotFound(f"{kind} {token}")

    async def close(self) -> None:
        """Nothing is open."""


async def main(data: Path, appointments: int) -> None:
    """Serve until told to stop."""
    logs.configure()
    loaded = load(CONFIG)
    site = loaded.site
    queues = [(queue.clinic, queue.id) for queue in site.queues if queue.clinic and queue.hall == "main"][:QUEUES]
    rooms = [room for room in site.rooms if room.hall == "main"]
    stations = [
        Station(
            f"b{at}", site.stations[0].name, "main", rooms[at % len(rooms)].id, [queues[at % len(queues)][1]], "seen"
        )
        for at in range(STATIONS)
    ]
    configuration = msgspec.structs.replace(
        loaded,
        site=msgspec.structs.replace(site, stations=stations),
        digest="bench",
        hospital=HospitalSettings("bench"),
        # One machine stands for a whole hospital, and one credential for all its boards.
        server=msgspec.structs.replace(loaded.server, connections_per_address=10_000, feeds_per_owner=10_000),
        voice=VoiceSettings(enabled=False),
    )
    clock = SettableClock.today_at("08:50", site.time_zone)
    ADAPTERS["bench"] = lambda _: LargeHospital(appointments, queues, clock.now())
    async with running(configuration, data, clock) as lobby:

        def let_in(database: Database) -> list[str]:
            now = clock.now()
            tokens = [
                accounts.enrol(database, accounts.make_enrolment_code(database, kind, "main", now)[0], kind, now).token
                for kind in ("kiosk", "board")
            ]
            nurse = accounts.add_staff(database, "nurse", "nurse", "unused", now)
            return [*tokens, accounts.begin_log_in(database, nurse.staff, "unused", now).token]

        # So many patients take longer than the first answer is waited for.
        while not lobby.mirror.has_list or not lobby.service.committed.sessions:  # noqa: ASYNC110 - neither has an event
            await asyncio.sleep(0.05)
        kiosk, board, cookie = await lobby.write(let_in)
        people = [row["person"] for row in lobby.service.reader.query("SELECT person FROM people")]
        told = {
            "kiosk": kiosk,
            "board": board,
            "cookie": cookie,
            "csrf": csrf_of(cookie),
            "stations": [station.id for station in stations],
            "bookings": sorted(
                ((one.person, one.id) for person in people for one in lobby.mirror.appointments_of(person)),
                key=lambda booking: int(booking[1][1:]),
            ),
        }
        await serving.serve(
            lobby,
            "127.0.0.1",
            0,
            tls=None,
            told=lambda address: print(json.dumps({"address": address, **told}), flush=True),
        )


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(Path(sys.argv[1]), int(sys.argv[2])))
