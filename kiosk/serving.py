"""Wiring behind the window: devices, server, attendant. Loaded once the window stands, since drivers take a while."""

from __future__ import annotations

import asyncio

from drivers.registry import read_devices
from drivers.supervisor import Supervisor
from kiosk.attendant import Attendant
from kiosk.clock import SystemClock
from kiosk.config import Configuration
from kiosk.data import DataFolder
from kiosk.devices import KioskDevices, Printer, Reader, make_devices
from kiosk.lobby_client import LobbyClient, make_client
from kiosk.ports import Ui
from kiosk.visit import World
from kiosk.voice import SilentVoice
from kiosk.words import Catalogue


async def serve(ui: Ui, configuration: Configuration, folder: DataFolder) -> None:
    """Serve patients on ``ui`` with the configured devices and server, until cancelled.

    Raises:
        DataError: the kiosk is not enrolled.
        drivers.registry.ConfigurationError: the devices cannot be made.
    """
    clock = SystemClock()
    reader, printer = make_devices(read_devices(configuration.devices))
    token = folder.credential().token
    async with (
        Supervisor([reader, printer]) as supervisor,
        make_client(configuration.server, configuration.ca, token, None) as http,
    ):
        lobby = LobbyClient(http, folder, clock)
        devices = KioskDevices(
            Reader(reader, supervisor, lambda: lobby.now().date()), Printer(printer, supervisor, Catalogue.load())
        )
        world = World(
            ui,
            devices,
            lobby,
            SilentVoice(),
            clock,
            configuration.durations,
            configuration.language,
            scanner=configuration.scanner,
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(lobby.run())
            group.create_task(world.late_paper.run())
            group.create_task(Attendant(world).run())
