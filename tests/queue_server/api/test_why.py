"""Two slips, one sentence; waits past their limit; the record of what was said of waits; the public rules."""

from __future__ import annotations

import re

import msgspec
import pytest

from queue_server.api.topics import StationTopic
from queue_server.engine.entries import SiteIndex
from queue_server.masking import mask
from tests.queue_server.api.rig import command

MINUTE = 60_000_000


async def two_slips(site, kiosk):
    """Two tickets of one queue and doctor: their views."""
    sessions = site.state.sessions
    first = {}
    for index, (_, booked) in enumerate(site.bookings()):
        lane = (sessions[booked.session].queue, sessions[booked.session].doctor)
        if lane in first:
            return (await site.check_in(kiosk, first[lane]), await site.check_in(kiosk, index))
        first[lane] = index
    raise LookupError("no list has two bookings")


@pytest.mark.parametrize("audience", ["kiosk", "desk"])
async def test_two_slips_one_sentence(site, audience):
    kiosk = await site.device("kiosk")
    asker = kiosk if audience == "kiosk" else await site.staff()
    one, other = await two_slips(site, kiosk)
    answer = await asker.post(f"/api/{audience}/why", json={"one": one["qr"], "other": other["qr"]})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["first"] == one["number"]
    assert said["numbers"] == [one["number"], other["number"]]
    assert said["position"] == site.state.position
    assert said["reasons"] == [one["reason"], other["reason"]]
    assert said["sentence"]["zh"].startswith(said["rule"]["zh"])
    for ticket in (one, other):
        for language in ("zh", "en"):
            assert f"{ticket['number']}" in said["sentence"][language]
            assert ticket["reason"][language] in said["sentence"][language]
        assert ticket["ticket"] not in answer.text
        person = site.state.tickets[ticket["ticket"]].person
        assert person not in answer.text
        assert mask(site.lobby.service.people.name(person)) not in answer.text
    # The order of the scans changes nothing.
    turned = (await asker.post(f"/api/{audience}/why", json={"one": other["qr"], "other": one["qr"]})).json()
    assert (turned["sentence"], turned["numbers"]) == (said["sentence"], said["numbers"])


async def test_at_the_desk_a_number_will_do_and_at_the_kiosk_it_will_not(site):
    kiosk, nurse = await site.device("kiosk"), await site.staff()
    one, other = await two_slips(site, kiosk)
    asked = {"one": one["number"].lower(), "other": f" {other['number']} "}
    said = (await nurse.post("/api/desk/why", json=asked)).json()
    assert said["numbers"] == [one["number"], other["number"]]
    mixed = (await nurse.post("/api/desk/why", json={"one": one["qr"], "other": other["number"]})).json()
    assert mixed["sentence"] == said["sentence"]
    for wrong in ("Q999", "", "HZ:guessed"):
        answer = await nurse.post("/api/desk/why", json={"one": one["number"], "other": wrong})
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_ticket")
    answer = await nurse.post("/api/desk/why", json={"one": one["number"], "other": one["qr"]})
    assert (answer.status_code, answer.json()["code"]) == (400, "same_ticket")
    answer = await kiosk.post("/api/kiosk/why", json=asked)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_ticket")


