"""What a kiosk may do."""

from __future__ import annotations

import uuid

import pytest
import structlog

from queue_server.hospital.mirror import Mirror
from queue_server.masking import mask
from tests.queue_server.api.rig import command, in_process


def card_of(site, patient="P00001"):
    return next(card for card in site.cards if card.patient == patient)


async def identify(kiosk, **asked):
    answer = await kiosk.post("/api/kiosk/identify", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def check_in(site, kiosk, index=0):
    person, appointment = site.bookings()[index]
    body = command(person=person, appointment=appointment.id)
    return body, await kiosk.post("/api/kiosk/check-in", json=body)


async def test_a_kiosk_knows_its_hall(site):
    kiosk = await site.device("kiosk")
    info = (await kiosk.get("/api/kiosk/hall")).json()
    assert info["hall"] == "main"
    assert info["utc_offset_min"] == 480
    assert info["server_time"].startswith("2026-11-23T08:50:00")
    assert {queue["id"] for queue in info["open_queues"]} == {"enquiry", "cashier"}


async def test_an_identity_card_leads_to_its_file_masked(site):
    kiosk = await site.device("kiosk")
    card = card_of(site)
    reply = await identify(kiosk, kind="id_card", value=card.face.number, name=card.face.name)
    (patient,) = reply["patients"]
    assert patient["masked_name"] == mask(card.face.name)
    assert card.face.name not in str(reply)
    assert card.face.number not in str(reply)
    assert patient["appointments"][0]["problem"] is None
    assert reply["list_is_old"] is False


async def test_the_hint_says_the_tail_of_the_number_on_the_patients_papers(site):
    """Not that of the hospital system's own id, which the patient has never seen."""
    kiosk = await site.device("kiosk")
    card = card_of(site)
    reply = await identify(kiosk, kind="id_card", value=card.face.number, name=card.face.name)
    (patient,) = reply["patients"]
    assert patient["hint"] == "病案号尾号 0037，1978 年生"
    assert patient["hint_en"] == "file ending 0037, born 1978"


async def test_a_hospital_card_and_an_appointment_code_lead_there_too(site):
    kiosk = await site.device("kiosk")
    card = card_of(site)
    by_card = await identify(kiosk, kind="hospital_card", value=card.hospital_card)
    appointment = by_card["patients"][0]["appointments"][0]["appointment"]
    by_code = await identify(kiosk, kind="code", value=appointment)
    assert [patient["person"] for patient in by_code["patients"]] == [by_card["patients"][0]["person"]]


@pytest.mark.parametrize("kind", ["insurance_code", "health_card"])
async def test_an_electronic_voucher_is_asked_of_the_hospital(site, kind):
    kiosk = await site.device("kiosk")
    card = card_of(site)
    by_card = await identify(kiosk, kind="id_card", value=card.face.number)
    token = getattr(card, kind)
    with structlog.testing.capture_logs() as logs:
        by_token = await identify(kiosk, kind=kind, value=f" {token}\n")
    assert by_token == by_card
    assert token not in str(logs)
    other = "health_card" if kind == "insurance_code" else "insurance_code"
    for value, asked in ((token, other), ("0" * 28, kind), (card.face.number, kind)):
        assert (await identify(kiosk, kind=asked, value=value))["patients"] == []


async def test_a_guardians_voucher_leads_to_the_child_too(site):
    kiosk = await site.device("kiosk")
    guardians = [card for card in site.cards if "孩子" in card.note and "今天没有" not in card.note]
    counts = [
        len((await identify(kiosk, kind="insurance_code", value=card.insurance_code))["patients"]) for card in guardians
    ]
    assert max(counts) > 1


async def test_a_voucher_that_nobody_can_check_says_so_and_the_card_still_works(site):
    kiosk = await site.device("kiosk")
    card = card_of(site)
    site.lobby.mirror._hospital.away = True
    answer = await kiosk.post("/api/kiosk/identify", json={"kind": "insurance_code", "value": card.insurance_code})
    assert (answer.status_code, answer.json()["code"]) == (424, "token_unchecked")
    assert "没有办理任何事项" in answer.json()["message"]["zh"], "whoever asks may have a number already"
    assert card.insurance_code not in answer.text
    assert (await identify(kiosk, kind="id_card", value=card.face.number))["patients"]


async def test_nobody_learns_whether_an_identity_exists(site):
    kiosk = await site.device("kiosk")
    card = card_of(site)
    unknown = await identify(kiosk, kind="id_card", value="11010119000101000X")
    other_name = await identify(kiosk, kind="id_card", value=card.face.number, name="别人")
    assert unknown == other_name
    assert unknown["patients"] == []


async def test_trying_numbers_is_slowed_down(site):
    kiosk = await site.device("kiosk")
    statuses = []
    for _ in range(61):
        answer = await kiosk.post("/api/kiosk/identify", json={"kind": "id_card", "value": "x"})
        statuses.append(answer.status_code)
    assert statuses == [200] * 60 + [429]
    assert answer.json()["code"] == "too_many_requests"
    assert answer.headers["retry-after"] == "1"
    site.clock.advance(1_000_000)
    assert (await kiosk.post("/api/kiosk/identify", json={"kind": "id_card", "value": "x"})).status_code == 200


async def test_checking_in_gives_a_ticket_and_a_repeat_gives_the_same(site):
    kiosk = await site.device("kiosk")
    body, first = await check_in(site, kiosk)
    assert first.status_code == 200, first.text
    ticket = first.json()["ticket"]
    assert ticket["status"] == "waiting"
    assert ticket["qr"].startswith("HZ:")
    assert ticket["reason"]["zh"]
    again = await kiosk.post("/api/kiosk/check-in", json=body)
    assert again.json()["done"] == first.json()["done"]
    assert len(site.state.tickets) == 1


async def test_a_public_address_makes_the_code_a_link(tmp_path):
    async with in_process(tmp_path / "data", public_url="https://queue.example.org/") as site:
        _, answer = await check_in(site, await site.device("kiosk"))
        link = next(iter(site.state.tickets.values())).link
        assert answer.json()["ticket"]["qr"] == f"https://queue.example.org/t/{link}"


async def test_checking_in_twice_names_the_ticket_there_is(site):
    kiosk = await site.device("kiosk")
    body, first = await check_in(site, kiosk)
    again = await kiosk.post("/api/kiosk/check-in", json={**body, "command_id": str(uuid.uuid4())})
    assert again.status_code == 409
    assert again.headers["content-type"] == "application/problem+json"
    problem = again.json()
    assert problem["code"] == "already_checked_in"
    assert problem["ticket"] == first.json()["ticket"]["ticket"]


async def test_the_same_id_for_another_command_is_a_clients_mistake(site):
    kiosk = await site.device("kiosk")
    body, _ = await check_in(site, kiosk)
    person, appointment = site.bookings()[1]
    other = await kiosk.post("/api/kiosk/check-in", json={**body, "person": person, "appointment": appointment.id})
    assert (other.status_code, other.json()["code"]) == (422, "command_id_reused")
    as_join = await kiosk.post("/api/kiosk/join", json={"command_id": body["command_id"], "queue": "enquiry"})
    assert (as_join.status_code, as_join.json()["code"]) == (422, "command_id_reused")


async def test_somebody_elses_appointment_is_as_good_as_none(site):
    kiosk = await site.device("kiosk")
    (person, _), (_, other) = site.bookings()[0], site.bookings()[-1]
    answers = [
        await kiosk.post("/api/kiosk/check-in", json=command(person=person, appointment=one))
        for one in (other.id, "no-such-appointment")
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "unknown_appointment")] * 2
    assert answers[0].json() == answers[1].json()
    assert not site.state.tickets


