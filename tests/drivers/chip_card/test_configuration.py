import importlib.util

import pytest

from drivers.chip_card.driver import ChipCardReader
from drivers.registry import ConfigurationError, DeviceEntry, make_device


def entry(**options):
    changes = {key: options.pop(key) for key in ("url", "profile") if key in options}
    facts = {"name": "chip-card", "kind": "chip_card", "driver": "pcsc", "url": "pcsc:ACS*"}
    return DeviceEntry(**{**facts, **changes}, options=options)


def test_an_entry_becomes_its_driver():
    device = make_device(entry())
    assert isinstance(device, ChipCardReader)
    assert (device._social, device._memory) == (True, None)


def test_a_hospitals_card_by_its_own_number():
    device = make_device(entry(cards=["social", "uid"], number="[0-9A-F]{8}"))
    assert device._social
    assert (device._memory.block, device._memory.pattern.pattern) == (None, "[0-9A-F]{8}")


def test_a_hospitals_card_by_a_block():
    device = make_device(
        entry(cards=["block"], block=4, key="A0A1A2A3A4A5", key_type="B", profile="acr122u", patience=2)
    )
    memory = device._memory
    assert not device._social
    assert (memory.block, memory.key.hex(), memory.key_kind, memory.place.number) == (4, "a0a1a2a3a4a5", 0x61, 0)
    assert device._timing.patience == 2.0
    assert "a0a1" not in repr(memory)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"colour": "red"}, "has no option 'colour'"),
        ({"cards": ["bank"]}, r"cards = \['bank'\] must be a list of social, uid, block"),
        ({"cards": []}, "must be a list"),
        ({"cards": ["uid", "block"]}, "without one of uid and block"),
        ({"cards": ["uid"], "number": "("}, r"number = '\(' must be a regular expression"),
        ({"cards": ["uid"], "number": 7}, "number = 7 must be a regular expression"),
        ({"cards": ["uid"], "block": 4}, "block is of no use"),
        ({"block": 4, "key": "FFFFFFFFFFFF"}, "block is of no use without .uid. or .block. among the cards"),
        ({"cards": ["social"], "number": "H[0-9]{7}"}, "number is of no use"),
        ({"cards": ["block"], "key": "FFFFFFFFFFFF"}, "block = None must be a block's number"),
        ({"cards": ["block"], "block": 256, "key": "FFFFFFFFFFFF"}, "block = 256"),
        ({"cards": ["block"], "block": 4}, "key must be twelve"),
        ({"cards": ["block"], "block": 4, "key": "FFFFFFFFFFFF", "key_type": "C"}, "key_type = 'C'"),
        (
            {"cards": ["block"], "block": 4, "key": "FFFFFFFFFFFF", "profile": "x"},
            "profile = 'x' is not one of acr122u",
        ),
        ({"patience": 0}, "patience = 0 must be a number above 0"),
    ],
)
def test_a_wrong_option_is_named(options, words):
    with pytest.raises(ConfigurationError, match=words):
        make_device(entry(**options))


def test_a_key_with_a_slip_of_the_pen_is_not_repeated():
    with pytest.raises(ConfigurationError) as caught:
        make_device(entry(cards=["block"], block=4, key="A0A1A2A3A4A"))
    assert "A0A1" not in str(caught.value)


def test_without_pyscard_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ConfigurationError, match=r"pip install 'houzhen\[chip\]'"):
        make_device(entry())
