"""Who may do what: every route and every kind of caller, and where a caller comes from."""

from __future__ import annotations

from queue_server.app import create_routes
from tests.queue_server.api.rig import PASSWORD, in_process, refused

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