async def test_a_command_that_came_too_late_is_not_carried_out(site):
    kiosk = await site.device("kiosk")
    person, appointment = site.bookings()[0]
    body = command(person=person, appointment=appointment.id, expires_at="2026-11-23T08:49:59+08:00")
    answer = await kiosk.post("/api/kiosk/check-in", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "expired")


async def test_an_open_queue_numbers_anybody(site):
    kiosk = await site.device("kiosk")
    answer = await kiosk.post("/api/kiosk/join", json=command(queue="enquiry"))
    assert answer.status_code == 200, answer.text
    ticket = answer.json()["ticket"]
    assert ticket["masked_name"] is None
    assert ticket["doctor"] is None


async def test_a_registration_joins_its_queue_once_it_is_paid(site):
    kiosk = await site.device("kiosk")
    mirror = site.lobby.mirror
    people = [row["person"] for row in site.lobby.service.reader.query("SELECT person FROM people")]
    registrations = [(person, one) for person in people for one in mirror.registrations_of(person)]
    paid = next(pair for pair in registrations if pair[1].status == "paid")
    unpaid = next(pair for pair in registrations if pair[1].status == "unpaid" and not pair[1].paid)
    queue = mirror.session(paid[1].session).queue
    answer = await kiosk.post("/api/kiosk/join", json=command(queue=queue, person=paid[0], registration=paid[1].id))
    assert answer.status_code == 200, answer.text
    answer = await kiosk.post(
        "/api/kiosk/join",
        json=command(queue=mirror.session(unpaid[1].session).queue, person=unpaid[0], registration=unpaid[1].id),
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "registration_unpaid")
    answer = await kiosk.post("/api/kiosk/join", json=command(queue=queue, person=paid[0], registration="none"))
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_registration")
    answer = await kiosk.post("/api/kiosk/join", json=command(queue="enquiry", person="nobody"))
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_person")


