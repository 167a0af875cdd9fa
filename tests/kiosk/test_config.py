from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from kiosk import cli
from kiosk.config import ConfigurationError, load
from kiosk.durations import Durations
from kiosk.panel import Panel
from kiosk.speech import VoicePlan

SHIPPED = Path(__file__).parents[2] / "config"
LEAST = 'name = "k"\nserver = "http://127.0.0.1:8600"\n'


def write(folder, text):
    (folder / "kiosk.toml").write_text(text, encoding="utf-8")
    return folder


def test_the_shipped_configuration_is_the_documented_default():
    configuration = load(SHIPPED)
    assert configuration.panel == Panel()
    assert configuration.durations == Durations()
    assert configuration.scanner
    assert configuration.devices == SHIPPED / "devices.toml"


def test_the_least_configuration_will_do(tmp_path):
    configuration = load(write(tmp_path, LEAST))
    assert (configuration.language, configuration.scanner) == ("zh", True)


def test_a_kiosk_without_a_scanner_says_so(tmp_path):
    assert load(write(tmp_path, LEAST + "scanner = false\n")).scanner is False


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "name"),
        ('name = "k"\nserver = "lobby"\n', "lobby"),
        ('name = "k"\nserver = "http://192.0.2.7:8600"\n', "TLS"),
        (LEAST + 'ca = "none.pem"\n', "none.pem"),
        (LEAST + "colour = 3\n", "colour"),
        (LEAST + 'language = "de"\n', "language"),
        (LEAST + "[durations]\ncountdown = 5\n", "countdown"),
        (LEAST + '[durations]\nidle = "long"\n', "idle"),
        (LEAST + "[panel]\nwidth_mm = 708\nheight_mm = 398\n", "panel"),
        (LEAST + "[panel]\nwidth_mm = 708\nheight_mm = 398\nwidth_px = 1920\nheight_px = 1080\n", "upright"),
        (LEAST + "[panel]\nwidth_mm = 0\n", "panel"),
        ("name = ", "kiosk.toml"),
        (LEAST + '[ticket]\nlogo = "none.png"\n', r"ticket\.logo: .*none\.png: there is no such file"),
        (LEAST + '[ticket]\nlogo = "kiosk.toml"\n', "is no image of PNG, JPEG, BMP"),
        (LEAST + "[cabinet]\nwatchdog = 5\n", r"cabinet\.watchdog is 5"),
        (LEAST + "[cabinet]\ndog = 5\n", "dog"),
        (LEAST + '[volume]\nthrough = "pulse"\nlevels = [{at = "06:30", percent = 70}]\n', "through"),
        (LEAST + '[volume]\nthrough = "wpctl"\nlevels = []\n', r"volume\.levels is empty"),
        (LEAST + '[volume]\nthrough = "wpctl"\nlevels = [{at = "6:30", percent = 70}]\n', "at is '6:30'"),
        (LEAST + '[volume]\nthrough = "wpctl"\nlevels = [{at = "24:00", percent = 70}]\n', "at is '24:00'"),
        (LEAST + '[volume]\nthrough = "wpctl"\nlevels = [{at = "06:30", percent = 101}]\n', "percent is 101"),
        (LEAST + '[volume]\nthrough = "wpctl"\nquiet = -1\nlevels = [{at = "06:30", percent = 9}]\n', "quiet is -1"),
        (LEAST + '[volume]\nthrough = "amixer"\ndevice = "-x"\nlevels = [{at = "06:30", percent = 9}]\n', "'-x'"),
        (
            LEAST
            + '[volume]\nthrough = "wpctl"\nlevels = [{at = "06:30", percent = 9}, {at = "06:30", percent = 8}]\n',
            "two levels for one time",
        ),
        (
            LEAST + '[brightness]\nthrough = "backlight"\ndevice = "a/b"\nlevels = [{at = "06:30", percent = 90}]\n',
            "without a path",
        ),
        (
            LEAST + '[brightness]\nthrough = "ddcutil"\ndevice = "left"\nlevels = [{at = "06:30", percent = 90}]\n',
            "a display's number",
        ),
        (
            LEAST + '[brightness]\nthrough = "ddcutil"\ndevice = "1"\nlevels = [{at = "06:30", percent = 9}]\n',
            "percent is 9; it must be 10 to 100",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        load(write(tmp_path, text))


def test_how_the_kiosk_speaks(tmp_path):
    (tmp_path / "kiosk.toml").write_text(
        'name = "1"\nserver = "http://127.0.0.1:8600"\n[voice]\nthrough = "aplay"\n', encoding="utf-8"
    )
    assert load(tmp_path).voice == VoicePlan("aplay", None, 140)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"kiosk\.toml"):
        load(tmp_path)


def test_the_command_says_what_is_wrong_with_the_configuration(tmp_path, capsys):
    assert cli.main(["run", "--config", str(tmp_path), "--data", str(tmp_path / "d")]) == 2
    assert "kiosk.toml" in capsys.readouterr().err


def test_the_command_asks_for_enrolment_before_a_window_appears(tmp_path, capsys):
    assert cli.main(["run", "--config", str(SHIPPED), "--data", str(tmp_path / "d")]) == 1
    assert "houzhen-kiosk enrol" in capsys.readouterr().err


def test_enrolling_without_server_says_so(tmp_path, capsys):
    write(tmp_path, 'name = "k"\nserver = "http://127.0.0.1:1"\n')
    assert cli.main(["enrol", "K7PQ", "--config", str(tmp_path), "--data", str(tmp_path / "d")]) == 1
    assert "not reached" in capsys.readouterr().err


def test_a_size_that_is_none_is_refused(capsys):
    with pytest.raises(SystemExit):
        cli.main(["run", "--size", "big"])
    assert "540x960" in capsys.readouterr().err


def test_millimetres_follow_the_panel():
    assert Panel().pixels_per_mm == pytest.approx(2.714, abs=0.001)
    assert Panel().shown_at(540, 960).pixels_per_mm == pytest.approx(1.357, abs=0.001)


def test_the_examples_of_the_shipped_configuration_are_right(tmp_path):
    lines = (SHIPPED / "kiosk.toml").read_text(encoding="utf-8").splitlines()
    begin = lines.index("# [volume]")
    examples = [line.removeprefix("#").removeprefix(" ") for line in lines[begin:]]
    configuration = load(write(tmp_path, LEAST + "\n".join(examples)))
    assert configuration.volume.through == "wpctl"
    assert configuration.brightness.through == "backlight"


def test_a_logo_is_seen_to_be_printable_at_the_start(tmp_path):
    Image.new("L", (160, 80)).save(tmp_path / "logo.png")
    assert load(write(tmp_path, LEAST + '[ticket]\nlogo = "logo.png"\n')).logo == tmp_path / "logo.png"
