"""Starting the kiosk, as a process of its own: what it needs, and what it knows before it has heard anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.data import DataFolder
from queue_server.contract import Credential
from tests.kiosk import people
from tests.kiosk.conftest import SCREEN

ROOT = Path(__file__).parents[2]
START_LIMIT = 60
NO_FONTS = '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig></fontconfig>\n'
SHOW_AND_END = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from kiosk import cli

def shown(screens):
    print(screens.session.hospital, screens.session.hall, screens.session.helpLead, sep="\\n", flush=True)
    QTimer.singleShot(0, QGuiApplication.instance().quit)

raise SystemExit(cli.run(Path("config"), Path(sys.argv[1]), windowed=True, shown=shown))
"""


TOLD_TO_END_BEFORE_QT_RUNS = """
import os, signal, sys
from pathlib import Path
from kiosk import cli

def shown(screens):
    os.kill(os.getpid(), signal.SIGTERM)

raise SystemExit(cli.run(Path("config"), Path(sys.argv[1]), windowed=True, shown=shown))
"""


@pytest.fixture
def folder(tmp_path):
    folder = DataFolder(tmp_path / "kiosk")
    folder.keep_credential(Credential(device="d1", kind="kiosk", token="secret"))
    return folder


def start(*arguments, **environment):
    """Run Python on the kiosk without a display, to its end."""
    screen = {"QT_QPA_PLATFORM": f"offscreen:configfile={SCREEN}", "QT_QUICK_BACKEND": "software"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | screen | environment,
        capture_output=True,
        text=True,
        timeout=START_LIMIT,
        check=False,
    )


def characters(words):
    """What can be read of ``words``: without spaces and what else only says where a line may end."""
    return "".join(one for one in words if one.isalnum())


@pytest.mark.usefixtures("folder")
def test_without_the_font_for_chinese_it_names_the_package_and_ends(tmp_path):
    fonts = tmp_path / "fonts.conf"
    fonts.write_text(NO_FONTS, encoding="utf-8")
    command = ("-m", "kiosk.cli", "run", "--config", "config", "--data", str(tmp_path / "kiosk"))
    ended = start(*command, FONTCONFIG_FILE=str(fonts))
    assert ended.returncode == 1
    assert "fonts-noto-cjk" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_a_server_the_frame_has_the_hall_of_the_last_time(folder, tmp_path):
    folder.keep_hall(people.HALL)
    ended = start("-c", SHOW_AND_END, str(tmp_path / "kiosk"))
    assert ended.returncode == 0, ended.stderr
    hospital, hall, where = map(characters, ended.stdout.splitlines()[:3])
    assert (hospital, hall) == (characters(people.HOSPITAL.zh), characters(people.HALL.hall_name.zh))
    assert characters(people.DESK.zh) in where


@pytest.mark.usefixtures("folder")
def test_a_signal_that_comes_before_qt_runs_ends_it_all_the_same(tmp_path):
    ended = start("-c", TOLD_TO_END_BEFORE_QT_RUNS, str(tmp_path / "kiosk"))
    assert ended.returncode == 0, ended.stderr