async def test_a_scanned_ticket_leads_to_its_holder(site):
    kiosk = await site.device("kiosk")
    _, answer = await check_in(site, kiosk)
    ticket = answer.json()["ticket"]
    for value in (ticket["qr"], ticket["qr"].replace("HZ:", "https://queue.example.org/t/")):
        reply = await identify(kiosk, kind="code", value=value)
        (patient,) = reply["patients"]
        assert [one["number"] for one in patient["tickets"]] == [ticket["number"]]
        assert patient["appointments"][0]["problem"]["code"] == "already_checked_in"
    assert (await identify(kiosk, kind="code", value="HZ:guessed"))["patients"] == []


async def test_a_number_of_an_open_queue_is_found_by_its_code(site):
    kiosk = await site.device("kiosk")
    ticket = (await kiosk.post("/api/kiosk/join", json=command(queue="enquiry"))).json()["ticket"]
    (patient,) = (await identify(kiosk, kind="code", value=ticket["qr"]))["patients"]
    assert (patient["person"], patient["masked_name"], patient["hint"]) == ("", "", ticket["number"])
    assert [one["ticket"] for one in patient["tickets"]] == [ticket["ticket"]]


async def test_a_missed_number_of_nobody_is_found_by_its_code_and_waits_again(site):
    kiosk, nurse = await site.device("kiosk"), await site.staff()
    ticket = (await kiosk.post("/api/kiosk/join", json=command(queue="enquiry"))).json()["ticket"]
    station = await site.open_for(nurse, ticket)
    for action in ("call-next", "missed"):
        assert (await nurse.post(f"/api/station/{action}", json=command(station=station))).status_code == 200
    (patient,) = (await identify(kiosk, kind="code", value=ticket["qr"]))["patients"]
    assert [(one["qr"], one["status"]) for one in patient["tickets"]] == [(ticket["qr"], "missed")]
    answer = await kiosk.post("/api/kiosk/rejoin", json=command(ticket=ticket["ticket"], reason="patient"))
    assert answer.json()["ticket"]["status"] == "waiting"


async def test_a_number_that_has_ended_is_found_by_its_code_and_by_nothing_else(site):
    kiosk, nurse = await site.device("kiosk"), await site.staff()
    _, answer = await check_in(site, kiosk)
    held = answer.json()["ticket"]
    loose = (await kiosk.post("/api/kiosk/join", json=command(queue="enquiry"))).json()["ticket"]
    for ticket in (held, loose):
        body = command(ticket=ticket["ticket"], reason="patient")
        assert (await nurse.post("/api/desk/cancel", json=body)).status_code == 200
        (patient,) = (await identify(kiosk, kind="code", value=ticket["qr"]))["patients"]
        assert [(one["qr"], one["status"]) for one in patient["tickets"]] == [(ticket["qr"], "cancelled")]
    by_booking = await identify(kiosk, kind="code", value=site.bookings()[0][1].id)
    assert [patient["tickets"] for patient in by_booking["patients"]] == [[]]


async def test_a_kiosk_asks_for_its_own_paper_only(tmp_path):
    async with in_process(tmp_path / "data") as site:
        kiosk, other = await site.device("kiosk"), await site.device("kiosk")
        _, answer = await check_in(site, kiosk)
        await check_in(site, other, 1)
        ticket = answer.json()["ticket"]["ticket"]
        pending = (await kiosk.get("/api/kiosk/pending-prints")).json()
        assert [one["ticket"] for one in pending] == [ticket]
        token, clock = kiosk.headers["Authorization"], site.clock
    async with in_process(tmp_path / "data", clock) as site:
        kiosk = site.client(headers={"Authorization": token})
        pending = (await kiosk.get("/api/kiosk/pending-prints")).json()
        assert [one["ticket"] for one in pending] == [ticket], "also after the server was restarted"
        report = await kiosk.post("/api/kiosk/print", json=command(ticket=ticket, outcome="done"))
        assert report.status_code == 200, report.text
        assert (await kiosk.get("/api/kiosk/pending-prints")).json() == []
        assert (await kiosk.get(f"/api/kiosk/tickets/{ticket}")).json()["printed"] == "done"


