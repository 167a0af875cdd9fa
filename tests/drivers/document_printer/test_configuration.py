"""From a configuration entry to a printer, and to its simulator."""

import importlib.util
import json
import subprocess
import sys

import pytest

from drivers.cli import main
from drivers.document_printer import configuration
from drivers.document_printer.link import parse_address
from drivers.registry import ConfigurationError, DeviceEntry, make_device, read_devices
from drivers.simulation import simulator_command
from tests.drivers.conftest import ROOT, START_LIMIT


def entry(url="ipp://127.0.0.1:8631/ipp/print", simulator=None, **options):
    return DeviceEntry("report-printer", "document_printer", "ipp", url, simulator=simulator or {}, options=options)


def test_the_addresses_of_a_printer():
    address = parse_address("ipp://192.0.2.10/ipp/print")
    assert (address.printer, address.http) == ("ipp://192.0.2.10:631/ipp/print", "http://192.0.2.10:631/ipp/print")
    address = parse_address("ipps://[2001:db8::7]:443")
    assert (address.printer, address.http, address.line, address.tls) == (
        "ipps://[2001:db8::7]:443/",
        "https://[2001:db8::7]:443/",
        "tcp://[2001:db8::7]:443",
        True,
    )


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (entry("ipp://[::1/ipp/print"), "it is no address"),
        (entry("ipp:///ipp/print"), "it needs ipp://HOST/ipp/print"),
        (entry("ipp://a..b/ipp/print"), "'a..b' can be no host's name"),
        (entry("ipp://h:99999/ipp/print"), "the port is not a number"),
        (entry("ipp://u:p@h/ipp/print"), "it has neither user nor options"),
        (entry(tray=2), "has no option 'tray'"),
        (entry(ca="/etc/printer.pem"), "ca = '/etc/printer.pem' must be a file's path, and is for ipps:"),
        (entry(user=""), "user = '' must be a text"),
        (entry(create_job="no"), "create_job = 'no' must be true or false"),
        (entry(pages=0), "pages = 0 is not a whole number from 1"),
        (entry(attention=1.5), "attention = 1.5 is not a whole number from 1"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_key(given, complaint):
    with pytest.raises(ConfigurationError, match="device") as failure:
        make_device(given)
    assert complaint in str(failure.value)


def test_options_reach_the_printer():
    device = make_device(entry(user="kiosk-3", pages=10, megabytes=2, copies=2, attention=90, busy=5, create_job=False))
    assert (device._limits.pages, device._limits.megabytes, device._limits.copies) == (10, 2, 2)
    assert (device._timing.attention, device._timing.busy, device._timing.queue) == (90.0, 5.0, 120.0)
    assert (device._user, device._create_job) == ("kiosk-3", False)


def test_a_machine_without_the_extra_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(configuration, "find_spec", lambda name: None if name == "pypdfium2" else importlib.util)
    with pytest.raises(ConfigurationError, match=r"needs pypdfium2: install houzhen\[documents\]"):
        make_device(entry())


async def test_certificates_that_are_none_are_told(tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate")
    for path in (tmp_path / "ca.pem", tmp_path / "none.pem"):
        device = make_device(entry("ipps://127.0.0.1:1/ipp/print", ca=str(path)))
        with pytest.raises(Exception, match="cannot be used") as failure:
            await device.open()
        assert failure.value.error == "certificate"
        await device.close()


def test_the_command_of_its_simulator():
    assert simulator_command(entry(simulator={"pages": "var/pages", "fast": True}))[3:] == [
        "--parent-stdin",
        "--tcp",
        "127.0.0.1:8631",
        "--pages",
        "var/pages",
        "--fast",
    ]
    assert simulator_command(entry("ipps://printer.example/ipp/print"))[-1] == "127.0.0.1:0"
    with pytest.raises(ConfigurationError, match="colour"):
        simulator_command(entry(simulator={"colour": "red"}))


def test_simulated_and_checked_by_the_command(tmp_path, capsys):
    config = tmp_path / "devices.toml"
    config.write_text(
        '[[device]]\nname = "report-printer"\nkind = "document_printer"\ndriver = "ipp"\nurl = "ipp://127.0.0.1:0/x"\n'
    )
    with pytest.raises(ConfigurationError):
        make_device(read_devices(config)[0])
    config.write_text(config.read_text().replace("127.0.0.1:0/x", "127.0.0.1:1/ipp/print"))
    assert main(["check", "--config", str(config)]) == 1
    assert "report-printer: NOT WELL: no_device" in capsys.readouterr().out
    config.write_text(config.read_text().replace("127.0.0.1:1/", "192.0.2.10/"))
    simulating = subprocess.Popen(
        [sys.executable, "-m", "drivers.cli", "simulate", "all", "--parent-stdin", "--config", config],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        told = json.loads(simulating.stdout.readline())
        config.write_text(config.read_text().replace("ipp://192.0.2.10/ipp/print", told["url"]))
        assert main(["check", "--config", str(config)]) == 0
        assert "report-printer: well: ready, paper full, toner full" in capsys.readouterr().out
    finally:
        simulating.stdin.close()
        assert simulating.wait(START_LIMIT) == 0
        simulating.stdout.close()
