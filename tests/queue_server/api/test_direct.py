"""Commands go the short way; what they answer is what the framework would have answered."""

from __future__ import annotations

import json

import httpx
import pytest
from litestar.routes import HTTPRoute

from queue_server import app
from queue_server.api.direct import Direct
from queue_server.api.headers import AnswerHeaders
from queue_server.app import LARGEST_BODY
from queue_server.contract import Asked
from queue_server.service import Service
from tests.queue_server.api.rig import command

UNKNOWN = "00000000-0000-4000-8000-000000000000"


class Counted:
    """An application that counts what it is asked."""

    def __init__(self, app):
        self._app = app
        self.routes = app.routes
        self.state = app.state
        self.asked = 0

    async def __call__(self, scope, receive, send):
        self.asked += 1
        await self._app(scope, receive, send)


@pytest.fixture
async def ways(site):
    """Two clients of the same lobby: by the short way, and by the framework alone; and the framework's count."""
    framework = Counted(app.create_routes(site.lobby))
    direct = AnswerHeaders(Direct(framework, site.lobby, largest_body=LARGEST_BODY), is_secure=False)
    plain = AnswerHeaders(app.create_routes(site.lobby), is_secure=False)
    clients = [
        httpx.AsyncClient(base_url="http://lobby.test", transport=httpx.ASGITransport(one)) for one in (direct, plain)
    ]
    yield (*clients, framework)
    for client in clients:
        await client.aclose()


async def same(ways, path, **options):
    """The answer that both ways give, and whether the framework was needed for it."""
    direct, plain, framework = ways
    before = framework.asked
    answers = [await client.post(path, **options) for client in (direct, plain)]
    first, second = ((one.status_code, dict(one.headers), one.content) for one in answers)
    assert first == second
    return answers[0], framework.asked > before


def test_every_command_goes_the_short_way(site):
    framework = app.create_routes(site.lobby)
    expected = {
        route.path
        for route in framework.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if issubclass(_body_of(handler), Asked)
    }
    direct = Direct(framework, site.lobby, largest_body=LARGEST_BODY)
    assert set(direct.commands) == expected
    assert {"/api/kiosk/check-in", "/api/desk/join", "/api/station/call-next", "/api/station/undo"} <= expected
    assert all(len(command.guards) == 1 for command in direct.commands.values()), "nothing is let in unasked"


def _body_of(handler):
    found = handler.parsed_fn_signature.parameters.get("data")
    return found.annotation if found is not None and isinstance(found.annotation, type) else object


async def test_a_command_and_its_repeat_are_answered_alike(site, ways):
    kiosk = await site.device("kiosk")
    headers = {"Authorization": kiosk.headers["Authorization"]}
    person, appointment = site.bookings()[0]
    body = command(person=person, appointment=appointment.id)
    answer, needed = await same(ways, "/api/kiosk/check-in", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["ticket"]["status"] == "waiting"
    assert answer.headers["cache-control"] == "no-store"
    assert not needed


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"appointment": "A-unknown"}, 404),
        ({"appointment": 7}, 400),
        ({"person": None}, 400),
        ({"command_id": "not a UUID"}, 400),
        ({"expires_at": "2026-11-23T08:00:00"}, 400),
        ({"expires_at": "2026-11-23T08:00:00+08:00"}, 409),
        ({"unknown": "x" * LARGEST_BODY}, 413),
    ],
)
async def test_a_refusal_is_the_same_by_both_ways(site, ways, change, status):
    kiosk = await site.device("kiosk")
    headers = {"Authorization": kiosk.headers["Authorization"]}
    person, appointment = site.bookings()[0]
    body = {"command_id": UNKNOWN, "person": person, "appointment": appointment.id} | change
    answer, _ = await same(ways, "/api/kiosk/check-in", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"command_id": "\xff"}', b"null"])
async def test_what_is_no_command_is_refused_the_same_by_both_ways(site, ways, content):
    kiosk = await site.device("kiosk")
    headers = {"Authorization": kiosk.headers["Authorization"], "Content-Type": "application/json"}
    answer, needed = await same(ways, "/api/kiosk/check-in", content=content, headers=headers)
    assert answer.status_code == 400, answer.text
    assert needed


async def test_nobody_is_let_in_by_the_short_way(site, ways):
    nurse = await site.staff()
    cookies = dict(nurse.cookies)
    body = command(station="x")
    for headers, status, code in (
        ({}, 401, "log_in_needed"),
        ({"Cookie": "houzhen_session=wrong"}, 401, "log_in_needed"),
        ({"Cookie": f"houzhen_session={cookies['houzhen_session']}"}, 403, "page_outdated"),
        (
            {
                "Cookie": f"a=b; houzhen_session={cookies['houzhen_session']}",
                "X-CSRF-Token": nurse.headers["X-CSRF-Token"],
                "Origin": "http://elsewhere.test",
            },
            403,
            "page_outdated",
        ),
    ):
        answer, needed = await same(ways, "/api/station/call-next", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert needed
    headers = {
        "Cookie": f"a=b; houzhen_session={cookies['houzhen_session']}",
        "X-CSRF-Token": nurse.headers["X-CSRF-Token"],
    }
    answer, needed = await same(ways, "/api/station/call-next", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "unknown_station")
    assert not needed


@pytest.mark.parametrize("end", [b"", b"x" * LARGEST_BODY])
async def test_a_body_in_pieces_is_served_as_well(site, ways, end):
    kiosk = await site.device("kiosk")
    person, appointment = site.bookings()[0]
    content = json.dumps(command(person=person, appointment=appointment.id)).encode()

    async def pieces():
        yield content[:10]
        yield content[10:] + end

    direct, _, framework = ways
    headers = {"Authorization": kiosk.headers["Authorization"], "Content-Type": "application/json"}
    answer = await direct.post("/api/kiosk/check-in", content=pieces(), headers=headers)
    assert (answer.status_code, framework.asked) == ((413, 1) if end else (200, 0)), answer.text


async def test_one_who_hangs_up_half_way_has_not_asked(site):
    kiosk = await site.device("kiosk")
    person, appointment = site.bookings()[0]
    content = json.dumps(command(person=person, appointment=appointment.id)).encode()
    messages = iter([
        {"type": "http.request", "body": content, "more_body": True},
        {"type": "http.disconnect"},
        {"type": "http.disconnect"},
    ])  # fmt: skip
    scope = {
        "type": "http", "method": "POST", "path": "/api/kiosk/check-in", "query_string": b"", "client": ("10.0.0.7", 1),
        "headers": [(b"authorization", kiosk.headers["Authorization"].encode())],
    }  # fmt: skip

    async def receive():
        return next(messages)

    async def send(_):
        return None

    before = site.state.position
    await Direct(app.create_routes(site.lobby), site.lobby, largest_body=LARGEST_BODY)(scope, receive, send)
    assert site.state.position == before


async def test_a_defect_is_answered_and_logged_as_everywhere(site, monkeypatch, request_log):
    kiosk = await site.device("kiosk")
    person, appointment = site.bookings()[0]

    async def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(Service, "submit", broken)
    answer = await kiosk.post("/api/kiosk/check-in", json=command(person=person, appointment=appointment.id))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    (failed,) = [line for line in request_log if line["event"] == "request_failed"]
    assert (failed["route"], failed["error"]) == ("/api/kiosk/check-in", "ZeroDivisionError")
