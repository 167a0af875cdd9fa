"""What a procurement officer ticks, in docs/queueing.md: every item has its row, and no row says too much."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from queue_server.api import admin, desk, kiosk, station, triage
from queue_server.engine import site
from tests.presets import PRESETS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "queueing.md").read_text(encoding="utf-8")
SECTION = PAGE.split("## What a procurement officer ticks\n")[1].split("\n## ")[0]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in SECTION.splitlines() if line.startswith("| ")
][1:]

ITEMS = {
    "Booking": (
        "real name", "slots of an hour", "28 days", "cancellation limit", "no-show limits, ban", "one for each person",
        "pick-up deadline", "cancelled session", "waiting list", "referrals", "one fee for three days",
    ),
    "Check-in": ("anywhere or at the own clinic", "not earlier", "past the slot only at the nurse desk"),
    "Nurse": (
        "switch clinic", "checked in or not", "check in, undo", "assign or change the doctor", "priority",
        "move forward", "call", "manual distribution", "automatic distribution", "recall", "abandon",
        "stop and start a clinic", "broadcast", "vital signs", "patient history", "change the emergency level",
        "levels each room accepts",
    ),
    "Doctor": (
        "next", "repeat", "pick", "start", "send for exams", "missed", "finish", "refer", "pause", "cross-clinic",
        "several queues", "expert and general", "trainee station", "minimal mode", "postpone", "hold a number",
    ),
    "Rules": (
        "with or without check-in", "order of check-in", "order of registration", "appointments first", "exact slots",
        "late rules", "recall rules", "first visits to returns", "miss count", "locked head", "special groups",
        "room look-ahead cap", "extra patients", "hospital, clinic",
    ),
    "Other queues": (
        "pharmacy, automatic", "pharmacy, confirmed", "blood draw", "exams", "dental chairs", "cashier", "emergency",
        "fever clinic", "health check",
    ),
}  # fmt: skip
"""By part, what hospitals' tenders ask for."""

SETTINGS = (
    site.Site, site.Hall, site.Clinic, site.Doctor, site.Room, site.Queue, site.Station, site.Stamps, site.LateRule,
    site.TimeStamp, site.PlaceStamp, site.FeeRules, site.BookingRules,
)  # fmt: skip


def parts() -> dict[str, list[str]]:
    """The items as the page has them, by part."""
    found: dict[str, list[str]] = {}
    part = ""
    for item, _, _ in ROWS:
        head = re.match(r"\*\*(.+)\*\*: (.*)", item)
        part, words = (head[1], head[2]) if head else (part, item)
        found.setdefault(part, []).append(words)
    return found


def words_of(kind: type[msgspec.Struct]) -> set[str]:
    """The keys of a table, and the words that its keys choose from."""
    found = set(kind.__struct_fields__)
    for field in msgspec.structs.fields(kind):
        found |= {word for word in choices(field.type) if isinstance(word, str)}
    return found


def choices(kind: Any) -> tuple[Any, ...]:
    """What a literal type may be."""
    return get_args(kind) if getattr(kind, "__origin__", None) is not None or get_args(kind) else ()


KEYS = set().union(*(words_of(kind) for kind in SETTINGS)) | {"abandon", "missed", *PRESETS}
ROUTES = {route.path for each in (admin, desk, kiosk, station, triage) for route in each.router.routes}


@cache
def files_of_tests() -> list[Path]:
    return list((ROOT / "tests").rglob("test_*.py"))


@cache
def names_of_tests() -> set[str]:
    return {
        name
        for file in files_of_tests()
        for name in re.findall(r"^(?:async )?def (test_\w+)\(", file.read_text(encoding="utf-8"), re.MULTILINE)
    }


@pytest.mark.parametrize(("part", "item"), [(part, item) for part, items in ITEMS.items() for item in items])
def test_every_item_has_its_row(part, item):
    assert any(item in words for words in parts()[part]), f"{part}: {item}"


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_no_row_is_empty_or_names_what_there_is_not(row):
    item, gives, shown = row
    assert item
    assert gives
    assert shown or "not built: it comes later" in gives
    for name in re.findall(r"`(test_\w+)`", shown):
        assert name in names_of_tests()
    for name in re.findall(r"`(test_\w+\.py)`", shown):
        assert name in {file.name for file in files_of_tests()}
    for quoted in re.findall(r"`([^`]+)`", gives):
        if quoted.startswith("/api/"):
            plain = re.sub(r"\{(\w+)\}", r"{\1:str}", quoted)
            assert plain in ROUTES, quoted
        elif quoted.startswith("["):
            assert quoted in {
                "[site.fees]",
                "[stamps]",
                "[clinics.ID.stamps]",
                "[queues.ID.stamps]",
                "[stamp_sets.NAME]",
            }
        elif not quoted.startswith("/"):
            key, _, value = quoted.partition(" = ")
            assert key in KEYS, quoted
            assert not value.startswith('"') or value.strip('"') in KEYS, quoted
