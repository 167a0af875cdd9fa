"""Too late for the kiosk is not too late for the desk, whose staff may check the patient in all the same."""

from __future__ import annotations

import msgspec
import pytest

from queue_server import config
from queue_server.engine.site import Abandon, LateRule, Text
from tests.queue_server.api import rig
from tests.queue_server.api.rig import command, in_process


@pytest.fixture
async def strict(tmp_path, monkeypatch):
    replace = msgspec.structs.replace
    loaded = rig.loaded_configuration()
    void = LateRule(30, Abandon(Text("预约 {slot} 已迟到 30 分钟以上。", "Booked {slot}, more than 30 minutes late.")))
    queues = [replace(queue, stamps=replace(queue.stamps, late_rules=[void])) for queue in loaded.site.queues]
    site = replace(loaded.site, queues=queues)
    changed = replace(loaded, site=site, digest=config.digest(site))
    monkeypatch.setattr(rig, "loaded_configuration", lambda: changed)
    async with in_process(tmp_path / "data") as running:
        yield running


async def test_the_desk_is_offered_what_the_kiosk_refuses(strict):
    kiosk, nurse = await strict.device("kiosk"), await strict.staff()
    person, booked = strict.bookings()[0]
    asked = {"kind": "code", "value": booked.id}

    def problem_of(reply):
        (found,) = [one for one in reply.json()["patients"][0]["appointments"] if one["appointment"] == booked.id]
        return found["problem"]

    told = problem_of(await kiosk.post("/api/kiosk/identify", json=asked))
    assert told["code"] == "too_late"
    assert told["message"]["zh"].startswith("预约 08:00 已迟到 30 分钟以上。没有取号，请到")
    refused = await kiosk.post("/api/kiosk/check-in", json=command(person=person, appointment=booked.id))
    assert (refused.status_code, refused.json()["code"]) == (409, "too_late")
    assert problem_of(await nurse.post("/api/desk/find", json=asked)) is None
    ticket = await strict.check_in(nurse, audience="desk")
    assert strict.state.tickets[ticket["ticket"]].stamp.rule == "late"
