"""What an administrator does."""

from __future__ import annotations

from urllib.parse import quote

import pytest
import structlog

from queue_server.clock import SystemClock
from queue_server.logs import KEYS
from tests.queue_server.api.rig import PASSWORD, command, refused


async def admin_of(site):
    return await site.staff("administrator")


@pytest.mark.parametrize(("kind", "place"), [("kiosk", "main"), ("board", "second"), ("station", "r101")])
async def test_a_code_enrols_a_device_and_its_credential_can_be_withdrawn(site, kind, place):
    administrator, device = await admin_of(site), site.client()
    made = await administrator.post("/api/admin/enrolment-codes", json={"kind": kind, "place": place})
    assert made.status_code == 201
    assert made.json()["expires_at"].startswith("2026-11-23T09:05")
    credential = (await device.post("/api/devices/enrol", json={"code": made.json()["code"], "name": "new"})).json()
    assert credential["kind"] == kind
    (listed,) = (await administrator.get("/api/admin/devices")).json()
    assert (listed["device"], listed["place"], listed["name"]) == (credential["device"], place, "new")
    device.headers["Authorization"] = f"Bearer {credential['token']}"
    address = f"/api/board/{place}" if kind == "board" else "/api/kiosk/hall"
    before = await device.get(address)
    assert before.status_code == (403 if kind == "station" else 200)
    assert (await administrator.delete(f"/api/admin/devices/{credential['device']}")).status_code == 204
    refused(await device.get(address), 401, "credential_needed")
    refused(await administrator.delete(f"/api/admin/devices/{credential['device']}"), 404, "unknown_device")
    assert (await administrator.get("/api/admin/devices")).json() == []


@pytest.mark.parametrize(
    ("kind", "place", "code"),
    [("kiosk", "r101", "unknown_hall"), ("board", "none", "unknown_hall"), ("station", "main", "unknown_station")],
)
async def test_a_place_that_is_not_configured_gets_no_code(site, kind, place, code):
    answer = await (await admin_of(site)).post("/api/admin/enrolment-codes", json={"kind": kind, "place": place})
    refused(answer, 404, code)


async def test_accounts_are_made_reset_and_disabled(site):
    administrator, browser = await admin_of(site), site.client()
    asked = {"name": "liu", "role": "nurse", "password": "ten letters"}
    assert (await administrator.post("/api/admin/staff", json=asked)).status_code == 201
    refused(await administrator.post("/api/admin/staff", json=asked), 409, "account_exists")
    assert (await browser.post("/api/auth/log-in", json={"name": "liu", "password": "ten letters"})).status_code == 200
    assert (await browser.get("/api/auth/me")).status_code == 200
    reset = await administrator.post("/api/admin/staff/liu/reset", json={"password": "other letters"})
    assert reset.status_code == 200
    refused(await browser.get("/api/auth/me"), 401, "log_in_needed")
    assert (
        await browser.post("/api/auth/log-in", json={"name": "liu", "password": "other letters"})
    ).status_code == 200
    assert (await administrator.post("/api/admin/staff/liu/disable")).status_code == 200
    refused(await browser.get("/api/auth/me"), 401, "log_in_needed")
    answer = await browser.post("/api/auth/log-in", json={"name": "liu", "password": "other letters"})
    refused(answer, 401, "log_in_failed")
    listed = {one["name"]: one["is_active"] for one in (await administrator.get("/api/admin/staff")).json()}
    assert listed == {"administrator": True, "liu": False}


async def test_what_cannot_be_done_to_accounts_is_told(site):
    administrator = await admin_of(site)
    weak = {"name": "liu", "role": "nurse", "password": "short"}
    refused(await administrator.post("/api/admin/staff", json=weak), 400, "password_weak")
    refused(await administrator.post("/api/admin/staff/none/disable"), 404, "unknown_account")
    reset = await administrator.post("/api/admin/staff/none/reset", json={"password": PASSWORD})
    refused(reset, 404, "unknown_account")
    refused(await administrator.post("/api/admin/staff/administrator/disable"), 409, "own_account")


async def test_a_jumped_clock_issues_again_once_it_is_confirmed(site):
    kiosk, administrator = await site.device("kiosk"), await admin_of(site)
    site.clock._base += 13 * 3_600_000_000  # as a machine that slept: nobody is woken
    administrator = await admin_of(site)
    stopped = await kiosk.post("/api/kiosk/join", json=command(queue="enquiry"))
    refused(stopped, 409, "clock_jump")
    health = (await site.client().get("/health")).json()
    assert (health["issuing"], health["problem"]["code"]) == (False, "clock_jump")
    assert (await administrator.post("/api/admin/clock/confirm", json=command())).status_code == 200
    assert (await site.client().get("/health")).json()["issuing"] is True
    again = await kiosk.post("/api/kiosk/join", json=command(queue="enquiry"))
    assert again.json().get("code") != "clock_jump"


