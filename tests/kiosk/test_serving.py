"""What stands in devices.toml reaches the journeys."""

from __future__ import annotations

import asyncio
import contextlib
import os
import wave
from pathlib import Path

import pytest

from kiosk import serving
from kiosk.config import Configuration
from kiosk.data import DataFolder
from kiosk.panel import Panel
from kiosk.speech import VoicePlan
from kiosk.voice import SilentVoice
from kiosk.words import say
from queue_server.contract import Credential
from tests.kiosk.fakes import DEADLINE, FakeUi
from tests.kiosk.rig import STILL

NEEDED = """
[[device]]
name = "reader"
kind = "identity_card"
driver = "resident_id"
url = "tcp://127.0.0.1:9"

[[device]]
name = "printer"
kind = "receipt_printer"
driver = "escpos"
url = "tcp://127.0.0.1:9"
"""
OTHERS = """
[[device]]
name = "card-terminal"
kind = "payment_terminal"
driver = "zvt"
url = "tcp://127.0.0.1:9"

[[device]]
name = "reports"
kind = "document_printer"
driver = "ipp"
url = "ipp://127.0.0.1:9/ipp/print"

[[device]]
name = "stripe"
kind = "magnetic_stripe"
driver = "serial_stripe"
url = "tcp://127.0.0.1:9"
number = "[0-9]{10}"
"""


class Seen:
    """Stands where the attendant does, and keeps the world it was given."""

    def __init__(self, world):
        Seen.worlds.put_nowait(world)

    async def run(self):
        await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def served(devices, tmp_path, monkeypatch, **others):
    """The world of a kiosk with these devices, none of which is there, while it serves."""
    Seen.worlds = asyncio.Queue()
    monkeypatch.setattr(serving, "Attendant", Seen)
    folder = DataFolder(tmp_path / "kiosk")
    folder.keep_credential(Credential(device="d1", kind="kiosk", token="secret"))
    path = tmp_path / "devices.toml"
    path.write_text(devices, encoding="utf-8")
    configuration = Configuration(
        "1 号机", "http://127.0.0.1:9", None, path, "zh", scanner=False, panel=Panel(), durations=STILL, **others
    )
    running = asyncio.ensure_future(serving.serve(FakeUi(), configuration, folder))
    try:
        async with asyncio.timeout(DEADLINE):
            world = await Seen.worlds.get()
        yield world
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def world_of(devices, tmp_path, monkeypatch):
    async with served(devices, tmp_path, monkeypatch) as world:
        return world


async def test_terminal_and_report_printer_are_there_for_journeys(tmp_path, monkeypatch):
    pytest.importorskip("pypdfium2")
    world = await world_of(NEEDED + OTHERS, tmp_path, monkeypatch)
    assert (world.terminal.name, world.report_printer.name) == ("card-terminal", "reports")
    assert world.ways.gone <= {"identity", "hospital"}
    assert world.ways.works | world.ways.gone == {"identity", "hospital"}


async def test_a_kiosk_has_what_it_needs_and_no_more(tmp_path, monkeypatch):
    world = await world_of(NEEDED, tmp_path, monkeypatch)
    assert (world.terminal, world.report_printer, world.other_cards) == (None, None, None)
    assert world.ways.works | world.ways.gone == {"identity"}
    assert isinstance(world.voice, SilentVoice)


def is_there(path):
    return Path(path).exists()


async def test_a_kiosk_with_a_loudspeaker_says_what_it_is_told(tmp_path, monkeypatch):
    """From the sentence to the program that plays: the sound is rendered in earnest, and heard by a file."""
    programs = tmp_path / "bin"
    programs.mkdir()
    heard = tmp_path / "heard.wav"
    os.mkfifo(told := tmp_path / "told")
    player = programs / "aplay"
    player.write_text(f'#!/bin/sh\nfor file; do :; done\ncp "$file" {heard}\necho "$*" > {told}\n', encoding="utf-8")
    player.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    async with served(NEEDED, tmp_path, monkeypatch, voice=VoicePlan("aplay", "hall", 140)) as world:
        world.voice.say(say("card.title"), "zh")
        async with asyncio.timeout(DEADLINE):
            words = await asyncio.to_thread(told.read_text, encoding="utf-8")
        assert words.startswith("-q -D hall ")
    with heard.open("rb") as source, wave.open(source, "rb") as file:
        assert file.getnframes() > file.getframerate()
    assert not is_there(words.split()[-1]), "no sentence stays"
