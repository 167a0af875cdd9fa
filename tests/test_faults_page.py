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


def test_every_case_that_is_named_exists():
    cases = (ROOT / "tests" / "kiosk" / "test_wire_faults.py").read_text(encoding="utf-8")
    for group in re.findall(r"\[([a-z][^]\[]+)\](?!\()", PAGE):
        for case in group.split(", "):
            assert f'"{case}"' in cases, case


def test_every_code_that_is_named_is_a_screens():
    assert set(re.findall(r"\b[A-Z]-\d\d\b", PAGE)) <= {fault.code for fault in FAULTS.values()}
