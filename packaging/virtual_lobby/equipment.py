"""The lobby's devices: a simulator each, in a process of its own, at true speed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from drivers.registry import ConfigurationError
from drivers.simulation import check_plan, scripted, simulator_command
from drivers.stand_ins import no_chip_cards, one_of_each, standing
from virtual_lobby.devices import devices_toml
from virtual_lobby.faults import DEVICES, device_of
from virtual_lobby.processes import ProgramError
from virtual_lobby.simulators import Simulated, SimulatorError

if TYPE_CHECKING:
    from pathlib import Path

    from drivers.registry import DeviceEntry
    from virtual_lobby.processes import Programs

BOARD = "call_display"
CHIP_CARD = "chip_card"


class Equipment:
    """Every device of the product once, as far as this machine can have it.

    Args:
        folder: where the demo keeps what it makes.
        programs: the demo's.
        faults: a fault plan in TOML that is played from the beginning.

    Attributes:
        papers: where the receipt printer leaves a picture of each slip.
        missing: why a device is not there, by its name.
    """

    def __init__(self, folder: Path, programs: Programs, faults: Path | None = None) -> None:
        self.papers = folder / "papers"
        self.missing: dict[str, str] = {}
        self._folder = folder
        self._faults = faults
        self._programs = programs
        self._entries: dict[str, DeviceEntry] = {}
        self._running: dict[str, Simulated] = {}

    async def start(self) -> None:
        """Start all simulators at once.

        Raises:
            ProgramError: one did not start, or the fault plan cannot be played.
        """
        if self._faults is not None:
            try:
                check_plan(self._faults, [device.name for device in DEVICES])
            except ConfigurationError as error:
                raise ProgramError(str(error)) from error
        self.papers.mkdir(parents=True, exist_ok=True)
        if (lack := no_chip_cards()) is not None:
            self.missing[CHIP_CARD] = lack
        await asyncio.gather(*(self._start(entry) for entry in one_of_each(self._folder / "lines")))
        self._entries = {device.name: self._entries[device.name] for device in DEVICES if device.name in self._entries}

    async def _start(self, entry: DeviceEntry) -> None:
        drawn = {"paper-dir": str(self.papers)} if entry.kind == "receipt_printer" else {}
        command = simulator_command(scripted(replace(entry, simulator=drawn), faults=self._faults))
        try:
            # Its keyboard is what ends it with the demo, however that ends.
            program = await self._programs.start(entry.name, command, announces=True, keyboard=True)
        except ProgramError as error:
            if entry.kind != CHIP_CARD:
                raise
            # What its card service needs of a machine shows in full only when it is started.
            self.missing[CHIP_CARD] = str(error).strip().splitlines()[-1]
            return
        simulated = Simulated.from_announcement(program.first_line)
        self._running[entry.name] = simulated
        self._entries[entry.name] = standing(entry, simulated.url)

    def __getitem__(self, name: str) -> Simulated:
        """The simulator of a device.

        Raises:
            SimulatorError: the device is not there; the sentence says why.
        """
        if name not in self._running:
            raise SimulatorError(f"本机没有 not on this machine: {self.missing.get(name, name)}")
        return self._running[name]

    def kiosk_toml(self) -> str:
        """The kiosk's ``devices.toml``."""
        return devices_toml({name: entry.url for name, entry in self._entries.items() if entry.kind != BOARD})

    def server_toml(self) -> str:
        """The queue server's ``devices.toml``."""
        return devices_toml({name: entry.url for name, entry in self._entries.items() if entry.kind == BOARD})

    async def statuses(self) -> dict[str, dict[str, Any]]:
        """How each simulator is, by name."""
        answers = await asyncio.gather(*(one.ask("status") for one in self._running.values()))
        return dict(zip(self._running, answers, strict=True))

    async def switch(self, device: str, fault: str) -> None:
        """Put a fault's switch on, or off where it is on.

        Raises:
            KeyError: there is no such device, or it has no such fault.
            SimulatorError: the simulator refused.
        """
        switch = {one.id: one for one in device_of(device).faults}[fault]
        simulator = self[device]
        is_on = switch.is_on(await simulator.ask("status"))
        verb, arguments = switch.turned_off if is_on else switch.turned_on
        await simulator.ask(verb, **arguments)
