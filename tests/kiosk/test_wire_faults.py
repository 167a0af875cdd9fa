"""Every fault of the receipt printer and of the card reader, at the wire: its screen, and what the server is told.

Each case ends with the next patient, whose visit must be as if nothing had been.
"""

from __future__ import annotations

import os
import pty
from dataclasses import dataclass, field, replace

import pytest
from structlog.testing import capture_logs

from drivers.identity_card.driver import Timing as ReaderTiming
from drivers.receipt_printer.job import Timing as PrinterTiming
from kiosk.faults import FAULTS
from kiosk.screen import Kind, Mark
from kiosk.words import Catalogue
from tests.kiosk import people
from tests.kiosk.wire import (
    CARD,
    PRINTER_AGAIN,
    PRINTER_MUTE,
    PRINTER_PATIENT,
    PRINTER_STUCK,
    PRINTER_UNCONFIRMED,
    READER_CUT_SHORT,
    READER_MUTE,
    READER_OF_4800,
    READER_PATIENT,
    FarEnds,
    wired,
)

CATALOGUE = Catalogue.load()
WHOLE, HALF = True, False
SLOW_PAPER = 5.0
"""Millimetres a second: so slow that a ticket is under way when the simulated paper, which takes no time, ends. What is
sent waits more than a second for the printer's buffer, in which the far end of a busy machine has its turn too."""


@pytest.fixture(scope="module")
def far_ends(tmp_path_factory):
    far_ends = FarEnds(tmp_path_factory.mktemp("line"))
    yield far_ends
    far_ends.end()


@pytest.fixture
async def room(far_ends):
    async with wired(far_ends) as room:
        yield room


def does(verb, **values):
    return verb, values


def breaks(action, **values):
    return does("fault", action=action, **values)


@dataclass(frozen=True)
class PaperCase:
    """What happens to the printer, and what patient, server and roll are to see of it.

    ``fault`` None: the patient sees nothing. ``cut``: of each piece of paper, also the one of the next patient,
    whether it is a whole ticket.
    """

    name: str
    happens: tuple[tuple[str, dict[str, object]], ...]
    fault: str | None
    told: str
    cut: list[bool]
    timing: PrinterTiming = PRINTER_PATIENT
    slow_paper: bool = False
    asked_before: bool = False
    comes_back: bool = False


PAPER = [
    PaperCase("near its end", (breaks("near_end", on="row", after=40),), None, "done", [WHOLE, WHOLE]),
    PaperCase("paper out before", (does("paper", state="out"),), "paper_out", "not_done", [WHOLE]),
    PaperCase("cover open before", (does("cover", state="open"),), "cover_open", "not_done", [WHOLE]),
    PaperCase("cutter jammed before", (does("cutter", state="jam"),), "cutter_jam", "not_done", [WHOLE]),
    PaperCase("head too hot before", (does("head", state="hot"),), "print_not_done", "not_done", [WHOLE]),
    PaperCase("beyond repair", (does("failure", state="unrecoverable"),), "print_not_done", "not_done", [WHOLE]),
    PaperCase(
        "paper out within",
        (breaks("paper_out", on="row", after=80),),
        "paper_out",
        "not_done",
        [HALF, WHOLE],
        slow_paper=True,
    ),
    PaperCase(
        "cover open within",
        (breaks("cover_open", on="row", after=80),),
        "cover_open",
        "not_done",
        [HALF, WHOLE],
        slow_paper=True,
    ),
    PaperCase("cutter jams", (breaks("cutter_jam", on="cut"),), "print_unknown", "unknown", [HALF, WHOLE]),
    PaperCase(
        "confirmed 8 s late",
        (breaks("late", on="process_id", times=2, value=8),),
        "print_unknown",
        "unknown",
        [WHOLE, WHOLE],
        timing=PRINTER_UNCONFIRMED,
    ),
    PaperCase(
        "never confirmed",
        (breaks("mute", on="process_id", times=2),),
        "print_unknown",
        "unknown",
        [WHOLE, WHOLE],
        timing=PRINTER_UNCONFIRMED,
    ),
    PaperCase(
        "first job lost after a power cycle",
        (does("power_cycle"), breaks("lose_job", on="job")),
        "print_unknown",
        "unknown",
        [WHOLE],
        timing=PRINTER_UNCONFIRMED,
    ),
    PaperCase("mute", (breaks("mute", times=0),), "printer_offline", "not_done", [WHOLE], timing=PRINTER_MUTE),
    PaperCase(
        "takes no data any more",
        (breaks("stop_reading"),),
        "printer_offline",
        "not_done",
        [WHOLE],
        timing=PRINTER_MUTE,
        asked_before=True,
    ),
    PaperCase(
        "takes no more than the question",
        (breaks("stop_reading"),),
        "print_unknown",
        "unknown",
        [WHOLE, WHOLE],
        timing=PRINTER_STUCK,
    ),
    PaperCase("off the network", (does("unplug"),), "printer_offline", "not_done", [WHOLE], comes_back=True),
    PaperCase(
        "line closed after the ticket",
        (breaks("close_line", on="process_id", times=2),),
        "print_unknown",
        "unknown",
        [WHOLE, WHOLE],
        comes_back=True,
    ),
    PaperCase("stray bytes", (breaks("garbage_prefix", on="status", times=0),), None, "done", [WHOLE, WHOLE]),
    PaperCase("late status", (breaks("late", on="status", value=0.2),), None, "done", [WHOLE, WHOLE]),
    PaperCase(
        "status after the question was given up",
        (breaks("late", on="status", times=4, value=1.5),),
        "printer_offline",
        "not_done",
        [WHOLE],
        timing=PRINTER_MUTE,
    ),
    PaperCase("bytes one by one", (breaks("byte_by_byte", times=0),), None, "done", [WHOLE, WHOLE]),
]


