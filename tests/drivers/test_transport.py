import asyncio
import contextlib
import os
import pty
import socket
import threading
import tty

import pytest
import serial
import serial.rfc2217

from drivers import ports
from drivers.descriptor import FdTransport
from drivers.device import CompletionCode, DeviceError
from drivers.transport import deadline_in, open_transport, settle


class Pty:
    """A pty whose far end the test holds."""

    def __init__(self):
        self.far, self.near = pty.openpty()
        tty.setraw(self.near)
        self.path = os.ttyname(self.near)

    def unplug(self):
        for fd in (self.far, self.near):
            with contextlib.suppress(OSError):
                os.close(fd)
        self.far = self.near = -1


@pytest.fixture
def line():
    line = Pty()
    yield line
    if line.far >= 0:
        line.unplug()


@pytest.fixture
async def port(line):
    port = await open_transport(f"serial://{line.path}?baud=9600", timeout=1)
    yield port
    await port.close()


@pytest.fixture
async def pair():
    """A TCP line and the socket at its far end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = await open_transport(f"tcp://127.0.0.1:{server.getsockname()[1]}", timeout=5)
        far, _ = server.accept()
    with far:
        yield near, far
        await near.close()


async def refused(awaitable):
    with pytest.raises(DeviceError) as caught:
        await awaitable
    return caught.value.error


@pytest.mark.parametrize("settings", ["bytesize=7&parity=E", "baud=9600&parity=O"])
async def test_a_pty_is_opened_again_although_it_has_no_parity(line, settings):
    for _ in range(3):
        port = await open_transport(f"serial://{os.ttyname(line.near)}?{settings}", timeout=1)
        await port.close()


async def test_a_serial_port_carries_bytes_both_ways(line, port):
    os.write(line.far, b"answer")
    assert await port.read(3, deadline_in(5)) == b"ans"
    assert await port.read_exactly(3, deadline_in(5)) == b"wer"
    await port.write(b"question", deadline_in(5))
    assert os.read(line.far, 100) == b"question"
    assert port.bytes_sent == 8
    await port.drain(deadline_in(5))


async def test_the_rate_gives_the_time_on_the_wire(line, port):
    assert port.bits_per_second == 9600
    assert port.line_time(960) == pytest.approx(1.0)
    await port.close()
    even = await open_transport(f"serial://{line.path}?baud=1200&parity=E&stopbits=2", timeout=1)
    assert even.line_time(100) == pytest.approx(1.0)
    await even.close()


async def test_silence_ends_at_the_deadline(port):
    assert await refused(port.read(1, deadline_in(0.01))) == "timeout"
    assert await refused(port.read(1, deadline_in(-1))) == "timeout"


async def test_what_came_before_a_timeout_is_not_lost(line, port):
    os.write(line.far, b"half")
    assert await refused(port.read_exactly(8, deadline_in(0.05))) == "timeout"
    os.write(line.far, b"rest")
    assert await port.read_exactly(8, deadline_in(5)) == b"halfrest"


async def test_a_far_end_that_takes_nothing_ends_at_the_deadline(port):
    assert await refused(port.write(bytes(1_000_000), deadline_in(0.05))) == "timeout"
    assert 0 < port.bytes_sent < 1_000_000


async def test_a_full_tcp_window_ends_at_the_deadline(pair):
    near, _far = pair
    assert await refused(near.write(bytes(50_000_000), deadline_in(0.2))) == "timeout"
    assert 0 < near.bytes_sent < 50_000_000
    assert await refused(near.drain(deadline_in(0.02))) == "timeout"


async def test_a_slow_reader_gets_everything(pair):
    near, far = pair
    payload = os.urandom(3_000_000)

    def take():
        got = b""
        while len(got) < len(payload):
            got += far.recv(65536)
        return got

    taking = asyncio.create_task(asyncio.to_thread(take))
    await near.write(payload, deadline_in(60))
    await near.drain(deadline_in(60))
    assert await taking == payload
    assert (near.bits_per_second, near.line_time(1000)) == (None, 0.0)


async def test_an_unplugged_port_is_gone_at_once(line, port):
    reading = asyncio.create_task(port.read(1, deadline_in(60)))
    await asyncio.sleep(0)
    line.unplug()
    assert await refused(reading) == "gone"
    assert await refused(port.write(b"x", deadline_in(60))) == "gone"
    with pytest.raises(DeviceError) as caught:
        port.flush_input()
    assert caught.value.error == "gone"


async def test_a_closed_peer_is_gone(pair):
    near, far = pair
    far.close()
    assert await refused(near.read(1, deadline_in(60))) == "gone"

    async def keep_writing():
        while True:  # the first writes may still be taken
            await near.write(b"x" * 1000, deadline_in(5))

    assert await refused(keep_writing()) == "gone"


async def test_a_second_program_is_told(line, port):
    assert await refused(open_transport(f"serial://{line.path}", timeout=1)) == "claimed"
    await port.close()
    again = await open_transport(f"serial://{line.path}", timeout=1)
    await again.close()


async def test_closing_ends_what_waits_and_may_be_repeated(port):
    reading = asyncio.create_task(port.read(1, deadline_in(60)))
    await asyncio.sleep(0)
    await port.close()
    assert await refused(reading) == "closed"
    await port.close()
    assert await refused(port.read(1, deadline_in(1))) == "closed"
    assert await refused(port.write(b"x", deadline_in(1))) == "closed"


async def test_two_readers_at_once_are_a_mistake_that_is_told(port):
    reading = asyncio.create_task(port.read(1, deadline_in(60)))
    await asyncio.sleep(0)
    assert await refused(port.read(1, deadline_in(1))) == "closed"
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_flushing_tells_how_much_was_thrown_away(line, port):
    os.write(line.far, b"stale")
    assert await refused(port.read_exactly(9, deadline_in(0.05))) == "timeout"
    os.write(line.far, b"more")
    assert port.flush_input() in {5, 9}  # what the pty still carries may not have arrived
    assert await refused(port.read_exactly(9, deadline_in(0.05))) == "timeout"


async def test_a_port_is_found_by_its_stable_name(line, tmp_path, monkeypatch):
    by_id = tmp_path / "serial" / "by-id"
    by_id.mkdir(parents=True)
    (by_id / "usb-Acme_Reader_0001-if00").symlink_to(line.path)
    monkeypatch.setattr(ports, "ROOTS", ports.Roots(tmp_path, tmp_path / "sys"))
    port = await open_transport("serial:by-id/usb-Acme_*?baud=9600", timeout=1)
    await port.close()
    assert await refused(open_transport("serial:by-id/usb-Other_*", timeout=1)) == "no_device"


async def test_a_usb_printer_is_a_file_that_never_blocks(tmp_path):
    device = tmp_path / "lp0"
    os.mkfifo(device)
    port = await open_transport(f"usb://{device}", timeout=1)
    await port.write(b"paper", deadline_in(5))
    await port.drain(deadline_in(5))
    assert await port.read_exactly(5, deadline_in(5)) == b"paper"  # a fifo gives back what it was given
    assert await refused(port.write(bytes(1_000_000), deadline_in(0.05))) == "timeout"
    assert port.bits_per_second is None
    await port.close()


@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        ("serial:///dev/does-not-exist", "no_device", "Check its plug"),
        ("usb:///dev/usb/lp77", "no_device", "Check its plug"),
        ("serial:///dev/null?baud=fast", "bad_url", "baud='fast' is not a rate"),
        ("serial:///dev/null?parity=X", "bad_url", "parity='X' is not one of N, E, O"),
        ("serial:///dev/null?speed=1", "bad_url", "there is no option 'speed'"),
        ("serial:elsewhere/x", "bad_url", "serial:by-id/"),
        ("usb:lp0", "bad_url", "usb:by-usb/"),
        ("tcp://host", "bad_url", "tcp://HOST:PORT"),
        ("tcp://[::1:9100", "bad_url", "it is no address"),
        ("tcp://host:99999", "bad_url", "1 to 65535"),
        ("ftp://host:1", "bad_url", "serial:, tcp:, rfc2217:, usb:"),
    ],
)
async def test_an_address_that_does_not_work_says_why(url, error, words):
    with pytest.raises(DeviceError) as caught:
        await open_transport(url, timeout=1)
    assert caught.value.error == error
    assert words in caught.value.message


@pytest.mark.parametrize("scheme", ["tcp", "rfc2217"])
async def test_nobody_listening_is_no_device(scheme):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert await refused(open_transport(f"{scheme}://127.0.0.1:{port}", timeout=5)) == "no_device"


class SerialServer(threading.Thread):
    """A serial server of the field's: pyserial's RFC 2217 port manager before a loop-back port."""

    def __init__(self):
        super().__init__()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.link = None
        self.rate = None
        self._ended = threading.Event()

    def write(self, data):
        """Take what the port manager itself has to say to the client."""
        self.link.sendall(data)

    def run(self):
        self.link, _ = self._listener.accept()
        self._listener.close()
        port = serial.serial_for_url("loop://", timeout=0)
        manager = serial.rfc2217.PortManager(port, self)
        self.link.settimeout(0.01)
        with port, self.link:
            while not self._ended.is_set():
                try:
                    data = self.link.recv(1024)
                except TimeoutError:
                    data = None
                except OSError:
                    return
                if data == b"":
                    return
                if data:
                    port.write(b"".join(manager.filter(data)))
                self.rate = port.baudrate
                if back := port.read(1024):
                    self.link.sendall(b"".join(manager.escape(back)))

    def end(self):
        self._ended.set()
        self.join()


@pytest.fixture
def serial_server():
    server = SerialServer()
    server.start()
    yield server
    server.end()


# pyserial starts its reading thread by calls that Python 3.10 deprecated.
pyserials_own_warning = pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")


@pyserials_own_warning
async def test_a_serial_server_is_given_the_rate_and_carries_bytes(serial_server):
    port = await open_transport(f"rfc2217://127.0.0.1:{serial_server.port}?baud=9600", timeout=10)
    assert serial_server.rate == 9600
    assert (port.bits_per_second, port.line_time(960)) == (9600, pytest.approx(1.0))
    await port.write(b"\xff\x00there and back\xff", deadline_in(10))
    await port.drain(deadline_in(10))
    assert await port.read_exactly(17, deadline_in(10)) == b"\xff\x00there and back\xff"
    assert await refused(port.read(1, deadline_in(0.02))) == "timeout"
    await port.write(b"late", deadline_in(10))
    assert await port.read_exactly(4, deadline_in(10)) == b"late"
    assert port.flush_input() == 0
    serial_server.end()
    assert await refused(port.read(1, deadline_in(30))) == "gone"
    assert await refused(port.write(b"x", deadline_in(30))) == "gone"
    await port.close()
    await port.close()
    assert await refused(port.read(1, deadline_in(1))) == "closed"


@pyserials_own_warning
async def test_a_serial_server_that_says_nothing_ends_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(DeviceError) as caught:
            await open_transport(f"rfc2217://127.0.0.1:{port}", timeout=0.1)
        assert caught.value.code is CompletionCode.TIMEOUT
        # pyserial closes its late connection in its own thread, while there is still a far end.
        await asyncio.get_running_loop().shutdown_default_executor()


async def test_settling_throws_away_what_still_comes_and_ends_in_time(line, port):
    os.write(line.far, b"left over")
    await settle(port, quiet=0.02, at_most=5)
    assert await refused(port.read(1, deadline_in(0.01))) == "timeout"


async def test_settling_ends_though_the_far_end_never_stops(pair):
    near, far = pair
    ended = threading.Event()

    def spew():
        while not ended.is_set():
            with contextlib.suppress(OSError):
                far.send(b"noise" * 100)

    far.settimeout(0.1)
    spewing = threading.Thread(target=spew)
    spewing.start()
    try:
        async with asyncio.timeout(10):
            await settle(near, quiet=5, at_most=0.05)
    finally:
        ended.set()
        spewing.join()


async def test_settling_tells_a_line_that_went(pair):
    near, far = pair
    far.close()
    assert await refused(settle(near, quiet=5, at_most=5)) == "gone"


async def test_the_end_of_a_line_is_told_though_nobody_reads(line, port, pair, tmp_path):
    near, far = pair
    told = asyncio.Queue()
    port.watch_end(lambda: told.put_nowait("pty"))
    near.watch_end(lambda: told.put_nowait("tcp"))
    os.write(line.far, b"not the end")
    far.sendall(b"not the end")
    assert await port.read_exactly(11, deadline_in(30)) == b"not the end"
    assert await near.read_exactly(11, deadline_in(30)) == b"not the end"
    assert told.empty()
    line.unplug()
    assert await told.get() == "pty"
    far.shutdown(socket.SHUT_WR)
    assert await told.get() == "tcp"
    assert told.empty()
    fd = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    file = FdTransport("usb:///file", fd, lambda: os.close(fd))
    file.watch_end(lambda: told.put_nowait("file"))
    await file.close()
    assert told.empty()
