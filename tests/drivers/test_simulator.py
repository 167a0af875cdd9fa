"""What every simulator does, shown on the reader's."""

import asyncio
import signal
import subprocess
import sys

import pytest

from drivers.device import DeviceError
from drivers.faults import Fault, deliver
from drivers.identity_card.codec import Command, FrameDecoder, encode_command
from drivers.line import LineSettings
from drivers.simulator import DeviceLine
from drivers.transport import deadline_in, open_transport, transport_error

READER = "drivers.identity_card.simulator"


async def ask(url):
    """Ask the simulator behind ``url`` for its state; return the status byte."""
    line = await open_transport(url, timeout=10)
    try:
        await line.write(encode_command(Command.STATUS), deadline_in(10))
        return FrameDecoder().feed(await line.read_exactly(11, deadline_in(10)))[0].sw3
    finally:
        await line.close()


async def test_a_pty_and_its_link_come_and_go(start_simulator, tmp_path):
    link = tmp_path / "id-card"
    simulator = start_simulator(READER, "--pty", "--link", str(link), "--control", str(tmp_path / "control"))
    assert simulator.url == f"serial://{link}?baud=115200"
    assert simulator.control_url == f"unix://{tmp_path / 'control'}"
    assert await ask(simulator.url) == 0x90  # at true speed
    first = str(link.readlink())
    simulator.tell("unplug")
    assert simulator.tell("status")["plugged"] is False
    assert not link.is_symlink()
    simulator.tell("plug")
    assert await ask(simulator.url) == 0x90
    assert first.startswith("/dev/pts/")
    assert simulator.end() == 0
    assert not link.is_symlink()
    assert not (tmp_path / "control").exists()


class LateTime:
    """Time in which every sleep ends late, as on a busy machine."""

    LATE = 0.02

    def __init__(self):
        self.now = 100.0

    def time(self):
        return self.now

    async def sleep(self, seconds):
        self.now += seconds + self.LATE


class Wire:
    """A wire that takes everything at once."""

    def __init__(self):
        self.taken = b""

    async def write(self, data, _deadline):
        self.taken += data

    async def read(self, _most, deadline):
        if deadline == asyncio.get_running_loop().time():
            raise transport_error("timeout", "wire")  # it was idle
        return b"few"


async def test_a_slow_line_is_as_slow_as_it_says_however_late_a_busy_machine_wakes(monkeypatch):
    late, wire = LateTime(), Wire()
    line = DeviceLine(wire, LineSettings(baud=115200), fast=True)
    monkeypatch.setattr(asyncio, "sleep", late.sleep)
    monkeypatch.setattr(asyncio.get_running_loop(), "time", late.time)
    answer = bytes(range(256)) * 5
    await line.send(deliver(answer, [Fault("slow", value=9600)]))
    took = late.now - 100.0
    assert wire.taken == answer
    assert len(answer) * 10 / 9600 <= took < len(answer) * 10 / 9600 + 2 * LateTime.LATE


async def test_few_bytes_are_no_sooner_there_than_the_line_carries_them(monkeypatch):
    exact, wire = LateTime(), Wire()
    monkeypatch.setattr(exact, "LATE", 0.0, raising=False)
    line = DeviceLine(wire, LineSettings(baud=115200), fast=False)
    monkeypatch.setattr(asyncio, "sleep", exact.sleep)
    monkeypatch.setattr(asyncio.get_running_loop(), "time", exact.time)
    assert await line.read() == b"few"
    assert exact.now - 100.0 == pytest.approx(3 * 10 / 115_200)
    await line.send(deliver(b"answer!", []))
    assert exact.now - 100.0 == pytest.approx(10 * 10 / 115_200)


