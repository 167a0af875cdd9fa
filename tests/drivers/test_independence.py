"""A simulator shares nothing with the driver's reading of its protocol; the contract that says so forgets no module."""

from __future__ import annotations

import ast
import pkgutil
import tomllib
from pathlib import Path

import pytest

import drivers
from drivers.registry import KINDS

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = next(
    contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    if contract["name"].startswith("Simulators share no")
)
MODULES = [found.name for found in pkgutil.walk_packages(drivers.__path__, "drivers.")]


@pytest.mark.parametrize("kind", KINDS)
def test_no_module_of_a_kind_is_left_out_of_the_contract(kind):
    package, simulator = f"drivers.{kind}", f"drivers.{kind}.simulator"
    assert simulator in CONTRACT["source_modules"]
    own = {name for name in MODULES if name.startswith(f"{package}.") and not name.startswith(simulator)}
    assert sorted(own - set(CONTRACT["forbidden_modules"])) == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_imported_on_the_way_to_a_simulator_says_nothing_of_a_protocol(kind):
    head = ast.parse((ROOT / "drivers" / kind / "__init__.py").read_text(encoding="utf-8"))
    assert [ast.unparse(node) for node in ast.walk(head) if isinstance(node, ast.Import | ast.ImportFrom)] == []


def test_the_contract_names_only_what_there_is():
    assert sorted({*CONTRACT["source_modules"], *CONTRACT["forbidden_modules"]} - set(MODULES)) == []
