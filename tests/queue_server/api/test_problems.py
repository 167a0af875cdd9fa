"""Failures as problem documents; the API's own description; what the request log says."""

from __future__ import annotations

import json

import msgspec
import pytest
import structlog

from queue_server.api import problems
from queue_server.app import create_app
from queue_server.contract import Problem
from queue_server.engine.refusals import SENTENCES, Refusal
from queue_server.engine.site import Text
from queue_server.service import Unavailable
from tests.queue_server.api.rig import command


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
    assert shared == {"unknown_station", "unknown_ticket"}
    for kind in problems.KINDS.values():
        assert kind.message.zh
        assert kind.message.en
        assert "!" not in kind.message.zh + kind.message.en


async def test_the_api_describes_itself(site):
    document = (await site.client().get("/schema/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    described = {(method, path) for path, methods in document["paths"].items() for method in methods}
    for route in create_app(site.lobby).routes:
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


async def test_health_says_where_the_log_is(site):
    health = (await site.client().get("/health")).json()
    assert health["issuing"] is True
    assert health["position"] == site.state.position
    assert health["server_time"] == "2026-11-23T08:50:00+08:00"


@pytest.fixture
def request_log():
    with structlog.testing.capture_logs() as lines:
        yield lines


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
