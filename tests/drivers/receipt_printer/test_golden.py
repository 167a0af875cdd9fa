"""A whole ticket's bytes, profile by profile: what goes to the printer does not change without somebody's will.

Each file of ``golden`` holds one ticket, a unit a line in hexadecimal: initialising, the ticket in the printer's font
with QR code, bar code and logo, the mark behind it, the cut, and the mark behind that. Where a change is meant, write
them anew with ``python -m tests.drivers.receipt_printer.test_golden`` and read the difference against the manuals.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from drivers.device import PrintOutcome
from drivers.receipt_printer.commands import cut, initialise
from drivers.receipt_printer.document import Barcode, Document, Pair, Picture, QrCode, Rule, Space, Text
from drivers.receipt_printer.job import Mark
from drivers.receipt_printer.profile import PROFILES
from drivers.receipt_printer.text_mode import text_units
from tests.drivers.receipt_printer.conftest import opened, simulator

FOLDER = Path(__file__).parent / "golden"
TICKET = Document(
    (
        Picture(24, (b"\xff\xff\xff", b"\x80\x00\x01", b"\x81\x10\x01", b"\x80\x00\x01", b"\xff\xff\xff")),
        Text("补打", align="center", bold=True),
        Text("A023", size="number", align="center", bold=True),
        Text("心血管内科", size="title", align="center", bold=True),
        Rule(),
        Pair("前面还有", "7 人", bold=True),
        Text("请留意：叫号屏，和广播。"),
        Space(2),
        QrCode("https://h.example/t/ab", "扫码看进度"),
        Barcode("A023"),
        Barcode("6901234567892", "ean13", readable=False),
    )
)


def stream(profile):
    talk = SimpleNamespace(sensed=0, printed=())
    ids = itertools.cycle((b"ABCD", b"EFGH"))
    body, end = Mark(talk, profile, ids), Mark(talk, profile, ids, ahead=1)
    units = [initialise(profile), *text_units(TICKET, profile), body.unit, cut(profile), end.unit]
    return "".join(f"{unit.data.hex(' ').upper()}\n" for unit in units)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_whole_ticket(profile):
    assert stream(profile) == (FOLDER / f"{profile.name}.hex").read_text(encoding="ascii")


def test_every_profile_has_its_file_and_they_differ():
    assert {path.stem for path in FOLDER.glob("*.hex")} == set(PROFILES)
    assert len({path.read_bytes() for path in FOLDER.glob("*.hex")}) == len(PROFILES)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
async def test_the_simulated_printer_understands_all_of_it(profile):
    options = ["--width", str(profile.paper_mm), *([] if profile.process_id else ["--basic"])]
    with simulator("--tcp", "127.0.0.1:0", *options) as simulated:
        hasty = replace(profile, speed_mm_s=5000.0)
        async with opened(simulated, profile=hasty, mode="text") as printer:
            assert (await printer.print(TICKET, job="a")).outcome is PrintOutcome.DONE
        if not profile.cutter:
            await simulated.do("tear")
        (job,) = await simulated.jobs()
        assert job["complete"]
        assert job["codes"] == ["https://h.example/t/ab", "A023", "6901234567892"]
        assert {"补打", "A023", "心血管内科"} <= set(job["texts"])
        assert (await simulated.do("status"))["rejected"] == []


if __name__ == "__main__":
    for one in PROFILES.values():
        (FOLDER / f"{one.name}.hex").write_text(stream(one), encoding="ascii")
