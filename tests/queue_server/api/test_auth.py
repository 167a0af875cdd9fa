"""Who may do what: log-ins, page tokens, credentials, codes, limits."""

from __future__ import annotations

import asyncio

import pytest

from queue_server.api import auth
from queue_server.app import create_routes, keep_seen
from queue_server.log import accounts
from tests.queue_server.api.rig import PASSWORD, command, in_process

MINUTE = 60_000_000

STAFF_ONLY = [
    ("GET", "/api/station/choices"),
    ("GET", "/api/station/r101"),
    ("GET", "/api/station/r101/feed"),
    *[
        ("POST", f"/api/station/{action}")
        for action in (
            "open", "close", "call-next", "recall", "missed", "start", "finish", "undo", "paper-call",
        )
    ],
    *[("POST", f"/api/desk/{action}") for action in ("find", "check-in", "join", "rejoin", "cancel", "undo")],
    ("POST", "/api/desk/check-in-order"),
    ("POST", "/api/desk/itinerary"),
    ("POST", "/api/desk/itinerary/plan"),
    ("GET", "/api/desk/itinerary/x"),
    *[
        ("POST", f"/api/desk/{action}")
        for action in (
            "return", "step-away", "step-back", "postpone", "transfer", "refer", "assign", "credit", "move-forward",
            "release-session", "pause", "resume", "broadcast", "end-broadcast",
        )
    ],
    *[
        ("POST", f"/api/station/{action}") for action in ("pick", "send-for-exams", "return", "transfer", "refer")
    ],
    ("GET", "/api/desk/reasons"),
    ("GET", "/api/desk/sessions"),
    ("GET", "/api/desk/choices"),
    ("GET", "/api/desk/triage/form"),
    ("GET", "/api/desk/triage/waiting"),
    ("GET", "/api/desk/triage/notes/x"),
    ("POST", "/api/desk/triage"),
    ("POST", "/api/desk/triage/assess"),
    ("POST", "/api/desk/triage/identity"),
    ("GET", "/api/desk/devices"),
    ("POST", "/api/desk/print"),
    ("GET", "/api/desk/tickets/x/code"),
    ("GET", "/api/desk/waits"),
    ("GET", "/api/desk/clinics"),
    ("GET", "/api/desk/clinics/x"),
    ("GET", "/api/desk/no-shows/x"),
    ("POST", "/api/desk/why"),
    ("POST", "/api/auth/log-out"),
    ("GET", "/api/auth/me"),
]  # fmt: skip
ADMINISTRATORS_ONLY = [
    ("GET", "/api/admin/what-if"),
    ("POST", "/api/admin/what-if"),
    ("POST", "/api/admin/enrolment-codes"),
    ("GET", "/api/admin/displays"),
    ("GET", "/api/admin/places"),
    ("GET", "/api/admin/devices"),
    ("GET", "/api/admin/waits"),
    ("GET", "/api/admin/savings"),
    ("GET", "/api/admin/no-shows"),
    ("DELETE", "/api/admin/devices/x"),
    ("POST", "/api/admin/devices/confirm"),
    ("GET", "/api/admin/devices/pending/x"),
    ("GET", "/api/admin/staff"),
    ("POST", "/api/admin/staff"),
    ("POST", "/api/admin/staff/x/disable"),
    ("POST", "/api/admin/staff/x/reset"),
    ("POST", "/api/admin/clock/confirm"),
    ("GET", "/api/admin/clock"),
    ("POST", "/api/admin/clock"),
    ("POST", "/api/admin/people/x/erase"),
    ("POST", "/api/admin/tickets/x/erase"),
]
KIOSKS_ONLY = [
    ("GET", "/api/kiosk/hall"),
    ("POST", "/api/kiosk/identify"),
    ("POST", "/api/kiosk/why"),
    ("POST", "/api/kiosk/check-in"),
    ("POST", "/api/kiosk/check-in-order"),
    ("POST", "/api/kiosk/itinerary"),
    ("POST", "/api/kiosk/itinerary/plan"),
    ("GET", "/api/kiosk/itinerary/x"),
    ("GET", "/api/kiosk/itinerary/x/ahead"),
    ("POST", "/api/kiosk/join"),
    ("POST", "/api/kiosk/rejoin"),
    *[("POST", f"/api/kiosk/{action}") for action in ("return", "step-away", "step-back", "postpone", "abandon")],
    ("POST", "/api/kiosk/print"),
    ("POST", "/api/kiosk/devices"),
    ("GET", "/api/kiosk/pending-prints"),
    ("GET", "/api/kiosk/tickets/x"),
    ("GET", "/api/kiosk/feed"),
]
BOARDS_ONLY = [("GET", "/api/board/main"), ("GET", "/api/board/main/feed"), ("GET", "/api/board/voice/chime.wav")]
OPEN = {
    "/health", "/api/auth/log-in", "/api/devices/enrol", "/api/devices/screen-code", "/api/devices/screen-code/{poll}",
    "/api/ticket/{link}", "/api/ticket/{link}/feed",
}  # fmt: skip


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.request.url
    assert answer.headers["content-type"] == "application/problem+json"


