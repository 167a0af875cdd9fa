"""The demo's devices: real simulators with real switches, and what the page says of them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from virtual_lobby import equipment as module
from virtual_lobby.call_boards import BOARDS, configuration_with_boards
from virtual_lobby.cards import MEANS, Hands
from virtual_lobby.device_words import words_of
from virtual_lobby.equipment import Equipment
from virtual_lobby.faults import DEVICES
from virtual_lobby.processes import ProgramError, Programs
from virtual_lobby.simulators import SimulatorError

from drivers.registry import KINDS, read_devices
from drivers.stand_ins import no_chip_cards
from queue_server.boards import make_displays
from queue_server.config import load
from queue_server.hospital import sample
from tests.drivers.conftest import ROOT


@asynccontextmanager
async def standing(folder):
    programs = Programs(folder / "logs")
    equipment = Equipment(folder, programs)
    try:
        await equipment.start()
        yield equipment
    finally:
        await programs.stop()


def a_card():
    configuration = load(ROOT / "config")
    hospital = sample.from_options(dict(configuration.hospital.options), configuration.folder, configuration.zone)
    return hospital.cards("2026-03-02")[0]


async def test_every_device_is_there_with_its_switches_and_takes_what_a_patient_shows(tmp_path):
    async with asyncio.timeout(120), standing(tmp_path) as equipment:
        statuses = await equipment.statuses()
        absent = {"chip_card"} if no_chip_cards() else set()
        assert set(statuses) == {device.name for device in DEVICES} - absent
        await every_switch_is_on_and_off(equipment)
        await every_card_is_seen(equipment, absent)
        (tmp_path / "kiosk.toml").write_text(equipment.kiosk_toml())
        kinds = {entry.kind for entry in read_devices(tmp_path / "kiosk.toml")}
        assert kinds == set(KINDS) - {"call_display"} - absent
        configuration_with_boards(ROOT / "config", tmp_path / "config", equipment.server_toml())
        displays = load(tmp_path / "config").displays
        boards = make_displays(displays, tmp_path / "config" / "devices.toml")
        assert [one.info.name for one in boards] == [board.name for board in BOARDS]


async def every_switch_is_on_and_off(equipment):
    for device in (one for one in DEVICES if one.name not in equipment.missing):
        for fault in device.faults:
            for is_on in (True, False):
                await equipment.switch(device.name, fault.id)
                assert fault.is_on(await equipment[device.name].ask("status")) == is_on, (device.name, fault.id)
    for name, status in (await equipment.statuses()).items():
        assert all(words_of(name, status, await equipment["cabinet"].ask("status"))), name


async def every_card_is_seen(equipment, absent):
    hands, card = Hands(equipment), a_card()
    for means, _, _, reader in MEANS:
        if reader in absent:
            with pytest.raises(SimulatorError, match="not on this machine"):
                await hands.show(means, card)
            continue
        await hands.show(means, card)
        statuses = await equipment.statuses()
        lies = reader in {"reader", "chip_card"}
        assert hands.lies(statuses) == ([card.patient] if lies else []), means
        assert lies or statuses[reader]["scans"] > 0
        await hands.take()
        assert hands.lies(await equipment.statuses()) == []


async def test_a_chip_card_reader_that_this_machine_cannot_have_is_told_with_the_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "no_chip_cards", lambda: "this account may not make namespaces here")
    monkeypatch.setattr(module, "one_of_each", lambda _folder: [])
    async with standing(tmp_path) as equipment:
        with pytest.raises(SimulatorError, match="may not make namespaces"):
            await equipment.switch("chip_card", "gone")


async def test_a_fault_plan_that_cannot_be_played_is_told_before_anything_starts(tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text('[[fault]]\naction = "mute"\ndevice = "toaster"\n')
    with pytest.raises(ProgramError, match="device = 'toaster' is not a device here; there are board, "):
        await Equipment(tmp_path, Programs(tmp_path / "logs"), plan).start()
