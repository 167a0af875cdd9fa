"""The simulated board by published bytes, without the driver's codecs: what it shows, answers and rejects."""

import asyncio
import contextlib

import pytest

from drivers.device import DeviceError
from drivers.transport import deadline_in, open_transport

LIMIT = 10
VECTORS = [
    ("numeric", "05 03 E7 EF", "999", ""),
    ("numeric", "06 03 E7 F0", "", ""),  # another board's
    ("xunpeng", "3A 00 78 03 01 B6 0A", "green 888", "2A 00 78 03 01 A6 0A"),
    ("xunpeng_short", "3A 00 78 03 01 B6 0A", "green 888", "3A 01 3B 0A"),
    # Unit 7; the checks are pymodbus's.
    ("modbus", "07 10 00 00 00 02 04 C7 EB 41 20 91 EF", "请A", "07 10 00 00 00 02 41 AE"),
    ("modbus", "07 06 00 00 00 01 48 6C", "", "07 86 01 63 A1"),
    ("alpha", "00 00 00 00 00 01 5A 30 30 02 41 41 1B 20 62 48 49 03 30 31 42 35 04", "HI", ""),
]


@contextlib.asynccontextmanager
async def plain_line(board):
    line = await open_transport(board.url, timeout=LIMIT)
    try:
        yield line
    finally:
        await line.close()


async def carried_out(board, name="other_board"):
    """Wait until the board has carried out a request more; each turn asks it."""
    async with asyncio.timeout(LIMIT):
        while board.asked(name) == 0:
            await asyncio.to_thread(board.status)


@pytest.mark.parametrize(("kind", "request_", "shown", "answer"), VECTORS)
async def test_published_bytes_are_carried_out_and_answered(board_on, kind, request_, shown, answer):
    board = board_on(kind)
    async with plain_line(board) as line:
        await line.write(bytes.fromhex(request_), deadline_in(LIMIT))
        wanted = bytes.fromhex(answer)
        assert await line.read_exactly(len(wanted), deadline_in(LIMIT)) == wanted
        if shown:
            await asyncio.to_thread(board.tell, "wait_shows", text=shown)
        elif not answer:
            await carried_out(board)
        assert board.status()["shows"] == shown
    assert board.rejected() == 0


@pytest.mark.parametrize(("kind", "request_", "shown", "answer"), [vector for vector in VECTORS if vector[2]])
async def test_a_wrong_checksum_is_rejected_without_a_word(board_on, kind, request_, shown, answer):
    board = board_on(kind)
    good = bytes.fromhex(request_)
    at = -2 if kind in {"modbus", "alpha", "xunpeng", "xunpeng_short"} else -1
    wrong = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 or len(good) :]
    async with plain_line(board) as line:
        await line.write(wrong, deadline_in(LIMIT))
        async with asyncio.timeout(LIMIT):
            while board.rejected() == 0:
                await asyncio.to_thread(board.status)
        assert board.status()["shows"] == board.before["shows"]
        with pytest.raises(DeviceError) as caught:
            await line.read(1, deadline_in(0.05))
        assert caught.value.error == "timeout"
        await line.write(good, deadline_in(LIMIT))
        wanted = bytes.fromhex(answer)
        assert await line.read_exactly(len(wanted), deadline_in(LIMIT)) == wanted
        await asyncio.to_thread(board.tell, "wait_shows", text=shown)


async def test_an_alpha_sign_gives_the_file_that_it_was_given(board_on):
    board = board_on("alpha")
    async with plain_line(board) as line:
        for request in VECTORS[-1][1], "00 00 00 00 00 01 5A 30 30 02 42 41 03 30 30 38 38 04":
            await line.write(bytes.fromhex(request), deadline_in(LIMIT))
        wanted = bytes(20) + b"\x01000\x02AA\x1b bHI\x0301B5\x04"
        assert await line.read_exactly(len(wanted), deadline_in(LIMIT)) == wanted


def test_a_verb_it_has_not_is_refused(board_on):
    board = board_on("numeric")
    assert board.simulator.ask("sing")["error"] == "there is no verb 'sing'"
    assert not board.simulator.ask("wait_asked", name="show")["ok"]
