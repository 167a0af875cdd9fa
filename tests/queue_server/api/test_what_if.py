"""A past day reckoned for an administrator: who may ask, what comes back, and what ends it."""

from __future__ import annotations

import asyncio
import sys

import pytest

from queue_server.replay.worker import SIMULATED, Asked
from queue_server.what_if import BusyError, WhatIf, WhatIfError
from tests.queue_server.api.rig import refused

ADDRESS = "/api/admin/what-if"


async def test_an_administrator_learns_who_waits_less(site):
    administrator = await site.staff("administrator")
    assert (await administrator.get(ADDRESS)).json() == {"days": [], "simulated": "simulated"}
    asked = {"day": SIMULATED, "more": {"queue": "clinic", "opens": "09:30"}}
    report = (await administrator.post(ADDRESS, json=asked)).json()
    (other,) = report["others"]
    assert report["fidelity"]["alike"] == report["fidelity"]["calls"] > 100
    assert other["name"] == {"zh": "门诊 09:30 起多一位医生", "en": "one more doctor for clinic from 09:30"}
    assert other["figures"]["all"]["mean"] < report["base"]["figures"]["all"]["mean"]
    assert other["differences"]["all"]["shorter"] > other["differences"]["all"]["longer"]
    before = site.lobby.what_if.process_id
    plain = (await administrator.post(ADDRESS, json={"day": SIMULATED})).json()
    assert (plain["others"], plain["queues"][0]["queue"]) == ([], "clinic")
    assert site.lobby.what_if.process_id == before


async def test_nobody_else_may_ask_and_a_page_must_be_ours(site):
    nurse, administrator = await site.staff("nurse"), await site.staff("administrator")
    refused(await nurse.post(ADDRESS, json={"day": SIMULATED}), 403, "forbidden")
    refused(await nurse.get(ADDRESS), 403, "forbidden")
    refused(await site.client().post(ADDRESS, json={"day": SIMULATED}), 401, "log_in_needed")
    del administrator.headers["X-CSRF-Token"]
    refused(await administrator.post(ADDRESS, json={"day": SIMULATED}), 403, "page_outdated")
    assert site.lobby.what_if.process_id is None


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"day": "2020-01-01"}, 404, "no_such_day"),
        ({"day": "2026-11-23"}, 404, "no_such_day"),
        ({"day": SIMULATED, "more": {"queue": "none", "opens": "09:30"}}, 409, "what_if_impossible"),
        ({"day": "yesterday"}, 400, "invalid_request"),
        ({"day": SIMULATED, "walk_in_ratio": 0}, 400, "invalid_request"),
        ({"day": SIMULATED, "more": {"queue": "clinic", "opens": "9:30"}}, 400, "invalid_request"),
    ],
)
async def test_what_cannot_be_reckoned_is_a_problem(site, asked, status, code):
    refused(await (await site.staff("administrator")).post(ADDRESS, json=asked), status, code)


async def test_an_account_asks_only_so_often(site):
    administrator = await site.staff("administrator")
    answers = [await administrator.post(ADDRESS, json={"day": "2020-01-01"}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [404] * 10 + [429]
    refused(answers[-1], 429, "too_many_requests")


SILENT = (
    sys.executable,
    "-c",
    "import sys; sys.stdin.readline(); print('x', file=open(sys.argv[1], 'w')); sys.stdin.read()",
)


async def asking(site, tmp_path, administrator):
    """A question that the program has got and does not answer."""
    heard = tmp_path / "heard"
    site.lobby.what_if = WhatIf((*SILENT, str(heard)))
    asked = asyncio.create_task(administrator.post(ADDRESS, json={"day": SIMULATED}))
    async with asyncio.timeout(10):
        while not heard.exists():  # noqa: ASYNC110 - another process's file
            await asyncio.sleep(0.01)
    return asked


async def test_one_question_at_a_time_and_none_for_a_page_that_has_gone(live, tmp_path):
    administrator = await live.staff("administrator")
    asked = await asyncio.wait_for(asking(live, tmp_path, administrator), 20)
    refused(await administrator.post(ADDRESS, json={"day": SIMULATED}), 409, "what_if_busy")
    process = live.lobby.what_if._process
    assert process.returncode is None
    asked.cancel()
    await asyncio.wait_for(process.wait(), 10)
    assert live.lobby.what_if.process_id is None


async def test_a_program_that_dies_is_no_answer_and_the_next_question_starts_another():
    dies = WhatIf((sys.executable, "-c", "import sys; sys.stdin.readline()"))
    with pytest.raises(WhatIfError, match="ended without an answer"):
        await dies.ask(Asked("", SIMULATED))
    assert dies.process_id is None
    mute = WhatIf((sys.executable, "-c", "import sys; sys.stdin.read()"), answer_s=0.2)
    with pytest.raises(WhatIfError, match="no answer"):
        await mute.ask(Asked("", SIMULATED))
    assert mute.process_id is None


async def test_a_second_question_is_refused_while_the_first_is_reckoned():
    mute = WhatIf((sys.executable, "-c", "import sys; sys.stdin.read()"))
    first = asyncio.create_task(mute.ask(Asked("", SIMULATED)))
    await asyncio.sleep(0)
    with pytest.raises(BusyError):
        await mute.ask(Asked("", SIMULATED))
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert mute.process_id is None
