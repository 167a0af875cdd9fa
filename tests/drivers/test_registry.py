import dataclasses
import itertools
import re
from dataclasses import replace
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from pkgutil import resolve_name
from types import SimpleNamespace

import pytest

from drivers import registry
from drivers.identity_card.driver import ResidentIdReader
from drivers.registry import ConfigurationError, DeviceEntry, devices_as_toml, make_device, read_devices

ROOT = Path(__file__).resolve().parents[2]
GOOD = """
[[device]]
name = "id-card"
kind = "identity_card"
driver = "resident_id"
url = "serial:by-id/usb-*"
profile = "any"
simulator = {fast = true}
"""


@pytest.fixture
def write(tmp_path):
    path = tmp_path / "devices.toml"

    def write(text):
        path.write_text(text)
        return path

    return write


def test_an_entry_becomes_its_driver(write):
    (entry,) = read_devices(write(GOOD))
    assert (entry.profile, entry.simulator, entry.options) == ("any", {"fast": True}, {})
    device = make_device(replace(entry, profile=None))
    assert isinstance(device, ResidentIdReader)
    assert (device.info.name, device.info.url) == ("id-card", "serial:by-id/usb-*")


def test_what_is_written_is_read_as_it_was(write):
    entries = [
        DeviceEntry("a", "identity_card", "resident_id", "tcp://h:1", profile="any", simulator={"fast": True}),
        DeviceEntry(
            "王", "receipt_printer", "escpos", "tcp://h:2", options={"model": {"dots": 512, "clearing": "none"}}
        ),
        DeviceEntry("s", "scanner", "serial_scanner", "tcp://h:3", options={"suffix": "\r\n", "lights": ["x", "y"]}),
    ]
    read = read_devices(write(devices_as_toml(entries)))
    assert [dataclasses.replace(one, where="device") for one in read] == entries


def test_the_configuration_that_is_shipped_is_right():
    assert [entry.kind for entry in read_devices(ROOT / "config" / "devices.toml")] == [
        "identity_card",
        "receipt_printer",
    ]


def test_the_examples_of_the_configuration_that_is_shipped_are_right(write):
    shipped = (ROOT / "config" / "devices.toml").read_text(encoding="utf-8").splitlines()
    words = [line.removeprefix("# ") for line in shipped if line.startswith("# ")]
    told = [line for line in words if line == "[[device]]" or re.fullmatch(r"[a-z_]+ = \S.*", line)]
    names = (f'name = "device-{number}"' for number in itertools.count())
    examples = read_devices(write("\n".join(next(names) if line.startswith("name =") else line for line in told)))
    assert {entry.driver for entry in examples} >= {"serial_scanner", "keyboard_scanner", "zvt", "modbus_board"}
    for entry in examples:
        assert make_device(entry).info.kind == entry.kind


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "id-card"', 'name = ""', "device 1: name = '' must be a text"),
        ('driver = "resident_id"', "", "device 1: driver = None must be a text"),
        ('"identity_card"', '"toaster"', "device 1 (id-card): kind = 'toaster' is not one of identity_card"),
        (
            "serial:by-id/usb-*",
            "tcp://[::1:9100",
            "device 1 (id-card): url: The device address 'tcp://[::1:9100' is wrong",
        ),
        ("serial:by-id/usb-*", "com1", "url = 'com1' begins with none of serial:, tcp:"),
        ('profile = "any"', "profile = 3", "profile = 3 must be a text"),
        ("{fast = true}", "3", "simulator = 3 must be a table"),
        ("[[device]]", "[[devices]]", "[[device]] entries and nothing else"),
        ("name", "name name", "devices.toml: "),
    ],
)
def test_a_wrong_entry_names_file_key_and_value(write, old, new, words):
    path = write(GOOD.replace(old, new))
    with pytest.raises(ConfigurationError) as caught:
        read_devices(path)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)


def test_names_are_unique(write):
    with pytest.raises(ConfigurationError, match=r"device 2 .*already another device's"):
        read_devices(write(GOOD + GOOD))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml"):
        read_devices(tmp_path / "nowhere.toml")