@pytest.mark.parametrize("case", PAPER, ids=lambda case: case.name)
async def test_the_printers_fault_has_its_screen_and_the_next_ticket_is_whole(far_ends, room, case):
    printer = room.printer_driver
    await room.to_card()
    printer._timing, profile = case.timing, printer.profile
    if case.slow_paper:
        printer.profile = replace(profile, speed_mm_s=SLOW_PAPER)
    for verb, values in case.happens:
        far_ends.printer.tell(verb, **values)
    if case.asked_before:
        await printer.status()  # a far end that is reading already takes what comes next, and nothing after it
    room.lay()
    screen = await room.ticket()

    assert (screen.mark, screen.ticket.number) == (Mark.DONE, "A012")
    assert screen.staff_code == ("" if case.fault is None else FAULTS[case.fault].code)
    if case.fault is None:
        assert screen.notice is None
    else:
        words = CATALOGUE.speak(screen.notice, "zh")
        assert CATALOGUE.speak(dict(screen.notice.values)["what"], "zh") in words
        assert people.PAPER_DESK.zh in words
    assert room.lobby.prints == [("t1", case.told, False)]
    # Only what certainly did not come out may be printed again, and only by the patient's own touch.
    assert (screen.secondary is not None) == (case.told == "not_done")

    if case.comes_back:
        await room.until_event("printer", "gone")
    await room.leave()
    far_ends.mend()
    if case.comes_back:
        await room.until_event("printer", "back")
    printer.profile = profile
    printer._timing = PRINTER_PATIENT if case.timing is PRINTER_PATIENT else PRINTER_AGAIN
    await room.to_card()
    room.lay()
    screen = await room.ticket()
    assert (screen.notice, screen.staff_code) == (None, "")
    assert room.lobby.prints == [("t1", case.told, False), ("t1", "done", False)]
    assert far_ends.tickets() == case.cut


async def test_paper_near_its_end_is_told_to_staff_as_the_next_visit_begins(far_ends, room):
    await room.to_card()
    far_ends.printer.tell("paper", state="near_end")
    room.lay()
    assert (await room.ticket()).notice is None
    with capture_logs() as logs:
        await room.leave()
        await room.to_card()
        room.lay()
        await room.ticket()  # the ticket waits for the question that was put before it
    assert [log["paper"] for log in logs if log["event"] == "paper_near_end"] == ["low"]


async def test_a_ticket_that_did_not_come_out_is_printed_once_by_the_patients_touch(far_ends, room):
    await room.to_card()
    far_ends.printer.tell("paper", state="out")
    room.lay()
    assert (await room.ticket()).staff_code == "P-01"
    far_ends.printer.tell("paper", state="load")
    room.ui.tap("print")
    screen = await room.ui.until(lambda screen: screen.kind is Kind.TICKET and screen.notice is None)
    assert screen.secondary is None
    assert room.lobby.prints == [("t1", "not_done", False), ("t1", "done", False)]
    assert far_ends.tickets() == [WHOLE]


