"""From an entry of devices.toml to the driver."""

from dataclasses import replace

import pytest

from drivers.receipt_printer.driver import EscPosPrinter
from drivers.receipt_printer.profile import PROFILES
from drivers.registry import ConfigurationError, DeviceEntry, make_device


def entry(**changes):
    values = {"name": "printer", "kind": "receipt_printer", "driver": "escpos", "url": "usb:///dev/usb/lp0"}
    return DeviceEntry(**{**values, **changes})


def test_an_entry_names_its_profile_and_mode():
    printer = make_device(entry(profile="58mm", options={"mode": "text"}))
    assert isinstance(printer, EscPosPrinter)
    assert printer.profile is PROFILES["58mm"]
    assert make_device(entry()).profile is PROFILES["80mm"]


def test_a_model_is_a_profile_and_what_it_has_otherwise():
    model = {"dots": 512, "process_id": False, "clearing": "none", "speed_mm_s": 200, "hanzi": "gb2312"}
    printer = make_device(entry(profile="80mm", options={"model": model}))
    assert printer.profile == replace(PROFILES["80mm"], **model)
    assert PROFILES["80mm"].dots == 576


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (512, "model = 512 must be a table"),
        ({"colour": "red"}, "model has no key 'colour'; there are: asb, clearing, cutter"),
        ({"name": "x"}, "model has no key 'name'"),
        ({"dots": 512.5}, "model.dots = 512.5 is not a whole number"),
        ({"dots": 510}, "model: 80mm: 510 dots do not fit 80 mm"),
        ({"dots": 704}, "704 dots do not fit"),
        ({"cutter": 1}, "model.cutter = 1 is not true or false"),
        ({"speed_mm_s": "fast"}, "model.speed_mm_s = 'fast' is not a number"),
        ({"speed_mm_s": 0}, "must be positive"),
        ({"receive_buffer": True}, "model.receive_buffer = True is not a whole number"),
        ({"clearing": "maybe"}, "is not one of acknowledged, trusted, none"),
        ({"hanzi": "big5"}, "is not one of gb2312, gb18030"),
    ],
)
def test_a_model_that_cannot_be_is_refused_by_key_and_value(model, words):
    with pytest.raises(ConfigurationError) as caught:
        make_device(entry(options={"model": model}))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"profile": "90mm"}, "90mm"), ({"options": {"mode": "braille"}}, "braille"), ({"options": {"ink": 1}}, "ink")],
)
def test_an_entry_that_cannot_be_is_refused_by_name(changes, named):
    with pytest.raises(ConfigurationError, match=named):
        make_device(entry(**changes))