def entry(**changes):
    facts = {"name": "x", "kind": "identity_card", "driver": "resident_id", "url": "tcp://127.0.0.1:1"}
    return DeviceEntry(**{**facts, **changes})


def test_an_unknown_driver_names_the_known():
    with pytest.raises(ConfigurationError, match=r"'abacus' is not installed; known are .*escpos.*resident_id"):
        make_device(entry(driver="abacus"))


def test_an_option_the_driver_does_not_know_is_refused():
    with pytest.raises(ConfigurationError, match="'resident_id' has no option 'colour'"):
        make_device(entry(options={"colour": "red"}))


def test_a_profile_is_refused_by_each_driver_that_knows_none_such():
    for name, maker in registry._OWN_DRIVERS.items():
        url = "ipp://127.0.0.1/ipp/print" if name == "ipp" else "tcp://127.0.0.1:1"
        wrong = entry(driver=name, url=url, profile="some", where="devices.toml: device 2 (x)")
        with pytest.raises(ConfigurationError, match=r"^devices.toml: device 2 \(x\): profile = 'some'"):
            resolve_name(maker)(wrong)


def test_a_slow_reader_is_given_patience():
    assert make_device(entry(options={"patience": 3}))._timing.patience == 3.0
    for wrong in (0, -1, "much", True):
        with pytest.raises(ConfigurationError, match=r"patience = .* must be a number above 0"):
            make_device(entry(options={"patience": wrong}))


def test_a_driver_of_another_kind_is_refused():
    with pytest.raises(ConfigurationError, match="is for 'identity_card'"):
        make_device(entry(kind="receipt_printer"))


@pytest.fixture
def installed(monkeypatch):
    """Have packages with these entry points be installed: (name, object, package)."""

    def install(*points):
        made = [EntryPoint(name, value, registry.ENTRY_POINT_GROUP) for name, value, _ in points]
        for point, (_, _, package) in zip(made, points, strict=True):
            vars(point).update(dist=SimpleNamespace(name=package))
        monkeypatch.setattr(registry, "entry_points", lambda **wanted: EntryPoints(made).select(**wanted))

    return install


def test_a_driver_of_somebody_elses_is_an_entry_point(installed):
    installed(("acme", "drivers.identity_card.driver:from_entry", "houzhen-acme"))
    assert isinstance(make_device(entry(driver="acme")), ResidentIdReader)


def test_a_makers_library_is_addressed_in_its_own_way_and_our_drivers_are_not(write):
    theirs = GOOD.replace('"resident_id"', '"acme"').replace("serial:by-id/usb-*", "acme-usb:1001")
    (read,) = read_devices(write(theirs))
    assert read.url == "acme-usb:1001"
    with pytest.raises(ConfigurationError, match=r"url = 'acme-usb:1001' begins with none of serial:"):
        read_devices(write(GOOD.replace("serial:by-id/usb-*", "acme-usb:1001")))
    with pytest.raises(ConfigurationError, match=r"url = 'com1' has nothing before a colon"):
        read_devices(write(theirs.replace("acme-usb:1001", "com1")))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("no_such_module:from_entry", "cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'"),
        ("drivers.device:no_such_name", "cannot be loaded: AttributeError"),
        ("drivers.device:INTERACTIVE_LIMIT", "is no function from an entry to a device"),
        ("builtins:repr", "made a str, which is no device"),
    ],
)
def test_a_package_that_brings_no_driver_is_named(installed, value, words):
    installed(("acme", value, "houzhen-acme"))
    with pytest.raises(ConfigurationError) as caught:
        make_device(entry(driver="acme"))
    assert "driver = 'acme' of the package houzhen-acme" in str(caught.value)
    assert words in str(caught.value)


def test_two_packages_with_drivers_of_one_name_are_both_named(installed):
    value = "drivers.identity_card.driver:from_entry"
    installed(("acme", value, "houzhen-acme"), ("acme", value, "acme-drivers"))
    with pytest.raises(ConfigurationError, match=r"'acme' is in acme-drivers and in houzhen-acme"):
        make_device(entry(driver="acme"))
