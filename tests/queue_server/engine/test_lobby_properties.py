"""Any sequence of commands, sensible or not: what must hold, holds."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queue_server.engine import commands as c
from queue_server.engine.canonical import canonical
from tests.examples import share
from tests.golden_logs import stories
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.invariants import check, check_order, check_settled
from tests.queue_server.engine.lobby_checks import run
from tests.queue_server.engine.lobby_operations import (
    EMERGENCY,
    accepted,
    command_of,
    configurations,
    emergency,
    operation,
    with_levels_and_quotas,
    with_returns,
)
from tests.queue_server.engine.two_stages import in_two_stages
from tests.sites import DAY, digest, small_site


@share(1)
@given(st.lists(operation, max_size=45), st.integers(0, 3))
def test_whatever_is_asked_the_lobby_stays_whole(operations, lock):
    run(operations, lock=lock, strict=True)


@share(0.6)
@given(st.lists(operation, max_size=45), st.integers(0, 3), st.integers(1, 3), st.booleans())
def test_whatever_is_asked_in_two_stages_the_lobby_stays_whole(operations, lock, look_ahead, by_hand):
    run(operations, strict=True, site=in_two_stages(with_returns(small_site(lock=lock)), look_ahead, by_hand=by_hand))


@share(0.6)
@given(
    st.lists(operation | emergency, min_size=12, max_size=45),
    accepted,
    st.sampled_from([50, 34, 100]),
    st.integers(0, 2),
)
def test_whatever_is_asked_levels_and_kept_places_are_heeded(operations, levels, percent, look_ahead):
    site, sessions = with_levels_and_quotas(levels, percent, look_ahead)
    run(operations, strict=True, site=site, sessions=sessions, rooms=EMERGENCY)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(operation | emergency, max_size=60),
    accepted,
    st.integers(0, 3),
    st.sampled_from([50, 34, 100]),
    st.integers(0, 2),
)
def test_whatever_is_asked_levels_and_kept_places_are_heeded_thousands_of_times(
    operations, levels, lock, percent, look_ahead
):
    site, sessions = with_levels_and_quotas(levels, percent, look_ahead, lock=lock)
    run(operations, strict=False, site=site, sessions=sessions, rooms=EMERGENCY)


def whole_under_changing_rules(steps: list[tuple[str, int, int, int] | int]) -> None:
    known = configurations()
    lobby = Lobby(known[1])
    lobby.strict = False
    lobby.do("07:40", c.OpenStation("s1", "nurse0", "d-lin"))
    lobby.do("07:40", c.OpenStation("s3", "nurse0", "d-su"))
    for step in steps:
        if isinstance(step, int):
            lobby.ask(lobby.now, c.ActivateConfiguration(known[step], digest(known[step])))
        else:
            name, who, what, seconds = step
            lobby.ask(lobby.now + seconds * 1_000_000, command_of(lobby, name, who, what))
        check(lobby.state)
        check_settled(lobby.state)
    check_order(lobby.state)
    assert canonical(lobby.replayed()) == canonical(lobby.state)


steps = st.lists(operation | st.integers(0, 6), max_size=45)


@share(0.6)
@given(steps)
def test_whatever_rules_are_activated_in_the_middle_of_a_day_the_lobby_stays_whole(asked):
    whole_under_changing_rules(asked)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_whatever_rules_are_activated_thousands_of_times(asked):
    whole_under_changing_rules(asked)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(operation, max_size=60), st.integers(0, 3), st.integers(1, 3), st.booleans())
def test_whatever_is_asked_in_two_stages_thousands_of_times(operations, lock, look_ahead, by_hand):
    run(operations, strict=False, site=in_two_stages(with_returns(small_site(lock=lock)), look_ahead, by_hand=by_hand))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(operation, max_size=60), st.integers(0, 3))
def test_whatever_is_asked_ten_thousand_times(operations, lock):
    run(operations, lock=lock, strict=False)


def test_every_command_there_is_stands_in_a_state_machine():
    here = Path(__file__).parent
    files = [here / "lobby_operations.py", here / "test_slip_properties.py", Path(__file__)]
    text = "".join(file.read_text(encoding="utf-8") for file in files) + inspect.getsource(stories.triage)
    assert [one.__name__ for one in get_args(c.Command) if f"c.{one.__name__}(" not in text] == []


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(operation, min_size=60, max_size=90))
def test_a_log_gives_the_same_state_in_another_process_with_another_hash_seed(operations):
    lobby = run(operations, lock=2, strict=False)
    log = msgspec.json.encode([(r.position, r.at, r.actor, r.command_id, r.event) for r in lobby.log])
    program = (
        "import sys, msgspec\n"
        "from queue_server.engine.events import Event, Recorded\n"
        "from queue_server.engine.lobby import evolve\n"
        "from queue_server.engine.canonical import canonical\n"
        "from queue_server.engine.state import State\n"
        "rows = msgspec.json.decode(sys.stdin.buffer.read(), type=list[tuple[int, int, str, str, Event]])\n"
        "state = State()\n"
        "for row in rows:\n"
        "    evolve(state, Recorded(*row))\n"
        "sys.stdout.buffer.write(canonical(state))\n"
    )
    for seed in ("1", "4242"):
        finished = subprocess.run(
            [sys.executable, "-c", program],
            input=log,
            capture_output=True,
            check=True,
            cwd=Path(__file__).parents[3],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
        )
        assert finished.stdout == canonical(lobby.state)


def test_the_day_of_the_invented_site_is_the_day_of_its_lobby():
    assert Lobby().state.day.day == DAY
