import asyncio
import json
import re
import subprocess
import sys
from datetime import time
from pathlib import Path

import pytest

from drivers.call_display.content import Brightness
from drivers.call_display.driver import CallDisplay, ShowState
from drivers.cli import main
from drivers.registry import ConfigurationError, DeviceEntry, make_device, read_devices
from drivers.simulation import simulator_command

ROOT = Path(__file__).resolve().parents[3]
URL = "tcp://127.0.0.1:9401"
NIGHT = {"from": "21:00", "to": "06:30", "brightness": 20}


def entry(driver, **options):
    return DeviceEntry("board", "call_display", driver, URL, options=options, where="devices.toml: device 1 (board)")


@pytest.mark.parametrize("driver", ["modbus_board", "numeric_board", "xunpeng_board", "alpha_board"])
def test_every_kind_of_board_is_made_from_its_entry(driver):
    display = make_device(entry(driver))
    assert isinstance(display, CallDisplay)
    assert (display.info.kind, display.info.driver, display.present) == ("call_display", driver, None)


def test_the_night_is_read():
    display = make_device(entry("modbus_board", brightness_at=100, brightness=80, night=NIGHT, refresh=5))
    assert display._brightness == Brightness(80, 20, time(21), time(6, 30))
    assert display._timing.refresh == 5.0
    assert make_device(entry("modbus_board", brightness_at=100, brightness=80))._brightness == Brightness(80, 80)
    assert make_device(entry("modbus_board", brightness_at=100))._brightness is None


@pytest.mark.parametrize(
    ("driver", "options", "words"),
    [
        ("modbus_board", {"colour": "red"}, "has no option 'colour'"),
        ("numeric_board", {"brightness": 50}, "has no option 'brightness'"),
        ("modbus_board", {"unit": 0}, "unit = 0 must be a whole number from 1 to 247"),
        ("modbus_board", {"unit": True}, "unit = True must be a whole number"),
        ("modbus_board", {"text_registers": 124}, "from 1 to 123"),
        (
            "modbus_board",
            {"text_at": 65530, "text_registers": 16},
            "text_at = 65530 must be a whole number from 0 to 65520",
        ),
        ("modbus_board", {"byte_order": "middle"}, "byte_order = 'middle' must be big or little"),
        ("modbus_board", {"night": NIGHT}, "brightness and night need brightness_at"),
        (
            "modbus_board",
            {"brightness_at": 9, "night": {"from": "21:00"}},
            "must be a table of from, to and brightness",
        ),
        ("modbus_board", {"brightness_at": 9, "night": {**NIGHT, "to": "24:00"}}, "night: to = '24:00' must be a time"),
        (
            "modbus_board",
            {"brightness_at": 9, "night": {**NIGHT, "brightness": 101}},
            "night: brightness = 101 must be",
        ),
        ("modbus_board", {"refresh": -1}, "refresh = -1 must be a number of seconds"),
        ("modbus_board", {"page_seconds": 0}, "page_seconds = 0 must be above 0"),
        ("numeric_board", {"digits": 6}, "digits = 6 must be a whole number from 1 to 5"),
        ("numeric_board", {"digits_only": "yes"}, "digits_only = 'yes' must be true or false"),
        ("xunpeng_board", {"colour": "blue"}, "colour = 'blue' must be green, yellow or red"),
        ("alpha_board", {"address": "zz"}, "address = 'zz' must be two hexadecimal digits"),
        ("alpha_board", {"label": "?"}, "label = '?' must be one character"),
    ],
)
def test_what_is_wrong_is_told_by_entry_key_and_value(driver, options, words):
    with pytest.raises(ConfigurationError) as caught:
        make_device(entry(driver, **options))
    assert "devices.toml: device 1 (board)" in str(caught.value)
    assert words in str(caught.value)


