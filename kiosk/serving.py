"""Wiring behind the window: devices, server, attendant. Loaded once the window stands, since drivers take a while."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from datetime import date

from drivers.receipt_printer.logo import load_logo
from drivers.registry import read_devices
from drivers.supervisor import Supervisor
from kiosk.attendant import Attendant
from kiosk.cabinet import BoardCabinet, make_cabinet
from kiosk.clock import SystemClock
from kiosk.config import Configuration
from kiosk.data import DataFolder
from kiosk.devices import KioskDevices, Printer, Reader, make_devices
from kiosk.held_parts import SupervisedParts, make_held_parts
from kiosk.levels import LevelKeeper, make_adjuster
from kiosk.lobby_client import LobbyClient, make_client
from kiosk.other_cards import DriverCards, make_other_cards
from kiosk.ports import Clock, Lobby, Ui
from kiosk.report_printer import report_printer_among
from kiosk.scanner import DriverScanner, make_scanner
from kiosk.terminal import terminal_among
from kiosk.visit import World
from kiosk.voice import SilentVoice, make_voice
from kiosk.watchdog import ServiceManager, Watchdog
from kiosk.words import Catalogue


async def serve(
    ui: Ui, configuration: Configuration, folder: DataFolder, pulse: Callable[[], float] | None = None
) -> None:
    """Serve patients on ``ui`` with the configured devices and server, until cancelled.

    Raises:
        DataError: the kiosk is not enrolled.
        drivers.registry.ConfigurationError: the devices cannot be made.
    """
    clock = SystemClock()
    entries = read_devices(configuration.devices)
    reader, printer = make_devices(entries)
    board = make_cabinet(entries, configuration.watchdog)
    chip, stripe = make_other_cards(entries)
    logo = None if configuration.logo is None else load_logo(configuration.logo, printer.dots)
    scanner = make_scanner(entries)
    held = make_held_parts(entries)
    others = [one for one in (board, scanner, chip, stripe, *held) if one is not None]
    token = folder.credential().token
    async with (
        Supervisor([reader, printer, *others]) as supervisor,
        make_client(configuration.server, configuration.ca, token, None) as http,
    ):
        lobby = LobbyClient(http, folder, clock)

        def today() -> date:
            return lobby.now().date()

        devices = KioskDevices(
            Reader(reader, supervisor, today),
            Printer(printer, supervisor, Catalogue.load(), logo),
        )
        plan = configuration.voice
        voice = None if plan is None else make_voice(plan, clock)
        cabinet = None if board is None else BoardCabinet(board, supervisor)
        world = World(
            ui,
            devices,
            lobby,
            voice or SilentVoice(),
            clock,
            configuration.durations,
            configuration.language,
            scanner=configuration.scanner,
            cabinet=cabinet,
            line_scanner=None if scanner is None else DriverScanner(scanner, supervisor),
            other_cards=DriverCards(chip, stripe, supervisor, today) if chip or stripe else None,
            codes=configuration.codes,
            held=SupervisedParts(held, supervisor) if held else None,
            terminal=terminal_among(held, supervisor),
            report_printer=report_printer_among(held, supervisor),
        )
        manager = ServiceManager()
        feed = None if cabinet is None else cabinet.feed
        with contextlib.closing(manager):
            async with asyncio.TaskGroup() as group:
                group.create_task(lobby.run())
                group.create_task(world.late_paper.run())
                group.create_task(Attendant(world).run())
                group.create_task(Watchdog(manager, clock, pulse, feed, configuration.watchdog).run())
                for keeper in _level_keepers(configuration, lobby, folder, clock):
                    group.create_task(keeper.run())
                if cabinet is not None:
                    group.create_task(cabinet.run())
                if voice is not None:
                    group.create_task(voice.run())


def _level_keepers(
    configuration: Configuration, lobby: Lobby, folder: DataFolder, clock: Clock
) -> Iterator[LevelKeeper]:
    for name, plan in (("volume", configuration.volume), ("brightness", configuration.brightness)):
        if plan is not None:
            adjuster = make_adjuster(plan.through, plan.device)
            yield LevelKeeper(name, adjuster, plan.schedule, lobby.now, folder.is_quiet, clock)
