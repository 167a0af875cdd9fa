"""Volume and brightness by the time of day: programs of the test's own stand where the tools would."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from kiosk import cli, levels
from kiosk.config import load
from kiosk.data import DataFolder
from kiosk.levels import Backlight, LevelError, LevelKeeper, Schedule, Step, amixer, ddcutil, make_adjuster, wpctl
from tests.kiosk.fakes import FakeClock

DAY = Schedule((Step(6 * 60 + 30, 70), Step(12 * 60, 40), Step(21 * 60, 25)), quiet=15)


def at(hour, minute=0):
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "percent"),
    [(at(6, 29), 25), (at(6, 30), 70), (at(11, 59), 70), (at(12), 40), (at(20, 59), 40), (at(23, 59), 25), (at(0), 25)],
)
def test_a_level_holds_until_the_next_also_over_midnight(now, percent):
    assert DAY.level(now, is_quiet=False) == percent


def test_quiet_is_a_limit_and_makes_nothing_louder():
    assert DAY.level(at(12), is_quiet=True) == 15
    assert Schedule((Step(0, 10),), quiet=15).level(at(12), is_quiet=True) == 10
    assert Schedule((Step(0, 100),)).level(at(12), is_quiet=True) == 100


# -- the tools


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """A folder of programs that note how they were called, and nothing else where programs are looked for."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install(name, ends="exit 0"):
        program = folder / name
        program.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/{name}.calls\n{ends}\n')
        program.chmod(0o755)

    def calls(name):
        return (tmp_path / f"{name}.calls").read_text().splitlines()

    return install, calls


@pytest.mark.parametrize(
    ("adjuster", "program", "words"),
    [
        (wpctl("@DEFAULT_AUDIO_SINK@"), "wpctl",
         ["set-mute @DEFAULT_AUDIO_SINK@ 0", "set-volume @DEFAULT_AUDIO_SINK@ 0.05"]),
        (amixer("Master"), "amixer", ["-q -M sset Master 5% unmute"]),
        (ddcutil("1"), "ddcutil", ["--display 1 setvcp 10 5"]),
    ],
)  # fmt: skip
async def test_each_tool_is_called_as_its_manual_says(tools, adjuster, program, words):
    install, calls = tools
    install(program)
    await adjuster.set(5)
    assert calls(program) == words


@pytest.mark.parametrize(
    ("adjuster", "package"), [(wpctl("x"), "wireplumber"), (amixer("x"), "alsa-utils"), (ddcutil("1"), "ddcutil")]
)
@pytest.mark.usefixtures("tools")
async def test_a_tool_that_is_not_installed_is_named_with_its_package(adjuster, package):
    with pytest.raises(LevelError, match=rf"is not installed\. Install the Debian package {package}"):
        await adjuster.set(5)


async def test_a_tool_that_fails_gives_its_reason(tools):
    install, _ = tools
    install("amixer", "echo \"Unable to find simple control 'Master',0\" >&2; exit 1")
    with pytest.raises(LevelError, match="ended with 1: Unable to find simple control 'Master',0"):
        await amixer("Master").set(5)
    install("ddcutil", "exit 3")
    with pytest.raises(LevelError, match="ended with 3: it gave no reason"):
        await ddcutil("1").set(5)


async def test_a_tool_that_hangs_is_ended(tools, monkeypatch):
    install, _ = tools
    install("ddcutil", "read nothing < /dev/zero")
    monkeypatch.setattr(levels, "TOOL_LIMIT", 0.1)
    with pytest.raises(LevelError, match="did not end within"):
        await ddcutil("1").set(5)


# -- the kernel's backlight


@pytest.fixture
def panel(tmp_path):
    folder = tmp_path / "backlight" / "intel_backlight"
    folder.mkdir(parents=True)
    (folder / "max_brightness").write_text("937\n")
    (folder / "brightness").write_text("937\n")
    return folder


async def test_a_backlight_is_set_in_its_own_steps_and_never_off(panel):
    backlight = Backlight("intel_backlight", panel.parent)
    await backlight.set(50)
    assert (panel / "brightness").read_text() == "468\n"
    (panel / "max_brightness").write_text("4\n")
    await backlight.set(10)
    assert (panel / "brightness").read_text() == "1\n"


async def test_a_backlight_that_is_not_there_names_those_that_are(panel):
    with pytest.raises(LevelError, match=r"no backlight 'acpi_video0' in .*there are: intel_backlight"):
        await Backlight("acpi_video0", panel.parent).set(50)
    (panel / "max_brightness").write_text("bright\n")
    with pytest.raises(LevelError, match="cannot be set"):
        await Backlight("intel_backlight", panel.parent).set(50)


def test_each_way_has_its_adjuster():
    assert make_adjuster("wpctl", "s").program == "wpctl"
    assert make_adjuster("amixer", "s").program == "amixer"
    assert make_adjuster("ddcutil", "1").program == "ddcutil"
    assert make_adjuster("backlight", "b") == Backlight("b")


# -- by the time of day


class Knob:
    """A level that remembers how it was set. ``broken``: the sentence it fails with."""

    def __init__(self):
        self.set_to = []
        self.broken = None

    async def set(self, percent):
        if self.broken:
            raise LevelError(self.broken)
        self.set_to.append(percent)


async def test_it_is_set_when_another_is_due_and_not_over_and_over():
    knob, clock = Knob(), FakeClock()
    now, quiet = [at(11)], [False]
    keeper = LevelKeeper("volume", knob, DAY, lambda: now[0], lambda: quiet[0], clock)
    for now[0], quiet[0] in (
        (at(11), False),
        (at(11, 1), False),
        (at(12), False),
        (at(12, 1), True),
        (at(12, 2), False),
    ):
        await keeper.look()
    assert knob.set_to == [70, 40, 15, 40]


async def test_what_fails_is_told_once_and_tried_again():
    knob, clock = Knob(), FakeClock()
    keeper = LevelKeeper("volume", knob, DAY, lambda: at(11), lambda: False, clock)
    knob.broken = "wpctl is not installed."
    with capture_logs() as logs:
        for _ in range(3):
            await keeper.look()
        knob.broken = None
        await keeper.look()
    assert [(one["event"], one.get("error")) for one in logs] == [
        ("level_not_set", "wpctl is not installed."),
        ("level_set", None),
    ]
    assert knob.set_to == [70]


# -- from the command and the configuration


def test_quiet_is_said_by_a_command(tmp_path):
    folder = DataFolder(tmp_path / "kiosk")
    assert not folder.is_quiet()
    for state, quiet in (("on", True), ("on", True), ("off", False), ("off", False)):
        assert cli.main(["quiet", state, "--data", str(tmp_path / "kiosk")]) == 0
        assert folder.is_quiet() is quiet


def test_the_configuration_gives_both_plans(tmp_path):
    (tmp_path / "kiosk.toml").write_text(
        'name = "k"\nserver = "http://127.0.0.1:8600"\n'
        '[volume]\nthrough = "amixer"\n'
        'levels = [{at = "21:00", percent = 25}, {at = "06:30", percent = 70}, {at = "12:00", percent = 40}]\n'
        '[brightness]\nthrough = "backlight"\ndevice = "intel_backlight"\nlevels = [{at = "06:30", percent = 100}]\n'
        "[cabinet]\nwatchdog = 60\n"
    )
    configuration = load(tmp_path)
    assert (configuration.volume.through, configuration.volume.device) == ("amixer", "Master")
    assert configuration.volume.schedule == DAY
    assert configuration.brightness.schedule == Schedule((Step(390, 100),))
    assert configuration.watchdog == 60