def test_a_board_has_no_profile():
    with pytest.raises(ConfigurationError, match="driver 'alpha_board' has no profiles"):
        make_device(DeviceEntry("board", "call_display", "alpha_board", URL, profile="big"))


@pytest.mark.parametrize(
    ("driver", "given", "options"),
    [
        (
            "modbus_board",
            {"unit": 7, "text_at": 16, "text_registers": 8, "byte_order": "little", "brightness_at": 100},
            "--protocol modbus --board 7 --text-at 16 --text-registers 8 --brightness-at 100 --little",
        ),
        ("numeric_board", {"board": 5, "digits": 4}, "--protocol numeric --board 5"),
        ("xunpeng_board", {"colour": "red", "confirm": False}, "--protocol xunpeng --answers none"),
        ("alpha_board", {"address": "1A"}, "--protocol alpha --address 1A"),
        ("somebody_elses", {"unit": 7}, ""),
    ],
)
def test_a_simulated_board_is_the_configured_one(driver, given, options):
    command = simulator_command(entry(driver, **given))
    assert command[2:] == [
        "drivers.call_display.simulator", "--parent-stdin", "--tcp", "127.0.0.1:9401", *options.split(),
    ]  # fmt: skip


def test_the_examples_that_are_shipped_are_right(tmp_path):
    text = (
        (ROOT / "config" / "devices.toml")
        .read_text(encoding="utf-8")
        .partition("# -- call displays")[2]
        .partition("\n# -- ")[0]
    )
    examples = tmp_path / "devices.toml"
    examples.write_text("\n".join(line[2:] for line in text.splitlines() if re.match(r"# (\[\[|\w+ = )", line)))
    entries = [one for one in read_devices(examples) if one.kind == "call_display"]
    assert [one.driver for one in entries] == ["modbus_board", "numeric_board", "xunpeng_board", "alpha_board"]
    for one in entries:
        assert make_device(one).info.kind == "call_display"


async def shown(one):
    display = make_device(one)
    await display.open()
    await display.claim(1)
    await display.enable()
    try:
        return await display.show("请A023号").ended(60)
    finally:
        await display.close()


def test_simulate_stands_in_for_a_board(tmp_path, links):
    config = tmp_path / "devices.toml"
    config.write_text(
        '[[device]]\nname = "board"\nkind = "call_display"\ndriver = "modbus_board"\n'
        f'url = "serial://{links}/board?baud=9600"\nunit = 7\nsimulator = {{fast = true}}\n'
    )
    with subprocess.Popen(
        [sys.executable, "-m", "drivers.cli", "simulate", "all", "--config", str(config), "--parent-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert json.loads(process.stdout.readline())["kind"] == "call_display"
        assert asyncio.run(shown(read_devices(config)[0])) is ShowState.SHOWN
        process.stdin.close()
        assert process.wait(timeout=60) == 0


@pytest.mark.parametrize("line", ["pty", "tcp"], indirect=True)
def test_check_asks_a_board_how_it_is(board_on, tmp_path, capsys):
    config = tmp_path / "devices.toml"
    board = board_on("modbus")
    head = f'[[device]]\nname = "board"\nkind = "call_display"\ndriver = "modbus_board"\nurl = "{board.url}"\n'
    config.write_text(head + "unit = 7\n")
    assert main(["check", "--config", str(config)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "board: well: answers"
    config.write_text(head + "unit = 8\n")
    assert main(["check", "--config", str(config)]) == 1
    assert "board: NOT WELL: timeout" in capsys.readouterr().out


def test_check_says_of_a_board_without_answers_that_it_gives_none(board_on, tmp_path, capsys):
    config = tmp_path / "devices.toml"
    url = board_on("numeric").url
    config.write_text(f'[[device]]\nname = "board"\nkind = "call_display"\ndriver = "numeric_board"\nurl = "{url}"\n')
    assert main(["check", "--config", str(config)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "board: cannot tell: line_open, gives_no_answers"