async def test_nobody_gets_in_without_credential_or_log_in(site):
    stranger = site.client(headers={"Authorization": "Bearer guessed", "Cookie": "houzhen_session=guessed"})
    for method, path in STAFF_ONLY + ADMINISTRATORS_ONLY:
        refused(await stranger.request(method, path), 401, "log_in_needed")
    for method, path in KIOSKS_ONLY + BOARDS_ONLY:
        refused(await stranger.request(method, path), 401, "credential_needed")


async def test_every_kind_of_caller_keeps_to_its_own(site):
    nurse, kiosk, board = await site.staff(), await site.device("kiosk"), await site.device("board")
    for method, path in ADMINISTRATORS_ONLY:
        refused(await nurse.request(method, path), 403, "forbidden")
    for method, path in KIOSKS_ONLY:
        refused(await board.request(method, path), 403, "forbidden")
        refused(await nurse.request(method, path), 401, "credential_needed")
    for method, path in BOARDS_ONLY:
        refused(await kiosk.request(method, path), 403, "forbidden")
    for method, path in STAFF_ONLY:
        refused(await kiosk.request(method, path), 401, "log_in_needed")


async def test_no_route_is_forgotten_here(site):
    known = {path for _, path in STAFF_ONLY + ADMINISTRATORS_ONLY + KIOSKS_ONLY + BOARDS_ONLY}
    known = {path.replace("/x/", "/*/").removesuffix("/x") for path in known}
    for route in create_routes(site.lobby).routes:
        path = route.path_format
        if not path.startswith("/api/") and path != "/health":
            continue
        plain = path.replace("{station}", "r101").replace("{hall}", "main").replace("{name}", "*")
        plain = (
            plain.replace("{person}", "*")
            .replace("{screen_code}", "*")
            .replace("{device}", "*")
            .replace("{ticket}", "*")
            .replace("{clinic}", "*")
        )
        plain = plain.replace("/voice/*", "/voice/chime.wav").removesuffix("/*")
        assert path in OPEN or plain in known, path


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


async def test_a_proxys_word_on_the_address_is_believed_where_it_is_trusted(tmp_path):
    async with in_process(tmp_path / "data", trusted_proxies=["10.0.0.0/24"]) as site:
        await site.staff()
        client, asked = site.client(), {"name": "nurse", "password": "no"}

        async def log_in(forwarded):
            return await client.post("/api/auth/log-in", json=asked, headers={"X-Forwarded-For": forwarded})

        for _ in range(5):
            refused(await log_in("192.0.2.1"), 401, "log_in_failed")
        refused(await log_in("192.0.2.1"), 429, "locked_out")
        refused(await log_in("6.6.6.6, 192.0.2.1, 10.0.0.9"), 429, "locked_out")
        refused(await log_in("192.0.2.1, 192.0.2.2"), 401, "log_in_failed")


async def test_nobody_else_says_where_he_comes_from(site):
    await site.staff()
    client, asked = site.client(), {"name": "nurse", "password": "no"}
    answers = [
        await client.post("/api/auth/log-in", json=asked, headers={"X-Forwarded-For": f"192.0.2.{at}"})
        for at in range(6)
    ]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]


async def test_a_screens_code_runs_out(site):
    screen, administrator = site.client(), await site.staff("administrator")
    shown = (await screen.post("/api/devices/screen-code", json={"kind": "board", "name": "tv"})).json()
    site.clock.advance(15 * MINUTE)
    refused(await screen.get(f"/api/devices/screen-code/{shown['poll']}"), 410, "screen_code_gone")
    confirm = {"screen_code": shown["screen_code"], "place": "main"}
    refused(await administrator.post("/api/admin/devices/confirm", json=confirm), 403, "bad_code")


async def test_only_hashes_of_secrets_are_kept(site):
    kiosk, nurse = await site.device("kiosk"), await site.staff()
    secrets = [
        kiosk.headers["Authorization"].removeprefix("Bearer "),
        nurse.cookies["houzhen_session"],
        nurse.headers["X-CSRF-Token"],
        PASSWORD,
    ]
    files = b"".join(file.read_bytes() for file in site.data.rglob("*") if file.is_file())
    assert [secret for secret in secrets if secret.encode() in files] == []


@pytest.mark.parametrize("header", ["houzhen_session", "houzhen_session=", "=;=;", 'houzhen_session="\\'])
async def test_a_broken_cookie_is_no_log_in(site, header):
    refused(await site.client(headers={"Cookie": header}).get("/api/auth/me"), 401, "log_in_needed")


async def test_an_account_disabled_by_another_process_is_noticed(site):
    nurse = await site.staff()
    staff = accounts.staff_by_name(site.lobby.service.reader, "nurse")[0].staff
    await site.lobby.write(lambda database: accounts.set_active(database, staff, is_active=False))
    site.lobby.log_ins.sweep()
    refused(await nurse.get("/api/auth/me"), 401, "log_in_needed")
