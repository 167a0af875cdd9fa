"""Logs of earlier versions fold to the records they had."""

from __future__ import annotations

import pytest

from queue_server.engine import events as e
from queue_server.engine.lobby import evolve
from queue_server.engine.state import State
from tests.golden_logs.record import FOLDER, digest, read, record
from tests.queue_server.engine.invariants import check, check_order

NAMES = sorted(path.stem for path in FOLDER.glob("*.jsonl"))


@pytest.mark.parametrize("name", NAMES)
def test_golden_log(name):
    state = State()
    for recorded in read(name):
        evolve(state, recorded)
        check(state)
    check_order(state)
    assert digest(read(name)) == (FOLDER / f"{name}.sha256").read_text().strip()


def test_there_is_a_log_of_every_version_and_the_first_holds_every_kind_of_event():
    assert "v1" in NAMES
    assert {type(recorded.event) for recorded in read("v1")} == set(e.TYPES.values())


def test_a_log_once_recorded_is_never_recorded_again():
    with pytest.raises(FileExistsError):
        record("v1")
