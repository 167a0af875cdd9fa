"""From an entry of devices.toml to the drivers."""

import pytest

from drivers.registry import ConfigurationError, DeviceEntry, make_device
from drivers.scanner.codec import Layout
from drivers.scanner.driver import Trigger
from drivers.scanner.pace import Pace


def entry(driver, **options):
    url = "input:by-id/usb-*-event-kbd" if driver == "keyboard_scanner" else "serial:by-id/usb-*?baud=9600"
    return DeviceEntry("scanner", "scanner", driver, url, options=options)


def test_an_entry_becomes_its_driver():
    serial = make_device(entry("serial_scanner", suffix="\r", encoding="gb18030", trigger=True, trigger_start="E"))
    assert serial._decoder._layout == Layout(suffix=b"\r", encoding="gb18030")
    assert serial._trigger == Trigger(start=b"E")
    assert make_device(entry("serial_scanner"))._trigger is None
    keyboard = make_device(entry("keyboard_scanner", gap=0.03, shortest=6, tab_ends=False))
    assert keyboard._pace == Pace(gap=0.03, shortest=6, tab_ends=False)


@pytest.mark.parametrize(
    ("driver", "options", "words"),
    [
        ("serial_scanner", {"colour": 1}, "no option 'colour'"),
        ("serial_scanner", {"suffix": 3}, "suffix = 3 must be a text"),
        ("serial_scanner", {"suffix": "终"}, "single bytes"),
        ("serial_scanner", {"encoding": "big5"}, "encoding = 'big5' is not auto"),
        ("serial_scanner", {"longest": 0}, "longest = 0 must be a whole number above 0"),
        ("serial_scanner", {"trigger": "yes"}, "trigger = 'yes' must be true or false"),
        ("serial_scanner", {"idle": -1}, "idle = -1 must be a number above 0"),
        ("keyboard_scanner", {"gap": 2.0}, "must be shorter than rest"),
        ("keyboard_scanner", {"suffix": "\r"}, "no option 'suffix'"),
    ],
)
def test_a_wrong_option_is_told(driver, options, words):
    with pytest.raises(ConfigurationError, match=words):
        make_device(entry(driver, **options))
