"""The kiosk and the queue server as processes of their own."""

from __future__ import annotations

import itertools
import json
import os
import re
import resource
import signal
import subprocess
import sys
from array import array
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
from virtual_lobby.ports import free_port
from virtual_lobby.processes import WITH_ITS_PARENT

from kiosk.data import DataFolder
from queue_server import clock_file
from queue_server.clock import SettableClock
from queue_server.contract import Credential
from tests.lobby.kill.server import ACCOUNT, MONDAY, PROGRAM

ROOT = Path(__file__).parents[3]
LONGER = frozenset(bytes([one]) for one in b"0123456789abcdefx")
PATIENCE = 90.0
"""Seconds of real time in which anything has to come that must."""

UNIT = ROOT / "packaging" / "systemd" / "houzhen-kiosk.service"
OFFSCREEN = {"PYTHONPATH": "packaging", "QT_QPA_PLATFORM": "offscreen", "QT_QUICK_BACKEND": "software"}
KIOSK = """
[cabinet]
watchdog = 60

[[code]]
kind = "insurance_code"
pattern = "[0-9]{28}"

[[code]]
kind = "health_card"
pattern = "HZJK[0-9A-F]{28}:[0-9]"
"""
DISPLAY = """
[displays.{name}]
stations = ["enquiry1", "cashier1"]
shows = "{{number}}"
"""


def write_configuration(folder: Path, port: int, boards: Iterable[str]) -> None:
    """The configuration that is shipped, for a server at ``port``, with call displays and a scanner for vouchers."""
    kiosk = (folder / "kiosk.toml").read_text(encoding="utf-8")
    kiosk = kiosk.replace("http://127.0.0.1:8600", f"http://127.0.0.1:{port}").replace("[cabinet]\nwatchdog = 0", "")
    (folder / "kiosk.toml").write_text(re.sub(r"\[cabinet\]\nwatchdog = 0[^\n]*", "", kiosk) + KIOSK, encoding="utf-8")
    hospital = (folder / "hospital.toml").read_text(encoding="utf-8").replace("enabled = true", "enabled = false", 1)
    (folder / "hospital.toml").write_text(
        hospital + "".join(DISPLAY.format(name=name) for name in boards), encoding="utf-8"
    )


