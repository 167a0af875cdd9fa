"""Devices: codes and screens that are let in, their credentials, and when they were last heard of."""

from __future__ import annotations

from queue_server.app import keep_seen
from queue_server.log import accounts
from tests.queue_server.api.rig import refused

MINUTE = 60_000_000


async def test_a_code_lets_one_device_in_once(site):
    client = site.client()
    code = await site.code("kiosk", "main")
    assert (await client.post("/api/devices/enrol", json={"code": code.lower(), "name": "k1"})).status_code == 200
    refused(await client.post("/api/devices/enrol", json={"code": code, "name": "k2"}), 403, "bad_code")
    late = await site.code("kiosk", "main")
    site.clock.advance(15 * MINUTE)
    refused(await client.post("/api/devices/enrol", json={"code": late, "name": "k3"}), 403, "bad_code")


async def test_trying_codes_is_slowed_down(site):
    client = site.client()
    answers = [await client.post("/api/devices/enrol", json={"code": "AAAA", "name": "k"}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [403] * 10 + [429]


async def test_a_screen_without_a_keyboard_is_confirmed(site):
    screen, administrator = site.client(), await site.staff("administrator")
    shown = (await screen.post("/api/devices/screen-code", json={"kind": "board", "name": "tv"})).json()
    waiting = await screen.get(f"/api/devices/screen-code/{shown['poll']}")
    assert (waiting.status_code, waiting.content) == (204, b"")
    confirm = {"screen_code": shown["screen_code"], "place": "main"}
    assert (await administrator.post("/api/admin/devices/confirm", json=confirm)).status_code == 200
    credential = await screen.get(f"/api/devices/screen-code/{shown['poll']}")
    assert credential.json()["kind"] == "board"
    assert "path=/api/board" in credential.headers["set-cookie"].lower()
    assert (await screen.get("/api/board/main")).status_code == 200, "by cookie alone, as an EventSource does"
    refused(await screen.get(f"/api/devices/screen-code/{shown['poll']}"), 410, "screen_code_gone")


async def test_a_boards_cookie_is_renewed_as_it_reads(site):
    board = await site.device("board")
    token = board.headers.pop("Authorization").removeprefix("Bearer ")
    answer = await board.get("/api/board/main")
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"houzhen_device={token}".lower())
    assert "path=/api/board" in cookie
    assert f"max-age={400 * 24 * 3600}" in cookie
    board.cookies.clear()
    answer = await board.get("/api/board/main", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.headers.get("set-cookie")) == (200, None), "nothing to renew"


async def test_an_administrator_sees_what_a_screen_claims_to_be(site):
    screen, administrator = site.client(), await site.staff("administrator")
    shown = (await screen.post("/api/devices/screen-code", json={"kind": "board", "name": "大厅东墙"})).json()
    pending = await administrator.get(f"/api/admin/devices/pending/{shown['screen_code'].lower()}")
    assert pending.json() == {"kind": "board", "name": "大厅东墙"}
    refused(await administrator.get("/api/admin/devices/pending/AAAAAAAA"), 403, "bad_code")


async def test_when_a_device_was_last_heard_of_is_told_and_kept(site):
    kiosk, administrator = await site.device("kiosk"), await site.staff("administrator")

    async def seen_at():
        (one,) = (await administrator.get("/api/admin/devices")).json()
        return one["seen_at"]

    assert await seen_at() is None
    site.clock.advance(10 * MINUTE)
    await kiosk.get("/api/kiosk/hall")
    assert (await seen_at()).startswith("2026-11-23T09:00")
    await keep_seen(site.lobby)
    (kept,) = accounts.devices(site.lobby.service.reader)
    assert kept.seen_at == site.clock.now()
    site.lobby.devices.seen.clear()
    assert (await seen_at()).startswith("2026-11-23T09:00"), "also after a restart"
    # An open feed is a sign of life, although it asks nothing.
    site.clock.advance(10 * MINUTE)
    assert site.lobby.devices.sweep([f"device:{kiosk.device}"]) == {kiosk.device: site.clock.now()}


async def test_a_device_whose_hall_left_the_configuration_is_told_so(site):
    kiosk, board = await site.device("kiosk", "cellar"), await site.device("board", "cellar")
    for answer in (
        await kiosk.get("/api/kiosk/hall"), await kiosk.get("/api/kiosk/feed"),
        await board.get("/api/board/cellar"), await board.get("/api/board/cellar/feed"),
    ):  # fmt: skip
        refused(answer, 404, "unknown_hall")


async def test_codes_and_names_are_short(site):
    for body in ({"code": "A" * 65, "name": "k"}, {"code": "A", "name": "k" * 65}, {"code": "A", "name": ""}):
        refused(await site.client().post("/api/devices/enrol", json=body), 400, "invalid_request")


async def test_a_screens_code_runs_out(site):
    screen, administrator = site.client(), await site.staff("administrator")
    shown = (await screen.post("/api/devices/screen-code", json={"kind": "board", "name": "tv"})).json()
    site.clock.advance(15 * MINUTE)
    refused(await screen.get(f"/api/devices/screen-code/{shown['poll']}"), 410, "screen_code_gone")
    confirm = {"screen_code": shown["screen_code"], "place": "main"}
    refused(await administrator.post("/api/admin/devices/confirm", json=confirm), 403, "bad_code")
