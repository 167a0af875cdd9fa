"""The real card service with a virtual card: one for all tests of a process.

libpcsclite reads once a process where its service is, so whoever needs one shares it.
"""

from __future__ import annotations

import pytest

from drivers.chip_card.simulator import service
from tests.drivers.conftest import SimulatorProcess

SIMULATOR = "drivers.chip_card.simulator"


class CardService:
    """The service, started for the first who needs it, ended with the last, and always at the same place."""

    def __init__(self):
        self._running = None
        self._users = 0
        self._folder = None

    def begin(self, folder):
        """Return its simulator; skips the test where this machine cannot have one."""
        if (lack := service.missing()) is not None:
            pytest.skip(f"No card service for tests on this machine: {lack}")
        if self._running is None:
            self._folder = self._folder or folder
            self._running = SimulatorProcess(SIMULATOR, "--socket", str(self._folder / "socket"))
        self._users += 1
        return self._running

    def end(self):
        """Let go of it."""
        self._users -= 1
        if self._users == 0:
            running, self._running = self._running, None
            assert running.end() == 0


CARD_SERVICE = CardService()


def set_to_rights(simulator):
    """Take back faults, have the service up and its reader empty."""
    simulator.tell("clear_fault")
    simulator.tell("speak")
    simulator.tell("plug")
    simulator.tell("remove")
    return simulator
