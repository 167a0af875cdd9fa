"""Log-ins of staff: given, ended, locked, and never somebody else's."""

from __future__ import annotations

import asyncio

import pytest

from queue_server.api import auth
from queue_server.log import accounts
from tests.queue_server.api.rig import PASSWORD, command, in_process, refused

MINUTE = 60_000_000


async def test_logging_in_gives_a_cookie_for_this_site_alone(site):
    nurse = await site.staff()
    answer = await nurse.post("/api/auth/log-in", json={"name": "nurse", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie
    me = (await nurse.get("/api/auth/me")).json()
    assert (me["name"], me["role"]) == ("nurse", "nurse")
    assert me["csrf"] == answer.json()["csrf"]
    assert PASSWORD not in answer.text


async def test_with_tls_cookies_are_for_tls_only(site):
    site.lobby.is_secure = True
    await site.staff()
    answer = await site.client().post("/api/auth/log-in", json={"name": "nurse", "password": PASSWORD})
    assert "; secure" in answer.headers["set-cookie"].lower()


async def test_a_cookie_alone_changes_nothing(site):
    nurse = await site.staff()
    token = nurse.headers.pop("X-CSRF-Token")
    body = command(station="r101")
    refused(await nurse.post("/api/station/open", json=body), 403, "page_outdated")
    other = await site.staff(name="other")
    stolen = {"X-CSRF-Token": other.headers["X-CSRF-Token"]}
    refused(await nurse.post("/api/station/open", json=body, headers=stolen), 403, "page_outdated")
    foreign = {"X-CSRF-Token": token, "Origin": "http://evil.example"}
    refused(await nurse.post("/api/station/open", json=body, headers=foreign), 403, "page_outdated")
    cross = {"X-CSRF-Token": token, "Sec-Fetch-Site": "cross-site"}
    refused(await nurse.post("/api/station/open", json=body, headers=cross), 403, "page_outdated")
    assert "r101" not in site.state.stations
    own = {"X-CSRF-Token": token, "Origin": "http://lobby.test", "Sec-Fetch-Site": "same-origin"}
    assert (await nurse.post("/api/station/open", json=body, headers=own)).status_code == 200


async def test_another_sites_page_cannot_log_anybody_in(site):
    await site.staff()
    answer = await site.client().post(
        "/api/auth/log-in", json={"name": "nurse", "password": PASSWORD}, headers={"Origin": "http://evil.example"}
    )
    refused(answer, 403, "page_outdated")


async def test_a_wrong_name_and_a_wrong_password_are_told_alike(site):
    await site.staff()
    answers = [
        await site.client().post("/api/auth/log-in", json={"name": name, "password": "wrong"})
        for name in ("nurse", "nobody")
    ]
    assert answers[0].json() == answers[1].json()
    refused(answers[0], 401, "log_in_failed")


async def test_too_many_wrong_passwords_lock_for_a_told_time(site):
    await site.staff()
    client = site.client()
    for _ in range(5):
        refused(await client.post("/api/auth/log-in", json={"name": "nurse", "password": "no"}), 401, "log_in_failed")
    answer = await client.post("/api/auth/log-in", json={"name": "nurse", "password": PASSWORD})
    refused(answer, 429, "locked_out")
    assert "10 分钟" in answer.json()["message"]["zh"]
    assert answer.headers["retry-after"] == "600"
    site.clock.advance(4 * MINUTE)
    answer = await client.post("/api/auth/log-in", json={"name": "nurse", "password": PASSWORD})
    assert "6 分钟" in answer.json()["message"]["zh"]
    site.clock.advance(6 * MINUTE)
    answer = await client.post("/api/auth/log-in", json={"name": "nurse", "password": PASSWORD})
    assert answer.status_code == 200


async def test_many_wrong_passwords_at_once_are_no_way_around(site):
    await site.staff()
    client = site.client()
    asked = {"name": "nurse", "password": "no"}
    answers = await asyncio.gather(*(client.post("/api/auth/log-in", json=asked) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 7


@pytest.mark.parametrize("act", ["reset", "disable"])
async def test_a_log_in_that_races_with_a_reset_or_a_disabling_is_none(site, monkeypatch, act):
    administrator = await site.staff("administrator")
    await site.staff()
    looked_at, go_on = asyncio.Event(), asyncio.Event()
    really = auth.is_password

    async def is_password(password, kept):
        is_right = await really(password, kept)
        looked_at.set()
        await go_on.wait()
        return is_right

    monkeypatch.setattr(auth, "is_password", is_password)
    browser = site.client()
    racing = asyncio.create_task(browser.post("/api/auth/log-in", json={"name": "nurse", "password": PASSWORD}))
    await looked_at.wait()
    body = {"password": "another password"} if act == "reset" else None
    assert (await administrator.post(f"/api/admin/staff/nurse/{act}", json=body)).status_code == 200
    go_on.set()
    refused(await racing, 401, "log_in_failed")
    refused(await browser.get("/api/auth/me"), 401, "log_in_needed")


async def test_a_log_in_ends_when_it_is_not_used(site):
    nurse = await site.staff()
    site.clock.advance(29 * MINUTE)
    assert (await nurse.get("/api/auth/me")).status_code == 200
    site.clock.advance(30 * MINUTE)
    refused(await nurse.get("/api/auth/me"), 401, "log_in_needed")
    site.clock.advance(-MINUTE)
    refused(await nurse.get("/api/auth/me"), 401, "log_in_needed")


async def test_a_log_in_ends_with_the_shift_however_busy(site):
    nurse = await site.staff()
    for _ in range(35):
        site.clock.advance(20 * MINUTE)
        assert (await nurse.get("/api/auth/me")).status_code == 200
    site.clock.advance(20 * MINUTE)
    refused(await nurse.get("/api/auth/me"), 401, "log_in_needed")


async def test_logging_out_ends_it_for_good(tmp_path):
    async with in_process(tmp_path / "data") as site:
        nurse = await site.staff()
        kept = site.client(headers={"Cookie": f"houzhen_session={nurse.cookies['houzhen_session']}"})
        gone = await nurse.post("/api/auth/log-out")
        assert gone.status_code == 200
        assert "max-age=0" in gone.headers["set-cookie"].lower()
        refused(await kept.get("/api/auth/me"), 401, "log_in_needed")
        clock, headers = site.clock, kept.headers
    async with in_process(tmp_path / "data", clock) as site:
        refused(await site.client(headers=headers).get("/api/auth/me"), 401, "log_in_needed")


async def test_a_log_in_outlives_the_servers_restart(tmp_path):
    async with in_process(tmp_path / "data") as site:
        nurse = await site.staff()
        headers = {"Cookie": f"houzhen_session={nurse.cookies['houzhen_session']}"}
        token, clock = nurse.headers["X-CSRF-Token"], site.clock
    async with in_process(tmp_path / "data", clock) as site:
        nurse = site.client(headers=headers)
        assert (await nurse.get("/api/auth/me")).json()["csrf"] == token


@pytest.mark.parametrize("header", ["houzhen_session", "houzhen_session=", "=;=;", 'houzhen_session="\\'])
async def test_a_broken_cookie_is_no_log_in(site, header):
    refused(await site.client(headers={"Cookie": header}).get("/api/auth/me"), 401, "log_in_needed")


async def test_an_account_disabled_by_another_process_is_noticed(site):
    nurse = await site.staff()
    staff = accounts.staff_by_name(site.lobby.service.reader, "nurse")[0].staff
    await site.lobby.write(lambda database: accounts.set_active(database, staff, is_active=False))
    site.lobby.log_ins.sweep()
    refused(await nurse.get("/api/auth/me"), 401, "log_in_needed")
