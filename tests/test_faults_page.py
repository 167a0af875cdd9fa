"""The page of faults names tests that exist, and cases of theirs that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from kiosk.faults import FAULTS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_every_test_that_is_named_exists(file, test):
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert test in {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}


WIRE = ("test_wire_faults.py", "test_money_wire.py", "test_report_wire.py")


def test_every_case_that_is_named_exists():
    cases = "".join((ROOT / "tests" / "kiosk" / name).read_text(encoding="utf-8") for name in WIRE)
    for group in re.findall(r"\[([a-z][^]\[]+)\](?!\()", PAGE):
        for case in group.split(", "):
            assert f'"{case}"' in cases, case


def test_every_code_that_is_named_is_a_screens():
    assert set(re.findall(r"\b[A-Z]-\d\d\b", PAGE)) <= {fault.code for fault in FAULTS.values()}


@pytest.mark.parametrize("code", sorted({fault.code for fault in FAULTS.values() if fault.code[0] in "RCPMD"}))
def test_every_code_of_a_device_stands_on_the_page(code):
    assert code in PAGE


def test_nothing_is_left_for_later():
    assert re.search(r"not yet|later on|to be done|TODO", PAGE, re.IGNORECASE) is None


def test_every_fault_has_a_test_at_the_wire_and_one_at_its_screen():
    for line in PAGE.split("## Errors and states")[0].splitlines():
        if line.startswith("| ") and not line.startswith("| Fault"):
            _, _, wire, seen, _ = line.split("|")
            assert wire.strip() == "" or wire.strip().startswith(("`tests/", "none")), line
            assert "`tests/" in seen or re.search(r"\[[a-z]", seen) or "looked after" in seen or "none" in seen, line
