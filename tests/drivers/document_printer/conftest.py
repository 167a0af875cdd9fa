"""Somebody else's printer, and the wire to it: a loopback port of this test's, on which answers can be lost."""

import asyncio
import contextlib
import json
import os
import re
import selectors
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.document_printer import driver
from drivers.document_printer.driver import DocumentPrinter
from drivers.document_printer.pdf import OpenPdf
from drivers.document_printer.printing import Timing
from drivers.simulator import apart
from tests.drivers.conftest import SimulatorProcess, in_use, tell
from tests.drivers.document_printer.samples import A4, pdf

PATIENT = Timing(
    connect=30,
    answer=30,
    look=0.05,
    busy=60,
    queue=60,
    attention=60,
    warm_up=60,
    silent=30,
    after_cancel=60,
    believe=0.05,
)
"""For what must happen, however busy the machine is."""

_PROGRAMS = ("ippeveprinter", "avahi-daemon", "dbus-daemon", "dbus-send")


@dataclass
class FarEnd:
    """ippeveprinter in a network of its own, reached by a socket in the file system."""

    folder: Path
    process: subprocess.Popen

    def plan(self, *lines):
        """What the printer suffers while it prints the next jobs, as shell commands."""
        (self.folder / "plan").write_text("\n".join(lines) + "\n")

    def go(self):
        """Let a job that waits with ``read x < go`` go on."""
        (self.folder / "go").write_text("\n")

    def release(self):
        """Let a job go on that still waits: a test that failed shall not take the next ones with it."""
        with contextlib.suppress(OSError):  # none waits
            os.close(os.open(self.folder / "go", os.O_WRONLY | os.O_NONBLOCK))

    def printed(self, number):
        return (self.folder / f"printed-{number}").read_bytes()

    def asked(self, number):
        lines = (self.folder / f"asked-{number}").read_text().splitlines()
        return dict(line.partition("=")[::2] for line in lines)

    def jobs(self):
        """The numbers of all jobs that were printed so far."""
        return sorted(int(path.name.removeprefix("printed-")) for path in self.folder.glob("printed-*"))


