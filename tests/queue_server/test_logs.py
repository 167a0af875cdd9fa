"""The server's own log: what it says, and when its lines are written."""

from __future__ import annotations

import asyncio
import io
import json

import structlog

from queue_server import logs


def test_the_log_says_listed_things_only():
    stream = io.BytesIO()
    logs.configure(stream)
    try:
        log = structlog.get_logger("test")
        log.info("greeted", code="x", name="王芳", identity="110101")
        try:
            int("王芳 110101")
        except ValueError:
            log.exception("failed", reason="of ours")
    finally:
        structlog.reset_defaults()
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["event"], first["code"], first["name"], first["identity"]) == (
        "greeted", "x", "<redacted>", "<redacted>",
    )  # fmt: skip
    assert (second["error"], second["reason"]) == ("ValueError", "of ours")
    assert second["at"][0].startswith("test_logs.py:")
    assert "王芳" not in stream.getvalue().decode()


class Written(io.BytesIO):
    """Counts the writes."""

    writes = 0

    def write(self, lines: bytes) -> int:
        self.writes += 1
        return super().write(lines)


def test_lines_of_one_turn_of_the_loop_are_written_together_and_in_order():
    stream = Written()
    lines = logs.Lines(stream)

    async def told():
        for said in (b"1", b"2", b"3"):
            lines.info(said)
        assert stream.writes == 0
        await asyncio.sleep(0)
        assert (stream.getvalue(), stream.writes) == (b"1\n2\n3\n", 1)
        lines.info(b"4")
        lines.warning(b"5")
        assert (stream.getvalue(), stream.writes) == (b"1\n2\n3\n4\n5\n", 2)
        lines.info(b"6")
        await asyncio.sleep(0)

    asyncio.run(told())
    assert stream.getvalue() == b"1\n2\n3\n4\n5\n6\n"


def test_without_a_loop_a_line_is_written_at_once():
    stream = io.BytesIO()
    logs.Lines(stream).info(b"said")
    assert stream.getvalue() == b"said\n"


def test_a_full_disk_under_the_log_stops_nobody():
    class Full(io.BytesIO):
        def write(self, _: bytes) -> int:
            raise OSError(28, "No space left on device")

    logs.Lines(Full()).warning(b"lost")