async def test_a_number_on_several_tickets_is_the_one_that_competes_or_is_asked_about(site):
    kiosk, nurse = await site.device("kiosk"), await site.staff()
    one, other = await two_slips(site, kiosk)
    tickets = site.state.tickets
    apart = (await nurse.post("/api/desk/join", json=command(queue="enquiry"))).json()["ticket"]
    again = (await nurse.post("/api/desk/join", json=command(queue="cashier"))).json()["ticket"]
    for view in (apart, again):
        tickets[view["ticket"]] = msgspec.structs.replace(tickets[view["ticket"]], number=other["number"])
    said = (await nurse.post("/api/desk/why", json={"one": one["qr"], "other": other["number"]})).json()
    assert said["numbers"] == [one["number"], other["number"]]
    assert said["because"] in {"key", "seq"}
    stranger = (await nurse.post("/api/desk/join", json=command(queue="cashier"))).json()["ticket"]
    tickets[stranger["ticket"]] = msgspec.structs.replace(tickets[stranger["ticket"]], number="X777", queue="nowhere")
    answer = await nurse.post("/api/desk/why", json={"one": "X777", "other": other["number"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "number_repeated")
    assert other["number"] in answer.json()["message"]["zh"]


async def test_a_code_that_is_no_ticket_and_one_scanned_twice_are_refused(site):
    kiosk = await site.device("kiosk")
    one, _ = await two_slips(site, kiosk)
    answer = await kiosk.post("/api/kiosk/why", json={"one": one["qr"], "other": "HZ:guessed"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_ticket")
    answer = await kiosk.post("/api/kiosk/why", json={"one": one["qr"], "other": one["qr"]})
    assert (answer.status_code, answer.json()["code"]) == (400, "same_ticket")


async def test_comparing_is_limited_like_every_look_up(site):
    kiosk = await site.device("kiosk")
    answers = [await kiosk.post("/api/kiosk/why", json={"one": "HZ:a", "other": "HZ:b"}) for _ in range(61)]
    assert {answer.status_code for answer in answers[:60]} == {404}
    assert answers[60].json()["code"] == "too_many_requests"


async def test_a_wait_past_its_limit_is_shown_at_the_station_and_the_desk_and_moves_nobody(site):
    nurse, kiosk = await site.staff(), await site.device("kiosk")
    one, other = await two_slips(site, kiosk)
    station = await site.open_for(nurse, one)
    queues = [msgspec.structs.replace(each, wait_limit_min=10) for each in site.configuration.site.queues]
    site.state.index = SiteIndex(msgspec.structs.replace(site.configuration.site, queues=queues), "limited")
    before = (await nurse.get(f"/api/station/{station}")).json()
    assert before["alarms"] == []
    held = site.state.tickets[one["ticket"]]
    begins = max(held.issued_at, site.state.sessions[held.session].starts_at)
    site.clock.set(begins + 10 * MINUTE)
    shown = (await nurse.get(f"/api/station/{station}")).json()
    assert {alarm["number"] for alarm in shown["alarms"]} == {one["number"], other["number"]}
    assert all(alarm["limit_min"] == 10 for alarm in shown["alarms"])
    assert [row["ticket"] for row in shown["waiting"]] == [row["ticket"] for row in before["waiting"]]
    at_desk = (await nurse.get("/api/desk/waits")).json()
    assert [alarm["ticket"] for alarm in at_desk["alarms"]] == [alarm["ticket"] for alarm in shown["alarms"]]


async def test_an_alarm_reaches_an_open_console_without_an_event(site):
    nurse, kiosk = await site.staff(), await site.device("kiosk")
    one, _ = await two_slips(site, kiosk)
    station = await site.open_for(nurse, one)
    queues = [msgspec.structs.replace(each, wait_limit_min=10) for each in site.configuration.site.queues]
    site.state.index = SiteIndex(msgspec.structs.replace(site.configuration.site, queues=queues), "limited")
    hub = site.lobby.hub
    topic = StationTopic(site.lobby.views, station)
    hub.open("probe", lambda: topic, "probe", None)
    channel = hub._channels["probe"]
    (listener,) = channel.listeners
    await listener.take()
    hub._look_at_the_time(channel)
    held = site.state.tickets[one["ticket"]]
    site.clock.set(max(held.issued_at, site.state.sessions[held.session].starts_at) + 10 * MINUTE)
    hub._look_at_the_time(channel)
    hub._look_at_the_time(channel)
    frames = (await listener.take()).decode().count("event: view")
    assert frames == 1, "once when it comes, and not again while it stays"


async def test_the_record_is_shown_to_the_administration(site):
    nurse, administrator, kiosk = await site.staff(), await site.staff("administrator"), await site.device("kiosk")
    one, _ = await two_slips(site, kiosk)
    queue = site.state.tickets[one["ticket"]].queue
    station = await site.open_for(nurse, one)
    assert (await nurse.get("/api/desk/waits")).json()["track_record"] == {"inside": 0, "waits": 0, "percent": None}
    for what in ("call-next", "start", "finish"):
        answer = await nurse.post(f"/api/station/{what}", json=command(station=station))
        assert answer.status_code == 200, answer.text
    records = {each["queue"]: each["track_record"] for each in (await administrator.get("/api/admin/waits")).json()}
    assert records[queue]["waits"] == 1
    assert records[queue]["percent"] in {0, 100}
    assert (await nurse.get(f"/api/station/{station}")).json()["track_record"]["waits"] == 1


async def test_the_ticket_says_what_was_promised_and_expected(site):
    kiosk = await site.device("kiosk")
    one, _ = await two_slips(site, kiosk)
    held = site.state.tickets[one["ticket"]]
    assert one["promise"]["zh"] == held.stamp.promise.zh
    assert one["wait_at_issue"]["low_min"] < one["wait_at_issue"]["high_min"]


async def test_the_rules_are_public_in_both_languages(site):
    stranger = site.client()
    for language, words in (("zh", "排队规则"), ("en", "How the queue is ordered")):
        page = await stranger.get("/rules", params={"lang": language})
        assert page.status_code == 200
        assert words in page.text
        for queue in site.configuration.site.queues:
            assert f'id="{queue.id}"' in page.text
        # A rule's sentence in the other language would be a word left out of the catalogue.
        said = "".join(re.findall(r"<d[dt][^>]*>(.*?)</d[dt]>", page.text))
        assert bool(re.search(r"[\u4e00-\u9fff]", said)) == (language == "zh")