async def test_a_demonstrations_clock_moves_forward_only(site):
    administrator = await admin_of(site)
    moved = await administrator.post("/api/admin/clock", json={"to": "2026-11-23T10:30:00+08:00"})
    assert moved.json() == {"server_time": "2026-11-23T10:30:00+08:00", "is_settable": True}
    assert (site.data / "clock_offset").exists()
    back = await administrator.post("/api/admin/clock", json={"to": "2026-11-23T09:00:00+08:00"})
    refused(back, 400, "invalid_request")
    assert (await administrator.get("/api/admin/clock")).json() == moved.json()


async def test_a_real_clock_is_never_moved(site, monkeypatch):
    administrator = await admin_of(site)
    monkeypatch.setattr(site.lobby, "clock", SystemClock())
    refused(await administrator.post("/api/admin/clock", json={"to": "2030-01-01T00:00:00Z"}), 409, "clock_fixed")


async def test_erasing_a_person_leaves_no_name(site):
    administrator, kiosk = await admin_of(site), await site.device("kiosk")
    person, _ = site.bookings()[0]
    name = site.lobby.service.people.name(person)
    ticket = await site.check_in(kiosk)
    assert ticket["masked_name"]
    answer = await administrator.post(f"/api/admin/people/{person}/erase")
    assert answer.json() == {"was_known": True}
    shown = (await kiosk.get(f"/api/kiosk/tickets/{ticket['ticket']}")).json()
    assert shown["masked_name"] is None
    assert site.lobby.service.people.get(person) is None
    assert name.encode() not in b"".join(file.read_bytes() for file in site.data.rglob("*") if file.is_file()) or any(
        card.face.name == name for card in site.cards[1:]
    )
    assert (await administrator.post(f"/api/admin/people/{person}/erase")).json() == {"was_known": False}


@pytest.mark.parametrize("name", ["x/y", "a b", "", "a" * 65, "a\n", "x?y"])
async def test_a_name_that_no_address_could_hold_is_refused(site, name):
    asked = {"name": name, "role": "nurse", "password": "ten letters"}
    refused(await (await admin_of(site)).post("/api/admin/staff", json=asked), 400, "invalid_request")


async def test_places_are_those_of_the_configuration(site):
    administrator, nurse = await admin_of(site), await site.staff()
    places = (await administrator.get("/api/admin/places")).json()
    assert [one["id"] for one in places["halls"]] == [one.id for one in site.configuration.site.halls]
    assert [one["id"] for one in places["stations"]] == [one.id for one in site.configuration.site.stations]
    assert (await nurse.get("/api/admin/places")).status_code == 403


async def test_names_of_people_here_are_names(site):
    administrator = await admin_of(site)
    for name in ("liu.mei-2_b", "刘梅"):
        asked = {"name": name, "role": "nurse", "password": "ten letters"}
        assert (await administrator.post("/api/admin/staff", json=asked)).status_code == 201
        assert (await administrator.post(f"/api/admin/staff/{quote(name)}/disable")).status_code == 200


async def test_what_an_administrator_did_is_logged_with_whom_it_was_done_to(site):
    administrator, screen = await admin_of(site), site.client()
    shown = (await screen.post("/api/devices/screen-code", json={"kind": "board", "name": "tv"})).json()
    person, _ = site.bookings()[0]
    with structlog.testing.capture_logs() as lines:
        await administrator.post("/api/admin/staff", json={"name": "liu", "role": "nurse", "password": PASSWORD})
        await administrator.post("/api/admin/staff/liu/reset", json={"password": PASSWORD})
        await administrator.post("/api/admin/staff/liu/disable")
        confirm = {"screen_code": shown["screen_code"], "place": "main"}
        await administrator.post("/api/admin/devices/confirm", json=confirm)
        await administrator.post("/api/admin/clock/confirm", json=command())
        await administrator.post(f"/api/admin/people/{person}/erase")
        await administrator.post("/api/admin/people/typed by mistake/erase")
    done = [(one["event"], str(one.get("target"))) for one in lines if "by" in one]
    assert done == [
        ("staff_created", "liu"), ("staff_reset", "liu"), ("staff_disabled", "liu"), ("screen_confirmed", "tv"),
        ("clock_confirmed", "2026-11-23 08:50:00+08:00"), ("person_erased", person), ("person_erased", "unknown"),
    ]  # fmt: skip
    assert {one["by"] for one in lines if "by" in one} == {"administrator"}
    assert {key for one in lines if "by" in one for key in one} - {"log_level"} <= KEYS