class Server:
    """``houzhen-server`` on one data directory and at one port, through all its lives."""

    def __init__(self, folder: Path, config: Path) -> None:
        self.data = folder / "server"
        self.log = folder / "server.log"
        self.port = free_port(0)
        self.url = f"http://127.0.0.1:{self.port}"
        self.lives = 0
        self.nurse = httpx.Client(base_url=self.url, timeout=PATIENCE)
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None
        self.accounts: dict[str, str] = {}

    @property
    def is_up(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        """Start it where its clock is, and wait until it is ready."""
        if not self.lives:
            clock_file.write(self.data, SettableClock(MONDAY))
        read, write = os.pipe()
        command = [
            *WITH_ITS_PARENT, PROGRAM, "serve", "--config", self._config, "--data", self.data, "--port", str(self.port),
            "--clock", "continue", "--ready-fd", str(write),
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[write], start_new_session=True
            )
        os.close(write)
        with os.fdopen(read) as ready:
            assert ready.readline().strip() == self.url, self.log.read_text(errors="replace")[-2000:]
        self.lives += 1
        if not self.accounts:
            self.accounts = dict(ACCOUNT.findall(self.log.read_text()))

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            assert self._process.wait(PATIENCE) == 0
            self._process = None

    def clean_up(self) -> None:
        self.kill()
        self.nurse.close()

    def log_in(self, name: str) -> httpx.Client:
        """Somebody of the staff."""
        client = httpx.Client(base_url=self.url, timeout=PATIENCE)
        answer = client.post("/api/auth/log-in", json={"name": name, "password": self.accounts[name]})
        client.headers["X-CSRF-Token"] = answer.raise_for_status().json()["csrf"]
        return client

    def enrol(self, folder: Path) -> None:
        """Let a kiosk in, and give it its credential."""
        with closing(self.log_in("admin")) as administrator:
            asked = {"kind": "kiosk", "place": "main"}
            code = administrator.post("/api/admin/enrolment-codes", json=asked).raise_for_status().json()["code"]
            told = administrator.post("/api/devices/enrol", json={"code": code, "name": "1 号机"}).raise_for_status()
        DataFolder(folder).keep_credential(Credential(**told.json()))


def environment_of_unit() -> dict[str, str]:
    """What a kiosk's service manager gives it."""
    return dict(re.findall(r"^Environment=(\w+)=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE))


class Kiosk:
    """The real kiosk, drawn without a display, with a hand in it."""

    def __init__(self, folder: Path, config: Path) -> None:
        self.data = folder / "kiosk"
        self.log = folder / "kiosk.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*WITH_ITS_PARENT, sys.executable, "-m", "tests.lobby.hour.hand", str(config), str(self.data)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, **environment_of_unit(), **OFFSCREEN},
            )
        assert self._answer() == {"ready": True}

    def order(self, order: str, **values: object) -> dict[str, object]:
        """Have something done or looked at."""
        self.process.stdin.write(json.dumps({"order": order, **values}).encode() + b"\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, object]:
        line = self.process.stdout.readline()
        assert line, f"the kiosk ended: {self.log.read_text(errors='replace')[-2000:]}"
        answer = json.loads(line)
        assert "error" not in answer, answer
        return answer

    def end(self) -> int:
        """Ask it to end, as its service manager does; how it ended."""
        self.process.terminate()
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.process.stdin.close()
            self.process.stdout.close()

    # -- seen from outside

    def found_in_memory(self, secrets: list[str]) -> list[str]:
        """Which of these texts stand anywhere in the memory that the process may write to, in use or freed.

        They are looked for as UTF-8 and as UTF-16, in which Qt, and Python for Chinese, keep texts; in one piece, as a
        whole and not as the end of a longer number: there are numbers in Unicode's tables too.
        """
        # Without the zero at its end, which would match everywhere and make the search slow.
        wanted = {text: (text.encode(), text.encode("utf-16-le").removesuffix(b"\0")) for text in secrets}
        found = set()
        with Path(f"/proc/{self.process.pid}/mem").open("rb", buffering=0) as memory:
            for start, size in self._pages():
                memory.seek(start)
                try:
                    held = memory.read(size)
                except OSError:
                    continue  # gone meanwhile
                found |= {text for text, forms in wanted.items() if any(_stands(form, held) for form in forms)}
        return sorted(found)

    def _pages(self) -> Iterator[tuple[int, int]]:
        """Where pages are present that the process may write to: address and size (proc_pid_maps, proc_pid_pagemap)."""
        page, is_present = resource.getpagesize(), 1 << 63
        process = Path(f"/proc/{self.process.pid}")
        with (process / "pagemap").open("rb", buffering=0) as pagemap:
            for line in (process / "maps").read_text().splitlines():
                place, rights, *_ = line.split()
                if not rights.startswith("rw"):
                    continue
                start, end = (int(one, 16) for one in place.split("-"))
                pagemap.seek(start // page * 8)
                entries = array("Q", pagemap.read((end - start) // page * 8))
                at = start
                for present, run in itertools.groupby(entries, key=is_present.__and__):
                    size = page * sum(1 for _ in run)
                    if present:
                        yield at, size
                    at += size


def _stands(form: bytes, held: bytes) -> bool:
    at = held.find(form)
    while at >= 0:
        if held[at - 1 : at] not in LONGER:
            return True
        at = held.find(form, at + 1)
    return False


@dataclass(frozen=True)
class Resources:
    """What a process has in hand."""

    threads: int
    descriptors: int
    megabytes: float

    @classmethod
    def of(cls, pid: int) -> Resources:
        process = Path(f"/proc/{pid}")
        pages = int((process / "statm").read_text().split()[1])
        counts = (len(list((process / name).iterdir())) for name in ("task", "fd"))
        return cls(*counts, pages * resource.getpagesize() / 2**20)