async def test_a_ticket_nobody_has_is_not_found(site):
    kiosk = await site.device("kiosk")
    answer = await kiosk.get("/api/kiosk/tickets/none")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_ticket")
    answer = await kiosk.post("/api/kiosk/print", json=command(ticket="none", outcome="done"))
    assert (answer.status_code, answer.json()["code"]) == (409, "unknown_ticket")


@pytest.fixture
async def before_any_list(tmp_path, monkeypatch):
    """A first start while the hospital's system does not answer."""
    plug = tmp_path / "away"
    plug.touch()
    monkeypatch.setattr(Mirror.start, "__kwdefaults__", {"first_answer_s": 0.01})
    async with in_process(tmp_path / "data", hospital={"away_file": str(plug)}) as site:
        yield site


async def test_before_any_list_nobody_is_told_nothing_was_found(before_any_list):
    kiosk, nurse = await before_any_list.device("kiosk"), await before_any_list.staff()
    for answer in (
        await kiosk.post("/api/kiosk/identify", json={"kind": "id_card", "value": "x"}),
        await nurse.post("/api/desk/find", json={"kind": "name", "value": "王芳"}),
        await kiosk.post("/api/kiosk/check-in", json=command(person="p", appointment="a")),
        await kiosk.post("/api/kiosk/join", json=command(queue="internal", person="p", registration="r")),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "list_unavailable")
        assert answer.headers["retry-after"] == "30"


async def test_an_acknowledged_check_in_is_answered_again_after_the_list_changed(site):
    kiosk, nurse = await site.device("kiosk"), await site.staff()
    body, first = await check_in(site, kiosk)
    mirror = site.lobby.mirror
    registration = next(
        (person, one)
        for row in site.lobby.service.reader.query("SELECT person FROM people")
        for person in [row["person"]]
        for one in mirror.registrations_of(person)
        if one.status == "paid" and one.session in site.state.sessions
    )
    person, one = registration
    joining = command(queue=site.state.sessions[one.session].queue, person=person, registration=one.id)
    joined = await nurse.post("/api/desk/join", json=joining)
    assert joined.status_code == 200, joined.text
    # The hospital takes both off its list, as after a rebooking at a counter.
    mirror._today.appointments.pop(body["appointment"])
    mirror._today.registrations.pop(one.id)
    again = await kiosk.post("/api/kiosk/check-in", json=body)
    assert (again.status_code, again.json()["done"]) == (200, first.json()["done"])
    again = await nurse.post("/api/desk/join", json=joining)
    assert (again.status_code, again.json()["done"]) == (200, joined.json()["done"])
    other = await kiosk.post("/api/kiosk/check-in", json={**body, "command_id": str(uuid.uuid4())})
    assert (other.status_code, other.json()["code"]) == (404, "unknown_appointment")


async def test_an_old_list_says_so(site):
    kiosk = await site.device("kiosk")
    site.clock._base += 16 * 60_000_000  # time passes while the hospital's system does not answer
    reply = await identify(kiosk, kind="id_card", value="x")
    assert reply["list_is_old"] is True
    assert reply["list_as_of"].startswith("2026-11-23T08:50")


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("check-in", {"command_id": "not-a-uuid", "person": "p", "appointment": "a"}, "command_id"),
        ("check-in", {"person": "p", "appointment": "a"}, "command_id"),
        ("check-in", {**command(), "person": 7, "appointment": "a"}, "person"),
        ("identify", {"kind": "face", "value": "x"}, "kind"),
        ("print", {**command(), "ticket": "t", "outcome": "perhaps"}, "outcome"),
    ],
)
async def test_a_malformed_request_names_the_field_and_repeats_no_value(site, path, body, named):
    kiosk = await site.device("kiosk")
    answer = await kiosk.post(f"/api/kiosk/{path}", json=body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (400, "invalid_request")
    assert answer.headers["content-type"] == "application/problem+json"
    assert named in problem["detail"]
    assert "not-a-uuid" not in problem["detail"]


async def test_what_is_no_json_is_refused(site):
    kiosk = await site.device("kiosk")
    answer = await kiosk.post("/api/kiosk/identify", content=b"{", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


async def test_a_huge_request_is_refused(site):
    kiosk = await site.device("kiosk")
    answer = await kiosk.post("/api/kiosk/identify", json={"kind": "code", "value": "x" * 70_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
