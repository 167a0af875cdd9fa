"""The simulated printer by itself, spoken to in bytes from the manuals and not by the driver."""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys

import pytest
from virtual_lobby.processes import WITH_ITS_PARENT

from tests.drivers.receipt_printer.conftest import simulator

MODULE = "drivers.receipt_printer.simulator"
FEED_AND_CUT = b"\x1bd\x06\x1dV\x01"


class Host:
    """A host that speaks raw bytes."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    async def ask(self, data, count):
        self.writer.write(data)
        async with asyncio.timeout(10):
            return await self.reader.readexactly(count)


@contextlib.asynccontextmanager
async def host(simulated):
    address, port = simulated.url.removeprefix("tcp://").split("?")[0].split(":")
    reader, writer = await asyncio.open_connection(address, int(port))
    try:
        yield Host(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    ("verb", "state", "answers"),
    [
        (None, None, "12 12 12 12"),
        ("paper", "near_end", "12 12 12 1E"),
        ("paper", "out", "1A 32 12 7E"),
        ("cover", "open", "1A 16 12 12"),
        ("cutter", "jam", "1A 52 1A 12"),
    ],
)
async def test_real_time_status_is_answered_also_offline(tcp, verb, state, answers):
    if verb:
        await tcp.do(verb, state=state)
    async with host(tcp) as printer:
        for which, answer in enumerate(bytes.fromhex(answers), start=1):
            assert await printer.ask(bytes([0x10, 0x04, which]), 1) == bytes([answer])


async def test_automatic_status_is_sent_at_once_and_at_every_change(tcp):
    async with host(tcp) as printer:
        assert await printer.ask(b"\x1da\x0e", 4) == bytes.fromhex("1000000F")
        await tcp.do("paper", state="near_end")
        assert await printer.reader.readexactly(4) == bytes.fromhex("1000030F")
        await tcp.do("cover", state="open")
        assert await printer.reader.readexactly(4) == bytes.fromhex("3800030F")


async def test_the_sensor_is_not_answered_offline_and_answered_after(tcp):
    async with host(tcp) as printer:
        assert await printer.ask(b"\x1dr\x01", 1) == b"\x00"
        await tcp.do("paper", state="out")
        assert await printer.ask(b"\x1dr\x01\x10\x04\x01", 1) == b"\x1a"
        await tcp.do("paper", state="load")
        assert await printer.reader.readexactly(1) == b"\x00"


async def test_a_process_is_reported_when_it_is_printed(tcp):
    async with host(tcp) as printer:
        answer = await printer.ask(b"A\n\x1d(H\x06\x0000ABCD" + FEED_AND_CUT, 7)
        assert answer == b"\x37\x22ABCD\x00"
    (job,) = await tcp.wait_jobs(1)
    assert job["texts"] == ["A"]


async def test_what_is_no_command_is_ignored_and_counted(tcp):
    async with host(tcp) as printer:
        printer.writer.write(
            b"\x07\x1b\xf7\x1dv1\x00\x01\x00\x01\x00\x1dv0\x00\x00\x00\x01\x00\x1d(k\x02\x00zz\xd6\xd0"
        )
        printer.writer.write(b"B\n" + FEED_AND_CUT)
        (job,) = await tcp.wait_jobs(1)
    assert job["texts"] == ["□□B"]
    assert len((await tcp.do("status"))["rejected"]) == 7


async def test_without_chinese_mode_chinese_does_not_come_out(tcp):
    async with host(tcp) as printer:
        printer.writer.write(b"\x1b@\x1c&" + "国".encode("gb18030") + b"\n\x1b@" + "国".encode("gb18030") + b"\n")
        printer.writer.write(b"\x1c&" + bytes.fromhex("9534B235") + b"\n" + FEED_AND_CUT)
        (job,) = await tcp.wait_jobs(1)
    assert job["texts"][0] == "国"
    assert job["texts"][1] == "□□"
    assert "□" in job["texts"][2]  # four bytes of GB18030 are not one character of its font


async def test_a_command_hidden_in_a_picture_is_obeyed_as_in_a_real_printer(tcp):
    async with host(tcp) as printer:
        assert await printer.ask(b"\x1dv0\x00\x03\x00\x01\x00\x10\x04\x01", 1) == b"\x12"


async def test_the_rest_of_a_ticket_is_printed_on_reload_unless_cleared(tcp):
    text = b"A\n" * 20 + FEED_AND_CUT
    for clear, lines in ((b"", 20), (b"\x10\x05\x02", None)):
        await tcp.set_to_rights()
        await tcp.do("fault", action="paper_out", on="row", after=100)
        async with host(tcp) as printer:
            printer.writer.write(text)
            await tcp.until(lambda status: status["paper"] == "out")
            assert await printer.ask(clear + b"\x10\x04\x01", 1) == b"\x1a"
            await tcp.do("paper", state="load")
            if lines:
                assert len((await tcp.wait_jobs(1))[0]["texts"]) == lines
            else:
                printer.writer.write(FEED_AND_CUT)
                (half,) = await tcp.wait_jobs(1)
                assert not half["complete"]
                assert len(half["texts"]) < 20


async def test_clearing_is_acknowledged_and_a_clone_knows_it_not(tcp, basic):
    request = bytes.fromhex("10140801031401060208")
    async with host(tcp) as printer:
        assert await printer.ask(request, 3) == bytes.fromhex("372500")
    async with host(basic) as printer:
        assert await printer.ask(request + b"\x10\x04\x01", 1) == b"\x12"


async def test_the_operator_is_told_of_his_mistakes(tcp):
    for request in ({"verb": "paper"}, {"verb": "cover", "state": "ajar"}, {"verb": "dance"}, {"verb": "image"}):
        answer = await tcp.ask(**request)
        assert answer["ok"] is False
        assert answer["error"]
    assert (await tcp.ask("fault", action="earthquake"))["ok"] is False


async def test_pictures_are_saved_for_every_ticket(tmp_path):
    with simulator("--tcp", "127.0.0.1:0", "--width", "58", "--paper-dir", str(tmp_path / "paper")) as simulated:
        async with host(simulated) as printer:
            printer.writer.write(b"A\n" + FEED_AND_CUT)
            (job,) = await simulated.wait_jobs(1)
        assert job["png"] == str(tmp_path / "paper" / "ticket-0001.png")
        assert (tmp_path / "paper" / "ticket-0001.png").read_bytes().startswith(b"\x89PNG")
        assert job["width"] == 384


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_on_a_signal(number):
    command = [*WITH_ITS_PARENT, sys.executable, "-m", MODULE, "--tcp", "127.0.0.1:0", "--control", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert set(json.loads(process.stdout.readline())) == {"url", "control"}
        process.send_signal(number)
        assert process.wait(timeout=10) == 0
        assert process.stderr.read() == b""


def test_it_shares_nothing_with_the_driver():
    code = (
        f"import sys, {MODULE}.__main__\n"
        "print([m for m in sys.modules if m.startswith('drivers.receipt_printer.') and '.simulator' not in m])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_wrong_command_line_is_refused(tmp_path):
    plan = tmp_path / "faults.toml"
    plan.write_text('[[fault]]\naction = "earthquake"\n')
    for words, named in (
        (["--width", "70"], "70"),
        (["--faults", str(plan)], "earthquake"),
        (["--speed", "0"], "--speed"),
    ):
        done = subprocess.run([sys.executable, "-m", MODULE, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert named in done.stderr
