"""``houzhen-server simulate`` and ``replay``: what they write and print, and how they refuse."""

from __future__ import annotations

import hashlib
import re
from itertools import count
from uuid import UUID

import pytest

from queue_server.cli import main
from queue_server.engine.commands import Tick
from queue_server.engine.due import next_due
from queue_server.log import maintenance
from queue_server.log.errors import LogUnusableError
from queue_server.replay.days import days_in, read_day
from queue_server.replay.past import PastError
from queue_server.replay.report import report_of
from queue_server.simulation import scenarios
from queue_server.simulation.runner import run_seed
from tests.queue_server.api.rig import command, in_process

DAY = "2026-03-02"
STAMPS = """
[stamps]
missed = []
lock = 0

[stamps.appointment]
type = "time"
anchor = "check_in"
sentence = { zh = "{check_in} 签到", en = "Here since {check_in}" }

[stamps.walk_in]
type = "time"
anchor = "check_in"
allowance_min = 600
sentence = { zh = "{check_in} 签到", en = "Here since {check_in}" }

[stamps.late]
type = "time"
anchor = "check_in"
sentence = { zh = "{check_in} 签到", en = "Here since {check_in}" }

[[stamps.missed]]
type = "time"
anchor = "now"
sentence = { zh = "{now} 回来", en = "Back {now}" }
"""


@pytest.fixture
def run(capsys):
    def call(*arguments):
        status = main([str(one) for one in arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    data = tmp_path_factory.mktemp("simulated") / "data"
    assert main(["simulate", "--day-file", "half_day_clinic", "--seed", "7", "--out", str(data)]) == 0
    return data


def replay(data, *more):
    return ("replay", "--data", data, "--day", DAY, *more)


def test_a_simulated_day_is_a_log_that_every_tool_reads(simulated, tmp_path):
    counts = maintenance.rebuild(simulated)
    assert (counts.events, counts.tickets) == (565, 127)
    assert maintenance.backup(simulated, tmp_path / "copy") == counts
    run_again = run_seed(scenarios.half_day_clinic(), scenarios.policies()["stamped"], 7)
    assert read_day(tmp_path / "copy", DAY).log == run_again.log


def test_a_simulated_day_is_never_written_over_anything(run, simulated):
    status, out, err = run("simulate", "--day-file", "half_day_clinic", "--out", simulated)
    assert (status, out) == (1, "")
    assert f"{simulated} is not empty. Nothing was written." in err


def test_without_a_place_to_write_policies_are_compared(run):
    status, out, _ = run("simulate", "--day-file", "half_day_clinic", "--days", "3", "--target-min", "20")
    assert (status, out.splitlines()[0]) == (0, "3 days; waits in minutes, target 20; ± one standard error")
    assert {line.split()[0] for line in out.splitlines()[2:]} == {"fcfs", "strict", "stamped"}


def test_a_policy_is_chosen_by_name(run, tmp_path):
    status, out, err = run("simulate", "--day-file", "half_day_clinic", "--use", "none", "--out", tmp_path / "d")
    assert (status, out) == (1, "")
    assert "no policy is called 'none'; known: fcfs, strict, stamped" in err
    status, out, _ = run("simulate", "--day-file", "half_day_clinic", "--use", "fcfs", "--out", tmp_path / "d")
    assert "as fcfs orders it" in out


def test_a_mistake_in_a_day_is_told_with_file_key_and_value(run, tmp_path):
    file = tmp_path / "day.toml"
    file.write_text("[[clinics]]\nid = 'im'\nservice = { type = 'exponential', mean_min = -1 }\n", encoding="utf-8")
    status, out, err = run("simulate", "--day-file", file)
    assert (status, out) == (1, "")
    assert err == f"houzhen-server simulate: {file}: clinics.1.service.mean_min = -1: Expected `float` > 0.0\n"


def test_the_days_of_a_log_are_told(run, simulated):
    assert run("replay", "--data", simulated) == (0, f"{DAY}  simulated\n", "")
    status, _, err = run("replay", "--data", simulated, "--day", "2026-03-03")
    assert (status, err) == (
        1, f"houzhen-server replay: 2026-03-03 is not in this log. The days in it are {DAY}.\n",
    )  # fmt: skip


def test_a_day_comes_again_and_alternatives_are_compared(run, simulated, tmp_path):
    stamps = tmp_path / "booked_first.toml"
    stamps.write_text(STAMPS.replace("missed = []\n", ""), encoding="utf-8")
    before = hashlib.sha256((simulated / "houzhen.sqlite3").read_bytes()).digest()
    arguments = replay(
        simulated, "--stamps", stamps, "--station", "clinic=09:30", "--allowance", "0", "--ratio", "walk-in=3:1",
        "--lock", "1", "--html", tmp_path / "page.html",
    )  # fmt: skip
    status, out, err = run(*arguments)
    assert (status, err) == (0, "")
    assert "all 135 calls, same order, same moment, same room" in out
    for name in ("booked_first", "one more doctor for clinic from 09:30", "walk-ins 0 min later", "walk-in 3:1"):
        assert name in out
    assert re.search(r"^one more doctor .* booked +-\d", out, re.MULTILINE)
    assert hashlib.sha256((simulated / "houzhen.sqlite3").read_bytes()).digest() == before
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 3 + 4
    assert not re.search(r"(src|href)=|url\((?!#)|@import|<script", page), "the page needs nothing from anywhere"
    assert page.replace('xmlns="http://www.w3.org/2000/svg"', "").count("http") == 0


def test_changes_can_be_made_together(run, simulated):
    _, out, _ = run(*replay(simulated, "--station", "clinic=09:30", "--lock", "0", "--together"))
    assert "one more doctor for clinic from 09:30, first 0 places fixed" in out


@pytest.mark.parametrize(("language", "has", "lacks"), [("zh", "现场", "walk-in"), ("en", "walk-in", "现场")])
def test_a_page_speaks_one_language_or_both(run, simulated, tmp_path, language, has, lacks):
    run(*replay(simulated, "--lock", "0", "--html", tmp_path / "page.html", "--lang", language))
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert has in page
    assert lacks not in page


@pytest.mark.parametrize(
    ("stamps", "words"),
    [
        ("", "stamps: is missing"),
        (
            STAMPS.replace("missed = []\n", "").replace("600", '"ten"'),
            'stamps.walk_in.allowance_min = "ten": must be a',
        ),
        (
            STAMPS.replace("missed = []\n", "").replace("lock = 0", "lok = 0"),
            'stamps.lok: unknown key; did you mean "l',
        ),
        (STAMPS, "is not TOML"),
    ],
)
def test_a_mistake_in_stamps_is_told_with_file_key_and_value(run, simulated, tmp_path, stamps, words):
    file = tmp_path / "other.toml"
    file.write_text(stamps, encoding="utf-8")
    status, out, err = run(*replay(simulated, "--stamps", file))
    assert (status, out) == (1, "")
    assert f"{file}: {words}" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--station", "clinic"), "'clinic': a queue and when, as in im=09:30"),
        (("--station", "clinic=25:00"), "'clinic=25:00': a queue and when"),
        (("--ratio", "walk-in=0:1"), "'walk-in=0:1': walk-in=N:1 or return=N:1"),
        (("--allowance", "-5"), "'-5': a whole number from 0 to 1440"),
        (("--lock", "x"), "'x': a whole number from 0 to 100"),
    ],
)
def test_a_wrong_command_line_says_what_is_right(capsys, simulated, arguments, words):
    with pytest.raises(SystemExit, match="2"):
        main([str(one) for one in replay(simulated, *arguments)])
    assert words in capsys.readouterr().err


