"""Failures as problem documents; the API's own description; what the request log says."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from queue_server.api import problems
from queue_server.app import create_app, create_routes
from queue_server.contract import Problem
from queue_server.engine.refusals import SENTENCES, Refusal
from queue_server.engine.site import Text
from queue_server.hospital.port import HospitalAway
from queue_server.service import Unavailable
from tests.queue_server.api.rig import command, in_process


async def test_an_unknown_address_and_a_wrong_method_are_problems_too(site):
    client = site.client()
    for answer, status, code in (
        (await client.get("/api/none"), 404, "not_found"),
        (await client.get("/none"), 404, "not_found"),
        (await client.delete("/api/auth/log-in"), 405, "method_not_allowed"),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (status, problems.MEDIA_TYPE)
        problem = msgspec.json.decode(answer.content, type=Problem)
        assert (problem.code, problem.status, problem.type) == (code, status, f"urn:houzhen:problem:{code}")


@pytest.mark.parametrize(("language", "sentence"), [("zh", "没有这个网页"), ("en", "There is no such page")])
async def test_who_reads_at_an_unknown_address_is_shown_a_page(site, language, sentence):
    client = site.client()
    headers = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": language}
    answer = await client.get("/stations", headers=headers)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert sentence in answer.text
    assert 'href="/"' in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (await client.get("/api/none", headers=headers)).headers["content-type"] == problems.MEDIA_TYPE


async def test_a_log_that_cannot_be_written_is_unavailable_and_says_so(site, monkeypatch):
    kiosk = await site.device("kiosk")
    sentence = Text("磁盘已满。", "The disk is full.")

    async def submit(*_, **__):
        raise Unavailable("log_unavailable", sentence)

    monkeypatch.setattr(site.lobby.service, "submit", submit)
    answer = await kiosk.post("/api/kiosk/join", json=command(queue="enquiry"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["code"] == "log_unavailable"
    assert answer.json()["message"] == {"zh": sentence.zh, "en": sentence.en}


async def test_a_failure_tells_nothing_of_the_inside(site, monkeypatch):
    kiosk = await site.device("kiosk")
    monkeypatch.setattr(site.lobby.views, "hall", lambda _: {}["王芳 110101"])
    answer = await kiosk.get("/api/kiosk/hall")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "王芳" not in answer.text
    assert "KeyError" not in answer.text


async def test_every_refusal_of_the_engine_becomes_a_conflict():
    for code in SENTENCES:
        problem = problems.refusal_problem(Refusal(code, Text("零", "zero"), ticket="t", position=3))
        assert (problem.status, problem.code, problem.ticket, problem.position) == (409, code, "t", 3)


def test_codes_of_the_api_and_the_engine_with_one_name_say_the_same_thing():
    shared = set(problems.KINDS) & set(SENTENCES)
    assert shared == {"no_slip", "unknown_hall", "unknown_station", "unknown_ticket"}
    # A number is looked for by staff as well as by patients, who are told where to ask.
    for code in shared - {"unknown_ticket"}:
        assert (problems.KINDS[code].message.zh, problems.KINDS[code].message.en) == (
            SENTENCES[code].zh,
            SENTENCES[code].en,
        )
    for kind in problems.KINDS.values():
        assert kind.message.zh
        assert kind.message.en
        assert "!" not in kind.message.zh + kind.message.en


def test_every_code_of_the_api_is_in_the_manual_as_it_is_said():
    manual = Path("docs/integration.md").read_text(encoding="utf-8")
    for code, kind in problems.KINDS.items():
        assert f"| `{code}` | {kind.status.value} | {kind.message.en} |" in manual


async def test_the_api_describes_itself(site):
    document = (await site.client().get("/schema/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    described = {(method, path) for path, methods in document["paths"].items() for method in methods}
    for route in create_routes(site.lobby).routes:
        if not route.path_format.startswith("/api"):
            continue
        for method in route.methods - {"OPTIONS", "HEAD"}:
            assert (method.lower(), route.path_format) in described
    check_in = document["paths"]["/api/kiosk/check-in"]["post"]
    body = check_in["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert set(document["components"]["schemas"][body]["required"]) >= {"command_id", "person", "appointment"}
    references = set()

    def walk(node):
        if isinstance(node, dict):
            if "$ref" in node:
                references.add(node["$ref"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references <= known


async def test_no_page_of_the_description_loads_anything_from_elsewhere(site):
    client = site.client()
    for path in (
        "",
        "/",
        "/openapi.json",
        "/redoc",
        "/swagger",
        "/elements",
        "/rapidoc",
        "/scalar",
        "/oauth2-redirect.html",
    ):
        answer = await client.get(f"/schema{path}")
        said = answer.text.replace("https://spec.openapis.org", "")
        assert re.search(r"(https?:)?//[\w-]+\.", said) is None, path
        assert "<script" not in said
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert answer.status_code == (200 if path in {"", "/", "/openapi.json"} else 404), path
    assert (await client.get("/schema")).json() == (await client.get("/schema/openapi.json")).json()


async def test_every_route_says_how_it_fails_and_who_may_ask(site):
    document = (await site.client().get("/schema/openapi.json")).json()
    assert set(document["components"]["securitySchemes"]) == {"device", "deviceCookie", "logIn", "pageToken"}
    assert set(document["components"]["schemas"]["Problem"]["required"]) == {
        "type", "title", "status", "code", "message",
    }  # fmt: skip
    problem = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, methods in document["paths"].items():
        if path == "/health":
            continue
        for method, operation in methods.items():
            said = {status: one for status, one in operation["responses"].items() if status >= "400"}
            assert {"400", "404", "429", "500", "503"} <= set(said), path
            assert all(one["content"] == problem for one in said.values()), path
            if method != "get":
                assert {"403", "409", "413", "422"} <= set(said), path
            if operation["security"]:
                assert {"401", "403"} <= set(said), path
    security = {
        path: {method: one["security"] for method, one in methods.items()}
        for path, methods in document["paths"].items()
        if path != "/health"
    }
    assert security["/api/kiosk/check-in"] == {"post": [{"device": []}]}
    assert security["/api/station/open"] == {"post": [{"logIn": [], "pageToken": []}]}
    assert security["/api/station/choices"] == {"get": [{"logIn": []}]}
    assert security["/api/board/{hall}/feed"] == {"get": [{"device": []}, {"deviceCookie": []}]}
    open_routes = {path for path, methods in security.items() if not any(methods.values())}
    assert open_routes == {
        "/api/auth/log-in", "/api/devices/enrol", "/api/devices/screen-code", "/api/devices/screen-code/{poll}",
        "/api/ticket/{link}", "/api/ticket/{link}/feed",
    }  # fmt: skip


async def test_no_answer_is_cached_or_guessed_at(site):
    kiosk, client = await site.device("kiosk"), site.client()
    for answer in (
        await client.get("/health"), await kiosk.get("/api/kiosk/hall"), await client.get("/api/none"),
        await client.get("/api/auth/me"), await client.get("/"),
        await kiosk.post("/api/kiosk/identify", json={"kind": "code", "value": "x"}),
    ):  # fmt: skip
        assert answer.headers["cache-control"] == "no-store", answer.request.url
        assert answer.headers["x-content-type-options"] == "nosniff", answer.request.url
        assert "strict-transport-security" not in answer.headers


async def test_with_tls_browsers_are_told_to_stay_with_it(site):
    site.lobby.is_secure = True
    transport = httpx.ASGITransport(create_app(site.lobby))
    async with httpx.AsyncClient(base_url="https://lobby.test", transport=transport) as client:
        assert (await client.get("/health")).headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"kind": "王芳999999", "value": "x"}, "kind: has no allowed value"),
        ({"kind": "code", "value": 7}, "value: Expected `str`, got `int`"),
        ({"kind": "code"}, "body: Object missing required field `value`"),
        (["王芳"], "body: Expected `object`, got `array`"),
        ({"kind": "code", "value": "x", "王芳": 1, "name": {"王芳": 1}}, "name: Expected `str | null`, got `object`"),
    ],
)
async def test_what_was_sent_is_never_repeated(site, body, said):
    answer = await (await site.device("kiosk")).post("/api/kiosk/identify", json=body)
    assert (answer.status_code, answer.json()["detail"]) == (400, said)


async def test_a_query_that_is_no_number_is_not_repeated_either(site):
    answer = await (await site.device("kiosk")).get("/api/kiosk/feed", params={"after": "王芳"})
    assert answer.status_code == 400
    assert "王" not in answer.text


@pytest.mark.parametrize("content", [b'{"kind":"code","value":"\xff\xfe"}', b"\xff", b"{", b""])
async def test_a_body_that_is_no_text_is_a_clients_mistake(site, content):
    kiosk = await site.device("kiosk")
    answer = await kiosk.post("/api/kiosk/identify", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


async def test_a_moment_needs_its_offset(site):
    kiosk, nurse = await site.device("kiosk"), await site.staff()
    administrator = await site.staff("administrator")
    naive = "2026-11-23T08:45:00"
    paper = command(station="r101", ticket="t", called_at=naive, outcome="seen")
    for answer, field in (
        (await kiosk.post("/api/kiosk/join", json=command(queue="enquiry", expires_at=naive)), "expires_at"),
        (await nurse.post("/api/station/paper-call", json=paper), "called_at"),
        (await administrator.post("/api/admin/clock", json={"to": naive}), "to"),
    ):
        detail = f"{field}: Expected `datetime` with a timezone component"
        assert (answer.status_code, answer.json()["detail"]) == (400, detail)


async def test_health_tells_of_a_hospital_that_does_not_answer(tmp_path):
    plug = tmp_path / "away"
    async with in_process(tmp_path / "data", hospital={"away_file": str(plug)}) as site:
        assert (await site.client().get("/health")).json()["warnings"] == []
        plug.touch()
        with pytest.raises(HospitalAway):
            await site.lobby.mirror.refresh()
        site.lobby.mirror.refresh_soon()
        async with asyncio.timeout(60):
            while site.lobby.mirror.failing is None:  # noqa: ASYNC110 - what is awaited has no event of its own
                await asyncio.sleep(0.01)
        (warning,) = (await site.client().get("/health")).json()["warnings"]
        assert "名单是 08:50 的" in warning["zh"]
        assert "the list is of 08:50" in warning["en"]


@pytest.mark.parametrize(("days", "warned"), [(31, False), (29, True), (-1, True)])
async def test_health_tells_of_a_certificate_that_is_about_to_end(site, days, warned):
    ends_at = site.lobby.views.server_time + timedelta(days=days)
    site.lobby.certificate_ends_at = ends_at
    warnings = (await site.client().get("/health")).json()["warnings"]
    assert [f"{ends_at:%Y-%m-%d}" in one["en"] for one in warnings] == [True] * warned


async def test_health_says_where_the_log_is(site):
    health = (await site.client().get("/health")).json()
    assert health["issuing"] is True
    assert health["position"] == site.state.position
    assert health["server_time"] == "2026-11-23T08:50:00+08:00"


async def test_the_request_log_holds_no_person_no_secret_and_no_query(site, request_log):
    kiosk, nurse = await site.device("kiosk"), await site.staff()
    card = site.cards[0]
    await kiosk.post("/api/kiosk/identify", json={"kind": "id_card", "value": card.face.number, "name": card.face.name})
    ticket = await site.check_in(kiosk)
    link = ticket["qr"].removeprefix("HZ:")
    await site.client().get(f"/api/ticket/{link}?secret=1")
    await nurse.post("/api/desk/find", json={"kind": "name", "value": card.face.name})
    said = json.dumps([line for line in request_log if line["event"] == "request"], ensure_ascii=False)
    assert "/api/ticket/{link}" in said
    for secret in (
        card.face.number, card.face.name, link, "secret=1", kiosk.headers["Authorization"][7:],
        nurse.headers["X-CSRF-Token"], nurse.cookies["houzhen_session"],
    ):  # fmt: skip
        assert secret not in said
    keys = {key for line in request_log if line["event"] == "request" for key in line}
    assert keys == {"event", "log_level", "method", "route", "status", "ms", "caller"}
