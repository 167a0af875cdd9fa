"""A really full disk as clients see it: refused with a sentence, and carried out once there is room again."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

from tests.queue_server.api.rig import command, listening
from tests.queue_server.disks import MAY_MOUNT, FileLimit, FullFileSystem, mounted

DISK = FullFileSystem if MAY_MOUNT else FileLimit


async def test_a_full_disk_is_503_until_there_is_room_again(tmp_path, monkeypatch):
    monkeypatch.setattr("queue_server.log.writer.PROBE_EVERY_S", 0.01)
    data = tmp_path / "data"
    with ExitStack() as stack:
        if DISK is FullFileSystem:
            stack.enter_context(mounted(data))
        disk = DISK(monkeypatch, data)
        stack.callback(disk.make_space)
        async with listening(data) as live:
            kiosk = await live.device("kiosk")
            first = await kiosk.post("/api/kiosk/join", json=command(queue="enquiry"))
            assert first.status_code == 200, first.text
            await disk.fill(live.lobby.service)
            issued = [first.json()["ticket"]["number"]]
            while True:
                asked = command(queue="enquiry")
                answer = await kiosk.post("/api/kiosk/join", json=asked)
                if answer.status_code != 200:
                    break
                issued.append(answer.json()["ticket"]["number"])
            assert (answer.status_code, answer.json()["code"]) == (503, "log_unavailable")
            assert answer.headers["content-type"].startswith("application/problem+json")
            assert answer.json()["message"]["zh"]
            health = (await kiosk.get("/health")).json()
            assert (health["issuing"], health["problem"]["code"]) == (False, "log_unavailable")
            assert (await kiosk.get("/api/kiosk/hall")).status_code == 200, "what is shown goes on"
            disk.make_space()
            async with asyncio.timeout(60):
                await live.lobby.service.available.wait()
            again = await kiosk.post("/api/kiosk/join", json=asked)
            assert again.status_code == 200, again.text
            issued.append(again.json()["ticket"]["number"])
            assert len(set(issued)) == len(issued)
            assert (await kiosk.get("/health")).json()["problem"] is None
