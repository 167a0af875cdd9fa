"""Kiosks tell how their own devices are; staff read it, and nobody else."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from queue_server.api.reports import AWAY_AFTER_S
from tests.queue_server.api.rig import feed

MINUTE = 60_000_000


def printer(**changes):
    return {
        "name": "receipt-printer",
        "kind": "receipt_printer",
        "state": "online",
        "trouble": "paper_low",
        "since": "2026-11-23T08:42:00+08:00",
        **changes,
    }


async def tell(kiosk, *devices):
    answer = await kiosk.post("/api/kiosk/devices", json={"devices": list(devices)})
    assert (answer.status_code, answer.content) == (204, b""), answer.text


async def listed(staff, path="/api/desk/devices"):
    answer = await staff.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_what_a_kiosk_tells_last_is_what_staff_read(site):
    kiosk, nurse = await site.device("kiosk"), await site.staff()
    position = site.state.position
    await tell(kiosk, printer())
    (told,) = await listed(nurse)
    assert told == {
        "device": kiosk.device,
        "name": "kiosk",
        "hall": told["hall"],
        "lost_since": None,
        "reports": [printer()],
    }
    assert set(told["hall"]) == {"zh", "en"}
    await tell(kiosk, printer(trouble=None))
    assert (await listed(nurse))[0]["reports"] == [printer(trouble=None)]
    assert site.state.position == position, "the present is no event"


async def test_administrators_read_it_among_the_devices(site):
    kiosk, administrator = await site.device("kiosk"), await site.staff("administrator")
    await site.device("board")
    await tell(kiosk, printer())
    rows = {row["kind"]: row for row in await listed(administrator, "/api/admin/devices")}
    assert rows["kiosk"]["reports"] == [printer()]
    assert (rows["board"]["reports"], rows["board"]["lost_since"]) == ([], None)


async def test_each_kiosk_tells_of_itself(site):
    one, other, nurse = await site.device("kiosk"), await site.device("kiosk"), await site.staff()
    await tell(one, printer())
    await tell(other, printer(trouble="paper_out"))
    told = {row["device"]: row["reports"][0]["trouble"] for row in await listed(nurse)}
    assert told == {one.device: "paper_low", other.device: "paper_out"}


async def test_a_withdrawn_kiosk_and_what_it_told_are_gone(site):
    kiosk, nurse, administrator = await site.device("kiosk"), await site.staff(), await site.staff("administrator")
    await tell(kiosk, printer())
    assert (await administrator.delete(f"/api/admin/devices/{kiosk.device}")).status_code == 204
    assert await listed(nurse) == []
    assert site.lobby.reports == {}
    answer = await kiosk.post("/api/kiosk/devices", json={"devices": [printer()]})
    assert (answer.status_code, answer.json()["code"]) == (401, "credential_needed")
    assert site.lobby.reports == {}


async def test_a_kiosk_that_was_never_heard_of_is_not_missed(site):
    await site.device("kiosk")
    assert await listed(await site.staff()) == []


async def test_a_kiosk_without_a_feed_for_a_while_is_not_connected_since_it_was_heard(live):
    kiosk, nurse = await live.device("kiosk"), await live.staff()
    await tell(kiosk, printer())
    async with feed(kiosk, "/api/kiosk/feed") as news:
        await news.next()
        live.clock.advance(5 * MINUTE)
        assert (await listed(nurse))[0]["lost_since"] is None
        (device,) = live.lobby.hub.owners()
        live.lobby.hub.close_of(device)
        while await news.next() is not None:
            pass
    live.clock.advance((AWAY_AFTER_S - 1) * 1_000_000)
    assert (await listed(nurse))[0]["lost_since"] is None, "it may be finding its server again"
    live.clock.advance(1_000_000)
    assert (await listed(nurse))[0]["lost_since"].startswith("2026-11-23T08:55:00")
    await tell(kiosk, printer())
    assert (await listed(nurse))[0]["lost_since"] is None


async def test_a_kiosks_wrong_clock_tells_nothing_of_the_future(site):
    kiosk, nurse = await site.device("kiosk"), await site.staff()
    await tell(kiosk, printer(since="2026-11-23T12:00:00+08:00"))
    assert (await listed(nurse))[0]["reports"][0]["since"].startswith("2026-11-23T08:50:00")


@pytest.mark.parametrize(
    "devices",
    [
        [printer()] * 17,
        [printer(name="x" * 65)],
        [printer(state="x" * 65)],
        [printer(trouble="on fire")],
        [printer(kind="toaster")],
        [printer(since="2026-11-23T08:42:00")],
    ],
)
async def test_reports_are_short_and_of_known_words(site, devices):
    kiosk = await site.device("kiosk")
    answer = await kiosk.post("/api/kiosk/devices", json={"devices": devices})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert site.lobby.reports == {}


async def test_what_changed_is_in_the_servers_log_once(site):
    kiosk = await site.device("kiosk")
    door = printer(name="cabinet", kind="cabinet", trouble="door_open")
    with capture_logs() as logs:
        await tell(kiosk, printer(trouble=None), door | {"trouble": None})
        await tell(kiosk, printer(trouble=None), door)
        await tell(kiosk, printer(), door)
        await tell(kiosk, printer(), door | {"trouble": "tampered"})
        await tell(kiosk, printer(), door | {"trouble": None})
    changed = [(one["kind"], one["trouble"]) for one in logs if one["event"] == "kiosk_device_changed"]
    assert changed == [
        ("cabinet", "door_open"), ("receipt_printer", "paper_low"), ("cabinet", "tampered"), ("cabinet", None)
    ]  # fmt: skip
    assert {one["kiosk"] for one in logs if one["event"] == "kiosk_device_changed"} == {kiosk.device}