def _start(folder, options):
    missing = [name for name in _PROGRAMS if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (packaging/system-packages.txt)")
    if (lack := "only root is tried" if os.geteuid() else apart.missing()) is not None:
        pytest.skip(f"a printer gets no network of its own: {lack}")
    program = Path(__file__).with_name("far_end_program.py")
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    outside = {kind: str(Path(f"/proc/self/ns/{kind}").readlink()) for kind in ("net", "mnt")}
    process = subprocess.Popen(
        [*apart.command(), sys.executable, program, folder, json.dumps(outside), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert json.loads(process.stdout.readline() or "{}") == {"ready": True}, (folder / "log").read_text()[-2000:]
    return FarEnd(folder, process)


@contextlib.contextmanager
def far_end_with(folder, *options):
    far_end = _start(folder, options)
    yield far_end
    far_end.process.stdin.close()
    far_end.process.wait(60)
    far_end.process.stdout.close()


@pytest.fixture(scope="session")
def _pdf_printer(tmp_path_factory):
    with far_end_with(tmp_path_factory.mktemp("ipp"), "-f", "application/pdf", "-2", "-s", "60,60") as far_end:
        yield far_end


@pytest.fixture(scope="session")
def _raster_printer(tmp_path_factory):
    with far_end_with(tmp_path_factory.mktemp("ipp"), "-f", "image/pwg-raster", "-2", "-s", "60,60") as far_end:
        yield far_end


@pytest.fixture
def far_end(_pdf_printer):
    _pdf_printer.plan("exit 0")
    yield _pdf_printer
    _pdf_printer.release()


@pytest.fixture
def raster_far_end(_raster_printer):
    return _raster_printer


class Wire:
    """A loopback port, from which bytes are carried to a printer's socket; on it an answer can be lost.

    Attributes:
        lose: the request, by its first bytes, whose answer breaks off behind HTTP's head; once.
        cut: what a request holds, 20 bytes behind which it breaks off; once.
        lost: how often either happened.
        watch: the request, by its first bytes, whose answer sets ``watched``.
    """

    def __init__(self, where):
        self.lose = self.cut = self.watch = b""
        self.watched = threading.Event()
        self.lost = 0
        self._where = str(where)
        self._ready = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._end, told = socket.socketpair()
        self._ready.register(self._listener, selectors.EVENT_READ)
        self._ready.register(told, selectors.EVENT_READ)
        self._told = told
        self.url = f"ipp://127.0.0.1:{self._listener.getsockname()[1]}/ipp/print"
        self._others = {}
        self._losing = set()
        self._watching = set()
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def close(self):
        self._end.close()
        self._thread.join()
        for link in (*self._others, self._listener, self._told):
            link.close()
        self._ready.close()

    def _carry(self):
        while True:
            for key, _ in self._ready.select():
                if key.fileobj is self._told:
                    return
                if key.fileobj is self._listener:
                    self._take()
                elif key.fileobj in self._others:
                    self._pass_on(key.fileobj)

    def _take(self):
        ours, _ = self._listener.accept()
        theirs = socket.socket(socket.AF_UNIX)
        theirs.connect(self._where)
        for one, other in ((ours, theirs), (theirs, ours)):
            self._others[one] = other
            self._ready.register(one, selectors.EVENT_READ)

    def _pass_on(self, source):
        other = self._others[source]
        try:
            data = source.recv(65536)
            if source.family == socket.AF_INET:
                data, more = self._asked(source, data)
            else:
                data, more = self._answered(other, data)
            other.sendall(data)
        except ConnectionError:
            more = False
        if not more:
            for link in (source, other):
                self._ready.unregister(link)
                del self._others[link]
                link.close()

    def _asked(self, source, data):
        if self.lose and self.lose in data:
            self.lose = b""
            self._losing.add(source)
        if self.watch and self.watch in data:
            self._watching.add(source)
        if self.cut and self.cut in data:
            data, self.cut, self.lost = data[: data.index(self.cut) + 20], b"", self.lost + 1
            return data, False
        return data, bool(data)

    def _answered(self, source, data):
        if source in self._watching:
            self.watched.set()
        if source in self._losing and b"\r\n\r\n" in data:
            self._losing.discard(source)
            self.lost += 1
            return data[: data.index(b"\r\n\r\n") + 8], False
        return data, bool(data)


@contextlib.contextmanager
def wire_to(far_end):
    wire = Wire(far_end.folder / "printer")
    yield wire
    wire.close()


def enabled(url, timing=PATIENT, **options):
    return in_use(DocumentPrinter("printer", url, timing=timing, **options))


@pytest.fixture
def wire(far_end):
    with wire_to(far_end) as wire:
        yield wire


# -- the simulator


IMPATIENT = Timing(
    connect=30, answer=0.4, look=0.02, busy=30, queue=30, attention=30, warm_up=30, silent=30, after_cancel=30,
    believe=0.02, bytes_per_second=1e6,
)  # fmt: skip
"""For what must not happen: an answer that does not come."""

HASTY = Timing(
    connect=30, answer=30, look=0.02, busy=0.2, queue=0.2, attention=0.2, warm_up=30, silent=0.2, after_cancel=30,
    believe=0.02,
)  # fmt: skip
"""For a printer that keeps somebody waiting."""


@pytest.fixture(scope="session")
def _simulator():
    simulator = SimulatorProcess("drivers.document_printer.simulator", "--fast")
    yield simulator
    assert simulator.end() == 0


@pytest.fixture
def simulator(_simulator):
    """The simulator, set to rights."""
    _simulator.tell("clear_fault")
    _simulator.tell("plug")
    _simulator.tell("reset")
    return _simulator


@pytest.fixture
async def printer(request):
    """The printer of the simulator, or of the far end where the test has one."""
    url = request.getfixturevalue("wire" if "far_end" in request.fixturenames else "simulator").url
    async with enabled(url) as device:
        yield device


@pytest.fixture
async def hasty(simulator):
    async with enabled(simulator.url, timing=HASTY) as device:
        yield device


class QuickPdf:
    """Stands in for an opened PDF of ``samples``, without the process that opens it: for tests of what comes after."""

    def __init__(self, document, limits):
        del limits
        sizes = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", document)
        self.sizes = tuple((float(across) / 72 * 25.4, float(down) / 72 * 25.4) for across, down in sizes)
        self.pages = len(sizes)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    is_a4 = OpenPdf.is_a4


@pytest.fixture
def opened_quickly(monkeypatch):
    monkeypatch.setattr(driver, "OpenPdf", QuickPdf)


@pytest.fixture
def whole_pdf(opened_quickly, monkeypatch):
    """Against ``opened_quickly``: the process after all."""
    del opened_quickly
    monkeypatch.setattr(driver, "OpenPdf", OpenPdf)


async def jobs(simulator):
    return (await tell(simulator, "status"))["jobs"]


async def came_out(simulator):
    """Sides that came out, of each job that the printer had."""
    return [job["out"] for job in await jobs(simulator)]


async def begun(device, reached, **options):
    """Begin to print; return the task once it is as far as ``reached`` says."""
    there = asyncio.Event()
    task = asyncio.create_task(
        device.print(pdf(A4, A4), job="report", on_progress=lambda told: reached(told) and there.set(), **options)
    )
    waiting = asyncio.create_task(there.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    assert there.is_set(), task.result()
    return task
