"""58 mm of paper at the wire: full printers and clones, drawn tickets and the printer's own font."""

from __future__ import annotations

import pytest

from drivers.device import PrintOutcome
from drivers.receipt_printer.commands import CUT_FEED_LINES
from drivers.receipt_printer.profile import PROFILES
from drivers.receipt_printer.raster import render
from tests.drivers.receipt_printer.conftest import full_ticket, opened, profile_for, simulator

NARROW = 384


@pytest.fixture(scope="module", params=["tcp", pytest.param("pty", marks=pytest.mark.slow)])
def _line(request):
    return ["--tcp", "127.0.0.1:0"] if request.param == "tcp" else ["--pty"]


@pytest.fixture(scope="module", params=["58mm", "58mm-basic"])
def _narrow(request, _line):
    clone = [] if PROFILES[request.param].process_id else ["--basic"]
    with simulator("--width", "58", *clone, *_line) as simulated:
        yield simulated


@pytest.fixture
async def narrow(_narrow):
    await _narrow.set_to_rights()
    return _narrow


async def test_a_drawn_ticket_fits_and_is_whole(narrow):
    async with opened(narrow) as printer:
        result = await printer.print(full_ticket(), job="a")
    assert (result.outcome, result.error) == (PrintOutcome.DONE, None)
    job = await cut_or_torn(narrow)
    wanted = render(full_ticket(), NARROW)
    assert (job["complete"], job["width"], job["height"]) == (True, NARROW, wanted.height + CUT_FEED_LINES * 34)
    assert (await narrow.do("status"))["rejected"] == []


async def test_the_printers_own_font_has_as_many_columns_as_fit(narrow):
    profile = profile_for(narrow)
    async with opened(narrow, mode="text") as printer:
        result = await printer.print(full_ticket(), job="a")
    assert (result.outcome, result.error) == (PrintOutcome.DONE, None)
    job = await cut_or_torn(narrow)
    assert (job["complete"], job["width"]) == (True, NARROW)
    assert {"A023", "心血管内科"} <= {text.strip() for text in job["texts"]}
    assert max(columns(text) for text in job["texts"]) <= profile.columns == 32
    assert job["codes"] == ["https://hospital.example/t/8fK2mQ7xZp4W"]
    assert (await narrow.do("status"))["rejected"] == []


async def cut_or_torn(narrow):
    """The one ticket. Where there is no cutter, the patient tears it off."""
    if not profile_for(narrow).cutter:
        await narrow.do("tear")
    (job,) = await narrow.jobs()
    return job


def columns(text):
    return sum(1 if character.isascii() else 2 for character in text)
