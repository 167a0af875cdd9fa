"""Token buckets and lock-outs, by a clock that stands still."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_server.api.limits import LockOut, RateLimit
from queue_server.api.problems import ProblemError
from queue_server.clock import SettableClock

SECOND = 1_000_000


def waits(limit, key="k"):
    try:
        limit.take(key)
    except ProblemError as error:
        return error.retry_after_s
    return 0


def test_a_bucket_refills_over_time():
    clock = SettableClock(0)
    limit = RateLimit(clock, per_minute=6, burst=2)
    assert [waits(limit) for _ in range(3)] == [0, 0, 10]
    clock.advance(9 * SECOND)
    assert waits(limit) == 1
    clock.advance(SECOND)
    assert [waits(limit), waits(limit)] == [0, 10]
    clock.advance(3600 * SECOND)
    assert [waits(limit) for _ in range(3)] == [0, 0, 10], "never more than the burst"


def test_keys_do_not_disturb_each_other():
    limit = RateLimit(SettableClock(0), per_minute=1, burst=1)
    assert [waits(limit, "a"), waits(limit, "b"), waits(limit, "a")] == [0, 0, 60]


@given(st.lists(st.integers(min_value=0, max_value=30), max_size=60))
def test_no_pattern_of_asking_gets_more_than_its_share(pauses):
    clock = SettableClock(0)
    limit = RateLimit(clock, per_minute=30, burst=3)
    passed = 0
    for pause in pauses:
        clock.advance(pause * SECOND)
        passed += waits(limit) == 0
    assert passed <= 3 + sum(pauses) // 2


def test_the_same_name_elsewhere_is_not_locked_by_a_few_tries():
    clock = SettableClock(0)
    lock = LockOut(clock)
    for _ in range(LockOut.PAIR):
        lock.failed("nurse", "10.0.0.1")
    with pytest.raises(ProblemError):
        lock.check("nurse", "10.0.0.1")
    lock.check("nurse", "10.0.0.2")
    lock.check("other", "10.0.0.1")


def test_many_addresses_lock_a_name_and_many_names_an_address():
    clock = SettableClock(0)
    lock = LockOut(clock)
    for at in range(LockOut.NAME):
        lock.failed("nurse", f"10.0.0.{at}")
    with pytest.raises(ProblemError):
        lock.check("nurse", "10.9.9.9")
    for at in range(LockOut.ADDRESS):
        lock.failed(f"name {at}", "10.0.1.1")
    with pytest.raises(ProblemError):
        lock.check("fresh", "10.0.1.1")
    clock.advance(LockOut.MINUTES * 60 * SECOND)
    lock.check("nurse", "10.9.9.9")
    lock.check("fresh", "10.0.1.1")


def test_a_right_password_forgets_the_wrong_ones():
    lock = LockOut(SettableClock(0))
    for _ in range(LockOut.PAIR - 1):
        lock.failed("nurse", "a")
    lock.succeeded("nurse", "a")
    lock.failed("nurse", "a")
    lock.check("nurse", "a")
