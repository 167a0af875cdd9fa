"""A driver of somebody else's: the documented template, built into a wheel, installed and found by its entry point."""

import asyncio
import contextlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from drivers.cli import main
from drivers.conformance import Verdict, conform
from drivers.conformance.checks import CHECKS
from drivers.identity_card.port import IdentityCardReader
from drivers.identity_card.simulator import write_card
from drivers.registry import ConfigurationError, DeviceEntry, make_device
from drivers.simulation import simulator_command
from drivers.simulator import Simulator, SimulatorOptions
from kiosk.devices import make_devices
from tests.tools.warp_loop import WarpLoop

pytestmark = pytest.mark.usefixtures("installed")

TEMPLATE = Path(__file__).resolve().parents[2] / "docs" / "driver-template"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Build the wheel as an installer would and unpack it where Python looks for packages."""
    source = tmp_path_factory.mktemp("source") / "driver-template"
    shutil.copytree(TEMPLATE, source, ignore=shutil.ignore_patterns("__pycache__", "dist"))
    wheels, site = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("site-packages")
    build = f"from hatchling.build import build_wheel; print(build_wheel({str(wheels)!r}))"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    [wheel] = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site)
        yield site


ENTRY = DeviceEntry("reader", "identity_card", "acme_reader", "tcp://127.0.0.1:1")


def test_its_entry_point_is_the_name_in_the_configuration(installed):
    device = make_device(ENTRY)
    assert type(device).__module__ == "houzhen_acme.driver"
    assert Path(sys.modules["houzhen_acme.driver"].__file__).is_relative_to(installed)


def test_it_is_a_reader_that_the_kiosk_can_use():
    reader, printer = make_devices([ENTRY, DeviceEntry("p", "receipt_printer", "escpos", "tcp://127.0.0.1:1")])
    assert isinstance(reader, IdentityCardReader)
    assert (reader.info.driver, printer.info.driver) == ("acme_reader", "escpos")


def test_an_option_it_does_not_have_is_refused():
    entry = DeviceEntry("reader", "identity_card", "acme_reader", "tcp://127.0.0.1:1", options={"speed": 1})
    with pytest.raises(ConfigurationError, match="driver 'acme_reader' has no option 'speed'"):
        make_device(entry)


def test_a_driver_that_is_not_installed_is_told_with_those_that_are():
    with pytest.raises(ConfigurationError, match=r"'other' is not installed; known are acme_reader, .*resident_id"):
        make_device(DeviceEntry("reader", "identity_card", "other", "tcp://127.0.0.1:1"))


@contextlib.asynccontextmanager
async def served():
    """Serve the template's own simulator in this loop."""
    from houzhen_acme.simulator import SimulatedReader as AcmeSimulator  # noqa: PLC0415 -- installed by the fixture

    device = AcmeSimulator()
    announced = asyncio.get_running_loop().create_future()
    simulator = Simulator(device, SimulatorOptions(("127.0.0.1", 0), fast=True))
    serving = asyncio.create_task(simulator.run(lambda told: announced.set_result(told["url"])))
    try:
        yield device, DeviceEntry("reader", "identity_card", "acme_reader", await announced)
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


async def examine():
    async with served() as (_, entry):
        return [result async for result in conform(entry)]


def test_it_keeps_what_every_driver_must():
    with asyncio.Runner(loop_factory=WarpLoop) as runner:
        results = runner.run(examine())
    assert [(result.name, result.finding) for result in results if result.verdict is not Verdict.KEPT] == []
    assert len(results) == len(CHECKS)


async def read_a_card():
    async with served() as (simulator, entry):
        device = make_device(entry)
        await device.open()
        await device.claim(1)
        await device.enable()
        card = write_card({"kind": "resident", "name": "王芳", "sex": "2", "birth": "19900307"})
        await simulator.control("lay", {"text": card.hex()})
        document = await device.read(5)
        await simulator.control("remove", {})
        assert await device.wait_removed(5)
        await device.close()
        return document


def test_it_reads_a_card():
    with asyncio.Runner(loop_factory=WarpLoop) as runner:
        document = runner.run(read_a_card())
    assert (document.kind, document.name) == ("resident", "王芳")


def test_its_own_simulator_stands_in_for_it():
    entry = DeviceEntry(
        "reader",
        "identity_card",
        "acme_reader",
        "tcp://127.0.0.1:9301?baud=9600",
        simulator={"module": "houzhen_acme.simulator"},
    )
    command = simulator_command(entry)
    assert command[1:] == [
        "-m",
        "houzhen_acme.simulator",
        "--parent-stdin",
        "--tcp",
        "127.0.0.1:9301",
        "--baud",
        "9600",
    ]
    bad = DeviceEntry("reader", "identity_card", "acme_reader", "tcp://127.0.0.1:9301", simulator={"module": 1})
    with pytest.raises(ConfigurationError, match=r"simulator\.module = 1"):
        simulator_command(bad)


def test_a_driver_that_does_not_conform_is_told_what_it_does_wrong(tmp_path, capsys, monkeypatch):
    """The Acme driver before a reader of another make: nothing it asks is answered, and conform says so."""
    config = tmp_path / "devices.toml"
    config.write_text(
        '[[device]]\nname = "reader"\nkind = "identity_card"\ndriver = "acme_reader"\nurl = "tcp://127.0.0.1:1"\n'
        'simulator = {module = "drivers.identity_card.simulator", fast = true}\n'
    )
    monkeypatch.setattr("drivers.conformance.suite.CHECKS", CHECKS[:3])
    assert main(["conform", "reader", "--simulate", "--config", str(config)]) == 1
    said = capsys.readouterr().out
    assert "kept            says what it is" in said
    assert "broken          keeps the order: timeout, timeout: The device at" in said
    assert "acme_reader: does NOT conform: 1 broken" in said
