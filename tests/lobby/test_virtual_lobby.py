"""The demo's own parts, each alone: its programs, its display, its staff."""

from __future__ import annotations

import asyncio
import json
import os
import select
import socket
import sqlite3
import subprocess
import sys
from typing import get_args

import pytest
from PIL import Image
from virtual_lobby import power
from virtual_lobby.cards import in_english
from virtual_lobby.client import Acknowledged, RefusedError
from virtual_lobby.codes import code_on
from virtual_lobby.crowd import Pace, Staff
from virtual_lobby.display import machine_display
from virtual_lobby.lobby import Lobby, LogIn, Options
from virtual_lobby.processes import WITH_ITS_PARENT, Programs
from virtual_lobby.staff_news import StaffNews

from drivers.receipt_printer.document import Document, QrCode, Text
from drivers.receipt_printer.raster import render
from queue_server.config import load
from queue_server.contract import PartKind, Trouble
from queue_server.hospital import sample
from tests.drivers.conftest import ROOT

WORDS = ROOT / "queue_server" / "web" / "words.json"

STARTS_A_CHILD_AND_STAYS = """
import asyncio, pathlib, sys
from virtual_lobby.processes import Programs

COMMAND = ["sh", "-c", "echo ready; exec sleep 600"]  # by then it is bound to its parent

async def main():
    child = await Programs(pathlib.Path(sys.argv[1])).start("child", COMMAND, announces=True)
    print(child.process.pid, flush=True)
    await child.process.wait()

asyncio.run(main())
"""


def test_what_the_demo_started_ends_with_it_however_it_ends(tmp_path):
    demo = subprocess.Popen(
        [*WITH_ITS_PARENT, sys.executable, "-c", STARTS_A_CHILD_AND_STAYS, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "packaging"},
    )
    with demo:
        child = os.pidfd_open(int(demo.stdout.readline()))
        demo.kill()
    try:
        assert select.select([child], [], [], 30)[0] == [child]  # a pidfd can be read once its process is gone
    finally:
        os.close(child)


async def test_an_administrator_who_could_not_log_in_logs_in_the_next_time(tmp_path, monkeypatch):
    lobby = Lobby(Options(tmp_path), Programs(tmp_path))
    lobby.administrator = LogIn("admin", "secret")
    asked, may_answer = [], asyncio.Event()

    async def staff(log_in):
        asked.append(log_in)
        if len(asked) == 1:
            raise RefusedError("log_unavailable", 503)
        await may_answer.wait()
        return "client"

    monkeypatch.setattr(lobby, "staff", staff)
    with pytest.raises(RefusedError):
        await lobby.as_administrator()
    one, other = (asyncio.ensure_future(lobby.as_administrator()) for _ in range(2))
    await asyncio.sleep(0)
    one.cancel()
    await asyncio.wait([one])
    may_answer.set()
    assert await other == "client"
    assert len(asked) == 2, "once for both"


OPENED = {"type": "DayOpened", "day": "2026-11-26"}


def issued(number, session=None):
    return {"type": "TicketIssued", "queue": "enquiry", "doctor": None, "session": session, "number": number}


def log_of(path, *commands):
    """A log with the outcomes and events of ``(command id, decided at, event)``."""
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE outcomes (command_id TEXT)")
    database.execute(
        "CREATE TABLE events (position INTEGER, actor TEXT, command_id TEXT, decided_at INTEGER, body TEXT)"
    )
    for position, (command, decided_at, event) in enumerate(commands, 1):
        database.execute("INSERT INTO outcomes VALUES (?)", (command,))
        row = (position, "device", command, decided_at, json.dumps(event))
        database.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?)", row)
    database.commit()
    database.close()
    return path


@pytest.mark.parametrize(
    ("commands", "logged", "missing", "doubled"),
    [
        ([("a", 1, issued("Z001")), ("b", 2, issued("Z002"))], 2, (), 0),
        ([("a", 1, issued("Z001"))], 1, ("b",), 0),
        ([("a", 1, issued("Z001")), ("b", 2, issued("Z001"))], 2, (), 1),
        ([("a", 1, issued("Z001", "am")), ("b", 2, issued("Z001", "pm"))], 2, (), 0),
        ([("a", 1, issued("Z001")), ("b", 2, OPENED), ("c", 3, issued("Z001"))], 2, (), 0),  # numbers of another day
        ([("a", 1, issued("Z001")), ("a", 2, issued("Z002")), ("b", 3, OPENED)], 2, (), 1),  # carried out twice
    ],
)
def test_a_power_cut_counts_what_is_missing_and_what_is_there_twice(tmp_path, commands, logged, missing, doubled):
    database = log_of(tmp_path / "log.sqlite3", *commands)
    told = [Acknowledged("a", 1), Acknowledged("b", 2)]
    count = power.count(told, database, back_seconds=1.0, caught_up_seconds=2.0)
    assert (count.acknowledged, count.logged, count.missing, count.doubled) == (2, logged, missing, doubled)
    assert count.holds == (not missing and not doubled)


