"""Simulated boards as processes, shared by all tests of this folder and set to rights before each."""

import contextlib

import pytest

from tests.drivers.conftest import SimulatorProcess

KINDS = {
    "modbus": ("--protocol", "modbus", "--board", "7", "--brightness-at", "100", "--scroll-at", "101"),
    "numeric": ("--protocol", "numeric", "--board", "5"),
    "xunpeng": ("--protocol", "xunpeng"),
    "xunpeng_short": ("--protocol", "xunpeng", "--answers", "short"),
    "alpha": ("--protocol", "alpha"),
}


class Board:
    """A simulated board, with what it showed since it was set to rights."""

    def __init__(self, simulator):
        self.simulator = simulator
        self.tell = simulator.tell
        self.url = simulator.url
        self.before = self.status()

    def set_to_rights(self):
        self.tell("clear_fault")
        self.tell("plug")
        self.tell("power", on=False)
        self.tell("power", on=True)
        self.url = self.status()["url"]  # a pty without a link comes back under another name
        self.before = self.status()

    def status(self):
        return self.tell("status")

    def rejected(self):
        return self.status()["rejected"] - self.before["rejected"]

    def asked(self, name):
        return self.status()["asked"].get(name, 0) - self.before["asked"].get(name, 0)


class Running:
    """Each kind of board on each line is started once, when first asked for."""

    def __init__(self, folder, stack):
        self._folder, self._stack, self._boards = folder, stack, {}

    def __call__(self, kind, line):
        if (kind, line) not in self._boards:
            where = ("--pty", "--link", str(self._folder / kind)) if line == "pty" else ("--tcp", "127.0.0.1:0")
            simulator = SimulatorProcess("drivers.call_display.simulator", *KINDS[kind], *where, "--fast")
            self._stack.callback(simulator.end)
            self._boards[kind, line] = Board(simulator)
        self._boards[kind, line].set_to_rights()
        return self._boards[kind, line]


@pytest.fixture(scope="session")
def _boards(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Running(tmp_path_factory.mktemp("boards"), stack)


@pytest.fixture(params=["pty", pytest.param("tcp", marks=pytest.mark.slow)])
def line(request):
    """Boards on their usual line, a serial one; under the slow mark on the other one too."""
    return request.param


@pytest.fixture
def board_on(_boards, line):
    """Give out the board of a kind, on the test's line."""
    return lambda kind: _boards(kind, line)
