"""Simulated scanners as processes, shared by all tests of this folder and set to rights before each."""

import asyncio

import pytest

from tests.drivers.conftest import plugged_in, shared, tell

SIMULATOR = "drivers.scanner.simulator"
LONG = 60.0
"""Seconds in which what must come comes, however busy the machine is."""


@pytest.fixture(scope="session")
def _serial_on_pty(tmp_path_factory):
    with shared(SIMULATOR, "--pty", "--link", str(tmp_path_factory.mktemp("line") / "scanner")) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _serial_on_tcp():
    with shared(SIMULATOR, "--tcp", "127.0.0.1:0") as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _triggered():
    with shared(SIMULATOR, "--pty", "--trigger") as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _keyboard(tmp_path_factory):
    with shared(SIMULATOR, "--keyboard", "--link", str(tmp_path_factory.mktemp("input") / "event5")) as simulator:
        yield simulator


@pytest.fixture(params=["pty", pytest.param("tcp", marks=pytest.mark.slow)])
def far_end(request):
    """The scanner on its usual line, a serial one; under the slow mark on the other one too."""
    return plugged_in(request.getfixturevalue(f"_serial_on_{request.param}"))


@pytest.fixture
def triggered(_triggered):
    return plugged_in(_triggered)


@pytest.fixture
def keyboard(_keyboard):
    return plugged_in(_keyboard)


async def until(simulator, condition):
    """Let the driver read until something has become of what was sent; each turn is a question to the simulator."""
    async with asyncio.timeout(LONG):
        while not condition():
            await tell(simulator, "status")


async def until_attended(simulator, *, is_attended):
    """Wait until a scanner on TCP has heard that a host came, or left: what it scans before goes to the host before."""
    if simulator.url.startswith("tcp:"):
        async with asyncio.timeout(LONG):
            while (await tell(simulator, "status"))["attended"] != is_attended:
                pass


def keyboard_url(simulator):
    return simulator.url.replace("serial:", "input:").split("?")[0] + "?grab=0"


def held_by(task):
    """What the frames of a task hold that waits, as text."""
    waiting, held = task.get_coro(), []
    while (frame := getattr(waiting, "cr_frame", None)) is not None:
        held += [value for name, value in frame.f_locals.items() if name != "self"]
        waiting = waiting.cr_await
    decoded = [getattr(value, "text", value) for one in held for value in (one if isinstance(one, list) else [one])]
    return str(decoded)


async def scanned_and_forgotten(device, simulator, **how):
    async with device.listen() as listener:
        await tell(simulator, "scan", text="8800000121", **how)
        assert (await listener.next(LONG)).text == "8800000121"
    await tell(simulator, "status")
    held = held_by(device._reading)
    assert [word for word in ("8800000121", "Code", "InputEvent") if word in held] == []
