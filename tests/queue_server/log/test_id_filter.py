"""The filter never takes a command that was carried out for a new one."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from queue_server.log.id_filter import IdFilter

_IDS = st.lists(st.uuids().map(str), max_size=50)


@given(before=_IDS, since=_IDS)
def test_what_was_seen_is_never_called_new(before, since):
    ids = IdFilter(before)
    for one in since:
        ids.add(one)
    assert all(one in ids for one in [*before, *since])


def test_what_is_new_is_nearly_always_called_new():
    ids = IdFilter(str(UUID(int=number)) for number in range(20_000))
    assert sum(str(UUID(int=number)) in ids for number in range(20_000, 40_000)) < 200


def test_an_empty_one_has_seen_nothing():
    assert "" not in IdFilter()
