"""docs/queueing.md names tests and presets that there are."""

from __future__ import annotations

import re
from pathlib import Path

from tests.presets import PRESETS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "queueing.md").read_text(encoding="utf-8")


def test_every_test_that_the_page_names_is_there():
    here = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("*.py"))
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", PAGE))
    assert len(named) > 25
    assert {name for name in named if f"def {name}(" not in here} == set()


def test_every_row_that_a_procurement_officer_ticks_says_what_gives_it_and_which_test_shows_it():
    _, _, part = PAGE.partition("## What a procurement officer ticks")
    rows = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 60
    assert [row[0].strip() for row in rows if not row[1].strip() or "`test_" not in row[2]] == []


def test_every_file_of_tests_that_the_page_names_is_there():
    named = set(re.findall(r"`(test_[a-z0-9_]+\.py)`", PAGE))
    assert {name for name in named if not list((ROOT / "tests").rglob(name))} == set()


def test_every_preset_is_on_the_page():
    short = {f"missed_back_{n}": f"`_{n}`" for n in (2, 3, 5)}
    assert [name for name in PRESETS if f"`{name}`" not in PAGE and short.get(name, "none") not in PAGE] == []