# -- the reader


@pytest.mark.parametrize(
    "fault",
    [
        breaks("garbage_prefix", on="read"),
        breaks("garbage_prefix", times=0),
        breaks("half_frame", on="read"),
        breaks("bad_checksum", on="read"),
        breaks("bad_checksum", on="find"),
        breaks("byte_by_byte", times=0),
        breaks("false_length", on="read"),
        breaks("false_length", on="read", value=4000),
        breaks("false_length", on="read", value=100),
        breaks("late", on="read", value=0.3),
        breaks("slow", on="read", value=9600),
    ],
    ids=lambda fault: "-".join(str(value) for value in fault[1].values()),
)
async def test_the_line_to_the_reader_is_disturbed_and_the_card_is_read_all_the_same(far_ends, room, fault):
    verb, values = fault
    await room.to_card()
    far_ends.reader.tell(verb, **values)
    room.lay()
    await room.ui.until_kind(Kind.CONFIRM)
    ((_, number, name),) = room.lobby.called("identify")
    assert (number[6:14], name) == ("19491231", "王秀英")


async def test_a_slow_serial_line_is_given_the_time_it_needs(far_ends, room):
    room.reader_driver._timing = READER_OF_4800
    await room.reader_driver.close()
    room.reader_driver._info = replace(
        room.reader_driver.info, url=far_ends.reader.url.replace("baud=115200", "baud=4800")
    )
    for step in (room.reader_driver.open, lambda: room.reader_driver.claim(1), room.reader_driver.enable):
        await step()
    await room.to_card()
    asked_before = far_ends.reader.tell("status")["asked"].get("read", 0)
    far_ends.reader.tell("fault", action="slow", on="read", value=4800)
    room.lay()
    await room.ui.until_kind(Kind.CONFIRM)
    assert far_ends.reader.tell("status")["asked"]["read"] == asked_before + 1  # and the card was not asked twice


@pytest.mark.parametrize("kind", ["foreigner_2017", "hong_kong_macau_taiwan", "foreigner_2023"])
async def test_every_layout_of_card_leads_to_the_confirmation(room, kind):
    await room.to_card()
    room.lay({"kind": kind, "valid_to": "20400101"})
    assert (await room.ui.until_kind(Kind.CONFIRM)).notice is None


@dataclass(frozen=True)
class CardCase:
    """What happens to reader or card, and the screen the patient is to see."""

    name: str
    fault: str
    happens: tuple[tuple[str, dict[str, object]], ...] = ()
    card: dict[str, object] = field(default_factory=lambda: {"document": CARD})
    timing: ReaderTiming = READER_PATIENT
    comes_back: bool = False


def refuses(status, on="read"):
    return (breaks("refuse", on=on, value=status),)


def text_with_letter(letter):
    """A card whose letter at byte 248 names no layout."""
    text = bytearray(" ".encode("utf-16-le") * 128)
    text[248:250] = letter.encode("utf-16-le")
    return {"text": bytes(text).hex()}


CARDS = [
    CardCase(
        "half answers only", "reader_failed", (breaks("half_frame", on="read", times=0),), timing=READER_CUT_SHORT
    ),
    CardCase("wrong checks only", "reader_failed", (breaks("bad_checksum", on="read", times=0),)),
    CardCase("false lengths only", "reader_failed", (breaks("false_length", on="read", times=0),)),
    CardCase("mute", "reader_offline", (breaks("mute", times=0),), timing=READER_MUTE, comes_back=True),
    CardCase("mute while it reads", "reader_offline", (breaks("mute", on="read", times=0),), timing=READER_MUTE),
    CardCase("line closed while it reads", "reader_offline", (breaks("close_line", on="read"),), comes_back=True),
    CardCase("pulled while it is read", "card_pulled", (breaks("pulled", on="read"),)),
    CardCase("pulled while it is selected", "card_pulled", (breaks("pulled", on="select"),)),
    CardCase("does not prove genuine", "card_unreadable", refuses(0x31)),
    CardCase("does not verify", "card_unreadable", refuses(0x33)),
    CardCase("no identity card", "card_wrong", refuses(0x40, on="select")),
    CardCase("security module failed", "reader_failed", refuses(0x47)),
    CardCase("self-test failed", "reader_failed", refuses(0x60)),
    CardCase("not authorised", "reader_failed", refuses(0x66)),
    CardCase("status nobody described", "reader_failed", refuses(0xEE)),
    CardCase("wrong check digit", "card_unreadable", card={"document": CARD | {"number": "999999194912310020"}}),
    CardCase("another day of birth", "card_unreadable", card={"document": CARD | {"number": "999999194912300046"}}),
    CardCase("no such day", "card_unreadable", card={"document": CARD | {"birth": "19490231"}}),
    CardCase("unknown layout", "card_unreadable", card=text_with_letter("Q")),
    CardCase("layout's letter and nothing else", "card_unreadable", card=text_with_letter("J")),
]


