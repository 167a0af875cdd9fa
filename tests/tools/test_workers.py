"""Which tests run together, see tests/workers.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workers import GROUPS, Units, place_of, unit_of

TESTS = Path(__file__).parents[1]
FILES = [path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")]


@pytest.mark.parametrize("place", [place for places in GROUPS.values() for place in places])
def test_what_a_group_names_is_there(place):
    assert [file for file in FILES if file.startswith(place)]


def test_a_file_is_in_the_first_group_that_has_it_or_on_its_own():
    assert unit_of("tests/drivers/cabinet/test_driver.py") == "conformance"
    assert unit_of("tests/drivers/test_cli.py") == "drivers"
    assert unit_of("tests/web/test_board_doors.py") == "pages"
    assert unit_of("tests/tools/test_workers.py") == "tests/tools/test_workers.py"


def test_groups_begin_in_their_order_and_everything_else_after_them():
    files = ["tests/tools/test_workers.py", "tests/drivers/test_cli.py", "tests/lobby/test_demo.py"]
    assert sorted(files, key=place_of) == files[::-1]


def test_a_tests_name_counts_for_nothing():
    """Whatever stands in a case's name: its file decides."""
    for name in ("test_one", "test_other[a::b]", "test_other[c@d]"):
        assert Units._split_scope(None, f"tests/drivers/test_cli.py::{name}") == "drivers"
