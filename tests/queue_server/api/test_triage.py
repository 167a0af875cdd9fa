"""Triage at the nurse desk: what is assessed, what is kept, and who sees it."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.queue_server.api.rig import command

STABLE = {
    "age_years": 40,
    "heart_rate": 80,
    "respiratory_rate": 16,
    "systolic": 125,
    "spo2": 98,
    "temperature_tenths": 366,
    "consciousness": "A",
}
REASON = "面色灰白，冒冷汗"


async def arrive(nurse, **fields):
    answer = await nurse.post("/api/desk/join", json=command(queue="emergency", **fields))
    assert answer.status_code == 200, answer.text
    return answer.json()["ticket"]


async def give(nurse, ticket, findings, **fields):
    body = command(ticket=ticket["ticket"], findings=findings, **fields)
    return await nurse.post("/api/desk/triage", json=body)


async def waiting(nurse):
    answer = await nurse.get("/api/desk/triage/waiting")
    assert answer.status_code == 200, answer.text
    return answer.json()["waiting"]


async def test_the_form_is_the_tables(site):
    nurse = await site.staff()
    form = (await nurse.get("/api/desk/triage/form")).json()
    table = site.configuration.triage
    assert form["note"] == {"zh": "未经临床审核", "en": "not clinically reviewed"}
    assert [queue["id"] for queue in form["queues"]] == ["emergency"]
    heart = next(field for field in form["fields"] if field["id"] == "heart_rate")
    assert (heart["low"], heart["high"], heart["is_required"]) == (0, 300, True)
    assert "systolic_drop" not in {field["id"] for field in form["fields"]}
    assert {sign["id"] for group in form["signs"] for sign in group["signs"]} == {
        sign for signs in table.signs.values() for sign in signs.signs
    }
    assert any("Royal College of Physicians" in credit["en"] for credit in form["credits"])


async def test_an_assessment_says_what_decided_and_keeps_nothing(site):
    nurse = await site.staff()
    before = site.state.position
    answer = await nurse.post("/api/desk/triage/assess", json={"findings": {**STABLE, "heart_rate": 165}})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["assessment"]["level"] == "II"
    (decided,) = found["assessment"]["deciding"]
    assert (decided["id"], decided["value"], decided["band"]) == ("heart_rate", 165, "150–180")
    assert found["scores"]["mews"]["total"] == 4
    assert found["scores"]["news2"]["total"] is None
    assert [one["zh"] for one in found["scores"]["news2"]["missing"]] == ["是否吸氧"]
    incomplete = (await nurse.post("/api/desk/triage/assess", json={"findings": {"heart_rate": 80}})).json()
    assert incomplete["assessment"]["outcome"] == "incomplete"
    assert "systolic" in incomplete["assessment"]["missing"]
    assert site.state.position == before
    assert list(site.lobby.service.reader.query("SELECT * FROM triage_notes")) == []


async def test_a_value_that_cannot_be_true_names_field_and_range_and_is_not_repeated(site):
    nurse = await site.staff()
    ticket = await arrive(nurse)
    findings = {**STABLE, "heart_rate": 1200, "temperature_tenths": 3661}
    for answer in (
        await nurse.post("/api/desk/triage/assess", json={"findings": findings}),
        await give(nurse, ticket, findings),
    ):
        assert answer.status_code == 400
        problem = answer.json()
        assert problem["code"] == "implausible_value"
        named = {field["field"]: (field["low"], field["high"]) for field in problem["fields"]}
        assert named == {"heart_rate": (0, 300), "temperature_tenths": (250, 450)}
        assert "心率应在 0–300 次/分" in problem["message"]["zh"]
        assert "1200" not in answer.text
        assert "3661" not in answer.text
    assert (await waiting(nurse))[0]["triage"] is None


async def test_confirming_gives_the_level_the_place_and_the_note(site):
    nurse = await site.staff()
    first, second = await arrive(nurse), await arrive(nurse)
    answer = await give(nurse, second, {**STABLE, "heart_rate": 190}, channel="trauma")
    assert answer.status_code == 200, answer.text
    rows = await waiting(nurse)
    assert [row["number"] for row in rows] == [second["number"], first["number"]]
    assert (rows[0]["triage"]["level"], rows[0]["triage"]["channel"]) == ("I", "trauma")
    assert rows[0]["kind"]["zh"] == "分诊"
    (note,) = (await nurse.get(f"/api/desk/triage/notes/{second['ticket']}")).json()
    assert (note["findings"]["heart_rate"], note["reason"], note["level"]) == (190, None, "I")
    events = repr(list(site.lobby.service.reader.query("SELECT * FROM events")))
    assert "heart_rate" not in events


async def test_another_level_needs_a_reason_and_the_reason_is_in_no_event(site):
    nurse = await site.staff()
    ticket = await arrive(nurse)
    bare = await give(nurse, ticket, STABLE, level="II")
    assert (bare.status_code, bare.json()["code"]) == (400, "reason_missing")
    same = await give(nurse, ticket, STABLE, level="IVa", reason=REASON)
    assert same.json()["code"] == "same_level"
    nothing = await give(nurse, ticket, {"heart_rate": 80})
    assert nothing.json()["code"] == "nothing_to_confirm"
    given = await give(nurse, ticket, STABLE, level="II", reason=REASON)
    assert given.status_code == 200, given.text
    event = site.state.tickets[ticket["ticket"]].triage
    assert (event.level, event.suggested, event.overridden) == ("II", "IVa", True)
    for table in ("events", "outcomes", "snapshots"):
        assert REASON not in repr(list(site.lobby.service.reader.query(f"SELECT * FROM {table}")))
    (note,) = (await nurse.get(f"/api/desk/triage/notes/{ticket['ticket']}")).json()
    assert note["reason"] == REASON


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"level": "V", "reason": REASON}, "unknown_level"),
        ({"channel": "spa"}, "unknown_channel"),
        ({"findings": {**STABLE, "signs": ["no_such"]}}, "unknown_sign"),
    ],
)
async def test_what_the_table_does_not_have_is_refused(site, change, code):
    nurse = await site.staff()
    ticket = await arrive(nurse)
    body = command(**{"ticket": ticket["ticket"], "findings": STABLE, **change})
    answer = await nurse.post("/api/desk/triage", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_repeated_command_is_answered_and_not_done_again(site):
    nurse = await site.staff()
    ticket = await arrive(nurse)
    body = command(ticket=ticket["ticket"], findings=STABLE)
    first = await nurse.post("/api/desk/triage", json=body)
    again = await nurse.post("/api/desk/triage", json=body)
    assert first.json()["done"] == again.json()["done"]
    assert site.state.tickets[ticket["ticket"]].triage.times == 1


async def test_whoever_is_assessed_again_keeps_the_moment_of_the_first_time(site):
    nurse = await site.staff()
    ticket = await arrive(nurse)
    start = site.clock.now()
    assert (await give(nurse, ticket, {**STABLE, "pain": 5})).status_code == 200
    before = site.state.tickets[ticket["ticket"]].triage
    site.clock.set(start + 31 * 60_000_000)
    nurse = await site.staff()
    assert (await give(nurse, ticket, {**STABLE, "pain": 4})).status_code == 200
    after = site.state.tickets[ticket["ticket"]].triage
    assert (after.level, after.key, after.respond_by) == ("III", before.key, before.respond_by)
    assert after.reassess_at == before.reassess_at + 31 * 60_000_000
    # Milder: an hour from the first triage, not from now.
    assert (await give(nurse, ticket, STABLE)).status_code == 200
    assert site.state.tickets[ticket["ticket"]].triage.key == before.at + 60 * 60_000_000


async def test_the_desk_and_the_station_see_who_waits_too_long_and_since_when(site):
    nurse = await site.staff()
    ticket = await arrive(nurse)
    assert (await give(nurse, ticket, {**STABLE, "pain": 5})).status_code == 200
    assert (await nurse.get("/api/desk/waits")).json()["alarms"] == []
    site.clock.set(site.clock.now() + 35 * 60_000_000)
    nurse = await site.staff()
    await arrive(nurse)  # whatever is asked first brings about what is due
    found = (await nurse.get("/api/desk/waits")).json()
    assert [(one["kind"], one["level"], one["limit_min"]) for one in found["alarms"]] == [
        ("reassess", "III", 30), ("respond", "III", 30),
    ]  # fmt: skip
    held = site.state.tickets[ticket["ticket"]].triage
    assert datetime.fromisoformat(found["alarms"][0]["since"]).timestamp() * 1e6 == held.reassess_at
    shown = (await nurse.get("/api/station/emergency1")).json()
    assert [one["kind"] for one in shown["alarms"]] == ["reassess", "respond"]
    assert (await waiting(nurse))[0]["triage"]["reassess_since"] is not None
    assert (await give(nurse, ticket, {**STABLE, "pain": 5})).status_code == 200
    assert [one["kind"] for one in (await nurse.get("/api/desk/waits")).json()["alarms"]] == ["respond"]


async def test_an_unknown_patient_is_named_later(site):
    nurse = await site.staff()
    ticket = await arrive(nurse)
    person, _ = site.bookings()[0]
    unknown = await nurse.post("/api/desk/triage/identity", json=command(ticket=ticket["ticket"], person="nobody"))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_person")
    answer = await nurse.post("/api/desk/triage/identity", json=command(ticket=ticket["ticket"], person=person))
    assert answer.status_code == 200, answer.text
    assert answer.json()["ticket"]["masked_name"]
    twice = await nurse.post("/api/desk/triage/identity", json=command(ticket=ticket["ticket"], person=person))
    assert (twice.status_code, twice.json()["code"]) == (409, "has_person")


async def test_an_administrator_erases_an_unknown_patients_notes(site, request_log):
    nurse, administrator = await site.staff(), await site.staff("administrator")
    ticket = await arrive(nurse)
    assert (await give(nurse, ticket, STABLE, level="II", reason=REASON)).status_code == 200
    path = f"/api/admin/tickets/{ticket['ticket']}/erase"
    assert (await nurse.post(path)).status_code == 403
    assert (await administrator.post(path)).json() == {"was_known": True}
    assert (await nurse.get(f"/api/desk/triage/notes/{ticket['ticket']}")).json() == []
    assert (await administrator.post(path)).json() == {"was_known": False}
    assert REASON not in repr(request_log)


async def test_triage_is_for_staff(site):
    kiosk = await site.device("kiosk")
    for path in ("form", "waiting", "notes/t1"):
        assert (await kiosk.get(f"/api/desk/triage/{path}")).status_code == 401
    hall = (await kiosk.get("/api/kiosk/hall")).json()
    assert "emergency" not in {queue["id"] for queue in hall["open_queues"]}