def test_what_a_scanner_reads_is_what_is_on_the_paper(tmp_path):
    paper = tmp_path / "ticket.png"
    ticket = Document((Text("A001"), QrCode("HZ:8fK2mQ7xZp4W")))
    render(ticket, 576).save(paper)
    assert code_on(paper) == "HZ:8fK2mQ7xZp4W"


def test_paper_without_a_code_cannot_be_scanned(tmp_path):
    paper = tmp_path / "blank.png"
    Image.new("L", (576, 400), 255).save(paper)
    with pytest.raises(ValueError, match="no code on this paper"):
        code_on(paper)


def test_a_display_that_is_only_named_is_none(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    assert machine_display() is None
    for name in (":9753", "127.0.0.1:1", "nonsense", ":x"):
        monkeypatch.setenv("DISPLAY", name)
        assert machine_display() is None


def test_a_display_that_listens_is_used(monkeypatch):
    number = 9754
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0/tmp/.X11-unix/X{number}")
        server.listen()
        monkeypatch.setenv("DISPLAY", f":{number}.0")
        display = machine_display()
    assert display is not None
    assert display.name == f":{number}.0"


class Station:
    """Refuses as it is told, and writes down what it was asked."""

    def __init__(self, *refusals: str | None) -> None:
        self.refusals = list(refusals)
        self.asked: list[str] = []
        self.enough = asyncio.Event()

    async def do(self, path: str, **_: object) -> None:
        self.asked.append(path.rpartition("/")[2])
        if not self.refusals:
            self.enough.set()
            await asyncio.Event().wait()
        if (code := self.refusals.pop(0)) is not None:
            raise RefusedError(code, 409)


async def test_staff_go_on_whatever_a_visitor_does_at_their_station():
    station = Station("station_open", "nobody_waiting", "moved_on", "station_closed", None, None)
    staff = asyncio.create_task(Staff(station, "r105", "d1", seed=3).run(Pace(0, 0, 0)))
    await asyncio.wait_for(station.enough.wait(), 30)
    staff.cancel()
    await asyncio.gather(staff, return_exceptions=True)
    assert station.asked == ["open", "call-next", "call-next", "call-next", "open", "call-next", "start"]


def test_what_staff_are_told_is_in_the_words_of_their_pages():
    news = StaffNews(WORDS)
    report = {"name": "printer", "kind": "receipt_printer", "trouble": "paper_out"}
    well = {"name": "reader", "kind": "identity_card", "trouble": None}
    board = {"name": "board", "trouble": "silent", "error": "timeout", "since": "2026-03-02T09:10:11+08:00"}
    news.take([{"reports": [report, well]}, {"reports": []}], [board, {**board, "name": "x", "trouble": None}])
    assert news.told == {
        "printer": ("打印机没有纸了，请换纸", "printer has no paper; load a roll"),
        "board": (
            "从 09:10 起没有应答。请检查屏的电源和线",
            "No answer since 09:10. Check its power and its cable",
        ),
    }


def test_what_a_card_is_good_for_is_said_in_english_too():
    configuration = load(ROOT / "config")
    hospital = sample.from_options(dict(configuration.hospital.options), configuration.folder, configuration.zone)
    names = {clinic.id: clinic.name.en for clinic in configuration.site.clinics}
    names |= {order.name.zh: order.name.en for order in asyncio.run(hospital.today("2026-11-26")).orders}
    notes = [in_english(card.note, names) for card in hospital.cards("2026-11-26")]
    assert [note for note in notes if not note.isascii() or note != note.strip()] == []
    assert in_english(
        "预约 09:00 im；孩子预约，医生停诊 10:10 ped；胸部 CT已付费",
        {"im": "Internal Medicine", "ped": "Paediatrics", "胸部 CT": "Chest CT"},
    ) == ("booked 09:00 Internal Medicine; child: booked, the doctor is away 10:10 Paediatrics; Chest CT, paid")


@pytest.mark.parametrize("kind", get_args(PartKind))
@pytest.mark.parametrize("trouble", get_args(Trouble))
def test_every_trouble_has_its_sentence(kind, trouble):
    news = StaffNews(WORDS)
    news.take([{"reports": [{"name": "it", "kind": kind, "trouble": trouble}]}], [])
    assert all("{" not in sentence for sentence in news.told["it"])
