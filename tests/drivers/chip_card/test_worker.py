"""The thread that blocks so that the event loop does not."""

import asyncio
import threading

import pytest
from structlog.testing import capture_logs

from drivers.chip_card.worker import Worker


@pytest.fixture
def worker():
    worker = Worker("test")
    yield worker
    worker.end()


async def test_what_is_returned_and_raised_arrives(worker):
    assert await worker.call(divmod, 7, 2, limit=20) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await worker.call(divmod, 7, 0, limit=20)
    assert not worker.stuck


async def test_calls_are_made_in_order(worker):
    seen = []
    await asyncio.gather(*(worker.call(seen.append, n, limit=20) for n in range(50)))
    assert seen == list(range(50))


async def test_who_waits_may_leave_and_it_is_known_while_the_call_lasts(worker):
    held, begun = threading.Event(), threading.Event()

    def block():
        begun.set()
        held.wait(20)

    waiting = asyncio.ensure_future(worker.call(block, limit=20))
    await asyncio.to_thread(begun.wait, 20)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert worker.stuck
    held.set()
    await worker.call(int, limit=20)
    assert not worker.stuck


async def test_a_call_that_does_not_return_is_late(worker):
    held = threading.Event()
    with pytest.raises(TimeoutError):
        await worker.call(held.wait, 20, limit=0.01)
    assert worker.stuck
    held.set()
    await worker.call(int, limit=20)
    assert not worker.stuck


async def test_what_nobody_waits_for_may_fail_and_is_logged_without_what_it_says(worker):
    with capture_logs() as logs:
        worker.post(lambda: int("a patient's"))
        assert await worker.call(int, limit=20) == 0
    assert [(one["event"], one["thread"], one["error"]) for one in logs] == [
        ("card_reader_call_failed", "test", "ValueError")
    ]
    assert "patient" not in str(logs)
    ended = threading.Event()
    worker.end(ended.set)
    assert await asyncio.to_thread(ended.wait, 20)
    await asyncio.to_thread(worker._thread.join, 20)
    assert not worker.alive
