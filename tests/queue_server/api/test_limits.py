"""Token buckets and lock-outs, by a clock that stands still."""

from __future__ import annotations

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


DAY = 24 * 3600 * SECOND


def is_locked(lock, name, address):
    try:
        lock.take(name, address)
    except ProblemError as error:
        return error.code == "locked_out"
    return False


def test_the_same_name_elsewhere_is_not_locked_by_a_few_tries():
    lock = LockOut(SettableClock(0))
    assert [is_locked(lock, "nurse", "10.0.0.1") for _ in range(LockOut.PAIR + 1)] == [False] * LockOut.PAIR + [True]
    assert not is_locked(lock, "nurse", "10.0.0.2")
    assert not is_locked(lock, "other", "10.0.0.1")


def test_many_addresses_lock_a_name_and_many_names_an_address():
    clock = SettableClock(0)
    lock = LockOut(clock)
    for at in range(LockOut.NAME):
        lock.take("nurse", f"10.0.0.{at}")
    assert is_locked(lock, "nurse", "10.9.9.9")
    for at in range(LockOut.ADDRESS):
        lock.take(f"name {at}", "10.0.1.1")
    assert is_locked(lock, "fresh", "10.0.1.1")
    clock.advance(LockOut.MINUTES * 60 * SECOND)
    assert not is_locked(lock, "nurse", "10.9.9.9")
    assert not is_locked(lock, "fresh", "10.0.1.1")


def test_a_right_password_takes_back_its_own_tries_everywhere():
    lock = LockOut(SettableClock(0))
    for _ in range(LockOut.ADDRESS):
        for _ in range(LockOut.PAIR):
            lock.take("nurse", "a")
        lock.succeeded("nurse", "a")
    lock.take("other", "a")
    for at in range(LockOut.NAME - 1):
        lock.take("other", f"b{at}")
    lock.succeeded("other", "a")
    lock.take("other", "a")
    assert is_locked(lock, "other", "a"), "what others tried with the name still counts"


def test_a_slip_a_day_never_adds_up():
    clock = SettableClock(0)
    lock = LockOut(clock)
    for _ in range(100):
        clock.advance(DAY)
        for nurse in range(5):
            lock.take(f"nurse {nurse}", "10.0.0.5")
            lock.take(f"nurse {nurse}", "10.0.0.5")
            lock.succeeded(f"nurse {nurse}", "10.0.0.5")
            lock.take("forgetful", "10.0.0.6")
