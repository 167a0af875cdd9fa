"""An answer's head and body leave together."""

from __future__ import annotations

import asyncio

import pytest

from queue_server.connections import Whole

HEAD, BODY = b"HTTP/1.1 200 OK\r\n\r\n", b"{}"


class Wire:
    """A transport that keeps what was written, packet by packet."""

    def __init__(self):
        self.packets = []
        self.is_closed = False

    def write(self, data):
        assert not self.is_closed
        self.packets.append(data)

    def is_closing(self):
        return self.is_closed

    def close(self):
        self.is_closed = True

    abort = close


@pytest.fixture
async def wire():
    return Wire()


@pytest.fixture
async def whole(wire):
    return Whole(wire, asyncio.get_running_loop())


async def test_head_and_body_are_one_packet(whole, wire):
    whole.write(HEAD)
    assert wire.packets == []
    whole.write(BODY)
    whole.write(BODY)
    await asyncio.sleep(0)
    assert wire.packets == [HEAD + BODY, BODY]


async def test_the_head_of_a_feed_that_has_nothing_to_say_yet_leaves_in_the_next_turn(whole, wire):
    whole.write(HEAD)
    await asyncio.sleep(0)
    assert wire.packets == [HEAD]
    whole.write(BODY)
    assert wire.packets == [HEAD, BODY]


async def test_a_closed_connection_was_sent_its_head_first(whole, wire):
    whole.write(HEAD)
    whole.close()
    await asyncio.sleep(0)
    assert (wire.packets, wire.is_closed) == ([HEAD], True)


async def test_nothing_is_written_to_a_connection_that_was_dropped(whole, wire):
    whole.write(HEAD)
    whole.abort()
    await asyncio.sleep(0)
    assert wire.packets == []
