"""Asking again and again: when, how an outage is told, and what a defect may say."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from queue_server.hospital.port import HospitalAway
from tests.queue_server.hospital.wards import DAY, MINUTE, START, TOMORROW


async def test_it_asks_again_in_the_background(mirror, ward, clock):
    await clock.pass_a_nap()
    await ward.until_asked(3)
    await clock.pass_a_nap()
    await ward.until_asked(4)
    assert ward.asked == [DAY, TOMORROW, DAY, DAY]
    assert mirror.failing is None


async def test_tomorrow_is_asked_for_hourly(make, ward, clock):
    mirror = make()
    for minutes in (0, 30, 29, 1, 59):
        clock.advance(minutes * MINUTE)
        await mirror.refresh()
    assert ward.asked == [DAY, TOMORROW, DAY, DAY, DAY, TOMORROW, DAY]


async def test_a_refresh_can_be_had_now(mirror, ward, clock):
    async with asyncio.timeout(10):
        await clock._asleep.wait()
    mirror.refresh_soon()
    await ward.until_asked(3)
    assert clock.now() == START


async def test_while_the_hospital_is_away_the_list_goes_on_and_says_its_age(make, ward, clock, table):
    mirror = make()
    await mirror.refresh()
    assert mirror.as_of == START
    ward.sample.away = True
    clock.advance(15 * MINUTE)
    with pytest.raises(HospitalAway):
        await mirror.refresh()
    assert not mirror.is_old(clock.now())
    clock.advance(1)
    assert mirror.is_old(clock.now())
    assert mirror.as_of == START
    assert mirror.appointments_of(table.of("P00001"))
    ward.sample.away = False
    await mirror.refresh()
    assert mirror.as_of == clock.now()
    assert not mirror.is_old(clock.now())


async def test_an_outage_is_logged_once_and_its_end_once(mirror, ward, clock):
    with capture_logs() as logs:
        ward.sample.away = True
        for times in range(3, 7):
            await clock.pass_a_nap()
            await ward.until_asked(times)
        assert mirror.failing == "the sample hospital is set to be away"
        ward.sample.away = False
        await clock.pass_a_nap()
        await ward.until_asked(7)
        await clock.pass_a_nap()
    events = [entry["event"] for entry in logs]
    assert events == ["hospital.away", "hospital.back"]
    assert mirror.failing is None


async def test_pauses_grow_while_nobody_answers_and_are_short_again_after(make, ward, clock):
    ward.sample.away = True
    mirror = make()
    await mirror.start(first_answer_s=0.0)
    for _ in range(7):
        await clock.pass_a_nap()
    ward.sample.away = False
    await clock.pass_a_nap()
    ward.sample.away = True
    await clock.pass_a_nap()
    assert clock.naps == [2, 4, 8, 16, 32, 60, 60, 30, 2]


async def test_a_defect_is_logged_by_its_type_alone_and_tried_again(make, ward, clock):
    def broken(_):
        raise KeyError("王秀英")

    mirror = make()
    await mirror.start()
    with capture_logs() as logs:
        ward.change = broken
        for times in range(3, 6):
            await clock.pass_a_nap()
            await ward.until_asked(times)
        ward.change = lambda found: found
        await clock.pass_a_nap()
        await ward.until_asked(6)
        await clock.pass_a_nap()
    assert [entry["event"] for entry in logs] == ["hospital.refresh_failed", "hospital.back"]
    assert logs[0]["error"] == "KeyError"
    assert "test_rounds.py" in logs[0]["at"][-1]
    assert "王秀英" not in repr(logs)
    assert clock.naps[:4] == [30, 2, 4, 8]
    assert mirror.failing is None


async def test_who_asks_for_news_while_a_round_is_under_way_gets_another_round(make, ward):
    mirror = make()

    def ask_meanwhile(found):
        if len(ward.asked) == 1:
            mirror.refresh_soon()
        return found

    ward.change = ask_meanwhile
    await mirror.start()
    await ward.until_asked(3)  # today, tomorrow, and today again although the clock stands still
