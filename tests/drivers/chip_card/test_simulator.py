"""The virtual card as ``houzhen-devices`` starts it, and what it says when it cannot."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.chip_card.pcsc import SOCKET_VARIABLE
from drivers.chip_card.simulator import service

ROOT = Path(__file__).resolve().parents[3]
SIMULATE = [sys.executable, "-m", "drivers.cli", "simulate", "all", "--parent-stdin", "--config"]
CHECK = [sys.executable, "-m", "drivers.cli", "check", "--config"]


@pytest.mark.skipif(service.missing() is not None, reason=f"no card service on this machine: {service.missing()}")
@pytest.mark.slow
def test_a_configured_reader_is_stood_in_for_until_the_input_closes(tmp_path):
    config = tmp_path / "devices.toml"
    socket = tmp_path / "socket"
    config.write_text(
        '[[device]]\nname = "chip-card"\nkind = "chip_card"\ndriver = "pcsc"\n'
        f'url = "pcsc:Virtual PCD 00 00?socket={socket}"\n'
    )

    def check():
        # Without what this process chose for itself: each program uses one service.
        ours = {name: value for name, value in os.environ.items() if name != SOCKET_VARIABLE}
        return subprocess.run(
            [*CHECK, str(config)], capture_output=True, text=True, cwd=ROOT, check=False, timeout=60, env=ours
        )

    assert "pcscd) does not run" in check().stdout
    with subprocess.Popen(
        [*SIMULATE, str(config)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as simulating:
        announced = json.loads(simulating.stdout.readline())
        assert announced == {
            "name": "chip-card",
            "kind": "chip_card",
            "url": f"pcsc:Virtual PCD 00 00?socket={socket}",
            "control": f"unix://{socket}.control",
        }
        assert check().stdout.startswith("chip-card: well: reader_present, no_card\n")
        simulating.stdin.close()
        assert simulating.wait(timeout=60) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["devices.toml"]


def test_a_control_channel_that_nobody_could_reach_is_refused(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "drivers.chip_card.simulator", "--socket", tmp_path / "s", "--control", "127.0.0.1:0"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 2
    assert "--control must be a path" in ended.stderr


def test_what_is_missing_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(service, "_DRIVER", tmp_path / "none")
    assert "apt-get install pcscd vsmartcard-vpcd" in service.missing()