def test_a_queue_that_is_not_there_is_told(run, simulated):
    status, _, err = run(*replay(simulated, "--station", "none=09:30"))
    assert status == 1
    assert "no room calls a queue 'none'; the clinics' queues are clinic" in err


def test_where_there_is_no_log_nothing_is_made(run, tmp_path):
    status, _, err = run("replay", "--data", tmp_path / "none", "--day", DAY)
    assert (status, "holds no houzhen.sqlite3" in err, (tmp_path / "none").exists()) == (1, True, False)


async def test_a_running_servers_log_is_read_and_its_open_day_refused(tmp_path):
    async with in_process(tmp_path / "data") as site:
        await site.check_in(await site.device("kiosk"))
        (found,) = days_in(tmp_path / "data")
        assert (found.day, found.is_over) == ("2026-11-23", False)
        with pytest.raises(PastError, match="2026-11-23 is still open"):
            read_day(tmp_path / "data", "2026-11-23")


async def test_a_day_that_a_server_kept_comes_again(tmp_path):
    async with in_process(tmp_path / "data") as site:
        kiosk, nurse = await site.device("kiosk"), await site.staff()
        ticket = await site.check_in(kiosk)
        await site.check_in(kiosk, 1)
        station = await site.open_for(nurse, ticket)
        for step in ("call-next", "start", "finish"):
            site.clock.advance(40_000_000)
            answer = await nurse.post(f"/api/station/{step}", json=command(station=station))
            assert answer.status_code == 200, answer.text
        service, number = site.lobby.service, count()
        while (day := service.committed.day).day == "2026-11-23" and not day.ended:
            site.clock.set(max(site.clock.now(), next_due(service.committed)))
            await service.submit(Tick(), actor="test", command_id=str(UUID(int=next(number))))
        logged = read_day(tmp_path / "data", "2026-11-23")
    assert [call.station for call in logged.past.calls] == [station]
    report = report_of(logged, [])
    assert (report.visits, report.fidelity.is_whole) == (2, True)
    assert report.base.figures == report.day_figures


def test_reading_needs_a_log_of_this_version(tmp_path):
    (tmp_path / "houzhen.sqlite3").write_bytes(b"")
    with pytest.raises(LogUnusableError, match="older version"):
        days_in(tmp_path)
