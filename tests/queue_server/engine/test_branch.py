"""A working copy reads through to the state it comes from, and is otherwise like a copy."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.branch import Layered, branch
from queue_server.engine.canonical import canonical
from queue_server.engine.evolve import evolve
from queue_server.engine.state import copy
from tests.queue_server.engine.driver import Lobby
from tests.sites import appointment, at

KEYS = st.integers(0, 6)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), KEYS, st.integers()),
        st.tuples(st.just("del"), KEYS, st.none()),
        st.tuples(st.just("pop"), KEYS, st.none()),
        st.tuples(st.just("setdefault"), KEYS, st.integers()),
    )
)


def act(table, what, key, value):
    try:
        match what:
            case "set":
                table[key] = value
            case "del":
                del table[key]
            case "pop":
                return table.pop(key)
            case "setdefault":
                return table.setdefault(key, value)
    except KeyError:
        return KeyError
    return None


@given(st.dictionaries(KEYS, st.integers()), ACTS)
def test_a_layer_is_as_a_copy_and_leaves_what_is_under_it(base, acts):
    under, plain, layer = dict(base), dict(base), Layered(base)
    for what, key, value in acts:
        assert act(layer, what, key, value) == act(plain, what, key, value)
        assert list(layer.items()) == list(plain.items())
        assert len(layer) == len(plain)
        assert [key in layer for key in range(7)] == [key in plain for key in range(7)]
        assert layer.get(99, "none") == "none"
    assert layer.copy() == plain
    assert base == under


def test_a_branch_of_a_state_folds_as_a_copy_does_and_changes_nothing_under_it():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    for i in range(5):
        lobby.issue("08:00", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-am", "09:00")))
    before = canonical(lobby.state)
    branched, copied = branch(lobby.state), copy(lobby.state)
    decided = [*lobby.state.tickets]
    events = [
        e.Called(ticket=decided[0], number="A001", queue="q-im", doctor=None, station="s1", counts=[], resets=None),
        e.Cancelled(ticket=decided[1], number="A002", queue="q-im", station=None, reason="staff"),
    ]
    for work in (branched, copied):
        for event in events:
            evolve(work, e.Recorded(work.position + 1, at("09:00"), "tester", "c", event))
    assert canonical(branched) == canonical(copied)
    assert canonical(lobby.state) == before
    again = branch(branched)
    evolve(again, e.Recorded(again.position + 1, at("09:01"), "tester", "d", e.ClockSeen(due_at=1)))
    assert canonical(branched) == canonical(copied)