@pytest.mark.parametrize("reader", ["pty", "tcp"], indirect=True)
async def test_tcp_takes_one_host_after_the_other(reader):
    for _ in range(3):
        assert await ask(reader.url) == 0x90


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(start_simulator, number):
    simulator = start_simulator(READER, "--tcp", "127.0.0.1:0", "--fast")
    simulator.process.send_signal(number)
    assert simulator.process.wait(timeout=60) == 0
    simulator.end()


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"verb": "dance"}, "there is no verb 'dance'"),
        ({"verb": "fault", "action": "explode"}, "action = 'explode' is not one of"),
        ({"verb": "lay", "document": {"kind": "passport"}}, "kind = 'passport' is not one of"),
        ({"verb": "lay", "document": {"colour": "red"}}, "has no field 'colour'"),
        ({"verb": "lay", "document": {"name": 3}}, "name must be a text"),
        ({"verb": "lay", "document": {"name": "名" * 16}}, "name does not fit: it has room for 15"),
        ({"verb": "lay", "document": {"birth": "someday"}}, "birth must be eight digits"),
        ({"verb": "lay", "document": 3}, "document must be an object"),
        ({"verb": "lay", "text": "00"}, "text has 1 bytes instead of 256"),
        ({"verb": "lay", "text": "zz"}, "non-hexadecimal"),
        ({"verb": "lay", "cards": 2}, "lay has no argument 'cards'"),
    ],
)
def test_a_wrong_request_is_told_why(reader, request_, words):
    answer = reader.ask(**request_)
    assert answer["ok"] is False
    assert words in answer["error"]


def test_what_is_no_request_is_told_so(reader):
    reader._link.sendall(b"[]\nnot json\n")
    answers = [reader._answers.readline() for _ in range(2)]
    assert b'a request is an object with a \\"verb\\"' in answers[0]
    assert all(b'"ok": false' in answer for answer in answers)


@pytest.mark.parametrize("reader", ["pty", "tcp"], indirect=True)
async def test_a_device_that_stops_reading_fills_the_line(reader):
    line = await open_transport(reader.url, timeout=10)
    try:
        reader.tell("fault", action="stop_reading", times=0)
        await line.write(encode_command(Command.STATUS), deadline_in(10))  # may be the last it takes
        with pytest.raises(DeviceError) as caught:
            await line.write(bytes(50_000_000), deadline_in(0.3))
        assert caught.value.error == "timeout"
        reader.tell("clear_fault", action="stop_reading")
    finally:
        await line.close()
    assert await ask(reader.url) == 0x90


@pytest.mark.parametrize("reader", ["pty", "tcp"], indirect=True)
async def test_a_line_closed_by_a_fault_comes_back_by_itself(reader):
    reader.tell("fault", action="close_line", on="status", value=0.01)
    with pytest.raises(DeviceError) as caught:
        await ask(reader.url)
    assert caught.value.error == "gone"
    while not reader.tell("status")["plugged"]:
        pass  # each turn is a question to the simulator
    assert await ask(reader.tell("status")["url"]) == 0x90


async def test_a_damaged_command_is_refused_and_an_unknown_one_too(reader):
    async def tell(raw):
        line = await open_transport(reader.url, timeout=10)
        try:
            await line.write(raw, deadline_in(10))
            return FrameDecoder().feed(await line.read_exactly(11, deadline_in(10)))[0].sw3
        finally:
            await line.close()

    assert await tell(bytes.fromhex("AAAAAA9669 0003 2001 23")) == 0x10
    assert await tell(bytes.fromhex("AAAAAA9669 FFFF")) == 0x11
    assert await tell(bytes.fromhex("AAAAAA9669 0003 7701 75")) == 0x21


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--faults", "/nowhere.toml"], "/nowhere.toml"),
        (["--baud", "0"], "--baud 0 is not a rate"),
        (["--tcp", "nonsense"], "'nonsense' is not HOST:PORT"),
        (["--tcp", "192.0.2.1:1"], "cannot open its line"),
    ],
)
def test_wrong_options_are_told(arguments, words):
    ended = subprocess.run(
        [sys.executable, "-m", READER, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode != 0
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
