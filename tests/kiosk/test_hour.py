"""An hour of mishaps at one kiosk: nothing is printed twice or told that is not so, nobody's data stays, nothing grows.

``HOUZHEN_SEED`` chooses another hour; the seed is printed with a failure.
"""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs
from virtual_lobby.devices import devices_toml

from kiosk.config import Configuration
from kiosk.data import DataFolder
from kiosk.panel import Panel
from kiosk.screen import Kind
from kiosk.serving import serve
from queue_server.contract import Credential
from tests.kiosk.hour import MISHAPS, FarEnds, Glass, Hour, Resources, held
from tests.kiosk.rig import STILL
from tests.queue_server.api.rig import listening

MOST_MB = 48.0
"""What an hour may add: what the looking itself takes, the log in memory, a heap for each thread of the pool."""


@asynccontextmanager
async def kiosk(tmp_path, seed):
    """The hour, its log, and the kiosk's folder."""
    folder = DataFolder(tmp_path / "kiosk")
    ends = FarEnds(tmp_path)
    devices = tmp_path / "devices.toml"
    devices.write_text(devices_toml(ends.urls), encoding="utf-8")
    try:
        async with listening(tmp_path / "server") as site:
            client = await site.device("kiosk")
            token = client.headers["Authorization"].removeprefix("Bearer ")
            folder.keep_credential(Credential(device=client.device, kind="kiosk", token=token))
            server = str(site.client().base_url)
            configuration = Configuration(
                "1 号机", server, None, devices, "zh", scanner=True, panel=Panel(), durations=STILL
            )
            ui = Glass()
            with capture_logs() as logs:
                serving = asyncio.ensure_future(serve(ui, configuration, folder))
                hour = Hour(site, ends, ui, seed)
                try:
                    await ui.until_kind(Kind.START)
                    yield hour, logs, tmp_path / "kiosk"
                finally:
                    hour.close()
                    serving.cancel()
                    await asyncio.gather(serving, return_exceptions=True)
    finally:
        ends.end()


def look_at(visited):
    """What a visit must keep, whatever happened."""
    assert visited.printed <= 1, visited  # nothing is printed twice
    if "done" in visited.told:
        assert visited.printed == 1, visited  # nothing is told as done that was not
    if visited.told and visited.told[-1] == "not_done":
        assert visited.printed == 0, visited


async def an_hour(tmp_path, seed, mishaps):
    print(f"HOUZHEN_SEED={seed}")  # noqa: T201 - shown with a failure
    async with kiosk(tmp_path, seed) as (hour, logs, folder):
        for _ in range(2):
            look_at(await hour.visit(None))
        before = Resources.now()
        for mishap in hour.mishaps(mishaps):
            at, known = len(logs), {card.patient: card for card in hour.cards}
            visited = await hour.visit(mishap)
            look_at(visited)
            came = [card for patient, card in known.items() if card not in hour.cards]
            secrets = [text for card in came for text in (card.face.name, card.face.number)]
            if secrets:
                assert held(secrets) == [], visited
                assert not any(text in str(line) for line in logs[at:] for text in secrets), visited
                files = [file.read_text(errors="replace") for file in folder.rglob("*") if file.is_file()]
                assert not any(text in file for file in files for text in secrets), visited
            assert not [log for log in logs[at:] if log["event"] in {"visit_failed", "device_watch_failed"}], visited
            # The next mishap is to meet a kiosk that serves, and every device that was away is found again.
            last = await hour.recover()
            assert (last.ends_with, last.told, last.printed) == ("", ["done"], 1), visited
        for visit in hour.visits:
            print(visit)  # noqa: T201 - shown with a failure, and with -s
            look_at(visit)
        after = Resources.now()
        print(before, after)  # noqa: T201 - shown with a failure, and with -s
        assert after.megabytes <= before.megabytes + MOST_MB
        assert after.threads <= before.threads
        assert after.descriptors <= before.descriptors + 6
        assert after.objects <= before.objects * 1.1 + 20
        for visit in hour.visits:
            if visit.number is not None:
                # Also what was confirmed late, and told after the visit.
                assert (hour.ticket(visit).print == "done") <= (visit.printed == 1), visit
                assert hour.ticket(visit).print != "pending", visit
        return hour


@pytest.mark.timeout(120)
async def test_a_few_mishaps_of_an_hour(tmp_path):
    await an_hour(tmp_path, int(os.environ.get("HOUZHEN_SEED", "1")), mishaps=3)


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_an_hour_of_mishaps(tmp_path):
    seed = int(os.environ.get("HOUZHEN_SEED") or random.SystemRandom().randrange(2**32))
    hour = await an_hour(tmp_path, seed, mishaps=4 * len(MISHAPS))
    assert {visit.mishap for visit in hour.visits if visit.happened} >= {mishap.name for mishap in MISHAPS}