@pytest.mark.parametrize("case", CARDS, ids=lambda case: case.name)
async def test_the_readers_fault_has_its_screen_and_the_next_card_is_read(far_ends, room, case):
    await room.to_card()
    room.reader_driver._timing = case.timing
    for verb, values in case.happens:
        far_ends.reader.tell(verb, **values)
    far_ends.reader.tell("lay", **case.card)
    screen = await room.ui.until_key(f"fault.{case.fault}.title")
    assert (screen.kind, screen.staff_code) == (Kind.OUTCOME, FAULTS[case.fault].code)
    assert room.lobby.calls == []
    assert room.lobby.prints == []

    if case.comes_back:
        await room.until_event("reader", "gone")
    await room.leave()
    far_ends.mend()
    if case.comes_back:
        await room.until_event("reader", "back")
    room.reader_driver._timing = READER_PATIENT
    await room.to_card()
    room.lay()
    await room.ui.until_kind(Kind.CONFIRM)
    assert len(room.lobby.called("identify")) == 1


async def test_a_card_left_on_the_reader_is_asked_for_before_the_next(far_ends, room):
    await room.to_card()
    room.lay()
    await room.ui.until_kind(Kind.CONFIRM)
    room.ui.tap("back")
    screen = await room.ui.until_key("fault.card_left.title")
    assert screen.staff_code == "C-03"
    far_ends.reader.tell("remove")
    room.lay()
    room.ui.tap("again")
    await room.ui.until_kind(Kind.CONFIRM)


async def test_a_card_left_at_the_end_keeps_the_next_patient_waiting_until_it_is_taken(far_ends, room):
    await room.to_card()
    room.lay()
    await room.ticket()
    room.ui.tap("finish")
    await room.ui.until_key("take_card.title")
    far_ends.reader.tell("remove")
    await room.ui.until_kind(Kind.START)


async def test_a_reader_that_comes_back_under_another_name_is_found_by_its_link(far_ends, room):
    before = str(far_ends.link.readlink())
    await room.to_card()
    far_ends.reader.tell("unplug")
    assert (await room.ui.until_key("fault.reader_offline.title")).staff_code == "R-01"
    await room.until_event("reader", "gone")
    await room.leave()
    held = [pty.openpty()]
    while os.ttyname(held[-1][1]) != before and len(held) < 32:
        held.append(pty.openpty())  # so that the name it had is taken when it returns
    try:
        far_ends.reader.tell("plug")
        assert str(far_ends.link.readlink()) != before
    finally:
        for pair in held:
            for end in pair:
                os.close(end)
    await room.until_event("reader", "back")
    await room.to_card()
    room.lay()
    await room.ui.until_kind(Kind.CONFIRM)


@pytest.mark.parametrize("dies", ["unplugged", "mute while it reads"])
async def test_a_reader_that_dies_leaves_the_code_and_is_asked_for_again_once_it_is_back(far_ends, dies):
    async with wired(far_ends, scanner=True) as room:
        await room.to_card()
        if dies == "unplugged":
            far_ends.reader.tell("unplug")
        else:
            room.reader_driver._timing = READER_MUTE
            far_ends.reader.tell("fault", action="mute", times=0)
        screen = await room.ui.until_key("card.title_scan")
        assert (dict(screen.notice.values)["what"].key, screen.staff_code) == ("card.way_identity", "R-01")
        room.ui.scan("HZ:7Hq2mXw9Kc4RbT1z")
        assert (await room.ticket()).ticket.number == "A012"
        await room.until_event("reader", "gone")
        room.ui.tap("finish")
        room.reader_driver._timing = READER_PATIENT
        far_ends.mend()
        await room.until_event("reader", "back")
        await room.to_card()
        room.lay()
        await room.ticket()
        await room.leave()
