"""From a configuration entry to a payment terminal."""

import pytest

from drivers.registry import ConfigurationError, DeviceEntry, make_device


def entry(**options):
    return DeviceEntry("terminal", "payment_terminal", "zvt", "tcp://127.0.0.1:20007", options=options)


def test_an_entry_becomes_its_driver():
    assert not make_device(entry())._blocks
    assert make_device(entry(framing="serial"))._blocks
    assert make_device(DeviceEntry("t", "payment_terminal", "zvt", "serial:///dev/ttyS0?baud=9600&stopbits=2"))._blocks
    device = make_device(entry(password="123456", currency=978, prints=True))
    assert device._registration.data == bytes.fromhex("123456 38 0978 0300")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"colour": 1}, "no option 'colour'"),
        ({"framing": "usb"}, "framing = 'usb' is not serial or tcp"),
        ({"password": 123456}, "password must be six digits"),
        ({"password": "1234567"}, "password must be six digits"),
        ({"currency": "CNY"}, "currency = 'CNY' is no number"),
        ({"prints": 1}, "prints = 1 must be true or false"),
    ],
)
def test_a_wrong_option_is_told(options, words):
    with pytest.raises(ConfigurationError, match=words):
        make_device(entry(**options))
